package archive

import (
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Tail tells where the archive ends and what must be found again at the supplier before anything is added.
type Tail struct {
	Stream    int
	Name      string // the last segment's name
	Path      string
	Head      []byte // the segment's bytes up to its GTID list
	Offset    int64  // end of the last whole group, or of what follows it outside of groups
	LastGroup int64  // where the last whole group begins; 0 if there is none, or it is not known
	Complete  bool   // nothing more comes in this file
	State     *binlog.State
}

// Tail returns where the archive ends, and false if it is empty. It is meant to be called while there is no writer.
func (a *Archive) Tail() (Tail, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tail == nil || len(a.segments) == 0 {
		return Tail{}, false
	}
	s := a.segments[len(a.segments)-1]
	return Tail{
		Stream: s.stream, Name: s.name, Path: s.path, Head: s.head.bytes, Offset: a.tail.boundary,
		LastGroup: a.tail.lastGroup, Complete: a.tail.closed, State: a.tail.state.Clone(),
	}, true
}

func isGTID(h binlog.Header) bool { return h.Type == replication.MARIADB_GTID_EVENT }
