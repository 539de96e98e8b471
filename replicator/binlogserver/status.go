package binlogserver

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Kind tells what a client is.
type Kind string

const (
	// KindReplica registered itself as a replica.
	KindReplica Kind = "replica"
	// KindReader did not: mariadb-binlog, say.
	KindReader Kind = "mariadb-binlog"
)

// State tells what a client's stream does.
type State string

const (
	// StateConnected clients have not asked for events yet.
	StateConnected State = "connected"
	// StateStreaming clients are being sent events.
	StateStreaming State = "streaming"
	// StateWaiting clients have everything.
	StateWaiting State = "waiting"
	// StateHeld streams stand before a group that an operator has to decide about.
	StateHeld State = "held"
	// StateUntilReached streams have ended at the replica's UNTIL position.
	StateUntilReached State = "until-reached"
	// StateFailed streams were ended by us; ClientStatus.Error tells why. The replica may come back.
	StateFailed State = "failed"
	stateGone   State = "gone"
)

// ClientStatus describes a connected client, or the last connection of one that is not: see State.
type ClientStatus struct {
	ID       uint32 // of the connection
	User     string
	Address  string
	Kind     Kind
	ServerID uint32
	State    State
	Position binlog.Position // of the last groups that were sent, and where the client started
	Bytes    uint64          // sent on this connection
	Since    time.Time       // when the client came, or went if it is not connected any more
	Error    string          // why its stream failed
}

// client is a connected one.
type client struct {
	mu     sync.Mutex
	status ClientStatus
	cancel context.CancelCauseFunc // ends its stream
}

func (c *client) setState(s State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.State = s
}

func (c *client) setBytes(n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.Bytes = n
}

// advance notes that the group g was sent, n bytes in all.
func (c *client) advance(g binlog.GTID, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.Position.Advance(g)
	c.status.Bytes = n
}

func (c *client) get() ClientStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.status
	s.Position = s.Position.Clone()
	return s
}

// identity is what makes two connections the same client.
type identity struct {
	kind     Kind
	serverID uint32
}

// maxEnded bounds how many clients are remembered that are not connected any more.
const maxEnded = 64

// registry knows the clients.
type registry struct {
	mu    sync.Mutex
	live  map[*client]struct{}
	ended map[identity]ClientStatus // how the last stream ended; shown while the client is away
}

func newRegistry() *registry {
	return &registry{live: map[*client]struct{}{}, ended: map[identity]ClientStatus{}}
}

func (r *registry) add(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[c] = struct{}{}
}

func (r *registry) remove(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.live, c)
}

// begin notes that c streams as id, starting behind from, and ends an older stream of the same client: it did not
// notice yet that its connection is dead. It returns whether the client's last stream failed.
func (r *registry) begin(c *client, id identity, from binlog.Position, cancel context.CancelCauseFunc) (again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for other := range r.live {
		if other != c && id.serverID != 0 {
			other.replace(id)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
	c.status.Kind, c.status.ServerID, c.status.State = id.kind, id.serverID, StateStreaming
	c.status.Position = from.Clone()
	return r.ended[id].State == StateFailed
}

// replace ends the stream of c if it is that of id.
func (c *client) replace(id identity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil && c.identityLocked() == id {
		c.cancel(errReplaced)
	}
}

func (c *client) identityLocked() identity { return identity{c.status.Kind, c.status.ServerID} }

// end notes how the stream of c ended. Of a replica that has failed, or has reached its UNTIL position, it is
// remembered. It returns whether the failure is news: one that comes again and again needs no line in the log each
// time.
func (r *registry) end(c *client, s State, message string) (news bool) {
	c.setState(s)
	status := c.get()
	id := identity{status.Kind, status.ServerID}
	status.Error, status.Since = message, time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.ended[id]
	delete(r.ended, id)
	if id.kind != KindReplica || (s != StateFailed && s != StateUntilReached) {
		return s == StateFailed
	}
	if len(r.ended) == maxEnded {
		oldest := id
		for other, e := range r.ended {
			if oldest == id || e.Since.Before(r.ended[oldest].Since) {
				oldest = other
			}
		}
		delete(r.ended, oldest)
	}
	r.ended[id] = status
	return s == StateFailed && (before.State != s || before.Error != message)
}

// list returns all clients, those that are connected first.
func (r *registry) list() []ClientStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	var live, ended []ClientStatus
	back := map[identity]bool{}
	for c := range r.live {
		s := c.get()
		back[identity{s.Kind, s.ServerID}] = true
		live = append(live, s)
	}
	for id, s := range r.ended {
		if !back[id] {
			s.Position = s.Position.Clone()
			ended = append(ended, s)
		}
	}
	byID := func(a, b ClientStatus) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(live, byID)
	slices.SortFunc(ended, byID)
	return append(live, ended...)
}
