package archive

import (
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/internal/crashpoint"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// batch is what one write and one sync make durable.
type batch struct {
	bytes    []byte
	at       int64 // file offset of the first byte
	boundary int64 // behind the last whole group
	gtids    []binlog.GTID
	mark     uint64
}

// commit writes, syncs, acknowledges and publishes, until the writer closes or fails. It takes everything that
// arrived while the last batch was synced: the slower the disk, the larger the batches.
func (w *Writer) commit() {
	defer close(w.done)
	for {
		b, ok := w.take()
		if !ok {
			return
		}
		if err := w.store(b); err != nil {
			_ = w.fail(fmt.Errorf("write segment %s: %w", w.seg.name, diskError(err)))
			return
		}
	}
}

// take waits for bytes and takes all there are.
func (w *Writer) take() (batch, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) == 0 && w.err == nil && !w.closing {
		w.wake.Wait()
	}
	if w.err != nil || len(w.pending) == 0 {
		return batch{}, false
	}
	b := batch{bytes: w.pending, at: w.written, boundary: w.p.boundary, gtids: w.gtids, mark: w.mark}
	w.pending, w.gtids, w.spare = w.spare[:0], nil, nil
	w.wake.Broadcast()
	return b, true
}

func (w *Writer) store(b batch) error {
	if err := w.checkSpace(int64(len(b.bytes))); err != nil {
		return err
	}
	crashpoint.Hit("before-write")
	if _, err := w.file.WriteAt(b.bytes, b.at); err != nil {
		return err
	}
	crashpoint.Hit("after-write")
	w.sum.Write(b.bytes)
	crashpoint.Hit("before-fsync")
	if err := w.a.opts.sync(w.file); err != nil {
		return err
	}
	crashpoint.Hit("after-fsync")
	if w.durable != nil {
		w.durable(b.mark)
	}
	crashpoint.Hit("after-ack")
	w.a.publish(w.seg, b)

	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = b.at + int64(len(b.bytes))
	if cap(b.bytes) <= keepBuffer {
		w.spare = b.bytes
	}
	w.wake.Broadcast()
	return nil
}

// publish shows the batch's whole groups to readers.
func (a *Archive) publish(s *segment, b batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range b.gtids {
		if a.published[g.Domain].Seq < g.Seq {
			a.published.Advance(g)
		}
	}
	if b.boundary > s.visible.Load() {
		s.visible.Store(b.boundary)
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
