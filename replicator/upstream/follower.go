package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 10 * time.Second
	// decisionRetry is how often we look whether a state that needs a decision has gone by itself.
	decisionRetry = 30 * time.Second
	// waitRetry is how soon we look again for a file that the supplier is about to begin.
	waitRetry = 200 * time.Millisecond
)

// Options configures a Follower.
type Options struct {
	Archive     *archive.Archive
	Supplier    Supplier
	ServerID    uint32 // ours towards the supplier; no other replica of it may have it
	SemiSync    bool
	Heartbeat   time.Duration // how often an idle supplier says that it lives
	ReadTimeout time.Duration // silence after which the link is given up; more than Heartbeat
	MaxEvent    uint32        // bytes
	StateDir    string        // for the exposure log
	Logger      *slog.Logger
	// Arrived, if set, is called with every group's GTID as soon as its last byte has arrived. It must not block.
	Arrived func(binlog.GTID, time.Time)
	Alive   func() // if set, called at least once in a few seconds while the loop lives
}

// Follower keeps the archive at the supplier's heels. Its methods may be called concurrently; Run once.
type Follower struct {
	opts     Options
	log      *slog.Logger
	exposure *exposureLog
	wake     chan struct{}

	mu       sync.Mutex
	status   Status
	received binlog.Position
	adopt    string
	torn     string             // name of the file that the supplier says is torn
	released bool               // semi-sync is given up on purpose
	semi     bool               // the running session asked for semi-sync
	plain    bool               // the next session does without it, see silent
	cancel   context.CancelFunc // ends the running session
	watched  watched
}

// New builds a follower and reads its exposure log. It connects to nothing.
func New(o Options) (*Follower, error) {
	if o.Heartbeat <= 0 || o.ReadTimeout <= o.Heartbeat {
		return nil, fmt.Errorf("follow supplier: read timeout %s must be longer than the heartbeat %s",
			o.ReadTimeout, o.Heartbeat)
	}
	exposure, err := openExposure(o.StateDir)
	if err != nil {
		return nil, fmt.Errorf("follow supplier: %w", err)
	}
	f := &Follower{opts: o, log: o.Logger, exposure: exposure, wake: make(chan struct{}, 1)}
	f.status = Status{State: Connecting, Since: time.Now()}
	f.received = o.Archive.Published()
	return f, nil
}

// Close releases the exposure log. Run must have returned.
func (f *Follower) Close() error { return f.exposure.close() }

// Run follows the supplier until ctx ends. It returns only then: everything else is a state and another try.
func (f *Follower) Run(ctx context.Context) error {
	retry := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstRetry), backoff.WithMaxInterval(lastRetry),
		backoff.WithRandomizationFactor(0.3), backoff.WithMaxElapsedTime(0))
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { f.watch(ctx) })
	for {
		f.alive()
		streamed, err := f.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if streamed {
			retry.Reset()
		}
		pause := retry.NextBackOff()
		state := classify(err)
		switch {
		case errors.Is(err, errWait), errors.Is(err, errTorn), errors.Is(err, errAgain):
			state, pause = SupplierGone, waitRetry
		case state.needsDecision():
			pause = decisionRetry
		}
		f.enter(state, err)
		f.pause(ctx, pause)
	}
}

// pause waits, but not when somebody decided something, and tells that the loop lives.
func (f *Follower) pause(ctx context.Context, d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
			return
		case <-end.C:
			return
		case <-tick.C:
			f.alive()
		}
	}
}

var (
	errWait  = errors.New("waiting for the supplier to begin its next file")
	errAgain = errors.New("reconnecting on purpose")
)

// connect runs one session. streamed tells whether it got as far as receiving events.
func (f *Follower) connect(parent context.Context) (streamed bool, err error) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	f.mu.Lock()
	f.cancel = cancel
	adopt, torn, semi := f.adopt, f.torn, f.opts.SemiSync && !f.released && !f.plain
	f.plain, f.semi = false, semi
	f.mu.Unlock()

	// First of all: a supplier that is connected waits for acknowledgements that could not come.
	if err := f.opts.Archive.HasSpace(); err != nil {
		return false, err
	}
	c, err := f.opts.Supplier.dial(ctx)
	if err != nil {
		return false, err
	}
	defer c.close()
	known, err := c.ask()
	if err != nil {
		return false, err
	}
	f.know(known)
	var tail *archive.Tail
	if t, ok := f.opts.Archive.Tail(); ok {
		tail = &t
	}
	st, err := plan(tail, known, adopt, torn)
	if err != nil {
		return false, err
	}
	if st.compare != "" {
		if err := f.compareHead(ctx, tail); err != nil {
			return false, err
		}
	}
	if st.action == wait {
		return false, errWait
	}
	if st.action == follow {
		if st.name, err = f.locate(ctx, tail.State.Position()); err != nil {
			return false, err
		}
	}
	s := &session{f: f, start: st, offset: binlog.MagicSize}
	return s.run(ctx, c, tail, semi)
}

// run opens the archive's writer and the dump and copies from one to the other.
func (s *session) run(ctx context.Context, c *conn, tail *archive.Tail, semi bool) (streamed bool, err error) {
	f := s.f
	w, err := f.opts.Archive.Writer(s.durable)
	if err != nil {
		return false, &stateError{ArchiveFailed, err}
	}
	s.w = w
	defer func() {
		// The connection first, so that nothing is acknowledged behind the writer's back.
		c.close()
		if closeErr := w.Close(); closeErr != nil && !errors.Is(err, closeErr) {
			err = errors.Join(err, closeErr)
		}
	}()
	if s.start.tornBy != "" {
		if err := w.Seal(s.start.tornBy); err != nil {
			return false, err
		}
	}
	if s.start.action == resume {
		s.open, s.midFile, s.compareTo = true, true, tail.Offset
		s.offset = max(tail.LastGroup, int64(len(tail.Head)))
		if s.ours, err = os.Open(tail.Path); err != nil {
			return false, &stateError{ArchiveFailed, err}
		}
		defer s.ours.Close()
	}
	if s.p, err = f.openDump(c, s.start.name, s.offset, semi, ""); err != nil {
		return false, err
	}
	f.streaming(s.start, s.offset)
	err = s.stream(ctx)
	if errors.Is(err, errTorn) {
		f.mu.Lock()
		f.torn = s.name
		f.mu.Unlock()
	}
	if semi && errors.Is(err, os.ErrDeadlineExceeded) {
		f.silent()
	}
	return true, err
}

// silent makes the next session do without semi-sync. A supplier that meets an error in its own file, such as a torn
// end, tells it to a plain replica at once; towards a semi-sync replica its dump thread falls silent before the error is
// sent ("Waiting to finalize termination", seen with 10.11.19), and we would never learn it.
func (f *Follower) silent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plain = true
}

// Adopt decides a Gap, Diverged or WrongServer state: the archive begins anew at the supplier's current file, in a
// history of its own; what it holds stays beside it. The caller has stopped the replica, which must be seeded again.
func (f *Follower) Adopt(reason string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.status.State {
	case Gap, Diverged, WrongServer:
	default:
		return fmt.Errorf("adopt another history: %w: the supplier is in state %s", ErrNothingToDecide, f.status.State)
	}
	f.adopt = reason
	f.kick()
	return nil
}

// ErrNothingToDecide is returned by Adopt when nothing contradicts the archive.
var ErrNothingToDecide = errors.New("nothing to decide")

// ReleaseSemiSync gives semi-sync up, so that the supplier's commits don't wait for us, or takes it again.
func (f *Follower) ReleaseSemiSync(released bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released == released {
		return
	}
	f.released = released
	f.log.Warn("semi-sync changed", "released", released)
	if f.cancel != nil {
		f.cancel()
	}
	f.kick()
}

// kick ends a pause.
func (f *Follower) kick() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}
