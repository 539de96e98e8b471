package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Verify reads a complete segment again, compares it with its seal and marks it damaged if they differ: then the error
// is a *DamagedError. A segment that is being written is left alone: its events are checked as they are read.
func (a *Archive) Verify(ctx context.Context, want Segment) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, err := a.named(want.Stream, want.Name)
	if err != nil {
		return err
	}
	return a.verify(s)
}

func (a *Archive) verify(s *segment) error {
	a.mu.Lock()
	sealed, damage, replaced := s.seal, s.damage, s.replaced
	a.mu.Unlock()
	if sealed == nil {
		if damage != nil {
			return damage
		}
		return nil
	}
	cause := sealed.compare(s.path)
	at := int64(0)
	if cause != nil && !isDamage(cause) && !errors.Is(cause, fs.ErrNotExist) {
		return fmt.Errorf("verify segment %s: %w", s.name, cause)
	}
	if cause != nil {
		if r, err := scanFile(s.path, a.opts.MaxEvent); err == nil && r.bad != nil {
			at = r.offset
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case s.deleting:
		return ErrPurged
	case cause != nil && replaced == s.replaced:
		return a.damagedLocked(s, at, cause)
	case cause == nil:
		s.verified = true
	}
	return nil
}

// compare tells how the file at path differs from what the seal says.
func (s *seal) compare(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != s.Size {
		return fmt.Errorf("%w: %d bytes, its seal says %d", binlog.ErrCorrupt, info.Size(), s.Size)
	}
	sum, err := hashFile(path, s.Size)
	if err != nil {
		return err
	}
	if got := hexSum(sum); got != s.SHA256 {
		return fmt.Errorf("%w: its SHA-256 is %s, the seal says %s", binlog.ErrCorrupt, got, s.SHA256)
	}
	return nil
}
