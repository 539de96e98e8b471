package replicator

import (
	"context"
	"io"
	"time"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	housekeepEvery = 10 * time.Second
	// mendEvery is how long we wait before a segment that the supplier did not give back is asked for again.
	mendEvery = 10 * time.Minute
	// clockTolerance is how far the wall clock may drift from the time that has passed before ages are not believed.
	clockTolerance = 5 * time.Minute
)

// housekeep applies retention, gives semi-sync up while the archive is over its limit, and mends damaged segments.
func (d *Database) housekeep(ctx context.Context, r *running, alive func(string)) error {
	began := time.Now()
	tried := map[string]time.Time{}
	tick := time.NewTicker(housekeepEvery)
	defer tick.Stop()
	for {
		alive("housekeeping")
		now := time.Now()
		// Round(0) strips the monotonic reading: the difference is how far the wall clock was moved.
		d.retain(r, now.Round(0).Sub(began.Round(0))-now.Sub(began), now)
		d.mend(ctx, r, tried, alive)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// retain deletes what may go. While the wall clock contradicts the time that has really passed, by jump, it deletes
// nothing.
func (d *Database) retain(r *running, jump time.Duration, now time.Time) {
	d.mu.Lock()
	d.clock = ""
	if jump.Abs() > clockTolerance {
		d.clock = "the clock was moved by " + jump.Round(time.Second).String() + ": retention is suspended until a restart"
	}
	suspended := d.clock != ""
	policy := archive.Retention{Keep: d.cfg.Archive.Keep.Duration, MaxSize: int64(d.cfg.Archive.MaxSize)}
	need := archive.Need{Who: "the replica", At: binlog.Position{}}
	if d.replica.Known {
		need.At = d.replica.Applied
	}
	d.mu.Unlock()
	if suspended {
		return
	}
	plan := r.archive.PlanRetention(policy, []archive.Need{need}, now)
	if err := r.archive.Retain(plan); err != nil {
		d.log.Error("retention", "err", err)
	}
	d.mu.Lock()
	d.limit = plan.OverLimit
	d.mu.Unlock()
	r.follower.ReleaseSemiSync(plan.OverLimit)
}

// mend fetches segments again that are damaged on our disk, if the supplier still has them.
// tried remembers when each was tried last.
func (d *Database) mend(ctx context.Context, r *running, tried map[string]time.Time, alive func(string)) {
	for _, s := range r.archive.Segments() {
		if s.Status != archive.StatusDamaged || s.SHA256 == "" || ctx.Err() != nil || time.Since(tried[s.Path]) < mendEvery {
			continue
		}
		tried[s.Path] = time.Now()
		alive("housekeeping")
		if err := d.refetch(ctx, r, s, func() { alive("housekeeping") }); err != nil {
			d.log.Error("damaged segment was not mended", "segment", s.Name, "stream", s.Stream, "err", err)
		}
	}
}

// refetch replaces a damaged segment by the supplier's file. alive is called while bytes come.
func (d *Database) refetch(ctx context.Context, r *running, s archive.Segment, alive func()) error {
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(r.follower.Fetch(ctx, s.Name, s.Size, lively{pw, alive})) }()
	err := r.archive.Replace(s, pr)
	pr.CloseWithError(err) // ends Fetch if it is still writing
	return err
}

// lively is a writer that tells that it is being written to.
type lively struct {
	io.Writer
	alive func()
}

func (l lively) Write(p []byte) (int, error) {
	l.alive()
	return l.Writer.Write(p)
}
