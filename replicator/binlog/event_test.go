package binlog_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// event builds an event with a checksum.
func event(typ binlog.Type, body []byte) []byte {
	ev := make([]byte, binlog.HeaderSize, binlog.HeaderSize+len(body)+binlog.ChecksumSize)
	ev[4] = byte(typ)
	binary.LittleEndian.PutUint32(ev[5:], 1)
	ev = append(append(ev, body...), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(ev[9:], uint32(len(ev)))
	binlog.SetChecksum(ev)
	return ev
}

func gtidBody(seq uint64, flags byte) []byte {
	b := make([]byte, 19)
	binary.LittleEndian.PutUint64(b, seq)
	b[12] = flags
	return b
}

func queryBody(sql string) []byte {
	b := make([]byte, 13, 14+len(sql))
	return append(append(b, 0), sql...)
}

func TestChecksum(t *testing.T) {
	ev := event(replication.XID_EVENT, make([]byte, 8))
	if err := binlog.VerifyChecksum(ev); err != nil {
		t.Fatal(err)
	}
	for i := range ev {
		ev[i] ^= 0x10
		if err := binlog.VerifyChecksum(ev); !errors.Is(err, binlog.ErrCorrupt) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
		ev[i] ^= 0x10
	}
}

// TestTracker covers what real servers don't write, or not often enough for a test to wait for it.
func TestTracker(t *testing.T) {
	begin := event(replication.MARIADB_GTID_EVENT, gtidBody(1, 0))
	alone := event(replication.MARIADB_GTID_EVENT, gtidBody(1, binlog.GTIDStandalone))
	query := func(sql string) []byte { return event(replication.QUERY_EVENT, queryBody(sql)) }
	xid := event(replication.XID_EVENT, make([]byte, 8))
	checkpoint := event(replication.MARIADB_BINLOG_CHECKPOINT_EVENT, nil)
	rotate := event(replication.ROTATE_EVENT, make([]byte, 20))
	const o, b, i, e = binlog.Outside, binlog.Begins, binlog.Inside, binlog.Ends
	for name, c := range map[string]struct {
		events [][]byte
		steps  []binlog.Step
		bad    bool // the event behind the last step is refused
	}{
		"transaction": {[][]byte{begin, query("BEGIN"), xid, begin}, []binlog.Step{b, i, e, b}, false},
		"commit in a longer statement": {[][]byte{begin, query("COMMIT "), query("commit"), query("COMMIT")},
			[]binlog.Step{b, i, i, e}, false},
		"rollback":      {[][]byte{begin, query("ROLLBACK TO s"), query("ROLLBACK")}, []binlog.Step{b, i, e}, false},
		"one statement": {[][]byte{alone, query("COMMIT"), alone}, []binlog.Step{b, e, b}, false},
		"one statement and its variable": {[][]byte{alone, event(replication.USER_VAR_EVENT, nil),
			event(replication.RAND_EVENT, nil), query("x")}, []binlog.Step{b, i, i, e}, false},
		"checkpoint between":         {[][]byte{checkpoint, begin, checkpoint, xid}, []binlog.Step{o, b, o, e}, false},
		"group inside a group":       {[][]byte{begin, begin}, []binlog.Step{b}, true},
		"file ends inside a group":   {[][]byte{begin, rotate}, []binlog.Step{b}, true},
		"event outside of any group": {[][]byte{begin, xid, xid}, []binlog.Step{b, e}, true},
		"query too short": {[][]byte{begin, event(replication.QUERY_EVENT, make([]byte, 12))},
			[]binlog.Step{b}, true},
		"GTID too short": {[][]byte{event(replication.MARIADB_GTID_EVENT, make([]byte, 8))}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			var tracker binlog.Tracker
			for n, ev := range c.events {
				h, err := binlog.ParseHeader(ev)
				if err != nil {
					t.Fatal(err)
				}
				step, err := tracker.Feed(h, ev, true)
				switch {
				case n < len(c.steps) && (err != nil || step != c.steps[n]):
					t.Fatalf("event %d: step %v, %v; want %v", n, step, err, c.steps[n])
				case n == len(c.steps) && c.bad && !errors.Is(err, binlog.ErrCorrupt):
					t.Fatalf("event %d: %v, want ErrCorrupt", n, err)
				}
			}
		})
	}
}

func TestGTIDListIsBounded(t *testing.T) {
	const entries = 1 << 20
	body := make([]byte, 4+16*entries)
	binary.LittleEndian.PutUint32(body, entries)
	for i := range entries {
		binary.LittleEndian.PutUint32(body[4+16*i:], uint32(i))
	}
	list := func(body []byte) (*binlog.State, error) {
		return binlog.ParseGTIDList(event(replication.MARIADB_GTID_LIST_EVENT, body), true)
	}
	if _, err := list(body); !errors.Is(err, binlog.ErrCorrupt) {
		t.Errorf("a million domains: %v, want ErrCorrupt", err)
	}
	binary.LittleEndian.PutUint32(body, 1<<28-1)
	if _, err := list(body[:100]); !errors.Is(err, binlog.ErrCorrupt) {
		t.Errorf("more entries than bytes: %v, want ErrCorrupt", err)
	}
	binary.LittleEndian.PutUint32(body, binlog.GTIDListUntilReached|2)
	s, err := list(body[:4+32])
	if err != nil || len(s.List()) != 2 {
		t.Errorf("a list that says that a position was reached: %v, %v", s, err)
	}
}

// FuzzEvent hands any bytes to everything that parses one event.
func FuzzEvent(f *testing.F) {
	f.Add(event(replication.QUERY_EVENT, queryBody("COMMIT")), true)
	f.Add(event(replication.MARIADB_GTID_EVENT, gtidBody(7, 1)), false)
	f.Add(event(replication.MARIADB_GTID_LIST_EVENT, make([]byte, 20)), true)
	f.Add(event(replication.ROTATE_EVENT, []byte("12345678mysql-bin.000001")), true)
	f.Add(event(replication.FORMAT_DESCRIPTION_EVENT, make([]byte, 200)), true)
	f.Fuzz(func(t *testing.T, ev []byte, checksum bool) {
		h, err := binlog.ParseHeader(ev)
		if err == nil && h.Size < binlog.HeaderSize {
			t.Errorf("header %+v", h)
		}
		_ = binlog.VerifyChecksum(ev)
		_, _ = binlog.ParseFormat(ev)
		_, _, _ = binlog.ParseRotate(ev, checksum)
		_, _ = binlog.ParseGTIDEvent(ev)
		if q, err := binlog.ParseQuery(ev, checksum); err == nil {
			if n := len(q.StatusVars) + len(q.Database) + len(q.SQL); n > len(ev) {
				t.Errorf("%d bytes of query in an event of %d", n, len(ev))
			}
		}
		if s, err := binlog.ParseGTIDList(ev, checksum); err == nil && len(s.List())*16 > len(ev) {
			t.Errorf("%d GTIDs in %d bytes", len(s.List()), len(ev))
		}
	})
}

// FuzzTracker cuts any bytes into events and checks that a group is open from its first event to its last.
func FuzzTracker(f *testing.F) {
	f.Add(event(replication.MARIADB_GTID_EVENT, gtidBody(1, 0)), event(replication.QUERY_EVENT, queryBody("COMMIT")), true)
	f.Add(event(replication.MARIADB_GTID_EVENT, gtidBody(1, 1)), event(replication.INTVAR_EVENT, nil), false)
	f.Fuzz(func(t *testing.T, a, b []byte, checksum bool) {
		var tracker binlog.Tracker
		for _, ev := range [][]byte{a, b, a, b} {
			h, err := binlog.ParseHeader(ev)
			if err != nil {
				return
			}
			_, was := tracker.Group()
			step, err := tracker.Feed(h, ev, checksum)
			_, open := tracker.Group()
			if err != nil {
				if open != was {
					t.Fatalf("a refused %s changed the tracker", h.Type)
				}
				return
			}
			if want := map[binlog.Step]bool{
				binlog.Begins: true, binlog.Inside: true, binlog.Ends: false, binlog.Outside: was,
			}[step]; open != want {
				t.Fatalf("step %v of %s: open is %v", step, h.Type, open)
			}
			if (step == binlog.Begins) == was && step != binlog.Outside {
				t.Fatalf("step %v of %s while open was %v", step, h.Type, was)
			}
		}
	})
}
