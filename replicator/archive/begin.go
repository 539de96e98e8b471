package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// beginning is a segment that is being begun: its head gathers in memory.
type beginning struct {
	headBuilder
	name   string
	kind   StreamKind
	reason string
}

// Begin starts a new segment. The events that follow must be the supplier's file name from its head on. The first
// segment of an archive, and any with another kind than Continue, begins a new stream, for the given reason.
// Nothing of it is on disk before its head is complete.
func (w *Writer) Begin(name string, kind StreamKind, reason string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usableLocked(); err != nil {
		return err
	}
	switch {
	case w.next != nil:
		return w.failLocked(fmt.Errorf("begin segment %.200q: the head of %s is not complete", name, w.next.name))
	case w.seg != nil:
		return w.failLocked(fmt.Errorf("begin segment %.200q: %s is not sealed", name, w.seg.name))
	case !ValidName(name):
		return w.failLocked(fmt.Errorf("begin segment: %w: %.200q is no binary log file's name", binlog.ErrCorrupt, name))
	}
	w.a.mu.Lock()
	last := ""
	if n := len(w.a.segments); n > 0 {
		last = w.a.segments[n-1].name
	}
	w.a.mu.Unlock()
	if kind == Continue && last != "" && (baseName(name) != baseName(last) || FileNumber(name) <= FileNumber(last)) {
		return w.failLocked(fmt.Errorf("%w: %s cannot follow %s", ErrContradiction, name, last))
	}
	w.next = &beginning{headBuilder: newHeadBuilder(), name: name, kind: kind, reason: reason}
	return nil
}

// appendHeadLocked collects a new file's head and creates the segment once it is whole, so that there is never a
// segment of which we don't know where it begins.
func (w *Writer) appendHeadLocked(h binlog.Header, ev []byte) (uint64, error) {
	done, err := w.next.add(h, ev)
	if err != nil {
		return 0, w.failLocked(err)
	}
	w.mark += uint64(len(ev))
	if !done {
		return w.mark, nil
	}
	if err := w.followsLocked(); err != nil {
		return 0, w.failLocked(err)
	}
	if err := w.createLocked(); err != nil {
		return 0, w.failLocked(fmt.Errorf("begin segment %s: %w", w.next.name, diskError(err)))
	}
	w.next = nil
	return w.mark, nil
}

// followsLocked compares the state before the new segment's first group with what the archive holds.
func (w *Writer) followsLocked() error {
	start := w.next.head.start
	w.a.mu.Lock()
	empty, published := len(w.a.segments) == 0, w.a.published.Clone()
	w.a.mu.Unlock()
	switch {
	case empty || w.next.kind == Fork:
	case w.next.kind == Switch:
		if g, missing := start.missing(published); missing {
			return fmt.Errorf("%w: %s begins after group %s, the archive ends at %s",
				ErrContradiction, w.next.name, g, published)
		}
	case !start.state().Equal(w.p.state):
		return fmt.Errorf("%w: %s begins after %s, the archive ends at %s", ErrContradiction, w.next.name, start, w.p.state)
	}
	return nil
}

// createLocked makes the segment's file with its head, durable, and shows it to readers.
func (w *Writer) createLocked() error {
	if err := w.checkSpace(int64(len(w.next.raw))); err != nil {
		return err
	}
	a := w.a
	a.mu.Lock()
	var st stream
	var dir string
	begins := w.next.kind != Continue || len(a.segments) == 0
	if begins {
		// Counted even if what follows fails, so that no two folders ever have one number.
		a.lastStream++
		st = stream{number: a.lastStream, fork: w.next.kind == Fork}
		dir = st.dir(a.opts.Dir)
	} else {
		last := a.segments[len(a.segments)-1]
		st.number, dir = last.stream, filepath.Dir(last.path)
	}
	a.mu.Unlock()
	if begins {
		if err := a.makeStream(st, w.next.kind, w.next.reason); err != nil {
			return err
		}
	}
	s := &segment{
		stream: st.number, name: w.next.name, path: filepath.Join(dir, w.next.name), head: w.next.head, forks: st.fork,
	}
	err := a.opts.write(s.path, w.next.raw, 0o640)
	var f file
	if err == nil {
		f, err = a.opts.open(s.path)
	}
	if err != nil {
		// Left alone, the file would be part of the archive at the next start.
		return errors.Join(err, durable.Remove(s.path))
	}
	sum := sha256.New()
	sum.Write(w.next.raw)
	s.visible.Store(s.head.size)
	w.seg, w.file, w.sum, w.p, w.size = s, f, sum, begun(s.head), s.head.size

	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.segments); n > 0 {
		a.segments[n-1].next = s
	}
	a.segments = append(a.segments, s)
	tail := begun(s.head)
	a.tail, a.tailSum = &tail, nil
	if s.forks {
		a.timeline = len(a.segments) - 1
		a.published = binlog.Position{}
	}
	s.head.start.advance(a.published)
	a.notifyLocked()
	return nil
}
