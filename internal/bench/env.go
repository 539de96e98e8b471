package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// scale is how much is done.
type scale struct {
	transactions int // of the shared history
	catchUp      int // of those, from the first on
	tables       int // of sysbench
	tableRows    int
	load         time.Duration // under semi-sync, and of sysbench in the memory row
	warmUp       time.Duration // before load is counted
	lag          time.Duration
	lagRate      int // commits a second
	segments     int
	lookups      int
	steady       bool          // bring the disk to rest before something is timed; may empty the page cache
	limit        time.Duration // for one experiment
	space        int64         // bytes that must be free
}

func fullScale() scale {
	return scale{
		transactions: 240_000, catchUp: 90_000, tables: 8, tableRows: 20_000, load: 5 * time.Second,
		warmUp: time.Second, lag: 10 * time.Second, lagRate: 200, segments: 10_000, lookups: 1000, steady: true,
		limit: 40 * time.Minute, space: spaceFull,
	}
}

func quickScale() scale {
	return scale{
		transactions: 24_000, catchUp: 9000, tables: 8, tableRows: 2000, load: 2 * time.Second,
		warmUp: 500 * time.Millisecond, lag: 3 * time.Second, lagRate: 200, segments: 1000, lookups: 100, steady: true,
		limit: 10 * time.Minute, space: spaceQuick,
	}
}

// env is what experiments run in. It is used by one goroutine.
type env struct {
	dir      string
	scale    scale
	rounds   int
	self     []string
	profiles string
	progress io.Writer
	password string

	past    *history // nil until the first experiment asks for it
	closers []func() error
}

// later has do called when the env, or the experiment that is running, ends; the last first.
func (e *env) later(do func() error) { e.closers = append(e.closers, do) }

func (e *env) close() error { return e.closeTo(0) }

// closeTo calls what was registered since there were n closers.
func (e *env) closeTo(n int) error {
	var errs []error
	for len(e.closers) > n {
		last := e.closers[len(e.closers)-1]
		e.closers = e.closers[:len(e.closers)-1]
		errs = append(errs, last())
	}
	return errors.Join(errs...)
}

func (e *env) say(format string, args ...any) { fmt.Fprintf(e.progress, format+"\n", args...) }

// path returns a path in the scratch folder. Names are kept short: servers put sockets there.
func (e *env) path(parts ...string) string {
	return filepath.Join(append([]string{e.dir}, parts...)...)
}

// experiment runs x in time and releases what it used.
func (e *env) experiment(ctx context.Context, x experiment, rec *recorder) (err error) {
	ctx, cancel := context.WithTimeout(ctx, e.scale.limit)
	defer cancel()
	if x.usesHistory {
		if err := e.makeHistory(ctx); err != nil {
			return fmt.Errorf("prepare a binary log: %w", err)
		}
	}
	n := len(e.closers)
	defer func() { err = errors.Join(err, e.closeTo(n)) }()
	e.say("%s", x.name)
	return x.run(ctx, e, rec)
}

// contest has the contestants measured once in each round, in an order that moves on from round to round, and reports
// the figures of a round, in the order of the contestants, to done.
func (e *env) contest(ctx context.Context, contestants []contestant, done func(figures []float64)) error {
	for round := range e.rounds {
		figures := make([]float64, len(contestants))
		for i := range contestants {
			at := (i + round) % len(contestants)
			c := contestants[at]
			v, err := c.measure(ctx)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, c.name, err)
			}
			figures[at] = v
			e.say("  round %d/%d  %-28s %s %s", round+1, e.rounds, c.name, number(v), c.unit)
		}
		done(figures)
	}
	return nil
}

type contestant struct {
	name    string
	unit    string
	measure func(ctx context.Context) (float64, error)
}

// settle brings what was written to disk, so that one measurement does not pay for what came before it.
func (e *env) settle() error {
	if !e.scale.steady {
		return nil
	}
	d, err := os.Open(e.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return fmt.Errorf("sync %s: %w", e.dir, err)
	}
	return nil
}

// until polls ok, every pause, until it returns true or an error, or ctx ends, or the limit has passed.
func until(ctx context.Context, what string, limit, pause time.Duration, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if yes, err := ok(); err != nil {
			return fmt.Errorf("wait until %s: %w", what, err)
		} else if yes {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
}
