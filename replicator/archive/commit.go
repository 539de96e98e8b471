package archive

import (
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/internal/crashpoint"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	// smallBatch is the size below which zeros are written ahead: with them a sync has no new file size to write, and
	// so no journal of the file system to wait for. It is also how many must be left.
	smallBatch = 64 << 10
	zerosAhead = 1 << 20
	// hashBeside is the size from which a batch is hashed while it is synced.
	hashBeside = 256 << 10
)

// batch is what one write and one sync make durable.
type batch struct {
	bytes    []byte
	at       int64 // file offset of the first byte
	end      progress
	gtids    []binlog.GTID
	mark     uint64
	borrowed bool
}

// commit writes, syncs, acknowledges and publishes, until the disk fails, or the writer closes and nothing is left. It
// takes everything that arrived while the last batch was synced: the slower the disk, the larger the batches.
func (w *Writer) commit() {
	defer close(w.done)
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for len(w.pending) == 0 && w.err == nil && !w.closing {
			w.wake.Wait()
		}
		if len(w.pending) == 0 {
			return
		}
		b := w.takeLocked()
		w.busy = true
		w.mu.Unlock()
		err := w.store(b)
		w.mu.Lock()
		w.busy = false
		if err != nil {
			_ = w.failLocked(fmt.Errorf("write segment %s: %w", w.seg.name, diskError(err)))
			return
		}
		if !b.borrowed {
			w.spare = b.bytes[:0]
		}
		w.spareGTIDs = b.gtids[:0]
		w.wake.Broadcast()
	}
}

// takeLocked takes all there is.
func (w *Writer) takeLocked() batch {
	b := batch{
		bytes: w.pending, at: w.p.offset - int64(len(w.pending)), end: w.p, gtids: w.gtids, mark: w.mark,
		borrowed: w.borrowed,
	}
	w.pending, w.spare, w.borrowed = w.spare, nil, false
	w.gtids, w.spareGTIDs = w.spareGTIDs, nil
	w.wake.Broadcast()
	return b
}

// store makes a batch durable, and then says so: first to the supplier, which waits, then to the readers.
func (w *Writer) store(b batch) error {
	n := int64(len(b.bytes))
	if err := w.checkSpace(n); err != nil {
		return err
	}
	crashpoint.Hit("before-write")
	w.size = max(w.size, b.at+n) // before the write: a failed one may leave anything up to there
	if _, err := w.file.WriteAt(b.bytes, b.at); err != nil {
		return err
	}
	crashpoint.Hit("after-write")
	hashed := w.hash(b.bytes)
	crashpoint.Hit("before-fsync")
	err := w.file.Sync()
	if err == nil {
		crashpoint.Hit("after-fsync")
		if w.confirm != nil {
			w.confirm(b.mark)
		}
		crashpoint.Hit("after-ack")
		w.a.publish(w.seg, b)
	}
	hashed()
	if err != nil {
		return err
	}
	if n < smallBatch && w.size-(b.at+n) < smallBatch && !b.end.closed {
		return w.writeZeros(b.at + n)
	}
	return nil
}

// hash adds bytes to the segment's hash: large batches beside the sync, small ones when the returned function is
// called, so that no acknowledgement waits for it. They are hashed when it returns.
func (w *Writer) hash(bytes []byte) (wait func()) {
	if len(bytes) < hashBeside {
		return func() { w.sum.Write(bytes) }
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.sum.Write(bytes)
	}()
	return func() { <-done }
}

// writeZeros extends the file so that the next small batches fall on blocks that it has.
func (w *Writer) writeZeros(end int64) error {
	if err := w.checkSpace(zerosAhead); err != nil {
		return err
	}
	begin := max(w.size, end)
	w.size = end + zerosAhead
	if _, err := w.file.WriteAt(make([]byte, w.size-begin), begin); err != nil {
		return err
	}
	return w.file.Sync()
}

// publish shows the batch's whole groups to readers.
func (a *Archive) publish(s *segment, b batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range b.gtids {
		a.tail.state.Update(g)
		advance(a.published, g)
	}
	state := a.tail.state
	*a.tail = b.end
	a.tail.state, a.tail.offset, a.tail.tracker = state, b.end.boundary, binlog.Tracker{}
	if b.end.boundary > s.visible.Load() {
		s.visible.Store(b.end.boundary)
		a.notifyLocked()
	}
}

// checkSpace fails with ErrDiskFull before the reserve would be touched.
func (w *Writer) checkSpace(n int64) error {
	w.unspaced += n
	now := time.Now()
	if w.unspaced < spaceCheckBytes && now.Sub(w.spacedAt) < spaceCheckEvery {
		return nil
	}
	free, err := w.a.opts.free(w.a.opts.Dir)
	if err != nil {
		return err
	}
	if free-n < w.a.opts.Reserve {
		return fmt.Errorf("%w: %d bytes are free, %d are reserved", ErrDiskFull, free, w.a.opts.Reserve)
	}
	w.unspaced, w.spacedAt = 0, now
	return nil
}
