package lab

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

// The lab's parts.
const (
	SupplierMariaDB   = "supplier-mariadb"
	SupplierSSHD      = "supplier-sshd"
	SupplierPortal    = "supplier-portal"
	Links             = "links" // the process of the relays between wcded and the supplier
	FoundationMariaDB = "foundation-mariadb"
	Wcded             = "wcded"
)

// Parts lists the lab's parts in the order in which they come up.
func Parts() []string {
	return []string{SupplierMariaDB, SupplierSSHD, SupplierPortal, Links, FoundationMariaDB, Wcded}
}

// part is a process, or a few, that can be started and ended by itself.
type part interface {
	start(ctx context.Context) error // returns when it answers; one that runs is left alone
	stop(ctx context.Context) error  // asks it to end and waits; one that does not run is left alone
	kill() error
	pid() int // 0: it does not run
}

func (l *Lab) part(name string) (part, error) {
	switch name {
	case SupplierMariaDB:
		return server{l.Supplier}, nil
	case FoundationMariaDB:
		return server{l.Foundation}, nil
	case SupplierSSHD:
		return l.sshd(), nil
	case SupplierPortal:
		return l.portal(), nil
	case Links:
		return l.links(), nil
	case Wcded:
		return l.wcded(), nil
	}
	return nil, unknownPart(name)
}

// operate does something with a part while nobody brings the lab up or down.
func (l *Lab) operate(name string, do func(part) error) error {
	p, err := l.part(name)
	if err != nil {
		return err
	}
	unlock, err := lock(l.dir, unix.LOCK_SH)
	if err != nil {
		return err
	}
	defer unlock()
	return do(p)
}

// Start starts a part and returns when it answers. One that runs is left alone.
func (l *Lab) Start(ctx context.Context, name string) error {
	return l.operate(name, func(p part) error { return p.start(ctx) })
}

// StartWcded starts wcded with additions to its environment.
func (l *Lab) StartWcded(ctx context.Context, env ...string) error {
	return l.operate(Wcded, func(part) error {
		w := l.wcded()
		w.env = append(w.env, env...)
		return w.start(ctx)
	})
}

// Stop asks a part to end and waits until it has.
func (l *Lab) Stop(ctx context.Context, name string) error {
	return l.operate(name, func(p part) error { return p.stop(ctx) })
}

// Kill ends a part with SIGKILL.
func (l *Lab) Kill(name string) error {
	return l.operate(name, part.kill)
}

// PID is a part's process id, or 0 if it does not run.
func (l *Lab) PID(name string) (int, error) {
	p, err := l.part(name)
	if err != nil {
		return 0, err
	}
	return p.pid(), nil
}

// server makes a MariaDB server a part.
type server struct{ *mariadbd.Server }

func (s server) start(ctx context.Context) error {
	if err := s.Restart(ctx); !errors.Is(err, mariadbd.ErrRunning) {
		return err
	}
	return nil
}

func (s server) stop(ctx context.Context) error { return s.Stop(ctx) }
func (s server) kill() error                    { return s.Kill() }
func (s server) pid() int                       { return s.PID() }

// ExitError is returned when a part ended instead of getting ready.
type ExitError struct {
	Part string
	Err  error
	Log  string // the end of what it wrote
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s ended at once (%v), its log says:\n%s", e.Part, e.Err, e.Log)
}

func (e *ExitError) Unwrap() error { return e.Err }
