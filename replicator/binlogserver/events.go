package binlogserver

import (
	"encoding/binary"
	"math"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Events that lie in no file, and the changes that a primary makes to those that do. Layouts: MariaDB
// sql/log_event.h; which ones a primary sends: sql/sql_repl.cc.

// untilReached marks the artificial GTID list that ends a stream with an UNTIL condition.
const untilReached = binlog.GTIDListUntilReached

// builder makes events with this server's id.
type builder struct {
	serverID uint32
	buf      []byte
}

// begin starts an event whose body the caller appends to b.buf.
func (b *builder) begin(t replication.EventType, timestamp, serverID, nextPos uint32, flags uint16) {
	h := append(b.buf[:0], make([]byte, binlog.HeaderSize)...)
	binary.LittleEndian.PutUint32(h, timestamp)
	h[4] = byte(t)
	binary.LittleEndian.PutUint32(h[5:], serverID)
	binary.LittleEndian.PutUint32(h[13:], nextPos)
	binary.LittleEndian.PutUint16(h[binlog.FlagsOffset:], flags)
	b.buf = h
}

// end completes the event, which is valid until the next begin.
func (b *builder) end(checksum bool) []byte {
	if checksum {
		b.buf = append(b.buf, 0, 0, 0, 0)
	}
	binary.LittleEndian.PutUint32(b.buf[9:], uint32(len(b.buf)))
	if checksum {
		binlog.SetChecksum(b.buf)
	}
	return b.buf
}

// rotate is the fake ROTATE that tells which file the events that follow come from.
func (b *builder) rotate(name string, pos uint64, checksum bool) []byte {
	b.begin(replication.ROTATE_EVENT, 0, b.serverID, 0, binlog.FlagArtificial)
	b.buf = binary.LittleEndian.AppendUint64(b.buf, pos)
	b.buf = append(b.buf, name...)
	return b.end(checksum)
}

// heartbeat tells an idle replica that we live. pos must not lie before what was sent, and name must be the file
// that the last ROTATE named: else the replica takes it for lost events and stops.
func (b *builder) heartbeat(name string, pos int64, checksum bool) []byte {
	if pos <= math.MaxUint32 {
		b.begin(replication.HEARTBEAT_EVENT, 0, b.serverID, uint32(pos), 0)
	} else {
		b.begin(replication.HEARTBEAT_EVENT, 0, b.serverID, 0, 0) // 0: a 64-bit position precedes the name
		b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(pos))
	}
	b.buf = append(b.buf, name...)
	return b.end(checksum)
}

// gtidList is an artificial GTID list: where the stream stands in every domain. flag is 0 or untilReached.
func (b *builder) gtidList(state *binlog.State, flag uint32, pos int64, checksum bool) []byte {
	b.begin(replication.MARIADB_GTID_LIST_EVENT, 0, b.serverID, uint32(pos), binlog.FlagArtificial)
	list := state.List()
	b.buf = binary.LittleEndian.AppendUint32(b.buf, uint32(len(list))|flag)
	for _, g := range list {
		b.buf = binary.LittleEndian.AppendUint32(b.buf, g.Domain)
		b.buf = binary.LittleEndian.AppendUint32(b.buf, g.Server)
		b.buf = binary.LittleEndian.AppendUint64(b.buf, g.Seq)
	}
	if len(list) == 0 {
		b.buf = append(b.buf, 0, 0) // MariaDB wants at least six bytes
	}
	return b.end(checksum)
}

// standIn returns the first event of a group that does nothing in place of the group g, so that a replica's position
// passes it. first is the group's own first event.
func (b *builder) standInGTID(first binlog.Header, g binlog.GTID, checksum bool) []byte {
	b.begin(replication.MARIADB_GTID_EVENT, first.Timestamp, g.Server, first.NextPos, 0)
	b.buf = binary.LittleEndian.AppendUint64(b.buf, g.Seq)
	b.buf = binary.LittleEndian.AppendUint32(b.buf, g.Domain)
	b.buf = append(b.buf, binlog.GTIDStandalone, 0, 0, 0, 0, 0, 0)
	return b.end(checksum)
}

// standInQuery returns the second event of a group that does nothing: a comment. nextPos is that of the group's last
// event.
func (b *builder) standInQuery(first binlog.Header, g binlog.GTID, nextPos uint32, checksum bool) []byte {
	b.begin(replication.QUERY_EVENT, first.Timestamp, g.Server, nextPos, 0)
	// thread(4) execution time(4) database length(1) error(2) status variables length(2), database's final zero
	b.buf = append(b.buf, make([]byte, 14)...)
	b.buf = append(b.buf, "# held group "+g.String()+" skipped by operator"...)
	return b.end(checksum)
}

const (
	nextPosOffset = 13
	createdOffset = binlog.HeaderSize + 2 + 50
)

// editFormat changes a FORMAT_DESCRIPTION as a primary does before it sends it: the IN_USE flag is cleared; keep says
// that the client starts at the head of this file, otherwise the creation time is cleared too, because the
// replica would drop temporary tables that it still needs; midFile clears the position as well.
func editFormat(ev []byte, keep, midFile, checksum bool) {
	ev[binlog.FlagsOffset] &^= byte(binlog.FlagInUse)
	if !keep {
		clear(ev[createdOffset : createdOffset+4])
	}
	if midFile {
		clear(ev[nextPosOffset : nextPosOffset+4])
	}
	if checksum {
		binlog.SetChecksum(ev)
	}
}
