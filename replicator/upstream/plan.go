package upstream

import (
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// action is how a connection goes on.
type action uint8

const (
	begin   action = iota // a new stream of the archive, at the head of a file
	resume                // the open segment, at an offset
	proceed               // the file after a complete segment
	follow                // another server with our history: a new stream, where its files hold our position
	wait                  // for the supplier to begin its next file
)

// start is the plan for one connection.
type start struct {
	action action
	name   string // file to read
	kind   archive.StreamKind
	reason string
	// compare is the file whose head must be ours before anything is read; "" if there is nothing to compare.
	compare string
	tornBy  string // seal the open segment as torn for this reason first
}

// plan decides, from what we hold and what the supplier says, how to go on. It does no I/O. The error's state is
// Gap, Diverged or WrongServer when somebody has to decide. adopt is that decision: begin anew at the current file.
// torn names the file that the supplier itself cannot read to its end.
func plan(tail *archive.Tail, f facts, adopt, torn string) (start, error) {
	current := f.logs[len(f.logs)-1].name
	if tail == nil {
		return start{action: begin, name: current, reason: "first connection"}, nil
	}
	if adopt != "" {
		s := start{action: begin, name: current, kind: archive.Fork, reason: adopt}
		if !tail.Complete {
			s.tornBy = "another history was adopted: " + adopt
		}
		return s, nil
	}
	if len(tail.Head) < binlog.MagicSize+binlog.HeaderSize {
		// It is fetched again with the other damaged segments; until then we don't know whom we followed.
		return start{}, failf(ArchiveFailed, "the head of our last segment, %s, is damaged", tail.Name)
	}
	if head, err := binlog.ParseHeader(tail.Head[binlog.MagicSize:]); err != nil {
		return start{}, err
	} else if head.ServerID != f.serverID {
		for _, g := range tail.State.List() {
			if !f.state.Contains(g) {
				return start{}, failf(WrongServer, "server %d answers where server %d did, and it does not have our group %s",
					f.serverID, head.ServerID, g)
			}
		}
		s := start{action: follow, kind: archive.Switch, reason: "the supplier switched to another server"}
		if !tail.Complete {
			s.tornBy = s.reason
		}
		return s, nil
	}
	at := -1
	for i, l := range f.logs {
		if l.name == tail.Name {
			at = i
		}
	}
	ours, oldest, newest := archive.FileNumber(tail.Name), archive.FileNumber(f.logs[0].name), archive.FileNumber(current)
	switch {
	case at < 0 && tail.Complete && oldest == ours+1:
		return start{action: proceed, name: f.logs[0].name}, nil
	case at < 0 && oldest > ours:
		return start{}, failf(Gap, "the supplier purged %s: its oldest file is %s", tail.Name, f.logs[0].name)
	case at < 0:
		return start{}, failf(Diverged, "the supplier does not have %s any more, its files are %s to %s (numbers %d to %d): "+
			"was its binary log reset?", tail.Name, f.logs[0].name, current, oldest, newest)
	case f.logs[at].size < tail.Offset:
		return start{}, failf(Diverged, "the supplier's %s has %d bytes, we hold %d of it: it lost what it had acknowledged",
			tail.Name, f.logs[at].size, tail.Offset)
	case !tail.Complete && torn == tail.Name && at+1 < len(f.logs):
		return start{
			action: proceed, name: f.logs[at+1].name, compare: tail.Name,
			tornBy: "the supplier crashed while it wrote this file: it ends inside of an event",
		}, nil
	case !tail.Complete:
		return start{action: resume, name: tail.Name, compare: tail.Name}, nil
	case at+1 < len(f.logs):
		return start{action: proceed, name: f.logs[at+1].name, compare: tail.Name}, nil
	}
	return start{action: wait, compare: tail.Name}, nil
}
