package upstream

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// wire is a connection that has already sent all it will.
type wire struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (w *wire) Read(p []byte) (int, error)       { return w.in.Read(p) }
func (w *wire) Write(p []byte) (int, error)      { return w.out.Write(p) }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// packet frames one payload, in as many packets as it takes.
func packet(payload []byte) []byte {
	var b []byte
	for {
		n := min(len(payload), maxPayload)
		b = append(b, byte(n), byte(n>>8), byte(n>>16), 0)
		b = append(b, payload[:n]...)
		payload = payload[n:]
		if n < maxPayload {
			return b
		}
	}
}

func reader(limit uint32, payloads ...[]byte) *packets {
	var all []byte
	for _, p := range payloads {
		all = append(all, packet(p)...)
	}
	return newPackets(&wire{in: bytes.NewReader(all)}, time.Second, limit, func(int) {})
}

func TestSemiSyncHeader(t *testing.T) {
	event := make([]byte, 40)
	p := reader(1<<20, append([]byte{0, 0xef, 0}, event...), append([]byte{0, 0xef, 1}, event...), append([]byte{0}, event...))
	if ev, ack, err := p.next(); err != nil || ack || len(ev) != 40 {
		t.Fatal(len(ev), ack, err)
	}
	if _, ack, err := p.next(); err != nil || !ack {
		t.Fatal(ack, err)
	}
	if _, _, err := p.next(); !errors.Is(err, binlog.ErrCorrupt) {
		t.Errorf("an event without its header: %v", err)
	}
	// Without semi-sync an event may well begin with the magic number.
	p = reader(1<<20, append([]byte{0}, event...), append([]byte{0, 0xef}, event...))
	for range 2 {
		if _, ack, err := p.next(); err != nil || ack {
			t.Fatal(ack, err)
		}
	}
}

func TestLargePayloadsAreJoinedAndBounded(t *testing.T) {
	for _, n := range []int{maxPayload - 1, maxPayload, maxPayload + 1, 2 * maxPayload} {
		payload := make([]byte, n)
		payload[n-1] = 7
		if got, _, err := reader(1<<26, payload).next(); err != nil || len(got) != n-1 || got[n-2] != 7 {
			t.Errorf("%d bytes: got %d, %v", n, len(got), err)
		}
	}
	if _, _, err := reader(1<<20, make([]byte, maxPayload+5)).next(); !errors.Is(err, archive.ErrEventTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

func TestErrorsAndTheEnd(t *testing.T) {
	p := reader(1<<20, []byte("\xff\xd4\x04#HY000binlog truncated in the middle of event; consider …"), []byte{0xfe, 0, 0, 2, 0})
	_, _, err := p.next()
	var my *mysql.MyError
	if !errors.As(err, &my) || my.Code != 1236 || !errors.Is(dumpError(err), errTorn) {
		t.Errorf("got %v", err)
	}
	if _, _, err := p.next(); err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
}

func TestAcknowledgement(t *testing.T) {
	w := &wire{}
	p := newPackets(w, time.Second, 1<<20, func(int) {})
	if err := p.ack("mysql-bin.000001", 0x1_0000_0001); err != nil {
		t.Fatal(err)
	}
	want := append([]byte{25, 0, 0, 0, 0xef, 1, 0, 0, 0, 1, 0, 0, 0}, "mysql-bin.000001"...)
	if !bytes.Equal(w.out.Bytes(), want) {
		t.Errorf("got  %x\nwant %x", w.out.Bytes(), want)
	}
}

func TestOneAcknowledgementStandsForAllBefore(t *testing.T) {
	var a acks
	for i := range 5 {
		a.push(ackAt{mark: uint64(10 * (i + 1)), offset: int64(i)})
	}
	if _, ok := a.take(9); ok {
		t.Error("acknowledged before the disk had it")
	}
	if x, ok := a.take(35); !ok || x.offset != 2 {
		t.Errorf("got %+v %v, want the third", x, ok)
	}
	if x, ok := a.take(50); !ok || x.offset != 4 {
		t.Errorf("got %+v %v, want the last", x, ok)
	}
	if _, ok := a.take(1000); ok {
		t.Error("acknowledged twice")
	}
}

func FuzzPackets(f *testing.F) {
	f.Add(packet([]byte{0, 0xef, 1, 0, 0}))
	f.Add(packet([]byte("\xff\xd4\x04#HY000x")))
	f.Add([]byte{0xff, 0xff, 0xff, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPackets(&wire{in: bytes.NewReader(data)}, time.Second, 1<<16, func(int) {})
		for {
			ev, _, err := p.next()
			if err != nil {
				return
			}
			if cap(p.buf) > 1<<18 {
				t.Fatalf("%d bytes of memory for %d bytes of input", cap(p.buf), len(data))
			}
			_, _, _ = parseFakeRotate(ev)
		}
	})
}
