package archive

import (
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Retention says how much of the archive stays.
type Retention struct {
	// Keep is how long segments stay after they were sealed; 0: for ever. It ends with the newest complete segment
	// at the latest: when a supplier falls silent for good, or the clock jumps ahead, time alone empties nothing.
	Keep    time.Duration
	MaxSize int64 // bytes of all segments; above, older ones go before their time; 0: no limit
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
	// OverLimit is set when the archive stays over MaxSize because its segments are needed, or are the newest.
	OverLimit bool
}

// alwaysKept is how many of the newest segments stay whatever happens: the one being written and the last complete one.
const alwaysKept = 2

// planned is a segment with what the plan needs to know of it.
type planned struct {
	Segment
	sealed time.Time // when at the latest it was complete; zero if it is being written
	end    gtidList  // behind its last group
	ends   bool      // end is known
	old    bool      // of a history that was given up: nobody reads it by GTID
}

// plan decides, from the oldest segment on, which ones go. It deletes only from the old end, never the newest ones, and
// nothing that a need stands before the end of. It does no I/O.
func plan(segments []planned, r Retention, needs []Need, now time.Time) Plan {
	var total int64
	var newest time.Time
	for _, s := range segments {
		total += s.Size
		if s.sealed.After(newest) {
			newest = s.sealed
		}
	}
	if newest.Before(now) {
		now = newest
	}
	p := Plan{Verdicts: make([]Verdict, len(segments))}
	stays := "" // why this one and nothing newer goes
	for i, s := range segments {
		over := r.MaxSize > 0 && total > r.MaxSize
		old := r.Keep > 0 && now.Sub(s.sealed) > r.Keep
		if stays == "" {
			stays = s.stays(r, needs, old || over, len(segments)-i)
		}
		v := Verdict{Segment: s.Segment, Reason: stays}
		if stays == "" {
			v.Delete, v.Reason = true, "older than "+r.Keep.String()
			if !old {
				v.Reason = fmt.Sprintf("archive is over %d bytes", r.MaxSize)
			}
			total -= s.Size
		}
		p.Verdicts[i] = v
	}
	p.OverLimit = r.MaxSize > 0 && total > r.MaxSize
	return p
}

// stays tells why a segment must stay, "" if it may go. left counts the segments from it to the newest.
func (s planned) stays(r Retention, needs []Need, due bool, left int) string {
	switch {
	case left <= alwaysKept || s.sealed.IsZero():
		return "newest segments always stay"
	case due:
	case r.Keep == 0:
		return "kept for ever"
	default:
		return "younger than " + r.Keep.String()
	}
	if who := s.neededBy(needs); who != "" {
		return "needed by " + who + ", or follows a segment that is"
	}
	return ""
}

func (s planned) neededBy(needs []Need) string {
	if s.old {
		return ""
	}
	for _, n := range needs {
		if _, missing := s.end.missing(n.At); missing || !s.ends {
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
	var next *segment
	for i := len(a.segments) - 1; i >= 0; i-- {
		s := a.segments[i]
		p := planned{Segment: s.describe(), old: i < a.timeline}
		switch {
		case s.seal != nil:
			p.sealed, p.end, p.ends = s.seal.SealedAt, s.seal.end, true
		case s.damage != nil && next != nil:
			// Its seal is lost: the next segment tells where it ended, and that it was complete before that one.
			p.sealed = list[i+1].sealed
			p.end, p.ends = next.head.start, next.head.known && next.stream == s.stream
		}
		list[i], next = p, s
	}
	return plan(list, r, needs, now)
}
