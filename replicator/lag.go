package replicator

import (
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// maxArrivals bounds how many arrivals are remembered. When a replica is further behind, every second one is
// forgotten: the lag of the groups between is then that of their next neighbour.
const maxArrivals = 1 << 16

type arrival struct {
	gtid binlog.GTID
	at   time.Time
}

// lag measures, for each group, the time from its arrival here to the moment when the replica had applied it.
type lag struct {
	observe func(time.Duration) // called for every group that was seen to be applied

	mu      sync.Mutex
	waiting []arrival
	last    time.Duration
	known   bool
	wake    chan struct{}
}

func newLag(observe func(time.Duration)) *lag {
	return &lag{observe: observe, wake: make(chan struct{}, 1)}
}

// arrived notes a group whose last byte has just come.
func (l *lag) arrived(g binlog.GTID, at time.Time) {
	l.mu.Lock()
	if len(l.waiting) == maxArrivals {
		kept := l.waiting[:0]
		for i := 1; i < maxArrivals; i += 2 {
			kept = append(kept, l.waiting[i])
		}
		l.waiting = kept
	}
	l.waiting = append(l.waiting, arrival{g, at})
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// applied notes where the replica is.
func (l *lag) applied(p binlog.Position, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.waiting) && p.Covers(l.waiting[n].gtid) {
		l.last = now.Sub(l.waiting[n].at)
		l.observe(l.last)
		n++
	}
	l.known = l.known || n > 0
	l.waiting = append(l.waiting[:0], l.waiting[n:]...)
	if len(l.waiting) == 0 {
		l.known = true
	}
}

// forget drops what waits: the replica's history is another one now.
func (l *lag) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.known = nil, false
}

// behind tells whether groups wait to be applied.
func (l *lag) behind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting) > 0
}

// now returns how long the oldest group that is not applied has been waiting, 0 if none waits, and false if nothing is known yet.
func (l *lag) now(now time.Time) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) > 0 {
		return now.Sub(l.waiting[0].at), true
	}
	return 0, l.known
}
