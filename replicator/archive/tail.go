package archive

import (
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Tail tells where the archive ends and what must be found again at the supplier before anything is added.
type Tail struct {
	Stream    int
	Name      string // the last segment's name
	Path      string // its file; behind Offset may lie what an unfinished write left, and zeros
	Head      []byte // the segment's bytes up to its GTID list; nil if they cannot be read
	Offset    int64  // end of the last whole group, or of what follows it outside of groups
	LastGroup int64  // where the last whole group begins; 0 if there is none, or it is not known
	Complete  bool   // nothing more comes in this file
	State     *binlog.State
}

// Tail returns where the archive ends, and false if it is empty. While there is a writer, it is how far that is
// known to be on disk.
func (a *Archive) Tail() (Tail, bool) {
	a.mu.Lock()
	if a.tail == nil {
		a.mu.Unlock()
		return Tail{}, false
	}
	s := a.segments[len(a.segments)-1]
	t := Tail{
		Stream: s.stream, Name: s.name, Path: s.path, Offset: a.tail.boundary,
		LastGroup: a.tail.lastGroup, Complete: a.tail.closed, State: a.tail.state.Clone(),
	}
	a.mu.Unlock()
	if _, raw, err := readHead(t.Path); err == nil {
		t.Head = raw
	}
	return t, true
}
