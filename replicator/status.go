package replicator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// Status is how the copy is, at one moment.
type Status struct {
	Name     string
	Running  bool // everything below Name is empty otherwise
	Supplier upstream.Status
	Received binlog.Position // all bytes have arrived
	Archived binlog.Position // on disk, and visible to readers
	Replica  ReplicaStatus
	Lag      time.Duration // from arrival to application, of the oldest group that waits; 0 if none does
	LagKnown bool
	Held     []binlogserver.Held
	Clients  []binlogserver.ClientStatus
	Serve    string             // address of the binlog server
	Exposure *upstream.Exposure // the one that lasts; nil while semi-sync protects us
	Segments int
	Bytes    int64 // of all segments
	Damaged  []archive.Segment
	Problems []Problem
}

// Problem is something that is not as it should be, for an operator.
type Problem struct {
	Message string
	Hint    string // what to do about it
}

// exposureGrace is how long semi-sync may be off before it counts as a problem: a reconnection takes a moment.
const exposureGrace = 10 * time.Second

// Status returns how everything is now.
func (d *Database) Status() Status {
	s := Status{Name: d.name, Received: binlog.Position{}, Archived: binlog.Position{}}
	d.mu.Lock()
	r, over, clock, cfg := d.running, d.limit, d.clock, d.cfg
	s.Replica = d.replica
	d.mu.Unlock()
	if r == nil {
		s.Supplier.State = upstream.Connecting
		s.Problems = []Problem{{"the copy is not running", "see the component's error, and the log"}}
		return s
	}
	now := time.Now()
	s.Running, s.Serve = true, r.address
	s.Supplier = r.follower.Status()
	s.Received, s.Archived = s.Supplier.Received, r.archive.Published()
	if s.Lag, s.LagKnown = d.lag.now(now); !s.LagKnown && s.Replica.Seeded {
		s.LagKnown = s.Replica.Applied.Reached(s.Archived) // nothing has arrived yet, and nothing waits
	}
	s.Held, s.Clients = r.decisions.Pending(), r.server.Status()
	if list := r.follower.Exposure(); len(list) > 0 && list[len(list)-1].To.IsZero() {
		s.Exposure = &list[len(list)-1]
	}
	for _, seg := range r.archive.Segments() {
		s.Segments++
		s.Bytes += seg.Size
		if seg.Status == archive.StatusDamaged {
			s.Damaged = append(s.Damaged, seg)
		}
	}
	problem := func(hint, format string, args ...any) {
		s.Problems = append(s.Problems, Problem{fmt.Sprintf(format, args...), hint})
	}
	if s.Supplier.State != upstream.Streaming {
		problem(s.Supplier.State.Hint(), "supplier: %s: %s", s.Supplier.State, s.Supplier.Detail)
	} else if cfg.Supplier.SemiSync && s.Exposure != nil && now.Sub(s.Exposure.From) > exposureGrace {
		problem("commits of the supplier may be lost if it fails now", "exposed since %s: %s",
			s.Exposure.From.Format(time.RFC3339), s.Exposure.Reason)
	}
	for _, h := range s.Held {
		problem(fmt.Sprintf("`wcdectl database held %s` shows it; release or skip it", d.name),
			"group %s is held: %s", h.GTID, h.Reason)
	}
	for _, seg := range s.Damaged {
		problem("it is fetched again if the supplier still has it; check the disk", "%s", seg.Reason)
	}
	if over {
		problem("raise archive.max_size, or find out why the replica is behind",
			"the archive is over its size limit and everything in it is needed: semi-sync is given up")
	}
	if clock != "" {
		problem("check the time service, then restart wcded", "%s", clock)
	}
	s.Problems = append(s.Problems, s.Replica.Problems...)
	return s
}

// Segments lists the files of the archive.
func (d *Database) Segments() ([]archive.Segment, error) {
	r, err := d.current()
	if err != nil {
		return nil, err
	}
	return r.archive.Segments(), nil
}

// Exposure lists every interval in which semi-sync did not protect us, oldest first.
func (d *Database) Exposure() ([]upstream.Exposure, error) {
	r, err := d.current()
	if err != nil {
		return nil, err
	}
	return r.follower.Exposure(), nil
}

// Held lists the groups that wait for a decision.
func (d *Database) Held() ([]binlogserver.Held, error) {
	r, err := d.current()
	if err != nil {
		return nil, err
	}
	return r.decisions.Pending(), nil
}

// What can be decided about a held group.
const (
	Release = binlogserver.Release // apply it as it is
	Skip    = binlogserver.Skip    // never apply it
)

// ErrNotHeld is returned by Decide for a group that is not held.
var ErrNotHeld = binlogserver.ErrNotHeld

// Decide releases or skips the held group g, and records who did and why.
func (d *Database) Decide(g binlog.GTID, decision binlogserver.Decision, who, why string) (binlogserver.Held, error) {
	r, err := d.current()
	if err != nil {
		return binlogserver.Held{}, err
	}
	held := r.decisions.Pending()
	i := slices.IndexFunc(held, func(h binlogserver.Held) bool { return h.GTID == g })
	if i < 0 {
		return binlogserver.Held{}, fmt.Errorf("decide about %s: %w", g, ErrNotHeld)
	}
	if err := r.decisions.Decide(who, held[i], decision, why); err != nil {
		return binlogserver.Held{}, err
	}
	d.log.Warn("held group decided", "gtid", g.String(), "decision", string(decision), "who", who, "reason", why,
		"statement", held[i].Statement)
	return held[i], nil
}

// ErrRefused is returned when a verb is refused by a rule; the text says which.
var ErrRefused = errors.New("refused")
