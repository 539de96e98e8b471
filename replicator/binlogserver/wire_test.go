package binlogserver

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/packet"
)

// sink is a connection that keeps what is written to it, up to a limit.
type sink struct {
	net.Conn // nil: nothing else is called
	bytes.Buffer
	limit int
}

var errSinkFull = errors.New("sink is full")

func (s *sink) Write(b []byte) (int, error) {
	if s.limit > 0 && s.Len()+len(b) > s.limit {
		return 0, errSinkFull
	}
	return s.Buffer.Write(b)
}
func (s *sink) Read(b []byte) (int, error)       { return s.Buffer.Read(b) }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) Close() error                     { return nil }

// TestPacketsAreCutWhereTheyMust reads back, with go-mysql, events around every size that matters.
func TestPacketsAreCutWhereTheyMust(t *testing.T) {
	sizes := []int{19, 1000, directSize - 1, directSize, flushSize + 1, maxPayload - 2, maxPayload - 1, maxPayload,
		2*maxPayload - 2, 2*maxPayload - 1, 2 * maxPayload, 23}
	for _, way := range []struct {
		name string
		put  func(w *packetWriter, ev []byte) error
	}{
		{"send", (*packetWriter).send},
		{"add", func(w *packetWriter, ev []byte) error {
			w.add(bytes.Repeat([]byte{7}, 500))
			w.rollback()
			w.add(ev)
			return w.commit()
		}},
	} {
		var out sink
		w := newPacketWriter(&out, time.Second, 250) // sequence numbers wrap
		for i, n := range sizes {
			if err := way.put(w, bytes.Repeat([]byte{byte(i)}, n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		w.close()
		if w.written != uint64(out.Len()) {
			t.Errorf("%s: %d bytes counted, %d written", way.name, w.written, out.Len())
		}
		c := packet.NewConn(&out)
		c.Sequence = 250
		for i, n := range sizes {
			p, err := c.ReadPacket()
			if err != nil {
				t.Fatalf("%s: event of %d bytes: %v", way.name, n, err)
			}
			if len(p) != 1+n || p[0] != 0 || bytes.Count(p[1:], []byte{byte(i)}) != n {
				t.Fatalf("%s: event of %d bytes came as %d", way.name, n, len(p)-1)
			}
		}
		if _, err := c.ReadPacket(); err == nil {
			t.Errorf("%s: there is more than was sent", way.name)
		}
	}
}

func TestWriteErrorsStay(t *testing.T) {
	out := sink{limit: 3 * flushSize}
	w := newPacketWriter(&out, time.Second, 0)
	defer w.close()
	ev := make([]byte, 1000)
	var err error
	for range 10 * flushSize / len(ev) {
		w.add(ev)
		if err = w.commit(); err != nil {
			break
		}
	}
	if !errors.Is(err, errSinkFull) {
		t.Errorf("commit: %v", err)
	}
	if err := w.flush(); !errors.Is(err, errSinkFull) {
		t.Errorf("flush: %v", err)
	}
	if err := w.send(make([]byte, directSize)); !errors.Is(err, errSinkFull) {
		t.Errorf("send: %v", err)
	}
}

func TestFramesAreBounded(t *testing.T) {
	frame := func(n int) []byte { return append(appendHead(nil, n, 0), make([]byte, n)...) }
	for _, c := range []struct {
		name          string
		bytes         []byte
		authenticated bool
		ok            bool
	}{
		{"small", bytes.Join([][]byte{frame(1), frame(0), frame(maxHandshake)}, nil), false, true},
		{"large", append(frame(1), frame(maxHandshake + 1)[:10]...), false, false},
		{"command", append(frame(1), frame(maxCommand)...), true, true},
		{"large command", append(frame(1), frame(maxCommand + 1)[:4]...), true, false},
		{"empty command", append(frame(1), frame(0)...), true, false},
	} {
		for _, step := range []int{1, 3, 4, 5, 1 << 20} { // reads of every size see the same
			out := &sink{}
			out.Buffer.Write(c.bytes)
			f := newFramedConn(out)
			if c.authenticated {
				f.authenticated()
			}
			var err error
			n := 0
			for p := make([]byte, step); err == nil; {
				var k int
				k, err = f.Read(p)
				n += k
			}
			if c.ok != (err == io.EOF) || c.ok && n != len(c.bytes) {
				t.Errorf("%s by %d: %d bytes, then %v", c.name, step, n, err)
			}
		}
	}
}
