package binlogserver

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Decision is what an operator decided about a held group.
type Decision string

const (
	// None: nothing yet.
	None Decision = ""
	// Release sends the group to the replica after all.
	Release Decision = "release"
	// Skip sends a group that does nothing in its place.
	Skip Decision = "skip"
)

// Held is a group that the guard holds.
type Held struct {
	GTID      binlog.GTID // 0-0-0 for an event that lies outside of groups
	Digest    string      // SHA-256 of the group's events, hexadecimal
	Category  string
	Reason    string
	Statement string    // shortened and printable
	Database  string    // the statement's default database
	Since     time.Time // when a stream first stood before it
}

// Decider knows what was decided about held groups; *Decisions is one. It is called by several goroutines.
type Decider interface {
	// Decision returns what was decided about the group of that GTID and digest.
	Decision(Held) Decision
	// Held reports that a stream stands before the group. It is called each time that a stream gets there.
	Held(Held)
	// Changed returns a channel that is closed when the next decision was made.
	Changed() <-chan struct{}
}

// ErrNotHeld is returned for a decision about a group that is not held.
var ErrNotHeld = errors.New("group is not held")

// record is one line of the decision log. The statement is there for people who read the file.
type record struct {
	Time      time.Time `json:"time"`
	Who       string    `json:"who"`
	GTID      string    `json:"gtid"`
	Digest    string    `json:"digest"`
	Decision  Decision  `json:"decision"`
	Reason    string    `json:"reason"`
	Category  string    `json:"category"`
	Statement string    `json:"statement"`
}

// contents names a group by what it holds.
type contents struct {
	gtid   binlog.GTID
	digest string
}

// Decisions keeps decisions in an append-only file of JSON lines, each on disk before it has an effect. A decision is
// about the bytes of a group: should another group come with the same GTID, it is held anew.
type Decisions struct {
	log  *slog.Logger
	file *durable.Log[record]

	mu      sync.Mutex
	made    map[contents]Decision
	held    map[contents]Held
	changed chan struct{}
}

// OpenDecisions reads the decision log at path, creating it if there is none. A last line that a crash tore is cut
// off; any other bad line is an error that names it. A nil logger logs nothing.
func OpenDecisions(path string, logger *slog.Logger) (*Decisions, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	file, records, err := durable.OpenLog[record](path)
	if err != nil {
		return nil, fmt.Errorf("open decisions: %w", err)
	}
	d := &Decisions{
		log: logger, file: file, made: map[contents]Decision{}, held: map[contents]Held{},
		changed: make(chan struct{}),
	}
	for i, r := range records {
		g, err := binlog.ParseGTID(r.GTID)
		if err == nil {
			err = r.Decision.check()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open decisions %s: line %d: %w", path, i+1, err), file.Close())
		}
		d.made[contents{g, r.Digest}] = r.Decision
	}
	return d, nil
}

func (d Decision) check() error {
	if d != Release && d != Skip {
		return fmt.Errorf("decision is %q, want %q or %q", string(d), string(Release), string(Skip))
	}
	return nil
}

// Close closes the file.
func (d *Decisions) Close() error { return d.file.Close() }

// Decision implements Decider.
func (d *Decisions) Decision(h Held) Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.made[contents{h.GTID, h.Digest}]
}

// Held implements Decider. Only the first report of a group is logged, and keeps its time.
func (d *Decisions) Held(h Held) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := contents{h.GTID, h.Digest}
	if _, known := d.held[key]; known || d.made[key] != None {
		return
	}
	d.held[key] = h
	d.log.Warn("group is held until an operator decides", "gtid", h.GTID.String(), "category", h.Category,
		"reason", h.Reason, "database", h.Database, "statement", h.Statement)
}

// Changed implements Decider.
func (d *Decisions) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// Pending lists the groups that are held and not decided about, oldest report first.
func (d *Decisions) Pending() []Held {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Held, 0, len(d.held))
	for _, h := range d.held {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b Held) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.GTID.String(), b.GTID.String()))
	})
	return list
}

// Decide writes down what who decided about a group of Pending, and why, and wakes the streams that wait for it. It is
// ErrNotHeld if no stream stands before the group: one cannot decide about what nobody has seen.
func (d *Decisions) Decide(who string, h Held, decision Decision, why string) error {
	if err := decision.check(); err != nil {
		return fmt.Errorf("decide about %s: %w", h.GTID, err)
	}
	if who == "" {
		return fmt.Errorf("decide about %s: nobody is named who decides", h.GTID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := contents{h.GTID, h.Digest}
	h, ok := d.held[key]
	if !ok {
		return fmt.Errorf("decide about %s: %w", key.gtid, ErrNotHeld)
	}
	err := d.file.Append(record{
		Time: time.Now().UTC(), Who: who, GTID: h.GTID.String(), Digest: h.Digest, Decision: decision, Reason: why,
		Category: h.Category, Statement: h.Statement,
	})
	if err != nil {
		return fmt.Errorf("decide about %s: %w", h.GTID, err)
	}
	d.made[key] = decision
	delete(d.held, key)
	close(d.changed)
	d.changed = make(chan struct{})
	return nil
}
