package mariadbd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// templateFormat is part of a template's name: raise it when install makes a different datadir.
const templateFormat = "1"

// template returns a freshly installed datadir for the server at binary, made at most once per version and user.
// It is never changed afterwards; callers copy it. Safe with concurrent callers in several processes.
func template(ctx context.Context, binary string, env []string) (string, error) {
	version, err := exec.CommandContext(ctx, binary, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", binary, err)
	}
	sum := sha256.Sum256(append([]byte(templateFormat+"\x00"), version...))
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	final := filepath.Join(cache, fmt.Sprintf("datadir-%x", sum[:8]))
	if ok, err := exists(final); ok || err != nil {
		return final, err
	}
	unlock, err := lockCache(ctx, cache)
	if err != nil {
		return "", err
	}
	defer unlock()
	if ok, err := exists(final); ok || err != nil { // made while we waited
		return final, err
	}
	removeStale(cache)
	building, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", fmt.Errorf("make template of a datadir: %w", err)
	}
	defer os.RemoveAll(building)
	data := filepath.Join(building, "data")
	if err := install(ctx, building, data, env); err != nil {
		return "", err
	}
	return final, os.Rename(data, final)
}

// lockCache waits until nobody else makes a template. The kernel lets go of the lock when its holder dies.
func lockCache(ctx context.Context, cache string) (unlock func(), err error) {
	f, err := os.Open(cache)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", cache, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// cacheDir is a folder that belongs to this user alone: a template that somebody else prepared would become a
// server of ours. So neither a home that is another user's (sudo may keep HOME) nor a folder that waited for us in
// the temporary folder will do.
func cacheDir() (string, error) {
	if home, err := os.UserCacheDir(); err == nil && os.MkdirAll(home, 0o700) == nil && owned(home) {
		dir := filepath.Join(home, "wcde-lab")
		if err := os.MkdirAll(dir, 0o700); err == nil && owned(dir) {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), "wcde-lab-cache-"+strconv.Itoa(os.Geteuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	if !owned(dir) {
		return "", fmt.Errorf("use cache folder %s: it is not this user's own", dir)
	}
	return dir, nil
}

// owned tells whether path is a folder, not a link to one, that is this user's and that nobody else can write to.
func owned(path string) bool {
	st, err := os.Lstat(path)
	if err != nil || !st.IsDir() || st.Mode().Perm()&0o022 != 0 {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}

// removeStale removes what a killed process was building. Nobody builds for an hour.
func removeStale(cache string) {
	entries, _ := os.ReadDir(cache) // it was just made, and litter is no reason to fail
	for _, e := range entries {
		st, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), "building-") && time.Since(st.ModTime()) > time.Hour {
			_ = os.RemoveAll(filepath.Join(cache, e.Name()))
		}
	}
}

// install makes a datadir with system tables and time zones, and root without a password.
func install(ctx context.Context, scratch, data string, env []string) error {
	tool, err := findBinary("mariadb-install-db")
	if err != nil {
		return err
	}
	cnf := filepath.Join(scratch, "install.cnf")
	// A small redo log from the start: the installer's default of 96 MiB would be copied with every datadir.
	// And a temporary folder of its own: a server that starts removes temporary tables of whoever else uses /tmp.
	tmp := filepath.Join(scratch, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	lines := "[mariadbd]\ninnodb_log_file_size=16M\ninnodb_buffer_pool_size=32M\ntmpdir=\"" + tmp + "\"\n"
	if err := os.WriteFile(cnf, []byte(lines), 0o600); err != nil {
		return err
	}
	zones, err := timeZones(ctx, scratch)
	if err != nil {
		return err
	}
	args := []string{"--defaults-file=" + cnf, "--datadir=" + data, "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve", "--extra-file=" + zones}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("install a datadir: %w: %s", err, tail(out))
	}
	return nil
}

// timeZones writes the SQL that fills the time zone tables. Without them a replicated statement that names a zone
// stops replication (error 1298), which would be a fault of the lab and not of what it shows.
func timeZones(ctx context.Context, scratch string) (string, error) {
	tool, err := findBinary("mariadb-tzinfo-to-sql")
	if err != nil {
		return "", err
	}
	const installed = "/usr/share/zoneinfo"
	entries, err := os.ReadDir(installed)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("list time zones: %w", err)
	}
	chosen := filepath.Join(scratch, "zoneinfo")
	if err := os.Mkdir(chosen, 0o700); err != nil {
		return "", err
	}
	for _, e := range entries {
		// posix/ and right/ hold every zone again: three times the rows, and no name that anybody uses.
		if e.Name() == "posix" || e.Name() == "right" {
			continue
		}
		if err := os.Symlink(filepath.Join(installed, e.Name()), filepath.Join(chosen, e.Name())); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, tool, "--skip-write-binlog", chosen)
	var sql, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &sql, &complaints // it warns about files that are no zones
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("read time zones: %w: %s", err, tail(complaints.Bytes()))
	}
	path := filepath.Join(scratch, "zones.sql")
	return path, os.WriteFile(path, sql.Bytes(), 0o600)
}

// tail is the last part of a program's output, for an error.
func tail(b []byte) []byte {
	const most = 2000
	b = bytes.TrimSpace(b)
	return b[max(0, len(b)-most):]
}
