package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrInUse is returned by Listen when another process answers on the socket or holds its lock.
var ErrInUse = errors.New("another process listens there")

// maxSocketPath is how long the path of a unix socket may be: sun_path without its final zero (unix(7)).
const maxSocketPath = 107

// maxConns bounds how many clients are connected at a time; further ones wait in the kernel's queue.
const maxConns = 64

// ListenOptions says who may connect.
type ListenOptions struct {
	Mode  fs.FileMode // such as 0660
	Group string      // name or number of the group that the socket belongs to; "": the process's own
}

// Listener accepts connections on a unix socket that it owns: closing it removes the socket.
type Listener struct {
	*net.UnixListener
	lock  *os.File
	slots chan struct{}
	done  chan struct{}
	once  sync.Once
}

// Listen makes a unix socket at path and listens on it. The directory is created when it is missing. A socket that
// a dead process left behind is replaced; anything else at path is an error, and ErrInUse when somebody listens. A
// file with the suffix .lock stays beside the socket.
func Listen(path string, o ListenOptions) (_ *Listener, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("listen on %s: %w", path, err)
		}
	}()
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("the path has %d bytes, a unix socket's may have %d", len(path), maxSocketPath)
	}
	gid, err := lookupGroup(o.Group)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	l, err := listenLocked(path, o.Mode, gid)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &Listener{UnixListener: l, lock: lock, slots: make(chan struct{}, maxConns), done: make(chan struct{})}, nil
}

func lookupGroup(group string) (gid int, err error) {
	if group == "" {
		return -1, nil
	}
	if n, err := strconv.ParseUint(group, 10, 31); err == nil {
		return int(n), nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(g.Gid)
}

// lockFile takes a lock that ends with the process, so that two starting daemons don't remove each other's socket.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func listenLocked(path string, mode fs.FileMode, gid int) (*net.UnixListener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		// A socket's file gets the mode of its inode, less the umask (Linux): nobody else gets in before chmod.
		var chmodErr error
		err := c.Control(func(fd uintptr) { chmodErr = unix.Fchmod(int(fd), 0o600) })
		return errors.Join(err, chmodErr)
	}}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	if gid >= 0 {
		err = os.Lchown(path, -1, gid)
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l.(*net.UnixListener), nil
}

// removeStale removes a socket on which nobody listens. Without anything at path there is nothing to do.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("there is something that is not a socket (%s); remove it first", info.Mode())
	}
	conn, err := (&net.Dialer{Timeout: dialsFor}).DialContext(context.Background(), "unix", path)
	if err == nil {
		return errors.Join(ErrInUse, conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("see whether somebody listens: %w", err)
	}
	return os.Remove(path)
}

// Accept waits until fewer than a fixed number of clients are connected, and then for the next one.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.AcceptUnix()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &conn{Conn: c, unix: c, release: func() { <-l.slots }}, nil
}

// Close stops listening, removes the socket and lets go of the lock. Later calls do nothing.
func (l *Listener) Close() error {
	var err error
	l.once.Do(func() {
		close(l.done)
		err = errors.Join(l.UnixListener.Close(), l.lock.Close())
	})
	return err
}

// conn gives its slot back when it is closed.
type conn struct {
	net.Conn
	unix    *net.UnixConn
	release func()
	once    sync.Once
}

// UnixConn returns the connection itself, which knows its peer.
func (c *conn) UnixConn() *net.UnixConn { return c.unix }

// Close closes the connection and gives its slot back.
func (c *conn) Close() error {
	defer c.once.Do(c.release)
	return c.Conn.Close()
}
