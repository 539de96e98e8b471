package binlogserver

import (
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// startPoint skips, domain by domain, the groups that a client has already. Within a domain sequence numbers rise,
// in the archive as a whole: a domain is done with at the first group at or behind its start.
type startPoint struct {
	want   binlog.Position     // domains in which groups may still have to be skipped
	empty  map[uint32]struct{} // those of want in which the archive had nothing when the client came
	strict bool                // the replica runs with gtid_strict_mode: a start in a hole is an error
}

// newStart returns the start behind from, when the archive ends at published.
func newStart(from, published binlog.Position, strict bool) startPoint {
	p := startPoint{want: from.Clone(), empty: map[uint32]struct{}{}, strict: strict}
	for domain := range from {
		if _, ok := published[domain]; !ok {
			p.empty[domain] = struct{}{}
		}
	}
	return p
}

// enterFile looks at the state before a file's first group: where a domain ends exactly at its start there is nothing
// to skip. An error is a *mysql.MyError.
func (p *startPoint) enterFile(before *binlog.State) error {
	if len(p.want) == 0 {
		return nil
	}
	for domain, last := range before.Position() {
		want, ok := p.want[domain]
		switch {
		case !ok || last.Seq < want.Seq:
		case last == want:
			delete(p.want, domain)
		case last.Seq == want.Seq:
			return errDiverged(want)
		default:
			return errPurged()
		}
	}
	return nil
}

// skips tells whether the client has the group g already, and whether it is the last one that it has in its domain.
// published is asked for only when a domain gets its first group ever. An error is a *mysql.MyError.
func (p *startPoint) skips(g binlog.GTID, published func() binlog.Position) (skip, last bool, err error) {
	want, ok := p.want[g.Domain]
	if !ok {
		return false, false, nil
	}
	if _, ok := p.empty[g.Domain]; ok {
		if published()[g.Domain].Seq < want.Seq {
			return false, false, errFuture(want)
		}
		delete(p.empty, g.Domain)
	}
	switch {
	case g.Seq < want.Seq:
		return true, false, nil
	case g == want:
		delete(p.want, g.Domain)
		return true, true, nil
	case g.Seq == want.Seq:
		return false, false, errDiverged(want)
	case p.strict && g.Server == want.Server:
		return false, false, errHole(want)
	}
	delete(p.want, g.Domain)
	return false, false, nil
}

// until ends a stream for a replica that was started with START SLAVE UNTIL master_gtid_pos. That is the primary's
// work: the replica applies all that it is sent.
type until struct {
	left binlog.Position // domains that have not reached their end yet
}

// newUntil returns the end at the position to of a client that starts at from.
func newUntil(to, from binlog.Position) *until {
	u := &until{left: to.Clone()}
	for domain, g := range to {
		if have, ok := from[domain]; ok && have.Seq >= g.Seq {
			delete(u.left, domain)
		}
	}
	return u
}

// done tells whether every domain has reached its end.
func (u *until) done() bool { return len(u.left) == 0 }

// sends tells whether the group g is still part of the stream. Domains that are not named are not. A group behind
// the end of its domain ends the domain too, by whatever server it is: the end itself is missing then, and running
// past it could not be undone.
func (u *until) sends(g binlog.GTID) bool {
	end, ok := u.left[g.Domain]
	if !ok {
		return false
	}
	if g.Seq >= end.Seq {
		delete(u.left, g.Domain)
	}
	return g.Seq < end.Seq || g == end
}
