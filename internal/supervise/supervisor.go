package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Defaults for what Options and Component leave 0.
const (
	DefaultFirstDelay   = time.Second
	DefaultMaxDelay     = time.Minute
	DefaultHealthyAfter = 2 * time.Minute
	DefaultStopWithin   = 20 * time.Second
)

// Component is something that runs until its context ends.
type Component struct {
	// Name is unique within a Supervisor, such as "database/ez2xs".
	Name string
	// Run works until ctx ends; any other return, also nil, is a failure and leads to a restart. It calls alive with
	// the name of each of its loops, more often than LoopBound, from any goroutine.
	Run func(ctx context.Context, alive func(loop string)) error
	// LoopBound is how long a loop may go without calling alive; 0: its loops are not watched.
	LoopBound time.Duration
	// StartWithin is how long it may take until the first loop calls alive; 0: LoopBound.
	StartWithin time.Duration
	// StopWithin is how long Run may take to return after ctx ended; 0: DefaultStopWithin.
	StopWithin time.Duration
}

// Options says what to supervise and how. Durations that are 0 take the default of that name.
type Options struct {
	Components   []Component
	Logger       *slog.Logger
	FirstDelay   time.Duration // before the first restart
	MaxDelay     time.Duration // the longest wait before a restart, without jitter
	HealthyAfter time.Duration // after a run of this length the delays begin with the first again
}

// Supervisor runs components.
type Supervisor struct {
	options    Options
	components []*component
}

// ErrEnded is the error of a component whose Run returned nil although nobody had asked it to stop.
var ErrEnded = errors.New("ended without being asked to")

// New makes a Supervisor and starts nothing. Names have to be there and differ.
func New(o Options) (*Supervisor, error) {
	o.FirstDelay = orDefault(o.FirstDelay, DefaultFirstDelay)
	o.MaxDelay = orDefault(o.MaxDelay, DefaultMaxDelay)
	o.HealthyAfter = orDefault(o.HealthyAfter, DefaultHealthyAfter)
	s := &Supervisor{options: o}
	seen := map[string]bool{}
	for _, spec := range o.Components {
		if spec.Name == "" || spec.Run == nil {
			return nil, fmt.Errorf("supervise component %q: it needs a name and a Run", spec.Name)
		}
		if seen[spec.Name] {
			return nil, fmt.Errorf("supervise component %q: the name is used twice", spec.Name)
		}
		seen[spec.Name] = true
		spec.StartWithin = orDefault(spec.StartWithin, spec.LoopBound)
		spec.StopWithin = orDefault(spec.StopWithin, DefaultStopWithin)
		s.components = append(s.components, &component{
			spec:   spec,
			log:    o.Logger.With("component", spec.Name),
			marks:  newMarks(),
			status: Status{Name: spec.Name, State: Idle, Since: time.Now()},
		})
	}
	return s, nil
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

// Run starts every component and blocks until ctx ends; then it stops them, last first, and returns what went wrong
// while stopping, joined: components that did not stop in time (ErrStopTimeout), and their last errors other than
// the context's. It is called once.
func (s *Supervisor) Run(ctx context.Context) error {
	var stop Teardown
	for _, c := range s.components {
		// Not derived from ctx: the order of stopping is ours, not the context tree's.
		running, cancel := context.WithCancel(context.WithoutCancel(ctx))
		done := make(chan error, 1)
		go func() { done <- c.keepRunning(running, s.options) }()
		stop.Add(c.spec.Name, c.spec.StopWithin, func(context.Context) error {
			cancel()
			return <-done
		})
	}
	<-ctx.Done()
	return stop.Run()
}

// StopBound returns the longest that Run may take to return after its context ended.
func (s *Supervisor) StopBound() time.Duration {
	var bound time.Duration
	for _, c := range s.components {
		bound += c.spec.StopWithin
	}
	return bound + time.Second
}

// Status returns how each component is, in the order in which they were given.
func (s *Supervisor) Status() []Status {
	all := make([]Status, 0, len(s.components))
	for _, c := range s.components {
		all = append(all, c.Status())
	}
	return all
}
