package mariadbd_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

func start(t *testing.T, o mariadbd.Options) *mariadbd.Server {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "mdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	o.Dir = dir
	s, err := mariadbd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func query(t *testing.T, s *mariadbd.Server, q string) string {
	t.Helper()
	v, err := s.QueryString(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStopKillRestart(t *testing.T) {
	ctx := t.Context()
	s := start(t, mariadbd.Options{ServerID: 7, Binlog: true, SemiSync: true})
	if err := s.Exec(ctx, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Exec(ctx, "INSERT INTO d.t VALUES (?)", 1); err != nil {
		t.Fatal(err)
	}
	port, pid := s.Port(), s.PID()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if s.Alive() || s.PID() != 0 {
		t.Fatal("runs after Kill")
	}
	if err := s.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if s.Port() != port || s.PID() == pid {
		t.Fatalf("port %d, pid %d after restart; were %d, %d", s.Port(), s.PID(), port, pid)
	}
	if err := s.Exec(ctx, "INSERT INTO d.t VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(ctx); !errors.Is(err, mariadbd.ErrRunning) {
		t.Fatalf("restart of a running server: %v", err)
	}
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if got := query(t, s, "SELECT GROUP_CONCAT(a ORDER BY a) FROM d.t"); got != "1,2" {
		t.Fatalf("rows %q", got)
	}
	for variable, want := range map[string]string{
		"server_id": "7", "port": strconv.Itoa(port), "bind_address": "127.0.0.1", "log_bin": "1",
		"rpl_semi_sync_master_enabled": "1", "rpl_semi_sync_master_timeout": "1000",
		"rpl_semi_sync_master_wait_no_slave": "0",
	} {
		if got := query(t, s, "SELECT @@GLOBAL."+variable); got != want {
			t.Errorf("%s is %s, want %s", variable, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(s.BinlogDir(), "mysql-bin.000003")); err != nil {
		t.Error(err)
	}
	if got := query(t, s, "SELECT CONVERT_TZ('2026-07-01 12:00:00','UTC','Europe/Amsterdam')"); got !=
		"2026-07-01 14:00:00" {
		t.Errorf("time zones are missing: %q", got)
	}
}

func TestReplicaIsHardened(t *testing.T) {
	ctx := t.Context()
	s := start(t, mariadbd.Options{Replica: true, Port: mariadbd.NoTCP,
		Settings: map[string]string{"max_connections": "33"}})
	if s.Port() != 0 || query(t, s, "SELECT @@skip_networking") != "1" {
		t.Error("listens on TCP")
	}
	for variable, want := range map[string]string{"read_only": "1", "local_infile": "0", "event_scheduler": "OFF",
		"max_connections": "33", "have_symlink": "DISABLED", "slave_parallel_mode": "optimistic"} {
		if got := query(t, s, "SELECT @@GLOBAL."+variable); got != want {
			t.Errorf("%s is %s, want %s", variable, got, want)
		}
	}
	outside := filepath.Join(filepath.Dir(s.Socket()), "out")
	if err := s.Exec(ctx, "SELECT 1 INTO OUTFILE '"+outside+"'"); err == nil ||
		!strings.Contains(err.Error(), "1290") {
		t.Errorf("INTO OUTFILE: %v", err)
	}
	if got := query(t, s, "SELECT LOAD_FILE('/etc/passwd')"); got != "" {
		t.Error("LOAD_FILE reads any file")
	}
	if got := query(t, s, "SELECT COUNT(*) FROM information_schema.ENGINES WHERE SUPPORT IN ('YES','DEFAULT')"+
		" AND ENGINE IN ('FEDERATED','CONNECT','SPIDER')"); got != "0" {
		t.Error("an engine that reaches out is there")
	}
	if err := s.Exec(ctx, "CREATE DATABASE d; CREATE TABLE d.t (a INT) DATA DIRECTORY='/tmp'"); err == nil ||
		!strings.Contains(err.Error(), "1618") {
		t.Errorf("a table outside the datadir: %v", err)
	}
}

func TestErrorsExplain(t *testing.T) {
	dir := t.TempDir()
	_, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: dir, Settings: map[string]string{"no_such_thing": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_thing") {
		t.Errorf("the server's own words are missing: %v", err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 100))
	if _, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: long}); err == nil ||
		!strings.Contains(err.Error(), "107") {
		t.Errorf("long path: %v", err)
	}
	if _, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: dir, Binary: "/nonexistent"}); err == nil {
		t.Error("no error without a binary")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mariadbd.Start(ctx, mariadbd.Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	id, err := proc.ReadFile(filepath.Join(dir, "server.pid"))
	if err == nil && id.Alive() {
		t.Error("a server that did not get ready is left behind")
	}
}

func TestGivenPortTaken(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = mariadbd.Start(t.Context(), mariadbd.Options{Dir: t.TempDir(), Port: l.Addr().(*net.TCPAddr).Port})
	if err == nil || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("port taken: %v", err)
	}
}

func TestDataDirMayExistEmpty(t *testing.T) {
	data := t.TempDir()
	s := start(t, mariadbd.Options{DataDir: data, Port: mariadbd.NoTCP})
	if got := query(t, s, "SELECT @@datadir"); strings.TrimRight(got, "/") != data || s.DataDir() != data {
		t.Errorf("datadir is %s, want %s", got, data)
	}
}

func TestRunsAsAnotherUser(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "mdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: filepath.Join(dir, "s"), User: "mysql", Replica: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	if err := s.Exec(t.Context(), "CREATE DATABASE d; CREATE TABLE d.t (a INT)"); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.PID()), "status"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(status), "\nUid:\t0\t") {
		t.Error("runs as root")
	}
}

// All of them find no template and make one.
func TestManyAtOnce(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	var wg sync.WaitGroup
	for range 3 {
		dir, err := os.MkdirTemp("/tmp", "mdb")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		wg.Go(func() {
			s, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Kill(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	made, err := filepath.Glob(filepath.Join(cache, "wcde-lab", "*"))
	if err != nil || len(made) != 1 || !strings.Contains(made[0], "datadir-") {
		t.Errorf("cache holds %v, %v; want one template", made, err)
	}
}

func TestCacheOfAnotherUserIsNotUsed(t *testing.T) {
	foreign := t.TempDir()
	if err := os.Chown(foreign, 65534, -1); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", foreign)
	t.Setenv("TMPDIR", t.TempDir())
	start(t, mariadbd.Options{Port: mariadbd.NoTCP})
	if left, err := os.ReadDir(foreign); err != nil || len(left) > 0 {
		t.Errorf("wrote %v into it (%v)", left, err)
	}
}

// TestDiesWithItsStarter runs this test binary again, lets that start a server, and kills it.
func TestDiesWithItsStarter(t *testing.T) {
	const variable = "MARIADBD_TEST_DIR"
	if dir := os.Getenv(variable); dir != "" {
		if _, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "up"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		<-t.Context().Done()
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiesWithItsStarter$")
	cmd.Env = append(os.Environ(), variable+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	until(t, func() bool { _, err := os.Stat(filepath.Join(dir, "up")); return err == nil })
	id, err := proc.ReadFile(filepath.Join(dir, "server.pid"))
	if err != nil || !id.Alive() {
		t.Fatalf("server does not run: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return !id.Alive() })
}

func TestDetachedIsFoundAgain(t *testing.T) {
	s := start(t, mariadbd.Options{Detach: true})
	o := mariadbd.Options{Dir: filepath.Dir(s.Socket()), Detach: true}
	again, err := mariadbd.Attach(o)
	if err != nil {
		t.Fatal(err)
	}
	if again.PID() != s.PID() || again.Port() != s.Port() {
		t.Fatalf("found pid %d port %d, want %d %d", again.PID(), again.Port(), s.PID(), s.Port())
	}
	if err := again.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Alive() {
		t.Error("still runs")
	}
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatal("waited a minute in vain")
		case <-tick.C:
		}
	}
}
