package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/wcde-foundation/wcded/internal/durable"
)

// ErrNotTheSame is returned by Replace when the bytes offered are not those that were archived.
var ErrNotTheSame = errors.New("not the bytes that were archived")

// Replace mends a damaged segment with the supplier's file, read from src, and keeps the damaged one beside it. The
// bytes must have the SHA-256 of the seal; of a file that was torn, src may hold more. If the seal is lost too, they
// must be whole, and begin and end where the segments around them say.
func (a *Archive) Replace(damaged Segment, src io.Reader) error {
	if err := a.replace(damaged, src); err != nil {
		return fmt.Errorf("replace segment %s: %w", damaged.Name, err)
	}
	return nil
}

func (a *Archive) replace(damaged Segment, src io.Reader) error {
	a.retaining.Lock() // it must not be deleted meanwhile
	defer a.retaining.Unlock()
	s, err := a.named(damaged.Stream, damaged.Name)
	if err != nil {
		return err
	}
	a.mu.Lock()
	sealed, start, end := s.seal, s.head.start, a.startBehindLocked(s)
	broken := s.damage != nil && s.complete.Load()
	a.mu.Unlock()
	if !broken || sealed == nil && end == nil {
		return errors.New("it is not damaged, or nothing tells what it held")
	}
	tmp := s.path + durable.TempSuffix
	if err := a.fetch(tmp, sealed, src); err != nil {
		return errors.Join(err, durable.Remove(tmp))
	}
	var fresh *seal
	if sealed != nil {
		err = sealed.compare(tmp)
	} else {
		fresh, err = a.sealOffered(tmp, start, *end)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", ErrNotTheSame, err), durable.Remove(tmp))
	}
	return a.putIntoPlace(s, tmp, fresh)
}

// startBehindLocked returns where the segment behind s in its stream begins, nil if that is not known.
func (a *Archive) startBehindLocked(s *segment) *gtidList {
	i := slices.Index(a.segments, s)
	if i < 0 || i+1 == len(a.segments) || a.segments[i+1].stream != s.stream || !a.segments[i+1].head.known {
		return nil
	}
	return &a.segments[i+1].head.start
}

// fetch writes src to path, durably.
func (a *Archive) fetch(path string, want *seal, src io.Reader) error {
	free, err := a.opts.free(a.opts.Dir)
	if err != nil {
		return err
	}
	room := free - a.opts.Reserve
	limit := room + 1
	if want != nil {
		limit = want.Size
		if want.Torn == "" {
			limit++ // one more, to see that it is longer
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(src, min(limit, room+1)))
	if err == nil && n > room {
		err = fmt.Errorf("%w: %d bytes are free, %d are reserved", ErrDiskFull, free, a.opts.Reserve)
	}
	return diskError(errors.Join(err, f.Sync(), f.Close()))
}

// sealOffered makes a seal for bytes that are whole and fit between the segments around them.
func (a *Archive) sealOffered(path string, start, end gtidList) (*seal, error) {
	h, _, err := readHead(path)
	if err != nil {
		return nil, err
	}
	r, err := scanFile(path, a.opts.MaxEvent)
	switch {
	case err != nil:
		return nil, err
	case r.bad != nil:
		return nil, r.bad
	case !r.closed || r.boundary != r.size:
		return nil, errors.New("it does not end with a ROTATE or STOP event")
	case !slices.Equal(h.start, start) || !slices.Equal(listOf(r.state), end):
		return nil, fmt.Errorf("it goes from %s to %s, missing is %s to %s", h.start, r.state, start, end)
	}
	sum, err := hashFile(path, r.size)
	if err != nil {
		return nil, err
	}
	return a.newSeal(&r.progress, sum, ""), nil
}

// putIntoPlace makes the file at tmp the segment's, with a fresh seal if that was lost.
func (a *Archive) putIntoPlace(s *segment, tmp string, fresh *seal) error {
	head, _, err := readHead(tmp)
	if err != nil {
		return errors.Join(err, durable.Remove(tmp))
	}
	if err := a.setAside(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, durable.Remove(tmp))
	}
	s.beside = true
	if err := os.Rename(tmp, s.path); err != nil {
		return err
	}
	if err := durable.SyncDir(filepath.Dir(s.path)); err != nil {
		return err
	}
	if fresh != nil {
		if err := a.writeSeal(s, fresh); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if fresh == nil {
		fresh = s.seal
	}
	s.head, s.damage = head, nil
	s.replaced++
	s.visible.Store(fresh.Size)
	a.completeLocked(s, fresh)
	a.log.Info("segment mended", "segment", s.name, "stream", s.stream)
	return nil
}
