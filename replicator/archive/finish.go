package archive

import (
	"errors"
	"fmt"

	"github.com/wcde-foundation/wcded/internal/crashpoint"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Seal completes the segment. torn says why the supplier's file ends early: then what follows the last whole
// group is cut off. For a clean end torn is empty, and the last event must have been a ROTATE or STOP.
func (w *Writer) Seal(torn string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.flushLocked(); err != nil {
		return err
	}
	switch {
	case w.seg == nil:
		return w.failLocked(errors.New("seal segment: none is open"))
	case torn == "" && !w.p.closed:
		return w.failLocked(fmt.Errorf("seal segment: %w: %s has no end", binlog.ErrCorrupt, w.seg.name))
	}
	if err := w.sealLocked(torn); err != nil {
		return w.failLocked(diskError(fmt.Errorf("seal segment %s: %w", w.seg.name, err)))
	}
	err := w.file.Close()
	w.seg, w.file = nil, nil
	if err != nil {
		return w.failLocked(diskError(fmt.Errorf("close segment: %w", err)))
	}
	return nil
}

func (w *Writer) sealLocked(torn string) error {
	a := w.a
	crashpoint.Hit("before-seal")
	if w.size > w.p.boundary {
		if err := w.file.Truncate(w.p.boundary); err != nil {
			return err
		}
		w.size = w.p.boundary
		if err := w.file.Sync(); err != nil {
			return err
		}
	}
	if w.p.offset != w.p.boundary {
		sum, err := hashFile(w.seg.path, w.p.boundary)
		if err != nil {
			return err
		}
		w.sum, w.p.offset, w.p.tracker = sum, w.p.boundary, binlog.Tracker{}
	}
	sealed := a.newSeal(&w.p, w.sum, torn)
	if err := a.writeSeal(w.seg, sealed); err != nil {
		return err
	}
	w.p.closed = true
	a.mu.Lock()
	a.tail.closed = true
	a.completeLocked(w.seg, sealed)
	a.mu.Unlock()
	crashpoint.Hit("after-seal")
	return nil
}
