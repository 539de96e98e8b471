package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Spec says what to start.
type Spec struct {
	Path   string
	Args   []string // without the program's own name
	Dir    string
	Env    []string // added to this process's environment
	Log    string   // standard output and error are appended to this file; required
	Detach bool     // the process outlives this one; otherwise it is killed when this one ends, however it ends
	User   *Account // whom it runs as; nil: this process's own user
}

// Process is a process that was started here.
type Process struct {
	ID   ID
	done chan struct{}
	err  error // valid once done is closed
}

// Done is closed when the process has ended and was reaped.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the process ended. Call it after Done.
func (p *Process) Err() error { return p.err }

// Start starts a process in a session of its own, so that a Ctrl-C in the terminal is not for it.
func Start(s Spec) (*Process, error) {
	if s.Log == "" {
		return nil, errors.New("start process: no log file given")
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(s.Path, s.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, log, log
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if !s.Detach {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	if s.User != nil {
		// Before the program starts: one that changed its user by itself would lose the death signal (prctl(2)).
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.User.UID, Gid: s.User.GID}
	}

	p := &Process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The death signal is sent when the *thread* that forked ends, which Go does to idle threads as it
		// likes. This goroutine keeps its thread until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("start %s: %w", s.Path, err)
			return
		}
		// Before Wait the child can at most be a zombie, which still has its pid and start.
		var err error
		p.ID, err = Find(cmd.Process.Pid)
		if err != nil {
			_ = cmd.Process.Kill()
		}
		started <- err
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}
