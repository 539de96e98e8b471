package archive

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// ErrEnd is returned by Reader.Next when everything that is published was read.
var ErrEnd = errors.New("end of what is published")

// ErrForked is returned by a reader that reached the end of a history that was given up for another.
var ErrForked = errors.New("history ends here: another one was adopted")

// DamagedError is returned when a segment's bytes on our disk are not those that were written.
type DamagedError struct {
	Stream  int
	Segment string
	Offset  int64
	Cause   error
}

// Error names the segment and the offset.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("segment %s of stream %d is damaged at offset %d: %v", e.Segment, e.Stream, e.Offset, e.Cause)
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Cause }

// Event is one event as the supplier wrote it.
type Event struct {
	Header   binlog.Header
	Raw      []byte // the whole event; valid until the next call of Next
	Stream   int
	Segment  string // name of the supplier's file
	Offset   int64  // of the event's first byte in that file
	Checksum bool   // events of this file end with a CRC-32
}

// readAhead is how many bytes a reader asks the disk for at a time.
const readAhead = 256 << 10

// Reader reads published events in order, across segments. It is used by one goroutine at a time. It checks every
// event's CRC, so that damaged bytes never leave the archive.
type Reader struct {
	a      *Archive
	seg    *segment
	file   *os.File
	buf    []byte // bytes of seg at offset
	space  []byte
	offset int64
}

func (a *Archive) newReader(s *segment, offset int64) (*Reader, error) {
	r := &Reader{a: a, space: make([]byte, readAhead)}
	if err := r.enter(s, offset); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) enter(s *segment, offset int64) error {
	r.a.mu.Lock()
	damage := s.damage
	r.a.mu.Unlock()
	if damage != nil {
		return damage
	}
	f, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("read segment: %w", err)
	}
	if r.file != nil {
		_ = r.file.Close() // only read from
	}
	r.seg, r.file, r.offset, r.buf = s, f, offset, nil
	return nil
}

// Next returns the next published event. It returns ErrEnd when there is none yet, and a *DamagedError when the
// bytes on disk are wrong; then the reader stays where it is.
func (r *Reader) Next() (Event, error) {
	for {
		// complete before visible: once it is set, visible is final.
		complete := r.seg.complete.Load()
		limit := r.seg.visible.Load()
		if r.offset < limit {
			return r.event(limit)
		}
		if !complete {
			return Event{}, ErrEnd
		}
		next, err := r.a.after(r.seg)
		if err != nil {
			return Event{}, fmt.Errorf("read on after %s: %w", r.seg.name, err)
		}
		if next == nil {
			return Event{}, ErrEnd
		}
		if err := r.enter(next, binlog.MagicSize); err != nil {
			return Event{}, err
		}
	}
}

// event returns the event at r.offset, which lies before limit.
func (r *Reader) event(limit int64) (Event, error) {
	if err := r.fill(binlog.HeaderSize, limit); err != nil {
		return Event{}, r.damaged(err)
	}
	h, err := binlog.ParseHeader(r.buf)
	if err != nil {
		return Event{}, r.damaged(err)
	}
	if err := r.fill(int64(h.Size), limit); err != nil {
		return Event{}, r.damaged(err)
	}
	raw := r.buf[:h.Size:h.Size]
	checksum := r.seg.head.format.Checksum
	if checksum {
		if err := binlog.VerifyChecksum(raw); err != nil {
			return Event{}, r.damaged(err)
		}
	}
	ev := Event{
		Header: h, Raw: raw, Stream: r.seg.stream, Segment: r.seg.name, Offset: r.offset, Checksum: checksum,
	}
	r.buf = r.buf[h.Size:]
	r.offset += int64(h.Size)
	return ev, nil
}

// fill makes at least n bytes available in r.buf.
func (r *Reader) fill(n, limit int64) error {
	if int64(len(r.buf)) >= n {
		return nil
	}
	if r.offset+n > limit {
		return fmt.Errorf("%w: %d bytes wanted, %d are there", binlog.ErrCorrupt, n, limit-r.offset)
	}
	if int64(len(r.space)) < n || (len(r.space) > readAhead && n <= readAhead) {
		r.space = make([]byte, max(n, readAhead))
	}
	have := copy(r.space, r.buf)
	want := min(int64(len(r.space)), limit-r.offset)
	got, err := r.file.ReadAt(r.space[have:want], r.offset+int64(have))
	if int64(have+got) < n {
		return fmt.Errorf("%w: %w", binlog.ErrCorrupt, err)
	}
	r.buf = r.space[:have+got]
	return nil
}

// damaged notes that the segment cannot be trusted, so that status shows it and nobody else is served from it.
func (r *Reader) damaged(cause error) error {
	d := &DamagedError{Stream: r.seg.stream, Segment: r.seg.name, Offset: r.offset, Cause: cause}
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	if r.seg.damage == nil {
		r.seg.damage = d
		r.a.log.Error("segment is damaged", "segment", d.Segment, "stream", d.Stream, "offset", d.Offset, "err", cause)
	}
	return d
}

// Wait returns when there may be more to read than when Next last returned ErrEnd.
func (r *Reader) Wait(ctx context.Context) error {
	for {
		r.a.mu.Lock()
		changed, closed := r.a.changed, r.a.closed
		r.a.mu.Unlock()
		if closed {
			return ErrClosed
		}
		if r.offset < r.seg.visible.Load() {
			return nil
		}
		if r.seg.complete.Load() {
			if next, err := r.a.after(r.seg); next != nil || err != nil {
				return nil // Next says which
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close releases the reader's file.
func (r *Reader) Close() error { return r.file.Close() }

// after returns the segment that follows s, nil if there is none yet. It is ErrPurged when retention removed s,
// and ErrForked when what follows is another history.
func (a *Archive) after(s *segment) (*segment, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := len(a.segments) - 1; i >= 0; i-- {
		if a.segments[i] != s {
			continue
		}
		switch {
		case i+1 == len(a.segments):
			return nil, nil
		case i+1 == a.timeline:
			return nil, ErrForked
		}
		return a.segments[i+1], nil
	}
	return nil, ErrPurged
}
