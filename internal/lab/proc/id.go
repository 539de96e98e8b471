package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrGone is returned when a process no longer runs: it ended, its pid was reused, or the machine was rebooted.
var ErrGone = errors.New("process is gone")

// ID names one process for ever, unlike a bare pid.
type ID struct {
	PID   int
	Start uint64 // clock ticks since boot
	Boot  string // the kernel's random id of this boot
}

// Find returns the ID of the process that has pid now. The error is ErrGone if there is none.
func Find(pid int) (ID, error) {
	st, err := readStat(pid)
	if err != nil {
		return ID{}, err
	}
	boot, err := bootID()
	if err != nil {
		return ID{}, err
	}
	return ID{PID: pid, Start: st.start, Boot: boot}, nil
}

// Parse reads what String wrote.
func Parse(s string) (ID, error) {
	f := strings.Fields(s)
	if len(f) != 3 {
		return ID{}, fmt.Errorf("parse process id %.60q: want PID START BOOT", s)
	}
	pid, err := strconv.Atoi(f[0])
	if err != nil || pid <= 0 {
		return ID{}, fmt.Errorf("parse process id %.60q: bad pid", s)
	}
	start, err := strconv.ParseUint(f[1], 10, 64)
	if err != nil {
		return ID{}, fmt.Errorf("parse process id %.60q: bad start", s)
	}
	return ID{PID: pid, Start: start, Boot: f[2]}, nil
}

// String is one line without its end, for a pid file. Its first word is the pid.
func (id ID) String() string { return fmt.Sprintf("%d %d %s", id.PID, id.Start, id.Boot) }

// ReadFile reads a pid file. A missing file is an fs.ErrNotExist.
func ReadFile(path string) (ID, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return ID{}, err
	}
	return Parse(strings.TrimSpace(string(b)))
}

// WriteFile writes a pid file, by rename, so that a reader never sees half of it.
func WriteFile(path string, id ID) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(id.String()+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Alive reports whether the process still runs. A zombie does not.
func (id ID) Alive() bool {
	fd, err := id.open()
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return !exited(fd, 0)
}

// Signal sends sig to the process; ErrGone if it no longer runs.
func (id ID) Signal(sig unix.Signal) error {
	fd, err := id.open()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if exited(fd, 0) {
		return ErrGone
	}
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return ErrGone
		}
		return fmt.Errorf("signal process %d: %w", id.PID, err)
	}
	return nil
}

// Wait returns nil once the process no longer runs, which need not be a child of ours.
func (id ID) Wait(ctx context.Context) error {
	fd, err := id.open()
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for !exited(fd, 50*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for process %d to end: %w", id.PID, err)
		}
	}
	return nil
}

// End asks the process to end with sig, and kills it when it has not ended before ctx is done or grace is over.
// It returns once the process is gone.
func (id ID) End(ctx context.Context, sig unix.Signal, grace time.Duration) error {
	if err := id.Signal(sig); err != nil {
		if errors.Is(err, ErrGone) {
			return nil
		}
		return err
	}
	asked, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := id.Wait(asked)
	if err == nil {
		return nil
	}
	if kerr := id.Kill(); kerr != nil {
		return errors.Join(err, kerr)
	}
	return fmt.Errorf("process %d did not end by itself and was killed: %w", id.PID, err)
}

// Kill sends SIGKILL and waits until the process is gone; one that is gone already is no error.
func (id ID) Kill() error {
	if err := id.Signal(unix.SIGKILL); err != nil && !errors.Is(err, ErrGone) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return id.Wait(ctx)
}

// open returns a pidfd of exactly this process.
func (id ID) open() (int, error) {
	if id.PID <= 0 {
		return -1, ErrGone
	}
	fd, err := unix.PidfdOpen(id.PID, 0)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) {
		return -1, ErrGone
	}
	if err != nil {
		return -1, fmt.Errorf("open process %d: %w", id.PID, err)
	}
	now, err := Find(id.PID)
	if err == nil && now != id {
		err = ErrGone
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// exited waits up to d for the process behind a pidfd to end: the descriptor becomes readable then.
func exited(fd int, d time.Duration) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(p, int(d/time.Millisecond))
	return err == nil && n == 1
}
