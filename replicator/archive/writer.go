package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/wcde-foundation/wcded/internal/crashpoint"
	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	// maxPending is how many bytes gather in memory before Append waits for the disk.
	maxPending = 4 << 20
	// keepBuffer is the largest buffer that is kept for the next batch.
	keepBuffer = 2 * maxPending
	// spaceCheckBytes and spaceCheckEvery tell how often free space is looked at.
	spaceCheckBytes = 16 << 20
	spaceCheckEvery = time.Second
)

// Writer appends to the end of the archive. There is at most one; its methods are called by one goroutine, except
// Close. The first error stays: every later call returns it, and the caller closes the writer and asks for a new one.
type Writer struct {
	a       *Archive
	durable func(mark uint64)

	heading []byte // bytes of a file whose head is not complete yet; nil otherwise
	pendHd  head
	name    string
	first   bool // the segment being begun is the first of its stream

	mu       sync.Mutex
	wake     *sync.Cond
	seg      *segment
	file     *os.File
	p        progress
	sum      hash.Hash // over the bytes written so far
	pending  []byte    // appended, not yet written
	spare    []byte
	written  int64 // file offset behind the last byte written and synced
	gtids    []binlog.GTID
	mark     uint64
	err      error
	closing  bool
	done     chan struct{}
	unspaced int64 // bytes written since free space was looked at
	spacedAt time.Time
}

// Writer returns the archive's writer. Whatever followed the last whole group was cut off before. durable is called
// by the committer after each sync with the mark of the last event that is on disk; it must not block.
func (a *Archive) Writer(durable func(mark uint64)) (*Writer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, ErrClosed
	}
	if a.writer != nil {
		return nil, errors.New("open writer: there is one already")
	}
	w := &Writer{a: a, durable: durable, done: make(chan struct{})}
	w.wake = sync.NewCond(&w.mu)
	if a.tail != nil {
		w.p = *a.tail
		w.p.state = a.tail.state.Clone()
	} else {
		w.p.state = &binlog.State{}
	}
	if a.tail != nil && !a.tail.closed {
		if err := w.reopen(a.segments[len(a.segments)-1]); err != nil {
			return nil, fmt.Errorf("open writer: %w", err)
		}
	}
	a.writer = w
	go w.commit()
	return w, nil
}

// reopen goes on in a segment that is not complete.
func (w *Writer) reopen(s *segment) error {
	sum, err := hashFile(s.path, w.p.boundary)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	w.seg, w.file, w.sum, w.written = s, f, sum, w.p.boundary
	return nil
}

// Begin starts a new segment. The events that follow must be the supplier's file name from its head on. The first
// segment of an archive, and any with another kind than Continue, begins a new stream, for the given reason.
func (w *Writer) Begin(name string, kind StreamKind, reason string) error {
	w.mu.Lock()
	err, open := w.err, w.seg != nil
	w.mu.Unlock()
	switch {
	case err != nil:
		return err
	case open || w.heading != nil:
		return w.fail(fmt.Errorf("begin segment %s: %s is not sealed", name, w.name))
	case !ValidName(name):
		return w.fail(fmt.Errorf("begin segment: %w: %.200q is no binary log file's name", binlog.ErrCorrupt, name))
	}
	w.first = kind != Continue || w.a.newest().number == 0
	if w.first {
		if err := w.a.newStream(kind, reason); err != nil {
			return w.fail(err)
		}
	}
	w.name, w.heading, w.pendHd = name, binlog.Magic(), head{}
	return nil
}

// Append takes the next event, copies it and returns its mark. It returns before the event is on disk. It fails with
// binlog.ErrCorrupt if the event is not what it claims to be, ErrContradiction if it cannot follow what we have,
// ErrEventTooLarge, ErrDiskFull, or an I/O error.
func (w *Writer) Append(ev []byte) (mark uint64, err error) {
	h, err := binlog.ParseHeader(ev)
	if err == nil && int(h.Size) != len(ev) {
		err = fmt.Errorf("%w: size %d in the header, %d bytes", binlog.ErrCorrupt, h.Size, len(ev))
	}
	if err == nil && h.Size > w.a.opts.MaxEvent {
		err = fmt.Errorf("%w: %d bytes, the limit is %d", ErrEventTooLarge, h.Size, w.a.opts.MaxEvent)
	}
	if err != nil {
		return 0, w.fail(err)
	}
	if w.heading != nil {
		return w.appendHead(h, ev)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && len(w.pending) >= maxPending {
		w.wake.Wait()
	}
	if w.err != nil {
		return 0, w.err
	}
	if w.seg == nil {
		return 0, w.failLocked(errors.New("append event: no segment was begun"))
	}
	step, err := w.p.feed(h, ev)
	if err != nil {
		return 0, w.failLocked(err)
	}
	switch step {
	case binlog.Begins:
		if g, _ := w.p.tracker.Group(); w.p.state.Contains(g.GTID) {
			return 0, w.failLocked(fmt.Errorf("%w: group %s comes again at offset %d of %s",
				ErrContradiction, g.GTID, w.p.groupStart, w.seg.name))
		}
	case binlog.Ends:
		w.gtids = append(w.gtids, w.p.last)
	}
	if len(w.pending) == 0 {
		w.wake.Broadcast()
	}
	w.pending = append(w.pending, ev...)
	w.mark += uint64(len(ev))
	return w.mark, nil
}

// appendHead collects a new file's head and creates the segment once it is whole, so that there is never a
// segment of which we don't know where it begins.
func (w *Writer) appendHead(h binlog.Header, ev []byte) (uint64, error) {
	first := len(w.heading) == binlog.MagicSize
	if len(w.heading)+len(ev) > maxHead {
		return 0, w.fail(fmt.Errorf("%w: head of more than %d bytes", binlog.ErrCorrupt, maxHead))
	}
	done, err := w.pendHd.add(h, ev, first)
	if err != nil {
		return 0, w.fail(err)
	}
	w.heading = append(w.heading, ev...)
	w.mark += uint64(len(ev))
	if !done {
		return w.mark, nil
	}
	w.pendHd.size, w.pendHd.bytes = int64(len(w.heading)), w.heading
	if !w.first && !w.pendHd.start.Equal(w.p.state) {
		return 0, w.fail(fmt.Errorf("%w: %s begins after %s, the archive ends at %s",
			ErrContradiction, w.name, w.pendHd.start, w.p.state))
	}
	if err := w.create(); err != nil {
		return 0, w.fail(fmt.Errorf("begin segment %s: %w", w.name, err))
	}
	return w.mark, nil
}

// create makes the segment's file with its head, durable, and shows it to readers.
func (w *Writer) create() error {
	st := w.a.newest()
	dir := st.dir(w.a.opts.Dir)
	s := &segment{stream: st.number, name: w.name, path: filepath.Join(dir, w.name), head: w.pendHd}
	if err := w.checkSpace(int64(len(w.heading))); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return diskError(err)
	}
	sum, err := hashFileHead(f, w.heading)
	if err != nil {
		return diskError(errors.Join(err, f.Close(), os.Remove(s.path)))
	}
	if err := errors.Join(w.a.opts.sync(f), durable.SyncDir(dir)); err != nil {
		return diskError(errors.Join(err, f.Close()))
	}
	p := progress{offset: w.pendHd.size, boundary: w.pendHd.size, format: w.pendHd.format, state: w.pendHd.start.Clone()}
	s.visible.Store(p.boundary)

	w.mu.Lock()
	w.seg, w.file, w.sum, w.p, w.written, w.heading = s, f, sum, p, p.boundary, nil
	w.mu.Unlock()
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	w.a.segments = append(w.a.segments, s)
	if w.first {
		w.a.beginStreamLocked(s)
	}
	w.a.notifyLocked()
	return nil
}

// Flush waits until everything that was appended is on disk.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && w.seg != nil && w.written < w.p.offset {
		w.wake.Wait()
	}
	return w.err
}

// Seal completes the segment. torn says why the supplier's file ends early: then what follows the last whole
// group is cut off. For a clean end torn is empty, and the last event must have left no group open.
func (w *Writer) Seal(torn string) error {
	if err := w.Flush(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seg == nil {
		return w.failLocked(errors.New("seal segment: none is open"))
	}
	if torn == "" && w.p.boundary != w.p.offset {
		return w.failLocked(fmt.Errorf("%w: %s ends inside of a group", binlog.ErrCorrupt, w.seg.name))
	}
	crashpoint.Hit("before-seal")
	sum := w.sum
	if w.p.boundary != w.p.offset {
		if err := w.rewindLocked(); err != nil {
			return w.failLocked(err)
		}
		var err error
		if sum, err = hashFile(w.seg.path, w.p.boundary); err != nil {
			return w.failLocked(err)
		}
	}
	if err := w.a.opts.sync(w.file); err != nil {
		return w.failLocked(err)
	}
	w.a.mu.Lock()
	err := w.a.writeSeal(w.seg, &w.p, hexSum(sum), torn)
	w.a.notifyLocked()
	w.a.mu.Unlock()
	if err != nil {
		return w.failLocked(diskError(err))
	}
	crashpoint.Hit("after-seal")
	err = w.file.Close()
	w.p.closed = true
	w.seg, w.file = nil, nil
	return err
}

// rewindLocked cuts the file back to the end of the last whole group.
func (w *Writer) rewindLocked() error {
	if err := w.file.Truncate(w.p.boundary); err != nil {
		return fmt.Errorf("cut open group off: %w", err)
	}
	w.p.offset, w.written, w.p.tracker = w.p.boundary, w.p.boundary, binlog.Tracker{}
	return w.a.opts.sync(w.file)
}

// Close waits for what was appended, cuts an unfinished group off and leaves the archive ready for the next
// writer. It returns the error that stopped the writer, if one did.
func (w *Writer) Close() error {
	w.mu.Lock()
	if w.closing {
		w.mu.Unlock()
		<-w.done
		return w.err
	}
	w.closing = true
	w.wake.Broadcast()
	w.mu.Unlock()
	<-w.done

	w.mu.Lock()
	defer w.mu.Unlock()
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	w.a.writer = nil
	if w.seg != nil {
		if err := w.leaveLocked(); err != nil {
			w.err = errors.Join(w.err, err)
		}
	} else if len(w.a.segments) > 0 {
		w.a.tail = &w.p
	}
	if w.err == nil {
		w.err = ErrClosed
		return nil
	}
	return w.err
}

// leaveLocked brings the open segment to its last whole group that is known to be on disk.
func (w *Writer) leaveLocked() error {
	defer func() { w.seg, w.file = nil, nil }()
	if w.err == nil {
		err := w.rewindLocked()
		w.a.tail = &w.p
		return errors.Join(err, w.file.Close())
	}
	// After a failed write or sync nobody knows what the disk holds behind the last good sync: drop it, and read
	// the rest again to know where we are.
	if err := errors.Join(w.file.Truncate(w.seg.visible.Load()), w.file.Close()); err != nil {
		return err
	}
	return w.a.recover(w.seg, true)
}

func (w *Writer) fail(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failLocked(err)
}

func (w *Writer) failLocked(err error) error {
	if w.err == nil {
		w.err = err
		w.wake.Broadcast()
	}
	return w.err
}

// diskError marks the errors that mean a full disk.
func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}

func hashFileHead(f io.Writer, head []byte) (hash.Hash, error) {
	sum := sha256.New()
	if _, err := io.MultiWriter(f, sum).Write(head); err != nil {
		return nil, err
	}
	return sum, nil
}
