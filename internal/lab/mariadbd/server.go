package mariadbd

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/lab/ports"
	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

const (
	startTime = 90 * time.Second // crash recovery of a big transaction on a slow disk
	stopTime  = 60 * time.Second
)

// ErrRunning is returned when a server is to be started that runs already.
var ErrRunning = errors.New("the server runs already")

// Server is a server in a directory, running or not. Its methods may be called from several goroutines.
type Server struct {
	opts Options
	port int // 0: no TCP

	mu sync.Mutex
	id proc.ID // zero: was never started, or ended through Stop or Kill
	db *sql.DB // administrator's connections, made when needed
}

// Start installs the datadir on first use, starts the server and returns when it answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := Attach(o)
	if err != nil {
		return nil, err
	}
	if err := s.Restart(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Attach returns the server in o.Dir, which another process may have started with Options.Detach, or which does
// not run. It starts nothing.
func Attach(o Options) (*Server, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, port: max(o.Port, 0)}
	if o.Port == 0 {
		if s.port, err = keptPort(o.path("port")); err != nil {
			return nil, err
		}
	}
	id, err := proc.ReadFile(o.path("server.pid"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read server's pid file: %w", err)
	}
	if err == nil && id.Alive() {
		s.id = id
	}
	return s, nil
}

// Restart starts the server again on the same directory and port, after Stop, Kill or a crash, and returns when
// it answers. ErrRunning if it runs.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id.Alive() {
		return fmt.Errorf("start MariaDB in %s: %w", s.opts.Dir, ErrRunning)
	}
	owner, err := s.opts.account()
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, owner); err != nil {
		return fmt.Errorf("prepare MariaDB in %s: %w", s.opts.Dir, err)
	}
	// Nothing reserves a free port until the server binds it; somebody else may have been quicker.
	const tries = 5
	for try := 1; ; try++ {
		err := s.launchLocked(ctx, owner)
		fresh := s.opts.Port == 0 && !keptExists(s.opts.path("port"))
		if err == nil || try == tries || !fresh || !errors.Is(err, errPortTaken) {
			return s.started(err)
		}
		s.port = 0
	}
}

// started remembers the port of a first start that worked.
func (s *Server) started(err error) error {
	if err != nil {
		return fmt.Errorf("start MariaDB in %s: %w", s.opts.Dir, err)
	}
	if s.opts.Port == 0 {
		return os.WriteFile(s.opts.path("port"), []byte(strconv.Itoa(s.port)+"\n"), 0o644)
	}
	return nil
}

// prepare makes what is missing on disk.
func (s *Server) prepare(ctx context.Context, owner *proc.Account) error {
	if err := os.MkdirAll(s.opts.Dir, 0o700); err != nil {
		return err
	}
	if owner != nil {
		// The server's group may make files here (the socket) and, with the sticky bit, cannot replace ours.
		if err := os.Chown(s.opts.Dir, -1, int(owner.GID)); err != nil {
			return err
		}
		if err := os.Chmod(s.opts.Dir, 0o770|os.ModeSticky); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.opts.path("tmp"), 0o700); err != nil {
		return err
	}
	if err := owner.Own(s.opts.path("tmp")); err != nil {
		return err
	}
	if s.opts.Replica {
		if err := os.MkdirAll(s.opts.path("nofiles"), 0o555); err != nil {
			return err
		}
	}
	if ok, err := exists(s.opts.DataDir + "/mysql"); ok || err != nil {
		return err
	}
	from, err := template(ctx, s.opts.Binary, s.opts.Env)
	if err != nil {
		return err
	}
	return ensureDataDir(from, s.opts.DataDir, owner)
}

// launchLocked starts the process and waits until it answers or ends.
func (s *Server) launchLocked(ctx context.Context, owner *proc.Account) error {
	if s.opts.Port == 0 && s.port == 0 {
		port, err := ports.Free()
		if err != nil {
			return err
		}
		s.port = port
	}
	cnf, err := render(s.opts.settings(s.port))
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.opts.path("my.cnf"), []byte(cnf), 0o644); err != nil {
		return err
	}
	logged := fileSize(s.opts.path("error.log"))
	p, err := proc.Start(proc.Spec{Path: s.opts.Binary, Args: []string{"--defaults-file=" + s.opts.path("my.cnf")},
		Dir: s.opts.Dir, Env: s.opts.Env, Log: s.opts.path("error.log"), Detach: s.opts.Detach,
		User: owner})
	if err != nil {
		return err
	}
	if err := proc.WriteFile(s.opts.path("server.pid"), p.ID); err != nil {
		return errors.Join(err, p.ID.Kill())
	}
	if err := s.waitReady(ctx, p, logged); err != nil {
		return errors.Join(err, p.ID.Kill())
	}
	s.id = p.ID
	return nil
}

// Stop shuts the server down in order and waits for it. When that takes longer than ctx allows (a minute if ctx
// has no deadline) the server is killed and that is the error. A server that does not run is no error.
func (s *Server) Stop(ctx context.Context) error {
	return s.end(func(id proc.ID) error { return id.End(ctx, unix.SIGTERM, stopTime) })
}

// Kill ends the server as a power cut of its process would, with SIGKILL, and waits until it is gone.
func (s *Server) Kill() error { return s.end(proc.ID.Kill) }

func (s *Server) end(how func(proc.ID) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.id
	s.closeDBLocked()
	if id == (proc.ID{}) {
		return nil
	}
	if err := how(id); err != nil {
		return fmt.Errorf("end MariaDB in %s: %w", s.opts.Dir, err)
	}
	s.id = proc.ID{}
	return nil
}

// Alive reports whether the server's process runs.
func (s *Server) Alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id.Alive()
}

// Signal sends a signal to the server's process: SIGSTOP and SIGCONT make it a server that hangs.
func (s *Server) Signal(sig unix.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id.Signal(sig)
}

// Socket is the path of the unix socket.
func (s *Server) Socket() string { return s.opts.path("mysqld.sock") }

// Port is the TCP port on 127.0.0.1, or 0 if the server has none.
func (s *Server) Port() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.port
}

// DataDir is where the tables are.
func (s *Server) DataDir() string { return s.opts.DataDir }

// BinlogDir is where the mysql-bin files are.
func (s *Server) BinlogDir() string { return s.opts.DataDir }

// ErrorLog is the path of what the server says about itself.
func (s *Server) ErrorLog() string { return s.opts.path("error.log") }

// PID is the server's process id, or 0 if it does not run.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.id.Alive() {
		return 0
	}
	return s.id.PID
}

func keptPort(path string) (int, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("read %s: not a port", path)
	}
	return port, nil
}

func keptExists(path string) bool {
	ok, err := exists(path)
	return ok || err != nil
}

func fileSize(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}
