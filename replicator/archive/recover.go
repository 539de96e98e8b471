package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const tornByCrash = "the supplier's file ended without a ROTATE or STOP event"

// recover finds the end of the last whole group of an unsealed segment, and seals the segment if nothing can follow
// in it. next is the segment behind it, nil for the last one. The last one's file is cut only when a writer goes on
// with it: opening an archive needs no disk space.
func (a *Archive) recover(s, next *segment) error {
	r, err := scanFile(s.path, a.opts.MaxEvent)
	if err != nil {
		return err
	}
	if next != nil {
		if cause := r.notComplete(s, next); cause != nil {
			s.setDamage(r.offset, cause)
			return nil
		}
	}
	// The crash may have come between write and sync: what we show from here on must be on disk.
	if err := syncFile(s.path); err != nil {
		return err
	}
	s.visible.Store(r.boundary)
	if next == nil && !r.closed {
		if r.boundary < r.offset || r.bad != nil {
			a.log.Warn("segment is unfinished", "segment", s.name, "stream", s.stream, "size", r.size,
				"whole", r.boundary, "cause", r.bad)
		}
		r.offset, r.tracker = r.boundary, binlog.Tracker{}
		a.tail = &r.progress
		return nil
	}
	torn := ""
	if !r.closed {
		torn = tornByCrash
	}
	return a.sealScanned(s, &r.progress, torn)
}

// notComplete tells why an unsealed segment that others follow has not all that it once had, nil if it has.
func (r *scanResult) notComplete(s, next *segment) error {
	switch {
	case r.bad != nil:
		return r.bad
	case r.boundary < r.size:
		return fmt.Errorf("%w: it ends inside of a group", binlog.ErrCorrupt)
	case next.stream == s.stream && next.head.known && !slices.Equal(listOf(r.state), next.head.start):
		return fmt.Errorf("%w: it ends at %s, the next one begins at %s", binlog.ErrCorrupt, r.state, next.head.start)
	}
	return nil
}

// sealScanned seals a segment that was just read through. With a full disk the seal waits for the next start.
func (a *Archive) sealScanned(s *segment, p *progress, torn string) error {
	sum, err := hashFile(s.path, p.boundary)
	if err != nil {
		return err
	}
	sealed := a.newSeal(p, sum, torn)
	err = a.cut(s, p.boundary)
	if err == nil {
		err = a.writeSeal(s, sealed)
	}
	if errors.Is(err, ErrDiskFull) {
		a.log.Warn("segment not sealed yet", "segment", s.name, "stream", s.stream, "err", err)
		err = nil
	}
	if err != nil {
		return err
	}
	a.completeLocked(s, sealed)
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync segment: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync segment: %w", err)
	}
	return durable.SyncDir(filepath.Dir(path))
}
