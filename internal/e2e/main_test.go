package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab"
)

var rounds = flag.Int("torture.rounds", 3, "how often TestTorture kills the daemon under load")

// binaries is where TestMain puts what is tested; crashing holds a wcded with its crash points, plain one without the race
// detector.
var binaries, crashing, plain string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	parent := filepath.Join(os.TempDir(), "wcde-e2e")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := lab.Reap(context.Background(), parent); err != nil {
		fmt.Fprintln(os.Stderr, "clean up after an earlier run:", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "wcde-bin")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaries, crashing, plain = filepath.Join(dir, "bin"), filepath.Join(dir, "crashing"), filepath.Join(dir, "plain")
	for _, args := range [][]string{
		{"build", "-race", "-o", binaries + "/", "../../cmd/wcded", "../../cmd/wcdectl", "../../cmd/wcde-lab"},
		{"build", "-o", plain + "/", "../../cmd/wcded"},
		{"build", "-race", "-tags", "crashpoints", "-o", crashing + "/", "../../cmd/wcded"},
	} {
		cmd := exec.Command("go", args...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build what is tested:", err)
			return 1
		}
	}
	return m.Run()
}

// patience is how long anything may take before a test gives up; nothing is expected to need it.
const patience = 90 * time.Second

// world is a lab with what the tests ask of it.
type world struct {
	*lab.Lab
	t    *testing.T
	info lab.Info
}

func up(t *testing.T, change func(*lab.Options)) *world {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Join(os.TempDir(), "wcde-e2e"), "l")
	if err != nil {
		t.Fatal(err)
	}
	o := lab.Options{
		Dir: dir, BinDir: binaries, Wcded: filepath.Join(crashing, "wcded"),
		Without: []string{lab.SupplierPortal, lab.SupplierSSHD},
	}
	if change != nil {
		change(&o)
	}
	l, err := lab.Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Lab: l, t: t}
	t.Cleanup(func() {
		if t.Failed() {
			w.showLog()
		}
		if err := lab.Down(context.Background(), dir, nil); err != nil {
			t.Error(err)
		}
		_ = os.Remove(dir)
	})
	if w.info, err = l.Info(); err != nil {
		t.Fatal(err)
	}
	return w
}

// showLog prints the end of the daemon's log.
func (w *world) showLog() {
	data, err := os.ReadFile(w.info.Foundation.WcdedLog)
	if err != nil {
		w.t.Log(err)
		return
	}
	w.t.Logf("the daemon's log ends with:\n%s", data[max(0, len(data)-6000):])
}

// eventually waits until ok says that it is so; why is what it says otherwise.
func (w *world) eventually(what string, ok func() (done bool, why string)) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, why := ok()
		if done {
			return
		}
		select {
		case <-ctx.Done():
			w.t.Fatalf("not within %s: %s: %s", patience, what, why)
		case <-tick.C:
		}
	}
}

// must stops the test at an error.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			w.t.Fatalf("%v: %s", err, exit.Stderr)
		}
		w.t.Fatal(err)
	}
}
