package archive

import (
	"fmt"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/durable"
)

// Retain deletes the segments that the plan deletes, oldest first.
func (a *Archive) Retain(p Plan) error {
	a.retaining.Lock()
	defer a.retaining.Unlock()
	for _, v := range p.Verdicts {
		if !v.Delete {
			return nil
		}
		if err := a.deleteOldest(v.Segment); err != nil {
			return fmt.Errorf("retain: %w", err)
		}
		a.log.Info("segment deleted", "segment", v.Segment.Name, "stream", v.Segment.Stream, "reason", v.Reason)
	}
	return nil
}

// deleteOldest removes a segment's files, the segment itself last: a crash must not leave a seal alone, which would
// say that a segment was lost.
func (a *Archive) deleteOldest(want Segment) error {
	a.mu.Lock()
	if len(a.segments) <= alwaysKept || a.segments[0].path != want.Path {
		a.mu.Unlock()
		return fmt.Errorf("%s is not the oldest segment any more", want.Name)
	}
	s, next := a.segments[0], a.segments[1]
	s.deleting = true
	a.mu.Unlock()

	if s.beside {
		for _, infix := range []string{cutInfix, damagedInfix} {
			if err := removeBeside(s.path, infix); err != nil {
				return err
			}
		}
	}
	if err := durable.Remove(s.path + sealSuffix); err != nil {
		return err
	}
	if err := durable.Remove(s.path); err != nil {
		return err
	}
	a.mu.Lock()
	a.segments = a.segments[1:]
	a.timeline = max(0, a.timeline-1)
	a.notifyLocked()
	a.mu.Unlock()
	if s.stream != next.stream {
		return removeStream(filepath.Dir(s.path))
	}
	return nil
}
