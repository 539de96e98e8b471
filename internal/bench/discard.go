package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	discardBuffer = 256 << 10
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
		var head [5]byte
		if _, err := io.ReadFull(br, head[:4]); err != nil {
			return events, fmt.Errorf("read packet: %w", err)
		}
		n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		left := n
		if !goesOn {
			if n == 0 {
				return events, errors.New("read packet: it is empty")
			}
			if _, err := io.ReadFull(br, head[4:]); err != nil {
				return events, fmt.Errorf("read packet: %w", err)
			}
			left--
			switch {
			case head[4] == mysql.EOF_HEADER && n < 9:
				return events, nil
			case head[4] == mysql.ERR_HEADER:
				text := make([]byte, min(left, 512))
				_, err := io.ReadFull(br, text)
				return events, errors.Join(fmt.Errorf("primary says %q", text), err)
			case head[4] != mysql.OK_HEADER:
				return events, fmt.Errorf("read packet: it begins with %#02x", head[4])
			}
		}
		if _, err := br.Discard(left); err != nil {
			return events, fmt.Errorf("read packet: %w", err)
		}
		events += int64(left)
		goesOn = n == maxPayload
	}
}
