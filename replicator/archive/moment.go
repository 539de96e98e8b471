package archive

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// PositionAt returns the position before the first group, in commit order, whose timestamp lies behind t. The
// supplier's timestamps are whole seconds and its clients can set them. Without such a group it returns
// the published position. It is ErrPurged for a moment before the oldest segment was begun.
func (a *Archive) PositionAt(t time.Time) (binlog.Position, error) {
	pos, err := a.positionAt(t)
	if err != nil {
		return nil, fmt.Errorf("find moment %s: %w", t.Format(time.RFC3339), err)
	}
	return pos, nil
}

func (a *Archive) positionAt(t time.Time) (binlog.Position, error) {
	a.mu.Lock()
	published := a.published.Clone()
	visible := a.segments[a.timeline:]
	if len(visible) > 0 && t.Before(visible[0].head.created) {
		a.mu.Unlock()
		return nil, ErrPurged
	}
	before := binlog.Position{} // everything that the segments before the candidate hold
	var candidate *segment
	for _, s := range visible {
		s.head.start.advance(before)
		if s.seal == nil || s.seal.MaxTime.After(t) {
			candidate = s
			break
		}
	}
	a.mu.Unlock()
	if candidate == nil {
		return published, nil
	}
	pos, err := a.search(candidate, before, t)
	if errors.Is(err, ErrEnd) {
		return published, nil
	}
	return pos, err
}

// search reads from the head of s, where pos is the position, to the first group behind t. It is ErrEnd if there is
// none.
func (a *Archive) search(s *segment, pos binlog.Position, t time.Time) (binlog.Position, error) {
	r, err := a.newReader(s, binlog.MagicSize)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read from
	for {
		ev, err := r.Next()
		if err != nil {
			return nil, err
		}
		if ev.Header.Type != replication.MARIADB_GTID_EVENT {
			continue
		}
		g, err := binlog.ParseGTIDEvent(ev.Raw)
		if err != nil {
			return nil, err
		}
		if pos.Covers(g.GTID) {
			continue // the stream before this one had it
		}
		if ev.Header.Time().After(t) {
			return pos, nil
		}
		pos.Advance(g.GTID)
	}
}
