package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrStopTimeout is returned, wrapped with the name of what was being stopped, when that took longer than its bound.
var ErrStopTimeout = errors.New("did not stop in time")

// Teardown collects how to release what was acquired, and releases it last in, first out. The zero value is ready.
// It is not safe for concurrent use: one function acquires, defers Run, and is the only owner.
type Teardown struct {
	steps []teardownStep
}

type teardownStep struct {
	name  string
	bound time.Duration
	do    func(ctx context.Context) error
}

// Add says how to release something that was just acquired. Its context ends after bound (> 0); a do that does not
// return by then is left behind and reported.
func (t *Teardown) Add(name string, bound time.Duration, do func(ctx context.Context) error) {
	t.steps = append(t.steps, teardownStep{name: name, bound: bound, do: do})
}

// Run releases everything, in the reverse order of the calls of Add, and returns all errors joined. An error or a
// panic of one step does not keep the others from running. A second Run does nothing.
func (t *Teardown) Run() error {
	steps := t.steps
	t.steps = nil
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		if err := steps[i].run(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", steps[i].name, err))
		}
	}
	return errors.Join(errs...)
}

func (s teardownStep) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.bound)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- Protect(func() error { return s.do(ctx) }) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	// Both may be ready: what finished in the last moment did finish.
	select {
	case err := <-done:
		return err
	default:
		return fmt.Errorf("%w (%s)", ErrStopTimeout, s.bound)
	}
}
