package binlog

import (
	"encoding/binary"
	"fmt"

	"github.com/go-mysql-org/go-mysql/replication"
)

// GTID event flags (MariaDB sql/log_event.h, Gtid_log_event::FL_*).
const (
	GTIDStandalone    = 1
	GTIDGroupCommitID = 2
	GTIDTransactional = 4
	GTIDDDL           = 32
	GTIDPreparedXA    = 64
	GTIDCompletedXA   = 128
)

// GTIDEvent is what the first event of a group says.
type GTIDEvent struct {
	GTID  GTID
	Flags uint8
}

// Standalone tells whether the group is this event and one more, without a commit.
func (e GTIDEvent) Standalone() bool { return e.Flags&GTIDStandalone != 0 }

// gtidBody is the fixed part of a GTID event: seq_no(8) domain_id(4) flags2(1).
const gtidBody = 13

// ParseGTIDEvent reads a GTID event, with or without its checksum.
func ParseGTIDEvent(ev []byte) (GTIDEvent, error) {
	if len(ev) < HeaderSize+gtidBody {
		return GTIDEvent{}, fmt.Errorf("%w: GTID event of %d bytes", ErrCorrupt, len(ev))
	}
	b := ev[HeaderSize:]
	return GTIDEvent{
		GTID: GTID{
			Seq:    binary.LittleEndian.Uint64(b),
			Domain: binary.LittleEndian.Uint32(b[8:]),
			Server: binary.LittleEndian.Uint32(ev[5:]),
		},
		Flags: b[12],
	}, nil
}

const (
	gtidListEntry = 16
	// GTIDListUntilReached in a GTID_LIST's count tells a replica that its UNTIL position was reached
	// (MariaDB sql/log_event.h, Gtid_list_log_event::FLAG_UNTIL_REACHED).
	GTIDListUntilReached = 1 << 28
	gtidListCountMask    = 1<<28 - 1
)

// ParseGTIDList reads a GTID_LIST event: the state before the file's first group.
func ParseGTIDList(ev []byte, checksum bool) (*State, error) {
	b, err := Body(ev, checksum)
	if err != nil {
		return nil, err
	}
	if len(b) < 4 {
		return nil, fmt.Errorf("%w: GTID list of %d bytes", ErrCorrupt, len(ev))
	}
	count := binary.LittleEndian.Uint32(b) & gtidListCountMask
	b = b[4:]
	if count > MaxGTIDs {
		return nil, fmt.Errorf("%w: GTID list of %d entries, at most %d are accepted", ErrCorrupt, count, MaxGTIDs)
	}
	if uint64(len(b)) < uint64(count)*gtidListEntry {
		return nil, fmt.Errorf("%w: GTID list of %d entries in %d bytes", ErrCorrupt, count, len(b))
	}
	s := &State{}
	for range count {
		s.Update(GTID{
			Domain: binary.LittleEndian.Uint32(b),
			Server: binary.LittleEndian.Uint32(b[4:]),
			Seq:    binary.LittleEndian.Uint64(b[8:]),
		})
		b = b[gtidListEntry:]
	}
	return s, nil
}

// Tracker follows a stream of events and knows at each whether a group is open. The zero value stands before
// the first event of a file.
type Tracker struct {
	current GTIDEvent
	open    bool
}

// Step is what one event meant for the groups around it.
type Step uint8

const (
	// Outside means that the event belongs to no group (format description, GTID list, checkpoint, rotate, stop, …).
	Outside Step = iota
	// Begins means that the event is the first of a group.
	Begins
	// Inside means that the event lies in a group that goes on.
	Inside
	// Ends means that the event is the last of its group.
	Ends
)

// Feed takes the next event and tells what it meant. It needs the event's header and, for GTID and QUERY
// events, its body; for others ev may hold the header alone. checksum tells whether events end with a CRC-32.
//
// A group that begins inside another, an event of a group outside of any, or a file's end inside a group
// are ErrCorrupt: MariaDB writes none of them, except that a crashed server's file stops anywhere.
func (t *Tracker) Feed(h Header, ev []byte, checksum bool) (Step, error) {
	switch h.Type {
	case replication.MARIADB_GTID_EVENT:
		if t.open {
			return 0, fmt.Errorf("%w: a group begins inside group %s", ErrCorrupt, t.current.GTID)
		}
		g, err := ParseGTIDEvent(ev)
		if err != nil {
			return 0, err
		}
		t.current, t.open = g, true
		return Begins, nil
	case replication.FORMAT_DESCRIPTION_EVENT, replication.ROTATE_EVENT, replication.STOP_EVENT,
		replication.MARIADB_GTID_LIST_EVENT, replication.MARIADB_START_ENCRYPTION_EVENT:
		if t.open {
			return 0, fmt.Errorf("%w: %s inside group %s", ErrCorrupt, h.Type, t.current.GTID)
		}
		return Outside, nil
	case replication.MARIADB_BINLOG_CHECKPOINT_EVENT, replication.INCIDENT_EVENT,
		replication.HEARTBEAT_EVENT, replication.IGNORABLE_EVENT:
		return Outside, nil
	}
	if !t.open {
		return 0, fmt.Errorf("%w: %s outside of any group", ErrCorrupt, h.Type)
	}
	if t.current.Standalone() {
		if isPartOfGroup(h.Type) {
			return Inside, nil
		}
		t.open = false
		return Ends, nil
	}
	switch h.Type {
	case replication.XID_EVENT, replication.XA_PREPARE_LOG_EVENT:
		t.open = false
		return Ends, nil
	case replication.QUERY_EVENT:
		q, err := ParseQuery(ev, checksum)
		if err != nil {
			return 0, err
		}
		if q.EndsGroup() {
			t.open = false
			return Ends, nil
		}
	}
	return Inside, nil
}

// Group returns the group that is open, or was the last one, and whether it is open.
func (t *Tracker) Group() (GTIDEvent, bool) { return t.current, t.open }

// isPartOfGroup tells which events prepare the one that follows, so that they don't end a standalone group
// (MariaDB sql/log_event.h, Log_event::is_part_of_group).
func isPartOfGroup(t Type) bool {
	switch t {
	case replication.INTVAR_EVENT, replication.RAND_EVENT, replication.USER_VAR_EVENT,
		replication.TABLE_MAP_EVENT, replication.MARIADB_ANNOTATE_ROWS_EVENT:
		return true
	}
	return false
}
