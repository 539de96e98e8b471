package bench

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
	"testing"
)

// packets frames payloads as a server does, with an empty packet behind a full one.
func packets(payloads ...[]byte) []byte {
	var b []byte
	for _, p := range payloads {
		for {
			n := min(len(p), maxPayload)
			b = append(b, byte(n), byte(n>>8), byte(n>>16), 0)
			b = append(b, p[:n]...)
			p = p[n:]
			if n < maxPayload {
				break
			}
		}
	}
	return b
}

func TestDrain(t *testing.T) {
	event := func(n int) []byte { return make([]byte, 1+n) } // behind the byte for "no error"
	eof := []byte{0xfe, 0, 0, 2, 0}
	for _, tt := range []struct {
		name   string
		stream []byte
		want   int64
		err    string
	}{
		{"nothing", packets(eof), 0, ""},
		{"two events", packets(event(30), event(4000), eof), 4030, ""},
		{"an event of a full packet", packets(event(maxPayload-1), eof), maxPayload - 1, ""},
		{"an event of three packets", packets(event(2*maxPayload+5), event(7), eof), 2*maxPayload + 12, ""},
		{"an error", packets(event(30), []byte("\xff\xd4\x04#HY000too old")), 30, "too old"},
		{"a packet in between", packets(event(30), []byte{0xef, 0}), 30, "0xef"},
		{"an empty packet", packets(nil), 0, "empty"},
		{"an end within a packet", packets(event(30), eof)[:20], 0, "EOF"},
		{"an end between packets", packets(event(30)), 30, "EOF"},
	} {
		got, err := drain(bufio.NewReader(bytes.NewReader(tt.stream)))
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %d, %v; want %d, %q", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func FuzzDrain(f *testing.F) {
	f.Add(packets([]byte{0, 1, 2}, []byte{0xfe, 0, 0, 0, 0}))
	f.Add(packets([]byte("\xff\xd4\x04#HY000no")))
	f.Fuzz(func(t *testing.T, stream []byte) {
		n, err := drain(bufio.NewReader(bytes.NewReader(slices.Clone(stream))))
		if n > int64(len(stream)) || err == nil && !bytes.Contains(stream, []byte{0xfe}) {
			t.Errorf("%d bytes of %d, %v", n, len(stream), err)
		}
	})
}
