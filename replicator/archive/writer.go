package archive

import (
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	// maxPending is how many bytes gather in memory before Append waits for the disk. A larger event is written from
	// where it lies.
	maxPending = 4 << 20
	// spaceCheckBytes and spaceCheckEvery tell how often free space is looked at.
	spaceCheckBytes = 16 << 20
	spaceCheckEvery = time.Second
)

// Writer appends to the end of the archive. There is at most one; its methods are called by one goroutine, except
// Close. The first error stays: every later call returns it, and the caller closes the writer and asks for a new one.
// Whole groups that were appended before an event was refused are archived all the same.
type Writer struct {
	a       *Archive
	confirm func(mark uint64)

	mu   sync.Mutex
	wake *sync.Cond // a field below changed
	next *beginning // a file whose head is not complete yet; nil otherwise

	// Of the open segment; seg and file are nil if there is none.
	seg  *segment
	file file
	p    progress  // behind the last event that was appended
	sum  hash.Hash // over the bytes that were written
	size int64     // of the file: zeros lie ahead of what was written

	pending    []byte        // appended, not yet given to the committer
	borrowed   bool          // pending is the caller's memory
	gtids      []binlog.GTID // groups that end in pending
	spare      []byte        // empty, for the next pending
	spareGTIDs []binlog.GTID
	mark       uint64
	busy       bool // the committer is using the file
	err        error
	closing    bool
	left       bool // Close is done with the file
	done       chan struct{}

	unspaced int64 // bytes written since free space was looked at
	spacedAt time.Time
}

// Writer returns the archive's writer. What an earlier one left behind the last whole group is cut off. durable is
// called by the committer after each sync with the mark of the last event that is on disk; it must not block.
func (a *Archive) Writer(durable func(mark uint64)) (*Writer, error) {
	w := &Writer{a: a, confirm: durable, done: make(chan struct{})}
	w.wake = sync.NewCond(&w.mu)
	a.mu.Lock()
	switch {
	case a.closed:
		a.mu.Unlock()
		return nil, ErrClosed
	case a.writer != nil:
		a.mu.Unlock()
		return nil, errors.New("open writer: there is one already")
	}
	a.writer = w
	open, err := a.settleLocked()
	a.mu.Unlock()
	if err == nil && open != nil {
		err = w.reopen(open)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.writer = nil
		return nil, fmt.Errorf("open writer: %w", err)
	}
	w.p.state = &binlog.State{}
	if a.tail != nil {
		w.p = *a.tail
		w.p.state = a.tail.state.Clone()
	}
	go w.commit()
	return w, nil
}

// settleLocked completes what an earlier writer could not, and returns the segment that goes on, nil if a new one has
// to be begun.
func (a *Archive) settleLocked() (*segment, error) {
	if a.tail == nil {
		return nil, nil
	}
	s := a.segments[len(a.segments)-1]
	if s.seal == nil && s.damage != nil {
		// A reader found wrong bytes in the segment that was being written: go back before them.
		s.damage = nil
		s.complete.Store(false)
		a.tailSum = nil
		if err := a.recover(s, nil); err != nil {
			return nil, err
		}
	}
	if s.seal == nil && a.tail.closed {
		return nil, a.sealScanned(s, a.tail, "")
	}
	if s.seal != nil {
		return nil, nil
	}
	return s, nil
}

// reopen goes on in a segment that is not complete. Only a writer changes the archive's tail.
func (w *Writer) reopen(s *segment) error {
	a := w.a
	if err := a.cut(s, a.tail.boundary); err != nil {
		return err
	}
	// A torn seal whose writing failed half-way may be there.
	if err := durable.Remove(s.path + sealSuffix); err != nil {
		return err
	}
	sum := a.tailSum
	if sum == nil {
		var err error
		if sum, err = hashFile(s.path, a.tail.boundary); err != nil {
			return err
		}
	}
	f, err := a.opts.open(s.path)
	if err != nil {
		return err
	}
	w.seg, w.file, w.sum, w.size, a.tailSum = s, f, sum, a.tail.boundary, nil
	return nil
}

// Append takes the next event, copies it and returns its mark. It returns before the event is on disk. It fails with
// binlog.ErrCorrupt if the event is not what it claims to be, ErrContradiction if it cannot follow what we have,
// ErrEventTooLarge, ErrDiskFull, or an I/O error.
func (w *Writer) Append(ev []byte) (mark uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usableLocked(); err != nil {
		return 0, err
	}
	h, err := w.check(ev)
	if err != nil {
		return 0, w.failLocked(err)
	}
	if w.next != nil {
		return w.appendHeadLocked(h, ev)
	}
	if w.seg == nil {
		return 0, w.failLocked(errors.New("append event: no segment was begun"))
	}
	for w.err == nil && !w.closing && !w.roomLocked(len(ev)) {
		w.wake.Wait()
	}
	if err := w.usableLocked(); err != nil {
		return 0, err
	}
	if err := w.feedLocked(h, ev); err != nil {
		return 0, w.failLocked(err)
	}
	w.mark += uint64(len(ev))
	if len(ev) > maxPending {
		w.pending, w.borrowed = ev, true
		w.wake.Broadcast()
		for w.busy || len(w.pending) > 0 && w.err == nil {
			w.wake.Wait() // also while closing: the caller may use its memory again when we return
		}
		return w.mark, w.err
	}
	if len(w.pending) == 0 {
		w.wake.Broadcast()
	}
	w.pending = append(w.pending, ev...)
	return w.mark, nil
}

func (w *Writer) check(ev []byte) (binlog.Header, error) {
	h, err := binlog.ParseHeader(ev)
	switch {
	case err != nil:
		return h, err
	case int(h.Size) != len(ev):
		return h, fmt.Errorf("%w: size %d in the header, %d bytes", binlog.ErrCorrupt, h.Size, len(ev))
	case h.Size > w.a.opts.MaxEvent:
		return h, fmt.Errorf("%w: %d bytes, the limit is %d", ErrEventTooLarge, h.Size, w.a.opts.MaxEvent)
	}
	return h, nil
}

// roomLocked tells whether n bytes can be taken now. A large event waits until everything else is on disk.
func (w *Writer) roomLocked(n int) bool {
	if n > maxPending {
		return len(w.pending) == 0 && !w.busy
	}
	return len(w.pending) == 0 || len(w.pending)+n <= maxPending
}

// feedLocked notes what an event means. A refused one changes nothing: what came before it is still archived.
func (w *Writer) feedLocked(h binlog.Header, ev []byte) error {
	p := w.p
	step, err := p.feed(h, ev)
	if err != nil {
		return err
	}
	g, _ := p.tracker.Group()
	if step == binlog.Begins && p.state.Contains(g.GTID) {
		return fmt.Errorf("%w: group %s comes again at offset %d of %s", ErrContradiction, g.GTID, p.groupStart, w.seg.name)
	}
	if step == binlog.Ends {
		w.gtids = append(w.gtids, g.GTID)
	}
	w.p = p
	return nil
}

// Flush waits until everything that was appended is on disk.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushLocked()
}

func (w *Writer) flushLocked() error {
	for w.err == nil && !w.closing && (len(w.pending) > 0 || w.busy) {
		w.wake.Wait()
	}
	return w.usableLocked()
}

// Close waits for what was appended, cuts an unfinished group off and leaves the archive ready for the next
// writer. It returns the error that stopped the writer, if one did.
func (w *Writer) Close() error {
	w.mu.Lock()
	w.closing = true
	w.wake.Broadcast()
	w.mu.Unlock()
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left {
		return w.err
	}
	w.left = true
	err := w.leaveLocked()
	w.err = errors.Join(w.err, err)
	return w.err
}

// leaveLocked brings the file back to the last whole group that is known to be on disk. After a failed write or
// sync nobody knows what the disk holds behind it.
func (w *Writer) leaveLocked() error {
	a := w.a
	defer func() {
		a.mu.Lock()
		a.writer = nil
		a.mu.Unlock()
	}()
	if w.seg == nil {
		return nil
	}
	var err error
	boundary := a.tail.boundary // the committer, which changes it, is gone
	if w.size > boundary {
		err = errors.Join(w.file.Truncate(boundary), w.file.Sync())
	}
	if w.err == nil && err == nil && w.p.offset == boundary {
		a.tailSum = w.sum
	}
	err = errors.Join(err, w.file.Close())
	w.seg, w.file = nil, nil
	if err != nil {
		return diskError(fmt.Errorf("close segment: %w", err))
	}
	return nil
}

// usableLocked returns why nothing more can be written, nil if something can.
func (w *Writer) usableLocked() error {
	switch {
	case w.err != nil:
		return w.err
	case w.closing:
		return ErrClosed
	}
	return nil
}

func (w *Writer) failLocked(err error) error {
	if w.err == nil {
		w.err = err
		w.wake.Broadcast()
	}
	return w.err
}
