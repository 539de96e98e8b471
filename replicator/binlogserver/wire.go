package binlogserver

import (
	"fmt"
	"net"
	"time"
)

// The client/server protocol cuts a payload into packets of at most maxPayload bytes behind a head of three bytes
// length and one byte sequence number; a full packet is followed by another one, if need be an empty one.
// Source: https://mariadb.com/kb/en/0-packet/
const (
	maxPayload = 1<<24 - 1
	packetHead = 4
)

const (
	// flushSize is how many bytes gather before they are written.
	flushSize = 512 << 10
	// directSize is from which size on an event goes to the connection without being copied first.
	directSize = 128 << 10
)

// packetWriter turns events into packets and writes many with one system call. What add appends stays back until
// commit lets it go; rollback drops it, so that a group is either sent or has left no trace.
type packetWriter struct {
	conn    net.Conn
	timeout time.Duration // of one write
	buf     []byte
	ready   int    // bytes of buf that may be written
	seq     uint8  // of the next packet
	mark    uint8  // seq behind buf[:ready]
	written uint64 // bytes given to conn
	last    time.Time
}

func newPacketWriter(conn net.Conn, timeout time.Duration, seq uint8) packetWriter {
	return packetWriter{
		conn: conn, timeout: timeout, seq: seq, mark: seq, last: time.Now(),
		buf: make([]byte, 0, flushSize+flushSize/4),
	}
}

// add appends the event, behind the zero byte that stands for "no error", without letting it go yet.
func (w *packetWriter) add(ev []byte) {
	n, full := w.first(ev)
	for {
		w.buf = append(w.buf, ev[:n]...)
		if !full {
			return
		}
		ev = ev[n:]
		n, full = w.next(ev)
	}
}

// first appends the head of the first packet for ev and the zero byte. It returns how much of ev belongs to that
// packet and whether another one follows; so does next for the rest.
func (w *packetWriter) first(ev []byte) (n int, full bool) {
	n = min(len(ev), maxPayload-1)
	w.head(1 + n)
	w.buf = append(w.buf, 0)
	return n, 1+n == maxPayload
}

func (w *packetWriter) next(rest []byte) (n int, full bool) {
	n = min(len(rest), maxPayload)
	w.head(n)
	return n, n == maxPayload
}

// packet appends a payload that fits into one packet.
func (w *packetWriter) packet(payload []byte) {
	w.head(len(payload))
	w.buf = append(w.buf, payload...)
}

func (w *packetWriter) head(n int) {
	w.buf = append(w.buf, byte(n), byte(n>>8), byte(n>>16), w.seq)
	w.seq++
}

// pending returns how many bytes wait for commit.
func (w *packetWriter) pending() int { return len(w.buf) - w.ready }

// commit lets everything go that was added, and writes it if that fills the buffer.
func (w *packetWriter) commit() error {
	w.ready, w.mark = len(w.buf), w.seq
	if w.ready >= flushSize {
		return w.flush()
	}
	return nil
}

// rollback drops what was added since the last commit.
func (w *packetWriter) rollback() { w.buf, w.seq = w.buf[:w.ready], w.mark }

// send lets the event go at once. Nothing may wait for commit. A large event is not copied.
func (w *packetWriter) send(ev []byte) error {
	if len(ev) < directSize {
		w.add(ev)
		return w.commit()
	}
	n, full := w.first(ev)
	for {
		w.ready, w.mark = len(w.buf), w.seq
		if err := w.flush(); err != nil {
			return err
		}
		if err := w.write(ev[:n]); err != nil {
			return err
		}
		if !full {
			return nil
		}
		ev = ev[n:]
		n, full = w.next(ev)
	}
}

// flush writes what was committed.
func (w *packetWriter) flush() error {
	if w.ready == 0 {
		return nil
	}
	if err := w.write(w.buf[:w.ready]); err != nil {
		return err
	}
	w.buf = w.buf[:copy(w.buf, w.buf[w.ready:])]
	w.ready = 0
	return nil
}

func (w *packetWriter) write(b []byte) error {
	w.last = time.Now()
	if err := w.conn.SetWriteDeadline(w.last.Add(w.timeout)); err != nil {
		return fmt.Errorf("write to client: %w", err)
	}
	n, err := w.conn.Write(b)
	w.written += uint64(n)
	if err != nil {
		return fmt.Errorf("write to client: %w", err)
	}
	w.last = time.Now()
	return nil
}
