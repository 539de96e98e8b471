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
	"syscall"
)

// templateFormat is part of a template's name: raise it when install makes a different datadir.
const templateFormat = "1"

// template returns a freshly installed datadir for the server at binary, made at most once per version and user.
// It is never changed afterwards; callers copy it. Safe with concurrent callers in several processes.
func template(ctx context.Context, binary string) (string, error) {
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
	building, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", fmt.Errorf("make template of a datadir: %w", err)
	}
	defer os.RemoveAll(building)
	data := filepath.Join(building, "data")
	if err := install(ctx, building, data); err != nil {
		return "", err
	}
	err = os.Rename(data, final)
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
		return final, nil // another process was quicker
	}
	return final, err
}

// cacheDir is a folder that belongs to this user alone: the temporary folder is everybody's, and a template that
// somebody else prepared there would become a server of ours.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = filepath.Join(os.TempDir(), "wcde-lab-"+strconv.Itoa(os.Geteuid()))
	}
	dir = filepath.Join(dir, "wcde-lab")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	st, err := os.Lstat(filepath.Dir(dir))
	if err != nil {
		return "", err
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(sys.Uid) != os.Geteuid() {
		return "", fmt.Errorf("use cache folder %s: it is not this user's own", filepath.Dir(dir))
	}
	return dir, nil
}

// install makes a datadir with system tables and time zones, and root without a password.
func install(ctx context.Context, scratch, data string) error {
	tool, err := findBinary("mariadb-install-db")
	if err != nil {
		return err
	}
	cnf := filepath.Join(scratch, "install.cnf")
	// A small redo log from the start: the installer's default of 96 MiB would be copied with every datadir.
	const lines = "[mariadbd]\ninnodb_log_file_size=16M\ninnodb_buffer_pool_size=32M\n"
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
	if out, err := exec.CommandContext(ctx, tool, args...).CombinedOutput(); err != nil {
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
