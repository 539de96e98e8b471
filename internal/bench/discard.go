package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	dumpNonBlock = 1 // end at the end of the log (MariaDB sql/sql_repl.h)
	dumpAnnotate = 2 // with the statements that row events came from

	maxPayload    = 1<<24 - 1
	discardBuffer = 1 << 20
)

// discard asks the primary on port for everything behind from, and throws it away as it comes. It returns the bytes
// of the events. Format: https://mariadb.com/kb/en/com_binlog_dump/ and https://mariadb.com/kb/en/0-packet/.
func discard(ctx context.Context, port int, password string, from binlog.Position) (int64, error) {
	c, err := client.ConnectWithContext(ctx, "127.0.0.1:"+strconv.Itoa(port), account, password, "", patience)
	if err != nil {
		return 0, fmt.Errorf("connect to primary: %w", err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Conn.Conn.Close() })()
	for _, q := range []string{
		"SET @master_binlog_checksum=@@global.binlog_checksum", "SET @mariadb_slave_capability=4",
		"SET @slave_connect_state='" + from.String() + "'",
	} {
		if _, err := c.Execute(q); err != nil {
			return 0, fmt.Errorf("ask primary %q: %w", q, err)
		}
	}
	args := binary.LittleEndian.AppendUint32([]byte{0, 0, 0, 0, mysql.COM_BINLOG_DUMP}, binlog.MagicSize)
	args = binary.LittleEndian.AppendUint16(args, dumpNonBlock|dumpAnnotate)
	args = binary.LittleEndian.AppendUint32(args, 0)
	c.ResetSequence()
	if err := c.WritePacket(args); err != nil {
		return 0, fmt.Errorf("ask primary for its log: %w", err)
	}
	// The answer to the last query was read completely, so that nothing of what follows is in another buffer.
	return drain(bufio.NewReaderSize(idleLimit{c.Conn.Conn}, discardBuffer))
}

// idleLimit ends reading from a connection on which nothing comes.
type idleLimit struct{ net.Conn }

func (c idleLimit) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// drain reads packets up to the one that ends the stream and counts the bytes of events in them.
func drain(br *bufio.Reader) (events int64, err error) {
	for goesOn := false; ; {
		head, err := br.Peek(4)
		if err != nil {
			return events, fmt.Errorf("read packet: %w", err)
		}
		n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		event := int64(n)
		if !goesOn {
			if end, err := packetEnds(br, n); end || err != nil {
				return events, err
			}
			event-- // without the byte that says that it is one
		}
		if _, err := br.Discard(4 + n); err != nil {
			return events, fmt.Errorf("read packet: %w", err)
		}
		events += event
		goesOn = n == maxPayload
	}
}

// packetEnds looks at the first byte of a payload of n bytes: an event, the end of the stream, or an error.
func packetEnds(br *bufio.Reader, n int) (end bool, err error) {
	if n == 0 {
		return true, errors.New("read packet: it is empty")
	}
	head, err := br.Peek(5)
	if err != nil {
		return true, fmt.Errorf("read packet: %w", err)
	}
	switch kind := head[4]; {
	case kind == mysql.OK_HEADER:
		return false, nil
	case kind == mysql.EOF_HEADER && n < 9:
		return true, nil
	case kind == mysql.ERR_HEADER:
		text, err := br.Peek(4 + min(n, 512))
		return true, errors.Join(fmt.Errorf("primary says %q", text[5:]), err)
	default:
		return true, fmt.Errorf("read packet: it begins with %#02x", kind)
	}
}
