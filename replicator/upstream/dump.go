package upstream

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// dumpAnnotateRows asks for the annotate-rows events, without which a copy has not the file's bytes.
const dumpAnnotateRows = replication.BINLOG_SEND_ANNOTATE_ROWS_EVENT

// mariadbCapability 4 says that we understand GTID events (MariaDB sql/log_event.h, MARIA_SLAVE_CAPABILITY_GTID).
const mariadbCapability = "SET @mariadb_slave_capability=4"

// openDump registers us as a replica and asks for name from offset on, or, when connectState is set, for what
// follows that GTID position. The connection speaks no commands afterwards.
func (f *Follower) openDump(c *conn, name string, offset int64, semiSync bool, connectState string) (*packets, error) {
	queries := []string{
		"SET @master_binlog_checksum=@@global.binlog_checksum",
		mariadbCapability,
		fmt.Sprintf("SET @master_heartbeat_period=%d", f.opts.Heartbeat.Nanoseconds()),
	}
	if semiSync {
		queries = append(queries, "SET @rpl_semi_sync_slave=1")
	}
	if connectState != "" {
		// The text comes from our own archive and holds digits, dashes and commas only.
		queries = append(queries, "SET @slave_connect_state='"+connectState+"'", "SET @slave_gtid_strict_mode=1")
	}
	for _, q := range queries {
		if err := c.exec(q); err != nil {
			return nil, err
		}
	}
	if err := f.register(c); err != nil {
		return nil, err
	}
	if offset > 1<<32-1 {
		return nil, failf(Unsuitable, "ask for %s at %d: the protocol has 32 bits for the position", name, offset)
	}
	args := binary.LittleEndian.AppendUint32(nil, uint32(offset))
	args = binary.LittleEndian.AppendUint16(args, dumpAnnotateRows)
	args = binary.LittleEndian.AppendUint32(args, f.opts.ServerID)
	args = append(args, name...)
	// From here on we read the packets ourselves, below go-mysql: its last answer was read completely, and the
	// server sends nothing unasked.
	nc := c.Conn.Conn.Conn
	if err := command(nc, mysql.COM_BINLOG_DUMP, args); err != nil {
		return nil, fmt.Errorf("ask for %s at %d: %w", name, offset, err)
	}
	c.raw.unbound()
	return newPackets(nc, f.opts.ReadTimeout, f.opts.MaxEvent, f.seen), nil
}

// register announces us, so that the supplier lists us in SHOW SLAVE HOSTS. Format: COM_REGISTER_SLAVE,
// https://mariadb.com/kb/en/com_register_slave/.
func (f *Follower) register(c *conn) error {
	args := binary.LittleEndian.AppendUint32(nil, f.opts.ServerID)
	args = append(args, 5)
	args = append(args, "wcded"...)
	args = append(args, 0, 0)                        // no user, no password
	args = binary.LittleEndian.AppendUint16(args, 0) // port
	args = append(args, make([]byte, 8)...)          // rank and primary's id, unused
	c.ResetSequence()
	if err := command(c.Conn.Conn.Conn, mysql.COM_REGISTER_SLAVE, args); err != nil {
		return fmt.Errorf("register as replica: %w", err)
	}
	c.Sequence = 1
	if _, err := c.ReadOKPacket(); err != nil {
		return fmt.Errorf("register as replica: %w", err)
	}
	return nil
}

// compareHead reads the head of the supplier's file tail.Name on a connection of its own and compares it with ours.
func (f *Follower) compareHead(ctx context.Context, tail *archive.Tail) error {
	c, err := f.opts.Supplier.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	p, err := f.openDump(c, tail.Name, binlog.MagicSize, false, "")
	if err != nil {
		return err
	}
	head := tail.Head[binlog.MagicSize:]
	for len(head) > 0 {
		ev, _, err := p.next()
		if err != nil {
			return dumpError(err)
		}
		h, err := binlog.ParseHeader(ev)
		if err != nil {
			return err
		}
		if h.Type == replication.ROTATE_EVENT && h.Timestamp == 0 || h.Type == replication.HEARTBEAT_EVENT {
			continue
		}
		if !bytes.HasPrefix(head, ev) {
			return failf(Diverged, "the supplier's %s has another head than the one we hold: it is another file of the same name",
				tail.Name)
		}
		head = head[len(ev):]
	}
	return nil
}

// locate asks another server for what follows our position and returns the file in which that lies.
func (f *Follower) locate(ctx context.Context, at binlog.Position) (string, error) {
	c, err := f.opts.Supplier.dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.close()
	p, err := f.openDump(c, "", binlog.MagicSize, false, at.String())
	if err != nil {
		return "", err
	}
	ev, _, err := p.next()
	if err != nil {
		return "", dumpError(err)
	}
	name, _, err := parseFakeRotate(ev)
	return name, err
}

// parseFakeRotate reads the ROTATE event that a primary makes up to name the file that follows. It may come with or
// without a checksum, whatever was agreed on.
func parseFakeRotate(ev []byte) (string, uint64, error) {
	h, err := binlog.ParseHeader(ev)
	if err != nil {
		return "", 0, err
	}
	if h.Type != replication.ROTATE_EVENT {
		return "", 0, fmt.Errorf("%w: %s where the file's name should be", binlog.ErrCorrupt, h.Type)
	}
	return binlog.ParseRotate(ev, binlog.VerifyChecksum(ev) == nil)
}

// errTorn is returned when the supplier's own file is cut off inside of an event.
var errTorn = errors.New("supplier's file is torn")

// dumpError gives an error that the supplier sent instead of an event its meaning. The texts are MariaDB's
// (sql/sql_repl.cc); there is one number, 1236, for all of them.
func dumpError(err error) error {
	var my *mysql.MyError
	if !errors.As(err, &my) || my.Code != mysql.ER_MASTER_FATAL_ERROR_READING_BINLOG {
		return err
	}
	text := strings.ToLower(my.Message)
	switch {
	case strings.Contains(text, "impossible position"):
		return failf(Diverged, "the supplier's file ends before what we hold of it: %w", err)
	case strings.Contains(text, "truncated in the middle of event"), strings.Contains(text, "bogus data in log event"):
		return fmt.Errorf("%w: %w", errTorn, err)
	case strings.Contains(text, "have been purged"):
		return failf(Gap, "the supplier purged what follows our position: %w", err)
	case strings.Contains(text, "which is not in the master's binlog"):
		return failf(Diverged, "the supplier does not have our last group: %w", err)
	}
	return err
}
