package binlogserver

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Flags of COM_BINLOG_DUMP (MariaDB sql/sql_repl.h, client/mysqlbinlog.cc).
const (
	dumpNonBlock = 1 // end with EOF instead of waiting for more
	dumpAnnotate = 2 // send the statements that row events came from
)

// minHeartbeat bounds how often a client can ask for heartbeats; MariaDB's own limit.
const minHeartbeat = time.Millisecond

// dumpRequest is what a client asked for: COM_BINLOG_DUMP and the session variables before it.
type dumpRequest struct {
	serverID uint32
	nonBlock bool
	annotate bool

	from   binlog.Position // behind which the client starts; nil if it starts by file and offset
	to     binlog.Position // UNTIL; nil for none
	strict bool

	file   string // "" for the oldest
	offset int64

	checksumAware bool // the client has said what it expects
	checksum      bool // and expects a CRC-32 even in the first event
	heartbeat     time.Duration
}

// midFile tells whether the client starts at an offset behind a file's head.
func (r *dumpRequest) midFile() bool { return r.from == nil && r.offset > binlog.MagicSize }

// parseDump reads the payload of COM_BINLOG_DUMP: position(4) flags(2) server id(4) file name.
// Source: https://mariadb.com/kb/en/com_binlog_dump/
func parseDump(data []byte) (dumpRequest, error) {
	if len(data) < 10 {
		return dumpRequest{}, mysql.NewError(mysql.ER_MALFORMED_PACKET, "Malformed communication packet")
	}
	flags := binary.LittleEndian.Uint16(data[4:])
	r := dumpRequest{
		offset:   int64(binary.LittleEndian.Uint32(data)),
		serverID: binary.LittleEndian.Uint32(data[6:]),
		file:     string(data[10:]),
		annotate: flags&dumpAnnotate != 0,
	}
	r.nonBlock = flags&dumpNonBlock != 0 || r.serverID == 0
	return r, nil
}

// open returns a reader at the head of the file in which the client starts.
func (r *dumpRequest) open(src Source) (*archive.Reader, error) {
	if r.from != nil {
		return src.ReadFromGTID(r.from)
	}
	if r.offset < binlog.MagicSize {
		return nil, errBadPosition()
	}
	if r.file == "" {
		segments := src.Segments()
		if len(segments) == 0 {
			return nil, archive.ErrNoSegment
		}
		r.file = segments[0].Name
		return src.ReadFromFile(segments[0].Stream, r.file, binlog.MagicSize)
	}
	rd, err := src.ReadFromFile(0, r.file, binlog.MagicSize)
	if errors.Is(err, archive.ErrNoSegment) {
		return nil, errNoFile()
	}
	return rd, err
}

// clientError returns what the client is told about err, nil if nothing: then the connection just ends.
func clientError(err error) *mysql.MyError {
	var (
		told     *mysql.MyError
		position *archive.PositionError
		damage   *archive.DamagedError
	)
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &position) && errors.Is(err, archive.ErrPurged):
		return errPurged()
	case errors.As(err, &position):
		return errFuture(position.GTID)
	case errors.As(err, &damage):
		// The replica must not run on without these groups, and must go on by itself once they are mended.
		return retry("%v", damage)
	case errors.Is(err, archive.ErrNoSegment):
		return retry("the archive is empty")
	case errors.Is(err, archive.ErrForked), errors.Is(err, archive.ErrPurged):
		return retry("%v", err) // what becomes of the client's position is found out when it dials again
	}
	return nil
}
