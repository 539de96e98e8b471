package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Retention says how much of the archive stays.
type Retention struct {
	Keep    time.Duration // segments sealed less than this ago stay; 0: for ever
	MaxSize int64         // bytes of all segments; above, older ones go before their time; 0: no limit
}

// Need is somebody who still needs the groups behind a position.
type Need struct {
	Who string // such as "replica", for the reason that is shown
	At  binlog.Position
}

// Verdict says what retention decided about one segment, and why.
type Verdict struct {
	Segment Segment
	Delete  bool
	Reason  string
}

// Plan is what retention would do now.
type Plan struct {
	Verdicts []Verdict
	// OverLimit is set when the archive stays over MaxSize because somebody needs its segments.
	OverLimit bool
}

// plan decides, from the oldest segment on, which ones go. It deletes only from the old end, never the open segment nor
// the last complete one, and nothing that a need stands before the end of. It does no I/O.
func plan(segments []planned, r Retention, needs []Need, now time.Time) Plan {
	var total int64
	for _, s := range segments {
		total += s.Size
	}
	p := Plan{Verdicts: make([]Verdict, len(segments))}
	stop := "" // why nothing newer goes either
	for i, s := range segments {
		over := r.MaxSize > 0 && total > r.MaxSize
		old := r.Keep > 0 && !s.SealedAt.IsZero() && now.Sub(s.SealedAt) > r.Keep
		v := Verdict{Segment: s.Segment}
		switch {
		case stop != "":
			v.Reason = stop
		case i >= len(segments)-2 || s.SealedAt.IsZero():
			stop = "newest segments always stay"
			v.Reason = stop
		case !old && !over:
			stop = "younger than " + r.Keep.String()
			if r.Keep == 0 {
				stop = "kept for ever"
			}
			v.Reason = stop
		default:
			if who := s.neededBy(needs); who != "" {
				stop = "needed by " + who + ", or follows a segment that is"
				v.Reason = stop
				p.OverLimit = over
				break
			}
			v.Delete, v.Reason = true, "older than "+r.Keep.String()
			if !old {
				v.Reason = fmt.Sprintf("archive is over %d bytes", r.MaxSize)
			}
			total -= s.Size
		}
		p.Verdicts[i] = v
	}
	return p
}

// planned is a segment with what the plan needs to know of it.
type planned struct {
	Segment
	end binlog.Position // behind its last group
	old bool            // of a history that was given up: nobody reads it by GTID
}

func (s planned) neededBy(needs []Need) string {
	if s.old {
		return ""
	}
	for _, n := range needs {
		if !n.At.Reached(s.end) {
			return n.Who
		}
	}
	return ""
}

// PlanRetention tells what Retain would do.
func (a *Archive) PlanRetention(r Retention, needs []Need, now time.Time) Plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]planned, len(a.segments))
	for i, s := range a.segments {
		list[i] = planned{Segment: s.describe(), old: i < a.timeline}
		if s.seal != nil {
			list[i].end = s.seal.end.Position()
		}
	}
	return plan(list, r, needs, now)
}

// Retain deletes the segments that the plan deletes, oldest first.
func (a *Archive) Retain(p Plan) error {
	for _, v := range p.Verdicts {
		if !v.Delete {
			return nil
		}
		if err := a.deleteOldest(v.Segment); err != nil {
			return fmt.Errorf("retain: %w", err)
		}
		a.log.Info("segment deleted", "segment", v.Segment.Name, "stream", v.Segment.Stream, "reason", v.Reason)
	}
	return nil
}

func (a *Archive) deleteOldest(want Segment) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.segments) < 2 || a.segments[0].path != want.Path {
		return fmt.Errorf("%s is not the oldest segment any more", want.Name)
	}
	if err := durable.Remove(want.Path + sealSuffix); err != nil {
		return err
	}
	if err := removeCuts(want.Path); err != nil {
		return err
	}
	if err := durable.Remove(want.Path); err != nil {
		return err
	}
	if a.segments[0].stream != a.segments[1].stream {
		if err := os.RemoveAll(filepath.Dir(want.Path)); err != nil {
			return err
		}
	}
	a.segments = a.segments[1:]
	a.timeline = max(0, a.timeline-1)
	return nil
}
