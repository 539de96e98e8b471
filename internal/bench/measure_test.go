package bench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tiny is enough to show that every measurement does what it says.
func tiny() scale {
	return scale{
		transactions: 300, catchUp: 100, tables: 2, tableRows: 100, load: 300 * time.Millisecond,
		warmUp: 100 * time.Millisecond, lag: 500 * time.Millisecond, lagRate: 100, segments: 50, lookups: 20,
		limit: 5 * time.Minute, space: 1,
	}
}

// scratch returns a folder with a short name, for sockets, and options to measure in it.
func scratch(t *testing.T) Options {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "wb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return Options{Dir: dir, Rounds: 1, Self: []string{os.Args[0]}, Table: &bytes.Buffer{}, Progress: &bytes.Buffer{}}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "wcde-bench-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestEverythingIsMeasured(t *testing.T) {
	o := scratch(t)
	o.Out = filepath.Join(o.Dir, "docs", "benchmarks.md")
	progress, table := &bytes.Buffer{}, &bytes.Buffer{}
	o.Progress, o.Table = progress, table
	if err := run(t.Context(), o, tiny(), experiments()); err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	text, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range experiments() {
		for _, r := range x.rows {
			if r.key == "start-cold" {
				continue // everybody on this machine would feel that
			}
			line := lineWith(t, string(text), "| "+r.what+" | ")
			if strings.Contains(line, "not measured") {
				t.Errorf("%s", line)
			}
			if lineWith(t, table.String(), r.what) == "" {
				t.Errorf("not in the table: %s", r.what)
			}
		}
	}
	empty(t, o.Dir)
}

func lineWith(t *testing.T, text, part string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	t.Errorf("no line with %q", part)
	return ""
}

// interrupter cancels when it is told about a round.
type interrupter struct{ cancel context.CancelFunc }

func (i interrupter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("round")) {
		i.cancel()
	}
	return len(p), nil
}

func TestInterruptLeavesNothingBehind(t *testing.T) {
	o := scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Progress = interrupter{cancel}
	chosen, err := choose([]string{"archive"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, o, tiny(), chosen); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	empty(t, o.Dir)
}

func TestRefusedBeforeAnythingIsMade(t *testing.T) {
	for name, change := range map[string]func(*Options, *scale){
		"no rounds":    func(o *Options, _ *scale) { o.Rounds = 0 },
		"no such row":  func(o *Options, _ *scale) { o.Only = []string{"archive", "speed"} },
		"no space":     func(_ *Options, sc *scale) { sc.space = 1 << 62 },
		"no such disk": func(o *Options, _ *scale) { o.Dir = filepath.Join(o.Dir, "missing") },
	} {
		o, sc := scratch(t), tiny()
		change(&o, &sc)
		chosen, err := choose(o.Only)
		if err == nil {
			err = run(t.Context(), o, sc, chosen)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		empty(t, o.Dir)
	}
}

// A child that cannot do its work says why.
func TestChildFails(t *testing.T) {
	e, err := newEnv(scratch(t), tiny())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.close(); err != nil {
			t.Error(err)
		}
	}()
	_, err = e.openSegments(t.Context(), openConfig{Archive: e.path("a"), Segments: 3})
	if err == nil || !strings.Contains(err.Error(), "0 segments, want 3") {
		t.Errorf("open: %v", err)
	}
	c, err := e.startChild(t.Context(), RoleFollow, followConfig{Archive: e.path("a"), State: e.path("s"), Serve: true,
		User: account, Password: e.password})
	if err != nil {
		t.Fatal(err)
	}
	var ready followAnswer
	if err := c.ask(nil, &ready, patience); err != nil || ready.Port == 0 || ready.Peak == 0 {
		t.Errorf("ready: %+v, %v", ready, err)
	}
	err = c.ask(followRequest{Reach: "0-1-1", Limit: time.Millisecond}, nil, patience)
	if err == nil || !strings.Contains(err.Error(), "wait until the archive has 0-1-1") {
		t.Errorf("reach: %v", err)
	}
	if err := c.ask(followRequest{}, nil, patience); err != nil {
		t.Errorf("it does not go on after that: %v", err)
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}
