package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// loaders is how many segment heads are read at a time when the archive opens.
const loaders = 32

// load finds all segments, completes what a crash left undone and sets the archive's state.
func (a *Archive) load() error {
	streams, err := listStreams(a.opts.Dir)
	if err != nil {
		return err
	}
	lists := make([][]*segment, len(streams))
	for i, st := range streams {
		a.lastStream = st.number
		if lists[i], err = a.loadStream(st); err != nil {
			return err
		}
	}
	if err := a.dropUnbegun(lists); err != nil {
		return err
	}
	for i, st := range streams {
		if len(lists[i]) == 0 {
			if err := removeStream(st.dir(a.opts.Dir)); err != nil {
				return err
			}
			continue
		}
		if st.fork {
			a.timeline = len(a.segments)
			lists[i][0].forks = true
		}
		a.segments = append(a.segments, lists[i]...)
	}
	for i, s := range a.segments {
		if s.seal == nil && s.damage == nil {
			var next *segment
			if i+1 < len(a.segments) {
				next = a.segments[i+1]
			}
			if err := a.recover(s, next); err != nil {
				return err
			}
		}
	}
	a.linkSegments()
	a.restoreTail()
	return nil
}

// loadStream reads the heads and seals of one stream's segments.
func (a *Archive) loadStream(st stream) ([]*segment, error) {
	dir := st.dir(a.opts.Dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segs []*segment
	beside := map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		beside[besideOf(name, cutInfix)+besideOf(name, damagedInfix)] = true
		if strings.HasSuffix(name, durable.TempSuffix) {
			if err := durable.Remove(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
			continue
		}
		sealed, isSeal := strings.CutSuffix(name, sealSuffix)
		if isSeal && ValidName(sealed) {
			if _, err := os.Lstat(filepath.Join(dir, sealed)); errors.Is(err, fs.ErrNotExist) {
				name = sealed // retention removes the seal first: this file was lost
			}
		}
		if ValidName(name) {
			segs = append(segs, &segment{stream: st.number, name: name, path: filepath.Join(dir, name)})
		}
	}
	for _, s := range segs {
		s.beside = beside[s.name]
	}
	slices.SortFunc(segs, func(x, y *segment) int {
		return cmp.Or(cmp.Compare(FileNumber(x.name), FileNumber(y.name)), strings.Compare(x.name, y.name))
	})
	var wg sync.WaitGroup
	errs := make([]error, loaders)
	for w := range loaders {
		wg.Go(func() {
			for i := w; i < len(segs) && errs[w] == nil; i += loaders {
				errs[w] = segs[i].load()
			}
		})
	}
	wg.Wait()
	return segs, errors.Join(errs...)
}

// load reads what the segment's head and seal say. A missing or unreadable seal is left for recover.
func (s *segment) load() error {
	var err error
	s.seal, err = readSeal(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isDamage(err) {
		return err
	}
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		s.setDamage(0, errMissing)
		return nil
	}
	if err != nil {
		return err
	}
	s.visible.Store(info.Size())
	s.head, _, err = readHead(s.path)
	switch {
	case err != nil && !isDamage(err):
		return err
	case err != nil:
		s.setDamage(0, err)
	case s.seal != nil && s.seal.Size != info.Size():
		s.setDamage(min(s.seal.Size, info.Size()), fmt.Errorf("%w: %d bytes, its seal says %d",
			binlog.ErrCorrupt, info.Size(), s.seal.Size))
	case s.seal != nil:
		s.complete.Store(true)
	}
	return nil
}

var errMissing = errors.New("the file is missing")

// isDamage tells errors that come from what is on the disk from those of the moment, such as too many open files.
func isDamage(err error) bool {
	return errors.Is(err, binlog.ErrCorrupt) || errors.Is(err, errNoHead) || errors.Is(err, syscall.EIO)
}

// dropUnbegun sets last segments aside that have no readable head and were never completed: they hold nothing that
// could be read, and the supplier's file is asked for again from its head.
func (a *Archive) dropUnbegun(lists [][]*segment) error {
	for i := len(lists) - 1; i >= 0; i-- {
		for n := len(lists[i]); n > 0; n-- {
			s := lists[i][n-1]
			if s.head.known || s.seal != nil {
				return nil
			}
			a.log.Error("setting a segment without a head aside", "segment", s.name, "stream", s.stream, "err", s.damage)
			if err := a.setAside(s.path); err != nil {
				return err
			}
			lists[i] = lists[i][:n-1]
		}
	}
	return nil
}

// linkSegments links the segments, and finds those that are missing or end early: within a stream each begins with
// the state in which the one before it ended.
func (a *Archive) linkSegments() {
	for i := 1; i < len(a.segments); i++ {
		prev, s := a.segments[i-1], a.segments[i]
		if prev.stream != s.stream || prev.seal == nil {
			continue
		}
		end := prev.seal.end
		switch {
		case !s.head.known:
			s.head.start, s.head.known = end, true
		case slices.Equal(end, s.head.start):
		case FileNumber(s.name) > FileNumber(prev.name)+1:
			lost := &segment{stream: prev.stream, name: fmt.Sprintf("%s%06d", baseName(prev.name), FileNumber(prev.name)+1)}
			lost.path = filepath.Join(filepath.Dir(prev.path), lost.name)
			lost.head.start, lost.head.known = end, true
			lost.setDamage(0, errMissing)
			a.segments = slices.Insert(a.segments, i, lost)
			if a.timeline > i {
				a.timeline++
			}
			i++
		case prev.damage == nil:
			prev.setDamage(prev.visible.Load(), fmt.Errorf("%w: it ends at %s, the next one begins at %s",
				binlog.ErrCorrupt, end, s.head.start))
		}
	}
	for i, s := range a.segments {
		if i > 0 {
			a.segments[i-1].next = s
		}
		if s.damage != nil {
			a.log.Error("segment is damaged", "segment", s.name, "stream", s.stream, "offset", s.damage.Offset,
				"err", s.damage.Cause)
		}
	}
}

// restoreTail sets the published position and, if the last segment is complete, the state that follows it.
func (a *Archive) restoreTail() {
	if len(a.segments) == 0 {
		return
	}
	last := a.segments[len(a.segments)-1]
	if a.tail == nil {
		a.tail = &progress{
			state: last.seal.end.state(), offset: last.seal.Size, boundary: last.seal.Size, closed: true, listed: true,
			checksum: last.head.checksum, maxTime: last.seal.MaxTime,
		}
	}
	// Streams of one history overlap: what readers see is the furthest that any of them got.
	for _, s := range a.segments[a.timeline:] {
		s.head.start.advance(a.published)
		if s.seal != nil {
			s.seal.end.advance(a.published)
		}
	}
	listOf(a.tail.state).advance(a.published)
}
