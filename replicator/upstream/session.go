package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// session is one connection's stream into the archive.
type session struct {
	f *Follower
	p *packets
	w *archive.Writer

	start    start
	name     string // the supplier's file that is being read; "" before the first
	offset   int64  // of the next event in it
	open     bool   // the archive has an open segment for it
	midFile  bool   // reading began inside the file: its head comes again and is ours already
	checksum bool   // its events end with a CRC-32
	tracker  binlog.Tracker

	// What we hold of the open segment and are sent again, up to compareTo, is compared with ours.
	ours      *os.File
	compareTo int64

	acks acks
}

// acks are the acknowledgements that wait for the disk, in order.
type acks struct {
	mu    sync.Mutex
	queue []ackAt
}

type ackAt struct {
	mark   uint64
	name   string
	offset int64
}

func (a *acks) push(x ackAt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue = append(a.queue, x)
}

// take returns the newest acknowledgement that mark covers, which stands for all before it.
func (a *acks) take(mark uint64) (ackAt, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for n < len(a.queue) && a.queue[n].mark <= mark {
		n++
	}
	if n == 0 {
		return ackAt{}, false
	}
	x := a.queue[n-1]
	a.queue = append(a.queue[:0], a.queue[n:]...)
	return x, true
}

// stream reads events until the connection or the archive fails.
func (s *session) stream(ctx context.Context) error {
	for {
		ev, ack, err := s.p.next()
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("supplier ended the stream: %w", err)
			}
			return dumpError(err)
		}
		if err := s.event(ev, ack); err != nil {
			return err
		}
	}
}

func (s *session) event(ev []byte, ack bool) error {
	h, err := binlog.ParseHeader(ev)
	if err != nil {
		return err
	}
	if int(h.Size) != len(ev) {
		return fmt.Errorf("%w: event of %d bytes says %d", binlog.ErrCorrupt, len(ev), h.Size)
	}
	if h.Type == replication.FORMAT_DESCRIPTION_EVENT {
		format, err := binlog.ParseFormat(ev)
		if err != nil {
			return err
		}
		s.checksum = format.Checksum
	}
	switch {
	case h.Type == replication.HEARTBEAT_EVENT:
		return nil
	case h.Type == replication.ROTATE_EVENT && (h.Artificial() || h.Timestamp == 0):
		return s.enter(ev)
	case s.name == "":
		return fmt.Errorf("%w: %s before any file's name", binlog.ErrCorrupt, h.Type)
	case s.midFile && (h.Type == replication.FORMAT_DESCRIPTION_EVENT ||
		h.Type == replication.MARIADB_START_ENCRYPTION_EVENT):
		return nil
	case h.Artificial():
		return nil
	case s.offset < s.compareTo:
		return s.compare(ev)
	}
	s.midFile = false
	return s.append(h, ev, ack)
}

// enter handles the made-up ROTATE that names the file of what follows.
func (s *session) enter(ev []byte) error {
	name, pos, err := parseFakeRotate(ev)
	if err != nil {
		return err
	}
	first := s.name == ""
	switch {
	case first && s.start.name != "" && name != s.start.name:
		return fmt.Errorf("%w: asked for %s, got %.200q", binlog.ErrCorrupt, s.start.name, name)
	case !first && name == s.name:
		return nil // the supplier says again what we know
	case !first && s.offset < s.compareTo:
		return failf(Diverged, "the supplier's %s ends before what we hold of it", s.name)
	}
	if first && s.open {
		s.name = name
		return nil
	}
	if s.open {
		// It left the file without a ROTATE or STOP: that server crashed.
		if err := s.w.Seal("the supplier's file ended without a ROTATE or STOP event"); err != nil {
			return err
		}
		s.open = false
	}
	if pos > binlog.MagicSize {
		return fmt.Errorf("%w: %s begins at %d", binlog.ErrCorrupt, name, pos)
	}
	kind, reason := archive.Continue, ""
	if first {
		kind, reason = s.start.kind, s.start.reason
	}
	if err := s.w.Begin(name, kind, reason); err != nil {
		return err
	}
	s.name, s.offset, s.open, s.midFile, s.tracker = name, binlog.MagicSize, true, false, binlog.Tracker{}
	s.compareTo = 0
	s.f.at(name, s.offset)
	return nil
}

// compare holds what is sent again against what we have.
func (s *session) compare(ev []byte) error {
	have := make([]byte, min(int64(len(ev)), s.compareTo-s.offset))
	if _, err := s.ours.ReadAt(have, s.offset); err != nil {
		return failf(ArchiveFailed, "compare with %s: %w", s.name, err)
	}
	if !bytes.Equal(have, ev) {
		return failf(Diverged, "the supplier's %s differs from ours at offset %d, within our last group", s.name, s.offset)
	}
	s.offset += int64(len(ev))
	return nil
}

func (s *session) append(h binlog.Header, ev []byte, ack bool) error {
	if !s.open {
		return fmt.Errorf("%w: %s behind the end of %s", binlog.ErrCorrupt, h.Type, s.name)
	}
	mark, err := s.w.Append(ev)
	if err != nil {
		return err
	}
	s.offset += int64(len(ev))
	if ack {
		s.acks.push(ackAt{mark: mark, name: s.name, offset: s.offset})
	}
	step, err := s.tracker.Feed(h, ev, s.checksum)
	if err != nil {
		return err // the archive has accepted it, so this cannot be
	}
	if step == binlog.Ends {
		g, _ := s.tracker.Group()
		s.f.arrived(g.GTID, s.name, s.offset)
	}
	if h.Type == replication.ROTATE_EVENT || h.Type == replication.STOP_EVENT {
		s.open = false
		return s.w.Seal("")
	}
	return nil
}

// durable runs after each sync of the archive, before readers see what it made durable.
func (s *session) durable(mark uint64) {
	s.f.synced()
	x, ok := s.acks.take(mark)
	if !ok {
		return
	}
	if err := s.p.ack(x.name, x.offset); err != nil {
		// The reading side will notice that the connection is gone; until then nothing was promised.
		s.f.log.Warn("acknowledgement not sent", "err", err)
		_ = s.p.conn.SetReadDeadline(time.Now())
		return
	}
	s.f.acked()
}
