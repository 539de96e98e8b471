package archive

import (
	"errors"
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Errors of the lookups.
var (
	// ErrPurged is returned when groups that are asked for lie before the oldest segment.
	ErrPurged = errors.New("older than the oldest segment")
	// ErrUnknownGTID is returned for a GTID that lies behind everything in the archive.
	ErrUnknownGTID = errors.New("not in the archive yet")
	// ErrNoSegment is returned when no segment has the name.
	ErrNoSegment = errors.New("no such segment")
	// ErrBadOffset is returned for an offset that is not within the segment.
	ErrBadOffset = errors.New("offset outside of the segment")
)

// PositionError tells which GTID could not be found; Cause is ErrPurged or ErrUnknownGTID.
type PositionError struct {
	GTID  binlog.GTID
	Cause error
}

// Error names the GTID.
func (e *PositionError) Error() string { return fmt.Sprintf("find GTID %s: %v", e.GTID, e.Cause) }

// Unwrap returns the cause.
func (e *PositionError) Unwrap() error { return e.Cause }

// ReadFromGTID returns a reader at the head of the segment in which the first group lies that from does not
// cover. Groups before it may come first: the caller skips them by domain and sequence number. The error is a
// *PositionError if from lies before the oldest segment or behind what is published.
func (a *Archive) ReadFromGTID(from binlog.Position) (*Reader, error) {
	s, err := a.find(from)
	if err != nil {
		return nil, err
	}
	return a.newReader(s, binlog.MagicSize)
}

func (a *Archive) find(from binlog.Position) (*segment, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for domain, g := range from {
		if last, ok := a.published[domain]; ok && last.Seq < g.Seq {
			return nil, &PositionError{GTID: g, Cause: ErrUnknownGTID}
		}
	}
	visible := a.segments[min(a.timeline, len(a.segments)):]
	// From the newest back: the first one that begins at or before every domain of from.
	for i := len(visible) - 1; i >= 0; i-- {
		if from.Reached(visible[i].head.start.Position()) {
			return visible[i], nil
		}
	}
	if len(visible) == 0 {
		return nil, ErrNoSegment
	}
	for domain, g := range visible[0].head.start.Position() {
		if from[domain].Seq < g.Seq {
			return nil, &PositionError{GTID: from[domain], Cause: ErrPurged}
		}
	}
	return nil, ErrNoSegment
}

// ReadFromFile returns a reader at an event's offset in the segment of that name; stream 0 stands for the newest
// stream that has one.
func (a *Archive) ReadFromFile(stream int, name string, offset int64) (*Reader, error) {
	s, err := a.named(stream, name)
	if err != nil {
		return nil, err
	}
	if offset < binlog.MagicSize || offset > s.visible.Load() {
		return nil, fmt.Errorf("read %s from %d: %w", name, offset, ErrBadOffset)
	}
	return a.newReader(s, offset)
}

func (a *Archive) named(stream int, name string) (*segment, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := len(a.segments) - 1; i >= 0; i-- {
		if s := a.segments[i]; s.name == name && (stream <= 0 || s.stream == stream) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("find segment %.200q: %w", name, ErrNoSegment)
}

// PositionAt returns the position before the first group, in commit order, whose timestamp lies behind t. The
// supplier's timestamps are whole seconds and its clients can set them. Without such a group it returns
// the published position. It is ErrPurged for a moment before the oldest segment was begun.
func (a *Archive) PositionAt(t time.Time) (binlog.Position, error) {
	a.mu.Lock()
	visible := a.segments[min(a.timeline, len(a.segments)):]
	var candidate *segment
	for _, s := range visible {
		if s.damage != nil {
			a.mu.Unlock()
			return nil, s.damage
		}
		if s.seal == nil || s.seal.MaxTime.After(t) {
			candidate = s
			break
		}
	}
	published := a.published.Clone()
	purged := len(visible) > 0 && t.Before(visible[0].head.created)
	a.mu.Unlock()
	if purged {
		return nil, fmt.Errorf("find moment %s: %w", t.Format(time.RFC3339), ErrPurged)
	}
	if candidate == nil {
		return published, nil
	}
	pos, found, err := a.positionWithin(candidate, t)
	if err != nil {
		return nil, fmt.Errorf("find moment %s: %w", t.Format(time.RFC3339), err)
	}
	if !found {
		return published, nil
	}
	return pos, nil
}

func (a *Archive) positionWithin(s *segment, t time.Time) (binlog.Position, bool, error) {
	r, err := a.newReader(s, binlog.MagicSize)
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	pos := s.head.start.Position()
	for {
		ev, err := r.Next()
		if errors.Is(err, ErrEnd) {
			return pos, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if !isGTID(ev.Header) {
			continue
		}
		if ev.Header.Time().After(t) {
			return pos, true, nil
		}
		g, err := binlog.ParseGTIDEvent(ev.Raw)
		if err != nil {
			return nil, false, err
		}
		pos.Advance(g.GTID)
	}
}
