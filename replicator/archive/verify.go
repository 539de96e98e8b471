package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Verify reads a complete segment again, compares its SHA-256 with its seal and marks it damaged if they differ.
func (a *Archive) Verify(ctx context.Context, want Segment) error {
	s, err := a.named(want.Stream, want.Name)
	if err != nil {
		return err
	}
	a.mu.Lock()
	sealed := s.seal
	a.mu.Unlock()
	if sealed == nil {
		return nil // being written: its events are checked as they are read
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	sum, err := hashFile(s.path, sealed.Size)
	if err == nil && hexSum(sum) != sealed.SHA256 {
		err = fmt.Errorf("%w: its SHA-256 is %s, the seal says %s", binlog.ErrCorrupt, hexSum(sum), sealed.SHA256)
	}
	if err == nil {
		return nil
	}
	at := int64(0)
	if r, scanErr := scanFile(s.path, a.opts.MaxEvent, nil); scanErr == nil && r.bad != nil {
		at = r.offset
	}
	d := &DamagedError{Stream: s.stream, Segment: s.name, Offset: at, Cause: err}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.damage == nil {
		s.damage = d
		a.log.Error("segment is damaged", "segment", s.name, "stream", s.stream, "offset", at, "err", err)
	}
	return d
}

// ErrNotTheSame is returned by Replace when the bytes offered are not those that the seal describes.
var ErrNotTheSame = errors.New("not the bytes that were archived")

// Replace mends a damaged segment with the supplier's file, read from src. The bytes must have the size and SHA-256
// of the seal, or, if the seal is lost, the head of the segment; the damaged file is kept beside it.
func (a *Archive) Replace(damaged Segment, src io.Reader) error {
	s, err := a.named(damaged.Stream, damaged.Name)
	if err != nil {
		return err
	}
	a.mu.Lock()
	sealed := s.seal
	a.mu.Unlock()
	if sealed == nil {
		return fmt.Errorf("replace segment %s: it has no seal to compare with", s.name)
	}
	tmp := s.path + durable.TempSuffix
	if err := a.fetch(tmp, sealed, src); err != nil {
		return errors.Join(fmt.Errorf("replace segment %s: %w", s.name, err), durable.Remove(tmp))
	}
	head, err := readHead(tmp)
	if err != nil {
		return errors.Join(fmt.Errorf("replace segment %s: %w", s.name, err), durable.Remove(tmp))
	}
	if err := os.Rename(s.path, fmt.Sprintf("%s.damaged-%d", s.path, a.opts.Now().Unix())); err != nil {
		return fmt.Errorf("replace segment: %w", err)
	}
	if err := os.Rename(tmp, s.path); err != nil {
		return fmt.Errorf("replace segment: %w", err)
	}
	if err := durable.SyncDir(filepath.Dir(s.path)); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.head, s.damage = head, nil
	s.visible.Store(sealed.Size)
	a.notifyLocked()
	a.log.Info("segment mended", "segment", s.name, "stream", s.stream)
	return nil
}

// fetch writes src to path, durably, and compares it with the seal.
func (a *Archive) fetch(path string, want *seal, src io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.LimitReader(src, want.Size+1))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return diskError(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != want.Size {
		return fmt.Errorf("%w: %d bytes, archived were %d", ErrNotTheSame, info.Size(), want.Size)
	}
	sum, err := hashFile(path, want.Size)
	if err != nil {
		return err
	}
	if got := hexSum(sum); got != want.SHA256 {
		return fmt.Errorf("%w: SHA-256 %s, archived was %s", ErrNotTheSame, got, want.SHA256)
	}
	return nil
}
