package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control/api"
)

// terminal runs wcdectl on a pseudo-terminal.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	keys *os.File
	mu   sync.Mutex
	text bytes.Buffer
	done chan struct{} // everything was read
}

func onTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	size := &unix.Winsize{Row: 24, Col: 100}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, keys: master, done: make(chan struct{})}
	x.cmd = exec.CommandContext(t.Context(), binary, args...)
	x.cmd.Env = append(os.Environ(), "TZ=UTC", "TERM=xterm", "NO_COLOR=")
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(x.done)
		_, _ = io.Copy(x, master) // ends with EIO when the last slave is closed
	}()
	return x
}

// Write collects what the terminal shows.
func (x *terminal) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.text.Write(p)
}

func (x *terminal) screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.text.String()
}

// expect waits until the terminal shows text.
func (x *terminal) expect(text string) {
	x.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(x.screen(), text); {
		if time.Now().After(deadline) {
			x.t.Fatalf("the terminal never showed %q, only:\n%s", text, x.screen())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (x *terminal) typeLine(text string) {
	x.t.Helper()
	if _, err := x.keys.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) wait() int {
	x.t.Helper()
	err := x.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		x.t.Fatal(err)
	}
	<-x.done
	return x.cmd.ProcessState.ExitCode()
}

func TestTerminalColours(t *testing.T) {
	d := start(t, &daemon{status: degraded()})
	x := onTerminal(t, "--socket", d.socket, "status")
	if code := x.wait(); code != 3 || !strings.Contains(x.screen(), "\x1b[1;31m✗\x1b[0m") {
		t.Errorf("exit code %d, screen:\n%q\nwant 3 and colours", code, x.screen())
	}
	if strings.Contains(x.screen(), "owned\a") {
		t.Error("a supplier's statement reached the terminal with its escapes")
	}
}

func TestTheDefaultIsNo(t *testing.T) {
	for answer, want := range map[string]int{"\n": 1, "n\n": 1, "what?\n": 1, "y\n": 0, "yes\n": 0} {
		d := start(t, &daemon{status: degraded()})
		x := onTerminal(t, "--socket", d.socket, "database", "skip", "ez2xs", "0-1-42")
		x.expect("GRANT ALL")
		x.expect("Why? ")
		x.typeLine("not ours\n")
		x.expect("Skip it? [y/N] ")
		x.typeLine(answer)
		if code := x.wait(); code != want {
			t.Errorf("after %q exit code %d, want %d:\n%s", answer, code, want, x.screen())
		}
		if asked := len(d.requests); (want == 0) != (asked == 1) {
			t.Errorf("after %q the daemon was asked %d times", answer, asked)
		}
		if want == 0 && d.requests[0] != (api.Decision{GTID: "0-1-42", Reason: "not ours"}) {
			t.Errorf("after %q the daemon was asked %+v", answer, d.requests[0])
		}
	}
}

func TestInterruptAtTheQuestion(t *testing.T) {
	d := start(t, &daemon{status: healthy()})
	x := onTerminal(t, "--socket", d.socket, "database", "seed", "ez2xs", "--replace", "--confirm", "ez2xs")
	x.expect("Seed it anew? [y/N] ")
	x.typeLine("\x03")
	if code := x.wait(); code != 1 || len(d.requests) != 0 {
		t.Errorf("exit code %d, %d requests; want 1 and none", code, len(d.requests))
	}
}

func TestProgressBar(t *testing.T) {
	release := make(chan struct{})
	d := start(t, &daemon{status: healthy(), seed: func(ctx context.Context, _ api.SeedRequest,
		progress func(api.SeedProgress)) (api.SeedReport, error) {
		progress(api.SeedProgress{Phase: "copying", Done: 3 << 20, Total: 4 << 20})
		select {
		case <-release:
			return api.SeedReport{GTID: "0-1-7"}, nil
		case <-ctx.Done():
			return api.SeedReport{}, ctx.Err()
		}
	}})
	x := onTerminal(t, "--socket", d.socket, "database", "seed", "ez2xs")
	x.expect("3.0 MiB / 4.0 MiB")
	x.expect("ETA")
	close(release)
	if code := x.wait(); code != 0 || !strings.Contains(x.screen(), "is seeded") {
		t.Errorf("exit code %d:\n%q", code, x.screen())
	}
}
