package upstream

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	maxPayload   = 1<<24 - 1 // of one packet; a longer payload goes on in the next one
	streamBuffer = 256 << 10
	writeTimeout = 5 * time.Second

	okByte       = 0x00
	eofByte      = 0xfe
	errByte      = 0xff
	semiSyncByte = 0xef // Repl_semi_sync_base::k_packet_magic_num, MariaDB sql/semisync.h
)

// packets reads the payloads of a dump and writes acknowledgements. Format:
// https://mariadb.com/kb/en/0-packet/ and MariaDB sql/semisync_master.cc.
type packets struct {
	conn  net.Conn
	br    *bufio.Reader
	limit int // bytes of the largest payload
	buf   []byte
	semi  bool // payloads carry the semi-sync header; known from the first one
	first bool
}

// deadlineReader gives every read from the network its own deadline, and tells what came.
type deadlineReader struct {
	conn    net.Conn
	timeout time.Duration
	seen    func(n int)
}

func (r deadlineReader) Read(p []byte) (int, error) {
	if err := r.conn.SetReadDeadline(time.Now().Add(r.timeout)); err != nil {
		return 0, err
	}
	n, err := r.conn.Read(p)
	if n > 0 {
		r.seen(n)
	}
	return n, err
}

// newPackets reads from conn; seen is called for each read from the network with its bytes.
func newPackets(conn net.Conn, readTimeout time.Duration, maxEvent uint32, seen func(n int)) *packets {
	return &packets{
		conn: conn, br: bufio.NewReaderSize(deadlineReader{conn, readTimeout, seen}, streamBuffer),
		limit: int(maxEvent) + 3, first: true,
	}
}

// next returns the next event and whether the supplier waits for its acknowledgement. The event is valid until
// the next call. The end of the stream is io.EOF; an error packet is a *mysql.MyError.
func (p *packets) next() (ev []byte, ack bool, err error) {
	payload, err := p.payload()
	if err != nil {
		return nil, false, err
	}
	switch {
	case len(payload) == 0:
		return nil, false, fmt.Errorf("%w: empty packet", binlog.ErrCorrupt)
	case payload[0] == errByte:
		return nil, false, parseError(payload)
	case payload[0] == eofByte && len(payload) < 9:
		return nil, false, io.EOF
	case payload[0] != okByte:
		return nil, false, fmt.Errorf("%w: packet begins with %#02x", binlog.ErrCorrupt, payload[0])
	}
	payload = payload[1:]
	if p.first {
		// The first event is made up and has timestamp 0, so its first byte cannot be the magic number.
		p.first = false
		p.semi = len(payload) > 0 && payload[0] == semiSyncByte
	}
	if !p.semi {
		return payload, false, nil
	}
	if len(payload) < 2 || payload[0] != semiSyncByte {
		return nil, false, fmt.Errorf("%w: packet without its semi-sync header", binlog.ErrCorrupt)
	}
	return payload[2:], payload[1]&1 != 0, nil
}

// payload reads one payload, of one or more packets. Memory is given only to what the limit allows, and beyond the
// first packet only as the bytes arrive.
func (p *packets) payload() ([]byte, error) {
	if cap(p.buf) > 4*streamBuffer && len(p.buf) < streamBuffer {
		p.buf = nil // a large event has passed
	}
	p.buf = p.buf[:0]
	for {
		var head [4]byte
		if _, err := io.ReadFull(p.br, head[:]); err != nil {
			return nil, fmt.Errorf("read packet: %w", err)
		}
		n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		if len(p.buf)+n > p.limit {
			return nil, fmt.Errorf("read packet: %w: more than %d bytes", archive.ErrEventTooLarge, p.limit-3)
		}
		at := len(p.buf)
		p.grow(n)
		if _, err := io.ReadFull(p.br, p.buf[at:]); err != nil {
			return nil, fmt.Errorf("read packet: %w", err)
		}
		if n < maxPayload {
			return p.buf, nil
		}
	}
}

// grow makes room for n more bytes: once, exactly, when the event's header says how many more are coming.
func (p *packets) grow(n int) {
	at := len(p.buf)
	if cap(p.buf) < at+n {
		size := max(at+n, 4096)
		if at > 0 {
			if h, err := binlog.ParseHeader(p.buf[1:]); err == nil && int(h.Size) > size && int(h.Size)+3 <= p.limit {
				size = min(int(h.Size)+3, 4*at+n)
			}
		}
		grown := make([]byte, at, size)
		copy(grown, p.buf)
		p.buf = grown
	}
	p.buf = p.buf[:at+n]
}

// ack tells the supplier that everything up to the position is on disk.
func (p *packets) ack(name string, pos int64) error {
	b := make([]byte, 4, 64)
	b = append(b, semiSyncByte)
	b = binary.LittleEndian.AppendUint64(b, uint64(pos))
	b = append(b, name...)
	n := len(b) - 4
	b[0], b[1], b[2] = byte(n), byte(n>>8), byte(n>>16)
	if err := p.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	if _, err := p.conn.Write(b); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	return nil
}

func parseError(payload []byte) error {
	if len(payload) < 3 {
		return fmt.Errorf("%w: error packet of %d bytes", binlog.ErrCorrupt, len(payload))
	}
	e := &mysql.MyError{Code: binary.LittleEndian.Uint16(payload[1:]), Message: string(payload[3:])}
	if len(payload) >= 9 && payload[3] == '#' {
		e.State, e.Message = string(payload[4:9]), string(payload[9:])
	}
	e.Message = e.Message[:min(len(e.Message), 512)]
	return e
}

// command writes one command as the first packet of an exchange.
func command(conn net.Conn, code byte, args []byte) error {
	b := make([]byte, 5, 5+len(args))
	n := len(args) + 1
	b[0], b[1], b[2], b[4] = byte(n), byte(n>>8), byte(n>>16), code
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(append(b, args...))
	return err
}
