package archive

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// maker makes a binary log file event by event, for what real servers don't write on demand.
type maker struct {
	events   [][]byte
	size     int
	server   uint32
	checksum bool
	now      time.Time
}

// makeFile begins a file of a server that stands behind the given GTIDs.
func makeFile(t testing.TB, server uint32, start string) *maker {
	t.Helper()
	m := &maker{size: binlog.MagicSize, server: server, checksum: true, now: time.Unix(1_700_000_000, 0)}
	m.format()
	return m.list(t, start)
}

// withoutChecksums begins a file whose events have no checksum.
func withoutChecksums(t testing.TB, start string) *maker {
	t.Helper()
	m := &maker{size: binlog.MagicSize, server: 1, now: time.Unix(1_700_000_000, 0)}
	m.format()
	return m.list(t, start)
}

func (m *maker) format() {
	body := make([]byte, 2+50+4+1+163)
	body[0] = 4
	copy(body[2:], "10.11.19-MariaDB-log")
	body[2+50+4] = binlog.HeaderSize
	alg := byte(0)
	if m.checksum {
		alg = 1
	}
	body = append(body, alg)
	if !m.checksum {
		body = append(body, 0, 0, 0, 0)
	}
	m.add(replication.FORMAT_DESCRIPTION_EVENT, 0, body)
}

func (m *maker) list(t testing.TB, start string) *maker {
	list, err := parseList(start)
	if err != nil {
		t.Fatal(err)
	}
	body := binary.LittleEndian.AppendUint32(nil, uint32(len(list)))
	for _, g := range list {
		body = binary.LittleEndian.AppendUint32(body, g.Domain)
		body = binary.LittleEndian.AppendUint32(body, g.Server)
		body = binary.LittleEndian.AppendUint64(body, g.Seq)
	}
	m.add(replication.MARIADB_GTID_LIST_EVENT, 0, body)
	return m
}

func (m *maker) add(typ binlog.Type, flags uint16, body []byte) {
	ev := make([]byte, binlog.HeaderSize, binlog.HeaderSize+len(body)+binlog.ChecksumSize)
	ev = append(ev, body...)
	if m.checksum {
		ev = append(ev, 0, 0, 0, 0)
	}
	binary.LittleEndian.PutUint32(ev, uint32(m.now.Unix()))
	ev[4] = byte(typ)
	binary.LittleEndian.PutUint32(ev[5:], m.server)
	binary.LittleEndian.PutUint32(ev[9:], uint32(len(ev)))
	binary.LittleEndian.PutUint32(ev[13:], uint32(m.size+len(ev)))
	binary.LittleEndian.PutUint16(ev[17:], flags)
	if m.checksum {
		binlog.SetChecksum(ev)
	}
	m.events = append(m.events, ev)
	m.size += len(ev)
}

func (m *maker) begin(domain uint32, seq uint64) *maker {
	body := make([]byte, 19)
	binary.LittleEndian.PutUint64(body, seq)
	binary.LittleEndian.PutUint32(body[8:], domain)
	m.add(replication.MARIADB_GTID_EVENT, 0, body)
	return m
}

// rows adds an event of n bytes within a group.
func (m *maker) rows(n int) *maker {
	n -= binlog.HeaderSize
	if m.checksum {
		n -= binlog.ChecksumSize
	}
	m.add(replication.WRITE_ROWS_EVENTv1, 0, bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuvwxyz "), n/37+1)[:n])
	return m
}

func (m *maker) commit() *maker {
	m.add(replication.XID_EVENT, 0, make([]byte, 8))
	return m
}

// group adds a whole group in domain 0.
func (m *maker) group(seq uint64) *maker {
	return m.begin(0, seq).rows(120).commit()
}

func (m *maker) rotate(next string) *maker {
	m.add(replication.ROTATE_EVENT, 0, append(binary.LittleEndian.AppendUint64(nil, 4), next...))
	return m
}

// bytes returns the file so far.
func (m *maker) bytes() []byte {
	b := binlog.Magic()
	for _, ev := range m.events {
		b = append(b, ev...)
	}
	return b
}

// take hands over the events that were added since the last call.
func (m *maker) take() [][]byte {
	events := m.events
	m.events = nil
	return events
}

// put begins a file and appends the maker's events.
func put(t testing.TB, w *Writer, name string, kind StreamKind, m *maker) {
	t.Helper()
	if err := w.Begin(name, kind, "test"); err != nil {
		t.Fatal(err)
	}
	if err := send(w, m.events, 0); err != nil {
		t.Fatal(err)
	}
}

func mustSeal(t testing.TB, w *Writer, torn string) {
	t.Helper()
	if err := w.Seal(torn); err != nil {
		t.Fatal(err)
	}
}

func pos(t testing.TB, s string) binlog.Position {
	t.Helper()
	p, err := binlog.ParsePosition(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
