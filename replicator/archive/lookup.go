package archive

import (
	"errors"
	"fmt"

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
	visible := a.segments[a.timeline:]
	// From the newest back: the first one that begins at or before every domain of from.
	var missing binlog.GTID
	for i := len(visible) - 1; i >= 0; i-- {
		if !visible[i].head.known {
			continue
		}
		g, purged := visible[i].head.start.missing(from)
		if !purged {
			return visible[i], nil
		}
		missing = g
	}
	if len(visible) == 0 {
		return nil, ErrNoSegment
	}
	asked, ok := from[missing.Domain]
	if !ok {
		asked.Domain = missing.Domain // 0-0-0 in that domain: everything
	}
	return nil, &PositionError{GTID: asked, Cause: ErrPurged}
}

// ReadFromFile returns a reader at an event's offset in the segment of that name; stream 0 stands for the newest
// stream of the history that is read that has one. ErrBadOffset may come only with the first call of Next.
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
		if s := a.segments[i]; s.name == name && (s.stream == stream || stream <= 0 && i >= a.timeline) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("find segment %.200q: %w", name, ErrNoSegment)
}
