package supervise

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// startLoop is the loop that a component is in from the start of Run until it first reports a loop of its own, so
// that a component that hangs before its first report is found, too.
const startLoop = "start"

// Late names a loop that has not reported within its bound.
type Late struct {
	Component string
	Loop      string
	Last      time.Time     // when it reported last, or when the component was started
	Bound     time.Duration // how long it may be silent
}

// marks holds when each loop of one run of a component reported last.
type marks struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func newMarks() *marks { return &marks{last: map[string]time.Time{startLoop: time.Now()}} }

func (m *marks) alive(loop string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last[loop] = time.Now()
	if loop != startLoop {
		delete(m.last, startLoop)
	}
}

func (m *marks) late(c Component) []Late {
	m.mu.Lock()
	defer m.mu.Unlock()
	var late []Late
	for _, loop := range slices.Sorted(maps.Keys(m.last)) {
		bound := c.LoopBound
		if loop == startLoop {
			bound = c.StartWithin
		}
		if last := m.last[loop]; time.Since(last) > bound {
			late = append(late, Late{Component: c.Name, Loop: loop, Last: last, Bound: bound})
		}
	}
	return late
}

// Late returns the loops that have been silent for longer than their bound, the longest silent first. Only
// components that are running (not waiting for a restart) and have a LoopBound are looked at.
func (s *Supervisor) Late() []Late {
	var late []Late
	for _, c := range s.components {
		c.mu.Lock()
		m, running := c.marks, c.status.State == Running
		c.mu.Unlock()
		if running && c.spec.LoopBound > 0 {
			late = append(late, m.late(c.spec)...)
		}
	}
	slices.SortStableFunc(late, func(a, b Late) int { return cmp.Compare(a.Last.UnixNano(), b.Last.UnixNano()) })
	return late
}
