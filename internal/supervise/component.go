package supervise

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// State says what a component is doing.
type State string

// The states of a component.
const (
	Idle       State = "idle"        // not started yet
	Running    State = "running"     // Run was called and has not returned
	BackingOff State = "backing_off" // Run failed (LastError); it is called again at NextStart
	Stopped    State = "stopped"     // the supervisor stopped; LastError is what Run returned with, if anything
)

// Status is a component's state at a moment.
type Status struct {
	Name      string
	State     State
	Since     time.Time // when State began
	Restarts  uint64    // how often Run was called again
	Panics    uint64    // how many of its runs ended in a panic
	LastError error     // of the last run that ended; nil if none did
	NextStart time.Time // valid in BackingOff
}

type component struct {
	spec Component
	log  *slog.Logger

	mu      sync.Mutex
	status  Status
	marks   *marks // of the current run
	started bool   // Run was called at least once
}

// Status returns how the component is.
func (c *component) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// update enters state and calls change, if any, with the lock held.
func (c *component) update(state State, change func(*Status)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.State, c.status.Since = state, time.Now()
	if change != nil {
		change(&c.status)
	}
}

// keepRunning calls Run again and again until ctx ends, and returns the last error unless it is only ctx's own.
func (c *component) keepRunning(ctx context.Context, o Options) error {
	delays := backoff.NewExponentialBackOff(backoff.WithInitialInterval(o.FirstDelay), backoff.WithMultiplier(2),
		backoff.WithMaxInterval(o.MaxDelay), backoff.WithMaxElapsedTime(0))
	for ctx.Err() == nil {
		started := time.Now()
		err := c.runOnce(ctx)
		if ctx.Err() != nil {
			if errors.Is(err, context.Canceled) {
				err = nil
			}
			c.update(Stopped, func(s *Status) { s.LastError = err })
			return err
		}
		if err == nil {
			err = ErrEnded
		}
		if time.Since(started) >= o.HealthyAfter {
			delays.Reset()
		}
		c.waitAfter(ctx, err, delays.NextBackOff())
	}
	c.update(Stopped, nil)
	return nil
}

func (c *component) runOnce(ctx context.Context) error {
	m := newMarks()
	c.update(Running, func(s *Status) {
		c.marks = m
		if c.started {
			s.Restarts++
		}
		c.started = true
	})
	c.log.Debug("component started")
	err := Protect(func() error { return c.spec.Run(ctx, m.alive) })
	var panicked *PanicError
	if errors.As(err, &panicked) {
		c.log.Error("component panicked", "err", err, "stack", string(panicked.Stack))
		c.update(Running, func(s *Status) { s.Panics++ })
	}
	return err
}

// waitAfter records a failed run and waits for delay or the end of ctx.
func (c *component) waitAfter(ctx context.Context, err error, delay time.Duration) {
	c.update(BackingOff, func(s *Status) { s.LastError, s.NextStart = err, time.Now().Add(delay) })
	c.log.Error("component failed", "err", err, "restart_in", delay)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
