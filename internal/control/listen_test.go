package control_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control"
)

func TestListenModeAndGroup(t *testing.T) {
	old := unix.Umask(0) // the widest: the mode must be ours, not the umask's
	t.Cleanup(func() { unix.Umask(old) })
	path := socketPath(t)
	group, gid := strconv.Itoa(os.Getgid()), uint32(os.Getgid())
	if os.Getuid() == 0 { // may give it to a group that it isn't in
		group, gid = "daemon", 1
	}
	l, err := control.Listen(path, control.ListenOptions{Mode: 0o660, Group: group})
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	if st.Mode != unix.S_IFSOCK|0o660 || st.Gid != gid {
		t.Errorf("mode %o group %d, want a socket 0660 of group %s", st.Mode, st.Gid, group)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("the second Close = %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there after Close: %v", err)
	}
}

func TestListenReplacesAStaleSocket(t *testing.T) {
	path := socketPath(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as after kill -9
	dead.Close()
	l, err := control.Listen(path, control.ListenOptions{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestListenRefuses(t *testing.T) {
	refuse := func(path, group, want string) error {
		t.Helper()
		l, err := control.Listen(path, control.ListenOptions{Mode: 0o600, Group: group})
		if err == nil {
			l.Close()
			t.Errorf("Listen(%s) succeeded, want %q", path, want)
			return nil
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Listen(%s) = %q, want %q in it", path, err, want)
		}
		return err
	}

	path := socketPath(t)
	ours, err := control.Listen(path, control.ListenOptions{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if err := refuse(path, "", "another process listens there"); !errors.Is(err, control.ErrInUse) {
		t.Errorf("error is %v, want ErrInUse", err)
	}

	// Somebody who does not know our lock.
	path = socketPath(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	theirs, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if err := refuse(path, "", "another process listens there"); !errors.Is(err, control.ErrInUse) {
		t.Errorf("error is %v, want ErrInUse", err)
	}

	// A file that is not a socket is not ours to remove.
	path = filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(path, "", "not a socket")
	if data, err := os.ReadFile(path); err != nil || string(data) != "data" {
		t.Errorf("the file that was in the way: %q, %v", data, err)
	}

	refuse(filepath.Join(t.TempDir(), strings.Repeat("x", 108)), "", "a unix socket's may have 107")
	refuse(socketPath(t), "no-such-group", "no-such-group")
	refuse("/proc/nowhere/operators.sock", "", "listen on /proc/nowhere/operators.sock")
}
