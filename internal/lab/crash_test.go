package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab"
)

// signalled runs `wcde-lab up` and sends it a signal once it says text. It returns how it ended and what it said.
func signalled(t *testing.T, dir, text string, sig syscall.Signal) (error, string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin(), "wcde-lab"), "up", "--dir", dir)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(io.LimitReader(pipe, 1<<20))
	for sent := false; lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if !sent && strings.Contains(lines.Text(), text) {
			sent = true
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	return cmd.Wait(), said.String()
}

func TestInterruptedUpLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"folders", "supplier: MariaDB", "seed MariaDB"} {
		t.Run(text, func(t *testing.T) {
			dir := labDir(t)
			err, said := signalled(t, dir, text, syscall.SIGINT)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(said, "interrupted") {
				t.Errorf("ended with %v and said:\n%s", err, said)
			}
			nothingLeft(t, dir)
		})
	}
}

func TestDownAfterUpWasKilled(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"supplier: volume", "supplier: sshd", "foundation: wcded"} {
		t.Run(text, func(t *testing.T) {
			dir := labDir(t)
			if err, said := signalled(t, dir, text, syscall.SIGKILL); err == nil {
				t.Fatalf("was not killed:\n%s", said)
			}
			out, err := exec.Command(filepath.Join(bin(), "wcde-lab"), "up", "--dir", dir).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 4 || !strings.Contains(string(out), "down --dir") {
				t.Errorf("up over what is left: %v: %s", err, out)
			}
			out, err = exec.Command(filepath.Join(bin(), "wcde-lab"), "down", "--dir", dir).CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			nothingLeft(t, dir)
		})
	}
}

const attachedDir = "WCDE_LAB_TEST_ATTACHED"

// upAndDie is what the test below runs in a process of its own.
func upAndDie(dir string) {
	if _, err := lab.Up(context.Background(), lab.Options{Dir: dir, BinDir: bin(), NoSeed: true}); err != nil {
		log.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		log.Fatal(err)
	}
}

func TestAttachedLabDiesWithItsOwner(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), attachedDir+"="+dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v: %s", err, out)
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range lab.Parts() {
		until(t, part+" is gone", func() bool { pid, err := l.PID(part); return pid == 0 && err == nil })
	}
	if err := lab.Reap(t.Context(), filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, dir)
}

func TestNeedsRoot(t *testing.T) {
	cmd := exec.Command(filepath.Join(bin(), "wcde-lab"), "up", "--dir", "/tmp/never-made")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 4 || !strings.Contains(string(out), "sudo") {
		t.Errorf("without root: %v: %s", err, out)
	}
}
