package binlogserver

import (
	"context"
	"errors"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// stream sends the archive to one client, from where the client asked for, in the order and with the additions of a
// MariaDB primary.
type stream struct {
	srv    *Server
	client *client
	ctx    context.Context
	req    dumpRequest
	out    *packetWriter
	make   builder
	reader *archive.Reader

	// The file that is being sent.
	number   int    // of the archive's stream, 0 before the first file
	name     string // of the file
	offset   int64  // behind the last event that was read
	checksum bool   // whether artificial events end with a CRC-32
	format   []byte // its format description while that is not sent yet
	tracker  binlog.Tracker
	state    *binlog.State // behind the last group that was read

	start startPoint
	pos   binlog.Position // what the client has, once it got everything so far
	until *until          // nil without UNTIL
	group group
	again groupMode // how to treat the group that is about to be read again; 0: not read before
	ticks int       // bytes read since the clock was looked at
}

// open finds where the client starts.
func (s *stream) open() error {
	published := s.srv.opts.Archive.Published()
	r, err := s.req.open(s.srv.opts.Archive)
	if err != nil {
		return err
	}
	s.reader = r
	s.start = newStart(s.req.from, published, s.req.strict)
	if s.req.to != nil {
		s.until = newUntil(s.req.to, s.req.from)
	}
	return nil
}

// run sends until the client has all it asked for, goes away, or ctx ends. It returns why.
func (s *stream) run() error {
	if err := s.open(); err != nil {
		return err
	}
	if s.req.midFile() {
		if err := s.enterMidFile(); err != nil {
			return err
		}
	}
	for {
		ev, err := s.reader.Next()
		switch {
		case err == nil:
			err = s.event(&ev)
		case errors.Is(err, archive.ErrEnd):
			err = s.idle()
		}
		if err != nil {
			return err
		}
	}
}

// event takes the next event of the archive.
func (s *stream) event(ev *archive.Event) error {
	if ev.Offset == binlog.MagicSize {
		return s.enterFile(ev)
	}
	step, err := s.tracker.Feed(ev.Header, ev.Raw, ev.Checksum)
	if err != nil {
		return damaged(ev, err)
	}
	s.offset = ev.Offset + int64(ev.Header.Size)
	switch step {
	case binlog.Begins:
		return s.beginGroup(ev)
	case binlog.Inside:
		return s.inGroup(ev)
	case binlog.Ends:
		if err := s.inGroup(ev); err != nil || s.again != 0 {
			return err
		}
		return s.endGroup()
	}
	if _, open := s.tracker.Group(); open {
		return s.inGroup(ev)
	}
	return s.outside(ev)
}

func damaged(ev *archive.Event, cause error) error {
	return &archive.DamagedError{Stream: ev.Stream, Segment: ev.Segment, Offset: ev.Offset, Cause: cause}
}

// enterFile begins a file with its format description, which is kept until the GTID list tells whether the client
// starts at this file's head.
func (s *stream) enterFile(ev *archive.Event) error {
	if s.number != 0 && ev.Stream != s.number {
		if s.req.from == nil && s.req.nonBlock {
			return errEnd
		}
		if s.req.from == nil {
			// Names may repeat in the next stream: a client that stores files by name would lose the first ones.
			return fatal("the archive goes on in another stream of files; start again from its first file")
		}
		s.start = newStart(s.pos, s.pos, false)
	}
	f, err := binlog.ParseFormat(ev.Raw)
	if err != nil {
		return damaged(ev, err)
	}
	if err := s.out.send(s.make.rotate(ev.Segment, binlog.MagicSize, s.checksum)); err != nil {
		return err
	}
	if f.Checksum && !s.req.checksumAware {
		return errChecksumUnaware()
	}
	if v := s.srv.opts.Guard.Event(ev.Header, ev.Raw, ev.Checksum); v.Hold {
		return refused(ev, v)
	}
	s.number, s.name, s.checksum = ev.Stream, ev.Segment, ev.Checksum
	s.offset = ev.Offset + int64(ev.Header.Size)
	s.tracker = binlog.Tracker{}
	s.format = append(s.format[:0], ev.Raw...)
	return nil
}

// enterMidFile goes to an offset within a file and sends what precedes it: the file's name and format. Everything
// before the offset is read, since an offset inside of an event or a group must not be taken for damage.
func (s *stream) enterMidFile() error {
	for s.offset = binlog.MagicSize; s.offset < s.req.offset; {
		ev, err := s.reader.Next()
		if errors.Is(err, archive.ErrEnd) {
			break
		}
		if err != nil {
			return err
		}
		if ev.Segment != s.req.file {
			break
		}
		if err := s.passOver(&ev); err != nil {
			return err
		}
	}
	if _, open := s.tracker.Group(); open || s.offset != s.req.offset {
		return errBadPosition()
	}
	s.pos = s.state.Position()
	if err := s.out.send(s.make.rotate(s.name, uint64(s.offset), s.req.checksum)); err != nil {
		return err
	}
	editFormat(s.format, false, true, s.checksum)
	ev := s.format
	s.format = s.format[:0]
	return s.out.send(ev)
}

// passOver follows an event that lies before the client's offset.
func (s *stream) passOver(ev *archive.Event) error {
	if ev.Offset == binlog.MagicSize {
		if ev.Checksum && !s.req.checksumAware {
			return errChecksumUnaware()
		}
		s.number, s.name, s.checksum, s.state = ev.Stream, ev.Segment, ev.Checksum, &binlog.State{}
		s.format = append(s.format[:0], ev.Raw...)
	}
	step, err := s.tracker.Feed(ev.Header, ev.Raw, ev.Checksum)
	if err == nil && ev.Header.Type == replication.MARIADB_GTID_LIST_EVENT {
		s.state, err = binlog.ParseGTIDList(ev.Raw, ev.Checksum)
	}
	if err != nil {
		return damaged(ev, err)
	}
	if step == binlog.Ends {
		g, _ := s.tracker.Group()
		s.state.Update(g.GTID)
	}
	s.offset = ev.Offset + int64(ev.Header.Size)
	return context.Cause(s.ctx)
}

// sendFormat sends the format description if it is still kept back.
func (s *stream) sendFormat() error {
	if len(s.format) == 0 {
		return nil
	}
	editFormat(s.format, len(s.start.want) == 0, false, s.checksum)
	ev := s.format
	s.format = s.format[:0]
	return s.out.send(ev)
}

// outside sends an event that belongs to no group.
func (s *stream) outside(ev *archive.Event) error {
	list := ev.Header.Type == replication.MARIADB_GTID_LIST_EVENT
	if v := s.srv.opts.Guard.Event(ev.Header, ev.Raw, ev.Checksum); v.Hold {
		if list {
			return refused(ev, v)
		}
		if send, err := s.holdEvent(ev, v); err != nil || !send {
			return err
		}
	}
	if list {
		if err := s.enterState(ev); err != nil {
			return err
		}
	}
	if err := s.sendFormat(); err != nil {
		return err
	}
	if err := s.out.send(ev.Raw); err != nil {
		return err
	}
	if list && s.until != nil && s.until.done() {
		return s.reached()
	}
	return nil
}

func (s *stream) enterState(ev *archive.Event) error {
	before, err := binlog.ParseGTIDList(ev.Raw, ev.Checksum)
	if err != nil {
		return damaged(ev, err)
	}
	if s.req.from == nil && s.state == nil {
		s.pos = before.Position()
	}
	s.state = before
	return s.start.enterFile(before)
}

// reached tells the replica that it has everything up to its UNTIL position.
func (s *stream) reached() error {
	if err := s.out.send(s.make.gtidList(s.state, untilReached, s.offset, s.checksum)); err != nil {
		return err
	}
	s.client.setState(StateUntilReached)
	return errEnd
}

// idle sends what is left and waits for more. While it waits it sends heartbeats.
func (s *stream) idle() error {
	if err := s.sendFormat(); err != nil {
		return err
	}
	if err := s.out.flush(); err != nil {
		return err
	}
	s.client.setBytes(s.out.written)
	if s.req.nonBlock {
		return errEnd
	}
	s.client.setState(StateWaiting)
	defer s.client.setState(StateStreaming)
	for {
		err := s.wait(s.reader.Wait)
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if err := s.heartbeat(); err != nil {
			return err
		}
	}
}

// wait calls for with a context that ends when the next heartbeat is due (context.DeadlineExceeded) or the stream has
// to end, whose cause it returns then.
func (s *stream) wait(wait func(context.Context) error) error {
	ctx, cancel := s.ctx, context.CancelFunc(func() {})
	if s.req.heartbeat > 0 {
		ctx, cancel = context.WithDeadline(s.ctx, s.out.last.Add(s.req.heartbeat))
	}
	defer cancel()
	err := wait(ctx)
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return err
}

// heartbeat is sent between groups only, with nothing waiting for commit.
func (s *stream) heartbeat() error {
	if err := s.out.send(s.make.heartbeat(s.name, s.offset, s.checksum)); err != nil {
		return err
	}
	return s.out.flush()
}

// tickBytes is how much is read, without anything being sent, between two looks at the clock.
const tickBytes = 4 << 20

// tick keeps the replica's patience while n more bytes were read of which it gets nothing.
func (s *stream) tick(n int) error {
	if s.ticks += n; s.ticks < tickBytes {
		return nil
	}
	s.ticks = 0
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if s.req.heartbeat == 0 || time.Since(s.out.last) < s.req.heartbeat {
		return nil
	}
	return s.heartbeat()
}
