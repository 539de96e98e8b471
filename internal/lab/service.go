package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// service is a part that is one process with a folder of its own, which holds server.pid (see package proc) and
// NAME.log.
type service struct {
	name    string
	dir     string
	argv    []string
	env     []string
	user    *proc.Account
	detach  bool
	pidFile string                          // if set, also gets the bare pid, for kill(1)
	ready   func(ctx context.Context) error // nil once it answers
	patience,
	grace time.Duration // how long it may take to get ready, and to end
}

// service returns a service with what all of them have.
func (l *Lab) service(name, dir string, argv ...string) *service {
	return &service{name: name, dir: dir, argv: argv, env: []string{marker(l.dir)}, detach: l.state.Detach,
		patience: time.Minute, grace: 30 * time.Second}
}

func (s *service) log() string { return filepath.Join(s.dir, s.name+".log") }

func (s *service) id() (proc.ID, bool) {
	id, err := proc.ReadFile(filepath.Join(s.dir, "server.pid"))
	return id, err == nil && id.Alive()
}

func (s *service) pid() int {
	if id, alive := s.id(); alive {
		return id.PID
	}
	return 0
}

func (s *service) start(ctx context.Context) error {
	if s.pid() != 0 {
		return nil
	}
	before := size(s.log())
	p, err := proc.Start(proc.Spec{Path: s.argv[0], Args: s.argv[1:], Dir: s.dir, Env: s.env, Log: s.log(),
		Detach: s.detach, User: s.user})
	if err != nil {
		return err
	}
	err = proc.WriteFile(filepath.Join(s.dir, "server.pid"), p.ID)
	if err == nil && s.pidFile != "" {
		err = os.WriteFile(s.pidFile, []byte(strconv.Itoa(p.ID.PID)+"\n"), 0o644)
	}
	if err == nil {
		err = s.wait(ctx, p, before)
	}
	if err != nil {
		return errors.Join(err, p.ID.Kill())
	}
	return nil
}

// wait returns nil once the service answers, and an *ExitError if it ends instead.
func (s *service) wait(ctx context.Context, p *proc.Process, before int64) error {
	var last error
	err := poll(ctx, s.patience, func() (bool, error) {
		select {
		case <-p.Done():
			return false, &ExitError{s.name, p.Err(), string(tail(readFrom(s.log(), before)))}
		default:
		}
		asked, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		last = s.ready(asked)
		return last == nil, nil
	})
	if errors.Is(err, errPollTimeout) {
		return fmt.Errorf("%s does not answer after %v: %w; its log says:\n%s", s.name, s.patience, last,
			tail(readFrom(s.log(), before)))
	}
	return err
}

func (s *service) stop(ctx context.Context) error {
	id, alive := s.id()
	if !alive {
		return nil
	}
	if err := id.End(ctx, unix.SIGTERM, s.grace); err != nil {
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	return nil
}

func (s *service) kill() error {
	id, alive := s.id()
	if !alive {
		return nil
	}
	return id.Kill()
}

func size(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}

// readFrom reads at most 64 KiB of a log from an offset; what cannot be read is missing.
func readFrom(path string, offset int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	const most = 64 << 10
	b, _ := io.ReadAll(io.NewSectionReader(f, max(offset, size(path)-most), most)) // for an error message only
	return b
}
