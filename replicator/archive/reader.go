package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	a        *Archive
	seg      *segment
	replaced int // of seg, when its file was opened
	checksum bool
	file     *os.File
	buf      []byte // bytes of seg at offset
	space    []byte
	offset   int64
	proven   bool // an event is known to begin at offset
}

func (a *Archive) newReader(s *segment, offset int64) (*Reader, error) {
	r := &Reader{a: a, space: make([]byte, readAhead)}
	if err := r.enter(s, offset); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) enter(s *segment, offset int64) error {
	if err := r.a.proveBytes(s); err != nil {
		return err
	}
	f, err := os.Open(s.path)
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	switch {
	case err == nil && s.damage != nil:
		_ = f.Close() // only read from
		return s.damage
	case s.damage != nil:
		return s.damage
	case errors.Is(err, fs.ErrNotExist) && s.deleting:
		return fmt.Errorf("read segment %s: %w", s.name, ErrPurged)
	case errors.Is(err, fs.ErrNotExist):
		return r.a.damagedLocked(s, 0, errMissing)
	case err != nil:
		return fmt.Errorf("read segment: %w", err)
	}
	if r.file != nil {
		_ = r.file.Close() // only read from
	}
	r.seg, r.file, r.offset, r.buf, r.proven = s, f, offset, nil, offset == binlog.MagicSize
	r.checksum, r.replaced = s.head.checksum, s.replaced
	return nil
}

// proveBytes compares a complete segment whose events have no checksums with its seal, once.
func (a *Archive) proveBytes(s *segment) error {
	a.mu.Lock()
	prove := s.seal != nil && s.damage == nil && !s.verified && !s.head.checksum
	a.mu.Unlock()
	if !prove {
		return nil
	}
	return a.verify(s)
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
	end := r.offset + int64(h.Size)
	if h.NextPos != 0 && h.NextPos != uint32(end) {
		return Event{}, r.damaged(fmt.Errorf("%w: event says that it ends at %d, it ends at %d",
			binlog.ErrCorrupt, h.NextPos, end))
	}
	if err := r.fill(int64(h.Size), limit); err != nil {
		return Event{}, r.damaged(err)
	}
	raw := r.buf[:h.Size:h.Size]
	if r.checksum {
		if err := binlog.VerifyChecksum(raw); err != nil {
			return Event{}, r.damaged(err)
		}
	}
	ev := Event{
		Header: h, Raw: raw, Stream: r.seg.stream, Segment: r.seg.name, Offset: r.offset, Checksum: r.checksum,
	}
	r.buf, r.offset, r.proven = r.buf[h.Size:], end, true
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
		space := make([]byte, max(n, readAhead))
		copy(space, r.buf)
		r.space = space
	} else {
		copy(r.space, r.buf)
	}
	have := len(r.buf)
	want := min(int64(len(r.space)), limit-r.offset)
	got, err := r.file.ReadAt(r.space[have:want], r.offset+int64(have))
	r.buf = r.space[:have+got]
	if int64(len(r.buf)) < n {
		return fmt.Errorf("%w: %w", binlog.ErrCorrupt, err)
	}
	return nil
}

// damaged notes that the segment cannot be trusted, so that status shows it and nobody else is served from it. A
// reader that was put at an offset where no event begins has found nothing wrong but the offset.
func (r *Reader) damaged(cause error) error {
	if !r.proven {
		begins, err := beginsEvent(r.seg.path, r.offset)
		if err != nil {
			return err
		}
		if !begins {
			return fmt.Errorf("read %s from %d: %w: no event begins there", r.seg.name, r.offset, ErrBadOffset)
		}
	}
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	if r.replaced != r.seg.replaced { // other bytes are there now
		return &DamagedError{Stream: r.seg.stream, Segment: r.seg.name, Offset: r.offset, Cause: cause}
	}
	return r.a.damagedLocked(r.seg, r.offset, cause)
}

// damagedLocked marks a segment damaged, if it is not already.
func (a *Archive) damagedLocked(s *segment, at int64, cause error) error {
	if s.damage == nil {
		s.damage = &DamagedError{Stream: s.stream, Segment: s.name, Offset: at, Cause: cause}
		a.log.Error("segment is damaged", "segment", s.name, "stream", s.stream, "offset", at, "err", cause)
	}
	return &DamagedError{Stream: s.stream, Segment: s.name, Offset: at, Cause: cause}
}

// beginsEvent tells whether the sizes of the events before it lead to the offset.
func beginsEvent(path string, offset int64) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("read segment: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	br := bufio.NewReaderSize(f, readAhead)
	at := int64(binlog.MagicSize)
	_, err = br.Discard(binlog.MagicSize)
	for err == nil && at < offset {
		var raw []byte
		if raw, err = br.Peek(binlog.HeaderSize); err != nil {
			break
		}
		var h binlog.Header
		if h, err = binlog.ParseHeader(raw); err != nil {
			break
		}
		_, err = br.Discard(int(h.Size))
		at += int64(h.Size)
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, binlog.ErrCorrupt) {
		return false, fmt.Errorf("read segment: %w", err)
	}
	return at == offset, nil
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
				return nil //nolint:nilerr // Next says which
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

// after returns the segment that follows s, nil if there is none yet. It is ErrPurged when retention removed it, and
// ErrForked when what follows is another history.
func (a *Archive) after(s *segment) (*segment, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch next := s.next; {
	case next == nil:
		return nil, nil
	case next.forks:
		return nil, ErrForked
	case next.deleting:
		return nil, ErrPurged
	default:
		return next, nil
	}
}
