package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

const within = 30 * time.Second

// binary is the real wcded, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "wcded")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "wcded")
		if out, err := exec.Command("go", "build", "-race", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build wcded: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// site is a folder with a configuration whose supplier is not there.
type site struct{ dir, config, socket string }

func newSite(t *testing.T) site {
	t.Helper()
	dir, err := os.MkdirTemp("", "wcded")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := site{dir: dir, config: filepath.Join(dir, "wcded.yaml"), socket: filepath.Join(dir, "run", "operators.sock")}
	s.write(t, "35d")
	return s
}

func (s site) write(t *testing.T, keep string) {
	t.Helper()
	text := strings.NewReplacer("DIR", s.dir, "KEEP", keep).Replace(
		`foundation: {name: Test, site: {name: lab, country: NL}, allowed_countries: [NL]}
state_dir: DIR/state
metrics: {listen: "127.0.0.1:0"}
control: {socket: DIR/run/operators.sock}
databases:
  - name: one
    supplier: {address: DIR/supplier.sock, user: wcde_repl, password_file: DIR/secret, tls: {mode: "off"}}
    archive: {dir: DIR/archive, keep: KEEP, reserve: 1MiB}
    serve: {listen: "127.0.0.1:0", password_file: DIR/secret}
    replica: {socket: DIR/foundation.sock}
`)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// manager is the service manager's end of the notification socket.
type manager struct {
	path string
	mu   sync.Mutex
	told []string
}

func newManager(t *testing.T, s site) *manager {
	t.Helper()
	m := &manager{path: filepath.Join(s.dir, "notify")}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.told = append(m.told, string(buf[:n]))
			m.mu.Unlock()
		}
	}()
	return m
}

// heard returns how often the manager was told something that begins with prefix.
func (m *manager) heard(prefix string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.told {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// start runs wcded as systemd would and waits until it says that it is ready.
func start(t *testing.T, s site, m *manager) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "--config", s.config)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=600000")
	log := &bytes.Buffer{} // read only after Wait
	cmd.Stderr = log
	ready := m.heard("READY=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "wcded is ready", func() bool { return m.heard("READY=1") > ready })
	return cmd, log
}

func TestSignals(t *testing.T) {
	s := newSite(t)
	m := newManager(t, s)
	cmd, log := start(t, s, m)
	c := control.NewClient(s.socket)
	defer c.Close()
	status, err := control.Get[api.Status](t.Context(), c, string(api.StatusPath))
	if err != nil || status.State != api.Standby {
		t.Fatalf("status = %+v, %v", status, err)
	}
	eventually(t, "the watchdog is fed", func() bool { return m.heard("WATCHDOG=1") >= 2 })

	s.write(t, "7d")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "wcded has reloaded", func() bool { return m.heard("RELOADING=1") == 1 && m.heard("READY=1") == 2 })

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("wcded ended with %v, want exit code 0:\n%s", err, log)
	}
	if m.heard("STOPPING=1") != 1 {
		t.Error("systemd was not told of the stop")
	}
	for _, want := range []string{`"msg":"wcded is up"`, `"signal":"terminated"`, "35d → 7d"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

// A stop that takes its time, here because of a client with half a request, can be cut short.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	s := newSite(t)
	m := newManager(t, s)
	cmd, log := start(t, s, m)
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /v1/databases/one/verify HTTP/1.1\r\nHost: wcded\r\nContent-Length: 2\r\n"+
		"Expect: 100-continue\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("wcded answered %q, %v; want it to wait for the request's body", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "wcded is stopping", func() bool { return m.heard("STOPPING=1") == 1 })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	err = cmd.Wait()
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(log.String(), "ending at once") {
		t.Errorf("wcded ended with %v, want exit code 1 at once:\n%s", err, log)
	}
}

// After a kill -9 nothing stands in the way of the next start.
func TestStartsAfterKill(t *testing.T) {
	s := newSite(t)
	m := newManager(t, s)
	cmd, _ := start(t, s, m)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if _, err := os.Lstat(s.socket); err != nil {
		t.Fatalf("the socket is gone, so this test proves nothing: %v", err)
	}
	cmd, log := start(t, s, m)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("wcded ended with %v:\n%s", err, log)
	}
}

func TestCommandLine(t *testing.T) {
	s := newSite(t)
	bad := newSite(t)
	bad.write(t, "soon")
	secretless := newSite(t)
	if err := os.Remove(filepath.Join(secretless.dir, "secret")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args           []string
		code           int
		stdout, stderr string // prefix of the one, part of the other
	}{
		{[]string{"--check-config", s.config}, 0, s.config + ": ok\n", ""},
		{[]string{"--check-config", bad.config}, 2, "", bad.config + `:8: databases[0].archive.keep: "soon" is not`},
		{[]string{"--check-config", secretless.config}, 2, "", filepath.Join(secretless.dir, "secret")},
		{[]string{"--check-config", "/nowhere"}, 2, "", "/nowhere"},
		{[]string{"--config", bad.config}, 2, "", `"soon\" is not a duration`},
		{[]string{"--config", "/nowhere"}, 1, "", "/nowhere"},
		{[]string{"--version"}, 0, "wcded ", ""},
		{[]string{"--help"}, 0, "wcded keeps", ""},
		{[]string{"--bogus"}, 2, "", "flag provided but not defined: -bogus"},
		{[]string{"start"}, 2, "", `what is "start" for?`},
	} {
		cmd := exec.CommandContext(t.Context(), binary, tt.args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.HasPrefix(stdout.String(), tt.stdout) ||
			!strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("wcded %v: exit code %d, %q, %q; want %d, %q, %q", tt.args, code, stdout.String(), stderr.String(),
				tt.code, tt.stdout, tt.stderr)
		}
	}
}
