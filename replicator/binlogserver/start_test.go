package binlogserver

import (
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func position(t *testing.T, s string) binlog.Position {
	t.Helper()
	p, err := binlog.ParsePosition(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func gtids(t *testing.T, s string) []binlog.GTID {
	t.Helper()
	var list []binlog.GTID
	for f := range strings.FieldsSeq(s) {
		g, err := binlog.ParseGTID(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, g)
	}
	return list
}

func TestStartSkipsByDomain(t *testing.T) {
	for _, c := range []struct {
		name, from, published, before string
		strict                        bool
		groups, sent, err             string
	}{
		{name: "from nothing", published: "0-1-3", groups: "0-1-1 0-1-2", sent: "0-1-1 0-1-2"},
		{name: "one domain", from: "0-1-2", published: "0-1-3", groups: "0-1-1 0-1-2 0-1-3", sent: "0-1-3"},
		{name: "new domain", from: "0-1-2", published: "0-1-3", groups: "1-1-1 0-1-2 1-1-2 0-1-3",
			sent: "1-1-1 1-1-2 0-1-3"},
		{name: "two domains", from: "0-1-2,1-1-1", published: "0-1-3,1-1-2", groups: "1-1-1 0-1-1 1-1-2 0-1-2 0-1-3",
			sent: "1-1-2 0-1-3"},
		{name: "file begins at the start", from: "0-1-2", published: "0-1-3", before: "0-1-2", groups: "0-1-3",
			sent: "0-1-3"},
		{name: "file begins at a later writer's group", from: "0-1-4", published: "0-2-5", before: "0-2-3 0-1-4",
			groups: "0-2-5", sent: "0-2-5"},
		{name: "another server's groups before", from: "0-2-3", published: "0-2-4", groups: "0-1-1 0-1-2 0-2-3 0-2-4",
			sent: "0-2-4"},
		{name: "the start is missing", from: "0-1-2", published: "0-1-4", groups: "0-1-1 0-1-3 0-1-4",
			sent: "0-1-3 0-1-4"},
		{name: "the start is missing, strict", from: "0-1-2", published: "0-1-4", strict: true, groups: "0-1-1 0-1-3",
			err: "missing the GTID 0-1-2"},
		{name: "missing, but another server goes on", from: "0-1-2", published: "0-2-4", strict: true,
			groups: "0-2-3 0-2-4", sent: "0-2-3 0-2-4"},
		{name: "another group of that number", from: "0-9-2", published: "0-1-3", groups: "0-1-1 0-1-2",
			err: "diverged"},
		{name: "another group of that number ends the file before", from: "0-9-2", published: "0-1-3", before: "0-1-2",
			err: "diverged"},
		{name: "file begins behind", from: "0-1-2", published: "0-1-9", before: "0-1-5", err: "purged"},
		{name: "domain was empty", from: "4-1-2", published: "0-1-1", groups: "0-1-2", sent: "0-1-2"},
		{name: "empty domain gets another group", from: "4-1-2", published: "0-1-1", groups: "4-1-1", err: "4-1-2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			published := position(t, c.published)
			p := newStart(position(t, c.from), published, c.strict)
			err := p.enterFile(binlog.NewState(gtids(t, c.before)))
			var sent []string
			for _, g := range gtids(t, c.groups) {
				var skip bool
				if err == nil {
					published.Advance(g)
					skip, _, err = p.skips(g, func() binlog.Position { return published })
				}
				if err == nil && !skip {
					sent = append(sent, g.String())
				}
			}
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %s", err, c.err)
				}
				return
			}
			if got := strings.Join(sent, " "); got != c.sent || err != nil {
				t.Errorf("sent %q, %v; want %q", got, err, c.sent)
			}
		})
	}
}

func TestUntilEndsEachDomain(t *testing.T) {
	for _, c := range []struct{ to, from, groups, sent string }{
		{"0-1-2", "", "0-1-1 0-1-2", "0-1-1 0-1-2"},
		{"0-1-2", "0-1-2", "", ""},
		{"0-1-2", "0-1-9", "", ""},
		{"0-1-2,1-1-1", "0-1-2", "0-1-3 1-1-1", "1-1-1"},
		{"0-1-2", "", "5-1-1 0-1-1 5-1-2 0-1-2", "0-1-1 0-1-2"},
		{"0-1-2", "", "0-1-1 0-1-3", "0-1-1"},
		{"0-1-2", "", "0-1-1 0-2-2", "0-1-1"},
		{"0-1-2", "", "0-1-1 0-2-3", "0-1-1"},
		{"0-1-2,1-1-2", "", "0-1-1 0-1-2 1-1-1 0-1-3 1-1-2", "0-1-1 0-1-2 1-1-1 1-1-2"},
	} {
		u := newUntil(position(t, c.to), position(t, c.from))
		var sent []string
		for _, g := range gtids(t, c.groups) {
			if u.done() {
				t.Errorf("UNTIL %s from %q: done before %s", c.to, c.from, g)
			}
			if u.sends(g) {
				sent = append(sent, g.String())
			}
		}
		if got := strings.Join(sent, " "); got != c.sent || !u.done() {
			t.Errorf("UNTIL %s from %q: sent %q, done %t; want %q", c.to, c.from, got, u.done(), c.sent)
		}
	}
}
