package upstream

import (
	"encoding/binary"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func state(t *testing.T, s string) *binlog.State {
	t.Helper()
	parsed, err := parseState(s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestPlan(t *testing.T) {
	head := make([]byte, binlog.MagicSize+binlog.HeaderSize)
	binary.LittleEndian.PutUint32(head[binlog.MagicSize+5:], 101)
	binary.LittleEndian.PutUint32(head[binlog.MagicSize+9:], binlog.HeaderSize)
	open := &archive.Tail{Name: "b.000005", Head: head, Offset: 1000, State: state(t, "0-101-50")}
	closed := &archive.Tail{Name: "b.000005", Head: head, Offset: 1000, State: state(t, "0-101-50"), Complete: true}
	files := func(server uint32, gtids string, sizes map[string]int64) facts {
		f := facts{serverID: server, state: state(t, gtids)}
		for _, name := range []string{"b.000001", "b.000004", "b.000005", "b.000006", "b.000007"} {
			if size, ok := sizes[name]; ok {
				f.logs = append(f.logs, logFile{name, size})
			}
		}
		return f
	}
	type m = map[string]int64
	for _, c := range []struct {
		what        string
		tail        *archive.Tail
		facts       facts
		adopt, torn string
		want        action
		file        string
		fails       State
	}{
		{what: "nothing yet", facts: files(101, "", m{"b.000004": 1, "b.000005": 1}), want: begin, file: "b.000005"},
		{what: "open", tail: open, facts: files(101, "0-101-60", m{"b.000005": 2000}), want: resume, file: "b.000005"},
		{what: "nothing new", tail: open, facts: files(101, "0-101-50", m{"b.000005": 1000}), want: resume, file: "b.000005"},
		{what: "shorter", tail: open, facts: files(101, "0-101-40", m{"b.000005": 999}), fails: Diverged},
		{what: "purged", tail: open, facts: files(101, "0-101-90", m{"b.000006": 9, "b.000007": 9}), fails: Gap},
		{what: "purged, but ours was complete", tail: closed, facts: files(101, "0-101-90", m{"b.000006": 9}), want: proceed, file: "b.000006"},
		{what: "purged further", tail: closed, facts: files(101, "0-101-90", m{"b.000007": 9}), fails: Gap},
		{what: "reset", tail: open, facts: files(101, "0-101-1", m{"b.000001": 9000}), fails: Diverged},
		{what: "next file", tail: closed, facts: files(101, "0-101-50", m{"b.000005": 1000, "b.000006": 9}), want: proceed, file: "b.000006"},
		{what: "next file not begun", tail: closed, facts: files(101, "0-101-50", m{"b.000005": 1000}), want: wait},
		{what: "torn", tail: open, torn: "b.000005", facts: files(101, "0-101-50", m{"b.000005": 1010, "b.000006": 9}), want: proceed, file: "b.000006"},
		{what: "torn, next not begun", tail: open, torn: "b.000005", facts: files(101, "0-101-50", m{"b.000005": 1010}), want: resume, file: "b.000005"},
		{what: "another server with our history", tail: open, facts: files(102, "0-101-50,0-102-55", m{"b.000001": 9}), want: follow},
		{what: "another server without", tail: open, facts: files(102, "0-102-55", m{"b.000001": 9}), fails: WrongServer},
		{what: "our head is damaged", tail: &archive.Tail{Name: "b.000005", Complete: true, State: state(t, "")},
			facts: files(101, "0-101-60", m{"b.000005": 2000}), fails: ArchiveFailed},
		{what: "decided", tail: open, adopt: "yes", facts: files(101, "0-101-1", m{"b.000001": 9}), want: begin, file: "b.000001"},
	} {
		t.Run(c.what, func(t *testing.T) {
			got, err := plan(c.tail, c.facts, c.adopt, c.torn)
			switch {
			case c.fails != "":
				if err == nil || classify(err) != c.fails {
					t.Errorf("got %+v, %v; want %s", got, err, c.fails)
				}
			case err != nil || got.action != c.want || got.name != c.file:
				t.Errorf("got %+v, %v; want action %d on %q", got, err, c.want, c.file)
			case got.tornBy != "" != (c.torn != "" && got.action == proceed || c.adopt != "" || got.action == follow):
				t.Errorf("seals as torn: %q", got.tornBy)
			}
		})
	}
}
