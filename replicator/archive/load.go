package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// loaders is how many segment heads are read at a time when the archive opens.
const loaders = 8

// load finds all segments, completes what a crash left undone and sets the archive's state.
func (a *Archive) load() error {
	streams, err := listStreams(a.opts.Dir)
	if err != nil {
		return err
	}
	for _, st := range streams {
		segs, err := a.loadStream(st)
		if err != nil {
			return err
		}
		if st.fork {
			a.timeline = len(a.segments)
		}
		a.segments = append(a.segments, segs...)
		a.stream = st
	}
	for i, s := range a.segments {
		if s.seal != nil || s.damage != nil {
			continue
		}
		last := i == len(a.segments)-1
		if err := a.recover(s, last); err != nil {
			return err
		}
	}
	return a.restoreTail()
}

// loadStream reads the heads and seals of one stream's segments.
func (a *Archive) loadStream(st stream) ([]*segment, error) {
	dir := st.dir(a.opts.Dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segs []*segment
	for _, e := range entries {
		name := e.Name()
		if !ValidName(name) || strings.HasSuffix(name, durable.TempSuffix) {
			continue
		}
		segs = append(segs, &segment{stream: st.number, name: name, path: filepath.Join(dir, name)})
	}
	slices.SortFunc(segs, func(x, y *segment) int {
		if d := FileNumber(x.name) - FileNumber(y.name); d != 0 {
			return int(d)
		}
		return strings.Compare(x.name, y.name)
	})
	var wg sync.WaitGroup
	errs := make([]error, loaders)
	for w := range loaders {
		wg.Go(func() {
			for i := w; i < len(segs); i += loaders {
				if err := segs[i].load(); err != nil && errs[w] == nil {
					errs[w] = err
				}
			}
		})
	}
	wg.Wait()
	return segs, errors.Join(errs...)
}

// load reads what the segment's head and seal say. A missing or unreadable seal is left for recover.
func (s *segment) load() error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	s.seal, err = readSeal(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.seal = nil // unreadable: as good as lost
	}
	s.visible.Store(info.Size())
	s.head, err = readHead(s.path)
	switch {
	case err == nil:
	case errors.Is(err, errNoHead) && s.seal == nil:
		return nil // being begun when we crashed: recover removes it
	case errors.Is(err, fs.ErrPermission):
		return err
	default:
		s.setDamage(0, err)
		return nil
	}
	if s.seal != nil {
		s.complete.Store(true)
		if s.seal.Size != info.Size() {
			s.setDamage(min(s.seal.Size, info.Size()), fmt.Errorf("%w: %d bytes, its seal says %d",
				binlog.ErrCorrupt, info.Size(), s.seal.Size))
		}
	}
	return nil
}

func (s *segment) setDamage(at int64, cause error) {
	s.damage = &DamagedError{Stream: s.stream, Segment: s.name, Offset: at, Cause: cause}
	if s.head.start == nil {
		s.head.start = &binlog.State{}
	}
	s.complete.Store(true)
}

// recover brings an unsealed segment to the end of its last whole group and seals it if nothing can follow.
func (a *Archive) recover(s *segment, last bool) error {
	r, err := scanFile(s.path, a.opts.MaxEvent, nil)
	if err != nil {
		return err
	}
	if s.head.start == nil { // no complete head: no group in it either
		if !last {
			s.setDamage(0, fmt.Errorf("%w: no head", binlog.ErrCorrupt))
			return nil
		}
		a.log.Warn("removing a segment that ends within its head", "segment", s.name, "stream", s.stream)
		if err := durable.Remove(s.path); err != nil {
			return err
		}
		a.segments = a.segments[:len(a.segments)-1]
		return nil
	}
	if r.bad != nil && !last {
		s.setDamage(r.offset, r.bad)
		return nil
	}
	if r.boundary < r.size {
		a.log.Warn("cutting an unfinished segment back to its last whole group", "segment", s.name,
			"stream", s.stream, "from", r.size, "to", r.boundary, "cause", r.bad)
		if err := a.cut(s, r.boundary, r.size); err != nil {
			return err
		}
	}
	// The crash may have come between write and sync: what we show from here on must be on disk.
	if err := syncFile(s.path); err != nil {
		return err
	}
	s.visible.Store(r.boundary)
	switch {
	case r.closed:
		return a.sealScanned(s, &r.progress, "")
	case !last:
		return a.sealScanned(s, &r.progress, "the supplier's file ended without a ROTATE or STOP event")
	}
	a.tail = &r.progress
	a.tail.offset = r.boundary
	a.tail.tracker = binlog.Tracker{}
	return nil
}

// cut truncates a segment to size bytes and keeps what was behind them, until the segment is sealed: should it
// have been damaged rather than torn, nothing is lost by our own hand.
func (a *Archive) cut(s *segment, size, end int64) error {
	in, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("cut segment: %w", err)
	}
	defer in.Close()
	out, err := os.Create(fmt.Sprintf("%s%s%d", s.path, cutInfix, a.opts.Now().UnixNano()))
	if err != nil {
		return fmt.Errorf("cut segment: %w", err)
	}
	_, err = io.Copy(out, io.NewSectionReader(in, size, end-size))
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("cut segment: %w", err)
	}
	if err := os.Truncate(s.path, size); err != nil {
		return fmt.Errorf("cut segment: %w", err)
	}
	return durable.SyncDir(filepath.Dir(s.path))
}

const cutInfix = ".cut-"

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync segment: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// sealScanned seals a segment whose bytes were just read through.
func (a *Archive) sealScanned(s *segment, p *progress, torn string) error {
	sum, err := hashFile(s.path, p.boundary)
	if err != nil {
		return err
	}
	return a.writeSeal(s, p, hexSum(sum), torn)
}

// writeSeal makes the segment complete.
func (a *Archive) writeSeal(s *segment, p *progress, sum, torn string) error {
	sealed := &seal{
		Size: p.boundary, SHA256: sum, Torn: torn, End: p.state.String(), end: p.state.Clone(),
		MaxTime: p.maxTime.UTC(), SealedAt: a.opts.Now().UTC().Truncate(time.Millisecond),
	}
	if err := sealed.write(s.path); err != nil {
		return err
	}
	if torn == "" {
		if err := removeCuts(s.path); err != nil {
			return err
		}
	}
	s.seal = sealed
	s.complete.Store(true)
	return nil
}

// removeCuts removes what recovery cut off: the supplier has sent it again.
func removeCuts(path string) error {
	cuts, err := filepath.Glob(path + cutInfix + "*")
	if err != nil {
		return fmt.Errorf("remove cut bytes: %w", err)
	}
	for _, c := range cuts {
		if err := durable.Remove(c); err != nil {
			return err
		}
	}
	return nil
}

// restoreTail sets the published position and, if the last segment is complete, the state that follows it.
func (a *Archive) restoreTail() error {
	if len(a.segments) == 0 {
		return nil
	}
	last := a.segments[len(a.segments)-1]
	switch {
	case a.tail != nil:
	case last.damage != nil:
		// Its end is unknown: the next segment's start would tell, but there is none. Reading stops before it.
		a.tail = &progress{state: last.head.start.Clone(), closed: true, format: last.head.format}
	default:
		a.tail = &progress{
			state: last.seal.end.Clone(), offset: last.seal.Size, boundary: last.seal.Size, closed: true,
			format: last.head.format, maxTime: last.seal.MaxTime,
		}
	}
	// Streams of one history overlap: what readers see is the furthest that any of them got.
	for _, s := range a.segments[min(a.timeline, len(a.segments)):] {
		end := s.head.start
		if s.seal != nil {
			end = s.seal.end
		} else if s == last {
			end = a.tail.state
		}
		for _, g := range end.Position() {
			if a.published[g.Domain].Seq < g.Seq {
				a.published.Advance(g)
			}
		}
	}
	return nil
}
