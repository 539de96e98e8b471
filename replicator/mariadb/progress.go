package mariadb

import (
	"time"

	"github.com/wcde-foundation/wcded/replicator/mariadb/sqldump"
)

// Phases of a seed, in their order.
const (
	PhaseCompare = "compare" // both servers are looked at
	PhaseEmpty   = "empty"   // what was on the foundation's server is dropped
	PhaseCopy    = "copy"    // tables
	PhaseObjects = "objects" // triggers and events
	PhaseFinish  = "finish"  // waits for the archive, records the position, lists accounts
)

// Progress is how far a seed is.
type Progress struct {
	Phase    string
	Database string // of the table under way
	Table    string
	// Done and Total measure the tables' data in bytes as the supplier estimates it: Done reaches Total. Total is 0
	// while it is not known.
	Done, Total int64
	Bytes       int64 // read from mariadb-dump; for a rate
	Started     time.Time
}

// progressEvery bounds how often progress is told within a phase.
const progressEvery = 200 * time.Millisecond

// meter turns statements into Progress.
type meter struct {
	tell     func(Progress)
	told     time.Time
	now      Progress
	tables   map[string]Table
	finished int64 // estimate of the tables before the one under way
	size     int64 // estimate of the table under way
	read     int64 // bytes of rows of it
}

func newMeter(tell func(Progress)) *meter {
	if tell == nil {
		tell = func(Progress) {}
	}
	return &meter{tell: tell, now: Progress{Started: time.Now()}}
}

func (m *meter) phase(p string) {
	m.now.Phase, m.now.Database, m.now.Table = p, "", ""
	m.tell(m.now)
}

func (m *meter) plan(p Plan) {
	m.tables, m.now.Total = p.tables, p.Bytes
}

func (m *meter) statement(length int, st sqldump.Reviewed) {
	m.now.Bytes += int64(length)
	switch st.Verb {
	case sqldump.CreateTable:
		m.finished += m.size
		m.size, m.read = m.tables[tableKey(st.Database, st.Name)].Bytes, 0
		m.now.Database, m.now.Table = st.Database, st.Name
	case sqldump.Insert:
		m.read += int64(length)
	default:
		return
	}
	// A table that was made after the estimate has none, one may have shrunk or grown.
	m.now.Done = min(m.finished+min(m.read, m.size), m.now.Total)
	if t := time.Now(); t.Sub(m.told) >= progressEvery {
		m.told = t
		m.tell(m.now)
	}
}

// copied notes that all tables are there.
func (m *meter) copied() { m.now.Done = m.now.Total }
