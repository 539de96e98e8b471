package replicator

import (
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func group(seq uint64) binlog.GTID { return binlog.GTID{Domain: 0, Server: 1, Seq: seq} }

func TestLagIsFromArrivalToApplication(t *testing.T) {
	var seen []time.Duration
	l := newLag(func(d time.Duration) { seen = append(seen, d) })
	t0 := time.Unix(1000, 0)
	if _, known := l.now(t0); known {
		t.Error("lag is known before anything was applied")
	}
	l.arrived(group(1), t0)
	l.arrived(group(2), t0.Add(10*time.Millisecond))
	l.arrived(group(3), t0.Add(20*time.Millisecond))
	l.applied(binlog.Position{0: group(2)}, t0.Add(30*time.Millisecond))
	if len(seen) != 2 || seen[0] != 30*time.Millisecond || seen[1] != 20*time.Millisecond {
		t.Errorf("observed %v", seen)
	}
	if d, known := l.now(t0.Add(100 * time.Millisecond)); !known || d != 80*time.Millisecond || !l.behind() {
		t.Errorf("group 3 has been waiting for %v, %v; want 80ms", d, known)
	}
	l.applied(binlog.Position{0: group(3)}, t0.Add(101*time.Millisecond))
	if d, known := l.now(t0.Add(time.Hour)); d != 0 || !known || l.behind() {
		t.Errorf("nothing waits: got %v, %v", d, known)
	}
}

func TestLagForgetsNotTheOldest(t *testing.T) {
	n := 0
	l := newLag(func(time.Duration) { n++ })
	t0 := time.Unix(1000, 0)
	for i := range 3 * maxArrivals {
		l.arrived(group(uint64(i+1)), t0.Add(time.Duration(i)*time.Millisecond))
	}
	if len(l.waiting) > maxArrivals {
		t.Errorf("%d arrivals are remembered", len(l.waiting))
	}
	if d, _ := l.now(t0.Add(time.Hour)); d < 59*time.Minute {
		t.Errorf("the oldest that waits is %v old, want nearly an hour", d)
	}
}
