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
	// bufferSize leaves room for the group that fills a buffer. Larger groups make it grow.
	bufferSize = flushSize + 64<<10
	// directSize is from which size on an event goes to the connection without being copied first.
	directSize = 128 << 10
)

// packetWriter turns events into packets and writes many with one system call. What add appends stays back until
// commit lets it go; rollback drops it, so that a group is either sent or has left no trace.
//
// There are two buffers: while one is filled, a goroutine writes the other. It is only used when there is much to
// send; what is flushed for lack of more is written by the caller, without waiting for another goroutine to wake up.
type packetWriter struct {
	conn    net.Conn
	timeout time.Duration // of one write
	buf     []byte
	ready   int    // bytes of buf that may be written
	seq     uint8  // of the next packet
	mark    uint8  // seq behind buf[:ready]
	written uint64 // bytes given to conn
	last    time.Time
	err     error // of the first write that failed

	full chan []byte      // to the goroutine
	free chan writeResult // from it; holds the other buffer whenever the goroutine does nothing
}

// writeResult is what became of a buffer.
type writeResult struct {
	buf []byte
	n   int
	at  time.Time
	err error
}

// newPacketWriter returns a writer that the caller closes.
func newPacketWriter(conn net.Conn, timeout time.Duration, seq uint8) *packetWriter {
	w := &packetWriter{
		conn: conn, timeout: timeout, seq: seq, mark: seq, last: time.Now(),
		buf: make([]byte, 0, bufferSize), full: make(chan []byte), free: make(chan writeResult, 1),
	}
	w.free <- writeResult{buf: make([]byte, 0, bufferSize), at: w.last}
	go func() {
		for b := range w.full {
			n, err := writeWithin(conn, timeout, b)
			w.free <- writeResult{b, n, time.Now(), err}
		}
	}()
	return w
}

// close ends the goroutine, which may still be writing.
func (w *packetWriter) close() { close(w.full) }

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
	w.buf = appendHead(w.buf, 1+n, w.seq)
	w.buf = append(w.buf, 0)
	w.seq++
	return n, 1+n == maxPayload
}

func (w *packetWriter) next(rest []byte) (n int, full bool) {
	n = min(len(rest), maxPayload)
	w.buf = appendHead(w.buf, n, w.seq)
	w.seq++
	return n, n == maxPayload
}

// packet appends a payload that fits into one packet.
func (w *packetWriter) packet(payload []byte) {
	w.buf = append(appendHead(w.buf, len(payload), w.seq), payload...)
	w.seq++
}

func appendHead(b []byte, n int, seq uint8) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), seq)
}

// pending returns how many bytes wait for commit.
func (w *packetWriter) pending() int { return len(w.buf) - w.ready }

// commit lets everything go that was added, and has it written if that fills the buffer.
func (w *packetWriter) commit() error {
	w.ready, w.mark = len(w.buf), w.seq
	if w.ready < flushSize {
		return nil
	}
	r, err := w.other()
	if err != nil {
		return err
	}
	w.full <- w.buf
	w.buf, w.ready = r.buf[:0], 0
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

// flush writes what was committed and returns when the connection has it.
func (w *packetWriter) flush() error {
	r, err := w.other()
	if err != nil {
		return err
	}
	w.free <- r
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

// other waits for the buffer that is being written.
func (w *packetWriter) other() (writeResult, error) {
	if w.err != nil {
		return writeResult{}, w.err
	}
	r := <-w.free
	w.written += uint64(r.n)
	w.err = r.err
	if r.at.After(w.last) {
		w.last = r.at
	}
	r.n = 0
	return r, w.err
}

func (w *packetWriter) write(b []byte) error {
	n, err := writeWithin(w.conn, w.timeout, b)
	w.written += uint64(n)
	w.last, w.err = time.Now(), err
	return err
}

func writeWithin(conn net.Conn, timeout time.Duration, b []byte) (int, error) {
	if err := conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return 0, fmt.Errorf("write to client: %w", err)
	}
	n, err := conn.Write(b)
	if err != nil {
		return n, fmt.Errorf("write to client: %w", err)
	}
	return n, nil
}
