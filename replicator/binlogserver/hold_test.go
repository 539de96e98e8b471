package binlogserver_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
	"github.com/wcde-foundation/wcded/replicator/guard"
)

// pending waits until exactly one group is held and returns it.
func pending(t *testing.T, s *served) binlogserver.Held {
	t.Helper()
	var held []binlogserver.Held
	eventually(t, "a group is held", func() bool {
		held = s.decisions.Pending()
		return len(held) > 0
	})
	if len(held) != 1 {
		t.Fatalf("held: %+v", held)
	}
	return held[0]
}

func decide(t *testing.T, s *served, h binlogserver.Held, d binlogserver.Decision) {
	t.Helper()
	if err := s.decisions.Decide("tester", h, d, "because"); err != nil {
		t.Fatal(err)
	}
}

func TestHeldGroupIsReleasedOrSkipped(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, `CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY); INSERT INTO d.t VALUES (1);
		CREATE USER mallory IDENTIFIED BY 'let me in';
		INSERT INTO d.t VALUES (2);
		GRANT ALL ON *.* TO mallory;
		INSERT INTO d.t VALUES (3)`)
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	f.catchUp()
	s := serve(t, a, guard.New(guard.Policy{}))
	r := startReplica(t, s, map[string]string{"slave_parallel_threads": "4"})

	h := pending(t, s)
	if h.GTID.String() != "0-1-4" || h.Category != guard.CategoryAccount || !strings.Contains(h.Statement, "mallory") ||
		strings.Contains(h.Statement, "let me in") {
		t.Errorf("held %+v", h)
	}
	waits := func(at string) {
		t.Helper()
		eventually(t, "replica stands at "+at, func() bool { return query(t, r, "SELECT @@gtid_slave_pos") == at })
		if st := s.Status(); len(st) != 1 || st[0].State != binlogserver.StateHeld {
			t.Errorf("status %+v", st)
		}
	}
	waits("0-1-3")
	row := func() string {
		row, err := r.QueryRow(t.Context(), "SHOW STATUS LIKE 'Slave_received_heartbeats'")
		if err != nil {
			t.Fatal(err)
		}
		return row["Value"]
	}
	n, _ := strconv.Atoi(row())
	eventually(t, "heartbeats while a group is held", func() bool {
		now, _ := strconv.Atoi(row())
		return now >= n+2
	})

	decide(t, s, h, binlogserver.Skip)
	h = pending(t, s)
	if h.GTID.String() != "0-1-6" {
		t.Errorf("held %+v", h)
	}
	waits("0-1-5")
	if got := query(t, r, "SELECT COUNT(*) FROM mysql.user WHERE user='mallory'"); got != "0" {
		t.Error("the statement that was skipped has been applied")
	}
	// A replica that comes back is stopped at the same place, and the group that was skipped stays skipped.
	exec1(t, r, "STOP SLAVE; SET GLOBAL gtid_slave_pos='0-1-3'; DELETE FROM d.t WHERE a=2; START SLAVE")
	waits("0-1-5")
	exec1(t, sup, "CREATE TABLE d.u (a INT)")
	f.catchUp()
	exec1(t, r, "CREATE USER mallory") // so that the GRANT works
	decide(t, s, h, binlogserver.Release)
	applied(t, r, a)
	sameTables(t, sup, r, "d.t", "d.u")
	if got := query(t, r, "SELECT Select_priv FROM mysql.user WHERE user='mallory'"); got != "Y" {
		t.Errorf("the group that was released has not been applied: %q", got)
	}
	if held := s.decisions.Pending(); len(held) != 0 {
		t.Errorf("still held: %+v", held)
	}
}

func TestHostileStatementInLargeGroupIsHeld(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)")
	const hostile, harmless = "SELECT 1 INTO OUTFILE '/tmp/x'", "DELETE FROM d.t WHERE a=100000"
	row := "INSERT INTO d.t (b) VALUES ('" + strings.Repeat("x", 3_000_000) + "');"
	exec1(t, sup, "SET binlog_format=STATEMENT; BEGIN;"+row+row+harmless+"; COMMIT; SET binlog_format=ROW")
	exec1(t, sup, "INSERT INTO d.t (b) VALUES ('behind it')")
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	edited := 0
	f.edit = func(h binlog.Header, ev []byte) []byte {
		if h.Type == replication.QUERY_EVENT && bytes.Contains(ev, []byte(harmless)) {
			ev = bytes.Replace(ev, []byte(harmless), []byte(hostile), 1)
			binlog.SetChecksum(ev)
			edited++
		}
		return ev
	}
	f.catchUp()
	if edited != 1 {
		t.Fatalf("%d statements edited, want 1", edited)
	}
	s := serve(t, a, guard.New(guard.Policy{}))
	// A client sees nothing of the group, whose hostile statement comes behind 6 MB of others.
	c := dial(t, s.port)
	c.prepare("")
	c.dump("", 4, nonBlock|annotate, 0)
	list, err := c.all()
	if got := strings.Join(groups(list), " "); got != "0-1-1 0-1-2" || err == errEOF {
		t.Errorf("sent %s, then %v", got, err)
	}
	_ = c.Close()
	h := pending(t, s)
	if h.GTID.String() != "0-1-3" || h.Category != guard.CategoryFile {
		t.Errorf("held %+v", h)
	}
	r := startReplica(t, s, nil)
	decide(t, s, h, binlogserver.Skip)
	applied(t, r, a)
	if got := query(t, r, "SELECT GROUP_CONCAT(b) FROM d.t"); got != "behind it" {
		t.Errorf("table holds %.100q", got)
	}
}

// TestSkippedGroupOfEveryKind: in place of each kind of group the replica takes the one that does nothing.
func TestSkippedGroupOfEveryKind(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, map[string]string{"binlog_commit_wait_count": "0"})
	exec1(t, sup, `CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB;
		CREATE TABLE d.m (a INT) ENGINE=MyISAM; SET binlog_format=STATEMENT;
		INSERT INTO d.t VALUES (/*evil*/ 1);
		INSERT INTO d.m VALUES (/*evil*/ 1);
		CREATE TABLE d.evil (a INT);
		XA START 'x'; INSERT INTO d.t VALUES (/*evil*/ 2); XA END 'x'; XA PREPARE 'x'; XA ROLLBACK 'x';
		SET gtid_domain_id=5; CREATE TABLE d.evil2 (a INT);
		SET gtid_domain_id=0; INSERT INTO d.t VALUES (3)`)
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	s := serve(t, a, holdTexts{"evil", "XA ROLLBACK"}) // what was not prepared cannot be rolled back
	r := startReplica(t, s, map[string]string{"gtid_strict_mode": "ON", "slave_parallel_threads": "4"})
	for range 6 {
		decide(t, s, pending(t, s), binlogserver.Skip)
	}
	applied(t, r, a)
	if got := query(t, r, "SELECT GROUP_CONCAT(a) FROM d.t"); got != "3" {
		t.Errorf("table holds %q", got)
	}
	if got := query(t, r, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='d'"); got != "2" {
		t.Errorf("%s tables, want 2", got)
	}
}

// holdType is a guard that holds all events of a type.
type holdType replication.EventType

func (g holdType) Event(h binlog.Header, _ []byte, _ bool) guard.Verdict {
	return guard.Verdict{Hold: h.Type == binlog.Type(g), Category: "test", Reason: "is held"}
}

func TestHeldEventOutsideOfGroups(t *testing.T) {
	t.Parallel()
	_, a, _ := threeFiles(t)
	stops := func(list []sent) (n int) {
		for _, ev := range list {
			if ev.Type == replication.STOP_EVENT {
				n++
			}
		}
		return n
	}
	for _, d := range []binlogserver.Decision{binlogserver.Skip, binlogserver.Release} {
		s := serve(t, a, holdType(replication.STOP_EVENT))
		c := dial(t, s.port)
		c.prepare("")
		c.dump("", 4, 0, 5)
		h := pending(t, s)
		if h.GTID != (binlog.GTID{}) || h.Digest == "" {
			t.Errorf("held %+v", h)
		}
		decide(t, s, h, d)
		var list []sent
		for g := []string(nil); len(g) == 0 || g[len(g)-1] != a.Published().String(); g = groups(list) {
			ev, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, ev)
		}
		if n := stops(list); n != 0 && d == binlogserver.Skip || n != 1 && d == binlogserver.Release {
			t.Errorf("%s: %d STOP events", d, n)
		}
	}
	// Without its format description or its GTID list a file cannot be sent at all.
	for _, typ := range []replication.EventType{
		replication.FORMAT_DESCRIPTION_EVENT, replication.MARIADB_GTID_LIST_EVENT,
	} {
		s := serve(t, a, holdType(typ))
		c := dial(t, s.port)
		c.prepare("")
		c.dump("", 4, 0, 5)
		list, err := c.all()
		if len(groups(list)) != 0 || err == nil || !strings.Contains(err.Error(), "is held") {
			t.Errorf("%s: %d events, then %v", typ, len(list), err)
		}
	}
}

func TestDecisionIsAboutTheBytes(t *testing.T) {
	t.Parallel()
	d, err := binlogserver.OpenDecisions(filepath.Join(t.TempDir(), "d"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h := binlogserver.Held{GTID: binlog.GTID{Server: 1, Seq: 4}, Digest: "aa", Since: time.Unix(1, 0)}
	if err := d.Decide("me", h, binlogserver.Release, ""); !errors.Is(err, binlogserver.ErrNotHeld) {
		t.Errorf("decision about what nobody holds: %v", err)
	}
	changed := d.Changed()
	d.Held(h)
	later := h
	later.Since = time.Unix(2, 0)
	d.Held(later)
	if p := d.Pending(); len(p) != 1 || !p[0].Since.Equal(time.Unix(1, 0)) {
		t.Errorf("pending %+v", p)
	}
	for _, bad := range []struct {
		who string
		d   binlogserver.Decision
	}{{"", binlogserver.Skip}, {"me", "perhaps"}, {"me", binlogserver.None}} {
		if err := d.Decide(bad.who, h, bad.d, ""); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
	if err := d.Decide("me", h, binlogserver.Release, "fine"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was woken")
	}
	other := h
	other.Digest = "bb"
	if got := d.Decision(other); got != binlogserver.None {
		t.Errorf("another group with the same GTID: %q", got)
	}
	if got := d.Decision(h); got != binlogserver.Release {
		t.Errorf("decision %q", got)
	}
	if d.Held(h); len(d.Pending()) != 0 {
		t.Error("a group that was decided about is held again")
	}
}

func TestDecisionsSurvive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "decisions")
	h := binlogserver.Held{GTID: binlog.GTID{Domain: 3, Server: 1, Seq: 4}, Digest: "aa"}
	open := func() (*binlogserver.Decisions, error) {
		t.Helper()
		d, err := binlogserver.OpenDecisions(path, nil)
		if err == nil {
			t.Cleanup(func() { _ = d.Close() })
		}
		return d, err
	}
	d, err := open()
	if err != nil {
		t.Fatal(err)
	}
	d.Held(h)
	if err := d.Decide("me", h, binlogserver.Skip, "not ours"); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"who":"me"`, `"gtid":"3-1-4"`, `"decision":"skip"`, `"reason":"not ours"`} {
		if !bytes.Contains(line, []byte(want)) {
			t.Errorf("%s lacks %s", line, want)
		}
	}
	if err := os.WriteFile(path, append(line, `{"who":"torn`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = open(); err != nil {
		t.Fatal(err)
	}
	if got := d.Decision(h); got != binlogserver.Skip {
		t.Errorf("decision %q", got)
	}
	for _, bad := range []string{"{}\n", `{"gtid":"x","decision":"skip"}` + "\n", "?\n"} {
		if err := os.WriteFile(path, append(bytes.Clone(line), bad...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := open(); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v, want an error that names line 2", bad, err)
		}
	}
}
