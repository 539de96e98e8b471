package binlogserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/guard"
)

// groupBuffer bounds the groups that are kept back until the guard has seen all of their events. Larger ones are
// read twice.
const groupBuffer = 1 << 20

type groupMode uint8

const (
	// groupBuffered: each event is inspected and kept back until the group has ended.
	groupBuffered groupMode = iota + 1
	// groupPassed: the guard or an operator has passed the group; its events go out as they come.
	groupPassed
	// groupSkipped: the client has the group or does not want it.
	groupSkipped
	// groupReplaced: an operator decided that the client gets a group that does nothing instead.
	groupReplaced
)

// group is the one that is being read.
type group struct {
	gtid    binlog.GTID
	first   binlog.Header
	begin   int64  // offset of its first event
	nextPos uint32 // of the last event that was read
	mode    groupMode
	arrived bool // it is the last one that the client has of its domain
}

func (s *stream) beginGroup(ev *archive.Event) error {
	g, _ := s.tracker.Group()
	s.group = group{gtid: g.GTID, first: ev.Header, begin: ev.Offset, mode: groupBuffered}
	if s.again != 0 {
		s.group.mode, s.again = s.again, 0
		return s.inGroup(ev)
	}
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if err := s.sendFormat(); err != nil {
		return err
	}
	skip, arrived, err := s.start.skips(g.GTID, s.srv.opts.Archive.Published)
	if err != nil {
		return err
	}
	s.group.arrived = arrived
	if !skip && s.until != nil && !s.until.sends(g.GTID) {
		if s.until.done() {
			return s.reached()
		}
		skip = true
	}
	if skip {
		s.group.mode = groupSkipped
	}
	return s.inGroup(ev)
}

func (s *stream) inGroup(ev *archive.Event) error {
	s.group.nextPos = ev.Header.NextPos
	switch s.group.mode {
	case groupSkipped, groupReplaced:
		return s.tick(len(ev.Raw))
	case groupPassed:
		if s.drops(ev) {
			return nil
		}
		return s.out.send(ev.Raw)
	}
	if s.out.pending()+len(ev.Raw) > groupBuffer {
		return s.scan()
	}
	if v := s.srv.opts.Guard.Event(ev.Header, ev.Raw, ev.Checksum); v.Hold {
		return s.hold(v, database(ev))
	}
	if !s.drops(ev) {
		s.out.add(ev.Raw)
	}
	return nil
}

// drops tells whether a primary would leave the event out for this client.
func (s *stream) drops(ev *archive.Event) bool {
	return ev.Header.Type == replication.MARIADB_ANNOTATE_ROWS_EVENT && !s.req.annotate
}

func (s *stream) endGroup() error {
	g := &s.group
	s.state.Update(g.gtid)
	switch g.mode {
	case groupSkipped:
		if !g.arrived {
			return nil
		}
		// So that MASTER_POS_WAIT and the like work before the first group that the replica does not have.
		return s.out.send(s.make.gtidList(s.state, 0, s.offset, s.checksum))
	case groupReplaced:
		s.out.add(s.make.standInGTID(g.first, g.gtid, s.checksum))
		s.out.add(s.make.standInQuery(g.first, g.gtid, g.nextPos, s.checksum))
	}
	if err := s.out.commit(); err != nil {
		return err
	}
	s.pos.Advance(g.gtid)
	s.client.advance(g.gtid, s.out.written+uint64(s.out.ready))
	if s.until != nil && s.until.done() {
		return s.reached()
	}
	return nil
}

// scan inspects a group that does not fit into the buffer, reading it from its start without sending anything, and
// then lets it be read again to be sent.
func (s *stream) scan() error {
	s.out.rollback()
	s.offset = s.group.begin
	held, db, err := s.inspect()
	if err != nil {
		return err
	}
	if held.Hold {
		return s.hold(held, db)
	}
	return s.readAgain(groupPassed)
}

// inspect returns the guard's verdict on the group that begins at group.begin, and the database of a held statement.
func (s *stream) inspect() (v guard.Verdict, db string, err error) {
	err = s.eachEvent(func(ev *archive.Event) bool {
		if v = s.srv.opts.Guard.Event(ev.Header, ev.Raw, ev.Checksum); v.Hold {
			db = database(ev)
		}
		return !v.Hold
	})
	return v, db, err
}

// eachEvent reads the group from its first event on, until visit returns false or the group ends. The stream's own
// reader is closed, so that never two large events are in memory: readAgain must follow.
func (s *stream) eachEvent(visit func(*archive.Event) bool) error {
	if err := s.reopen(); err != nil {
		return err
	}
	var t binlog.Tracker
	for {
		ev, err := s.reader.Next()
		if err != nil {
			return fmt.Errorf("read group %s: %w", s.group.gtid, err)
		}
		step, err := t.Feed(ev.Header, ev.Raw, ev.Checksum)
		if err != nil {
			return fmt.Errorf("read group %s: %w", s.group.gtid, err)
		}
		if !visit(&ev) || step == binlog.Ends {
			return nil
		}
		if err := s.tick(len(ev.Raw)); err != nil {
			return err
		}
	}
}

// readAgain goes back to the group's first event and has the group treated as mode says.
func (s *stream) readAgain(mode groupMode) error {
	s.again, s.tracker, s.offset = mode, binlog.Tracker{}, s.group.begin
	return s.reopen()
}

func (s *stream) reopen() error {
	if s.reader != nil {
		_ = s.reader.Close() // only read from
		s.reader = nil
	}
	r, err := s.srv.opts.Archive.ReadFromFile(s.number, s.name, s.group.begin)
	if err != nil {
		return fmt.Errorf("read group %s again: %w", s.group.gtid, err)
	}
	s.reader = r
	return nil
}

// hold stops before the group until somebody decided about it.
func (s *stream) hold(v guard.Verdict, db string) error {
	s.out.rollback()
	s.offset = s.group.begin
	digest, err := s.digest()
	if err != nil {
		return err
	}
	h := Held{
		GTID: s.group.gtid, Digest: digest, Category: v.Category, Reason: v.Reason, Statement: v.Statement,
		Database: db, Since: time.Now(),
	}
	d, err := s.decision(h)
	if err != nil {
		return err
	}
	if d == Skip {
		return s.readAgain(groupReplaced)
	}
	return s.readAgain(groupPassed)
}

// digest names the group's contents: a decision is about these bytes, not about whatever has the same GTID later.
func (s *stream) digest() (string, error) {
	sum := sha256.New()
	err := s.eachEvent(func(ev *archive.Event) bool {
		sum.Write(ev.Raw)
		return true
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// holdEvent stops before an event that lies outside of groups, such as an INCIDENT, until somebody decided about it.
// It tells whether the event is to be sent. In place of a GTID that it does not have it goes by 0-0-0.
func (s *stream) holdEvent(ev *archive.Event, v guard.Verdict) (send bool, err error) {
	behind := s.offset
	s.offset = ev.Offset
	if err := s.sendFormat(); err != nil {
		return false, err
	}
	sum := sha256.Sum256(ev.Raw)
	d, err := s.decision(Held{
		Digest: hex.EncodeToString(sum[:]), Category: v.Category, Reason: v.Reason, Statement: v.Statement,
		Since: time.Now(),
	})
	s.offset = behind
	return d == Release, err
}

// refused is the error for a file that cannot be sent without an event that the guard does not pass.
func refused(ev *archive.Event, v guard.Verdict) error {
	return retry("the %s at offset %d of %s, stream %d, %s: the file is not served", ev.Header.Type, ev.Offset,
		ev.Segment, ev.Stream, v.Reason)
}

// decision waits until the group is released or to be skipped. Meanwhile it sends heartbeats.
func (s *stream) decision(h Held) (Decision, error) {
	decider := s.srv.opts.Decisions
	changed := decider.Changed()
	if d := decider.Decision(h); d != None {
		return d, nil
	}
	if err := s.out.flush(); err != nil {
		return None, err
	}
	decider.Held(h)
	if s.req.nonBlock {
		return None, fatal("group %s is held (%s) until an operator decides about it", h.GTID, h.Category)
	}
	s.client.setState(StateHeld)
	defer s.client.setState(StateStreaming)
	for {
		err := s.wait(func(ctx context.Context) error {
			select {
			case <-changed:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			err = s.heartbeat()
		case err == nil:
			changed = decider.Changed()
			if d := decider.Decision(h); d != None {
				return d, nil
			}
		}
		if err != nil {
			return None, err
		}
	}
}

// database returns the default database of a statement, if the event is one.
func database(ev *archive.Event) string {
	if ev.Header.Type != replication.QUERY_EVENT {
		return ""
	}
	q, err := binlog.ParseQuery(ev.Raw, ev.Checksum)
	if err != nil {
		return ""
	}
	return string(q.Database)
}
