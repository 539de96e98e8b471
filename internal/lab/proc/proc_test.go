package proc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

func sleeper(t *testing.T, args ...string) *proc.Process {
	t.Helper()
	p, err := proc.Start(proc.Spec{Path: "/bin/sh", Args: args, Log: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.ID.Kill(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestReusedPidIsNotSignalled(t *testing.T) {
	p := sleeper(t, "-c", "exec sleep 1000")
	for _, other := range []proc.ID{
		{PID: p.ID.PID, Start: p.ID.Start + 1, Boot: p.ID.Boot},
		{PID: p.ID.PID, Start: p.ID.Start, Boot: "another boot"},
		{},
	} {
		if other.Alive() {
			t.Errorf("%v is alive", other)
		}
		if err := other.Signal(unix.SIGKILL); !errors.Is(err, proc.ErrGone) {
			t.Errorf("signal to %v: %v", other, err)
		}
		if err := other.Kill(); err != nil {
			t.Errorf("kill of what is gone: %v", err)
		}
	}
	if !p.ID.Alive() {
		t.Error("the process was hit")
	}
}

func TestEndKillsWhatDoesNotListen(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	p := sleeper(t, "-c", "trap '' TERM; touch "+ready+"; while :; do sleep 1000; done")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); ; {
		if _, err := os.Stat(ready); err == nil {
			break
		}
		select {
		case <-deadline:
			t.Fatal("never got ready")
		case <-tick.C:
		}
	}
	err := p.ID.End(t.Context(), unix.SIGTERM, 50*time.Millisecond)
	if !errors.Is(err, context.DeadlineExceeded) || p.ID.Alive() {
		t.Errorf("End: %v, alive %v", err, p.ID.Alive())
	}
	<-p.Done()
}

func TestFileRoundTrip(t *testing.T) {
	id, err := proc.Find(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pid")
	if err := proc.WriteFile(path, id); err != nil {
		t.Fatal(err)
	}
	got, err := proc.ReadFile(path)
	if err != nil || got != id || !got.Alive() {
		t.Errorf("read %v, %v; want %v", got, err, id)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1 2 3")
	f.Add("0 0 x")
	f.Add("-1 2 3 4")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := proc.Parse(s)
		if err != nil {
			return
		}
		if again, err := proc.Parse(id.String()); err != nil || again != id {
			t.Errorf("%q: %v became %v, %v", s, id, again, err)
		}
	})
}
