package binlogserver_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
)

// ended returns what a client that starts behind from is told when its stream ends.
func ended(t *testing.T, s *served, from string, more ...string) (groupsSent []string, err error) {
	t.Helper()
	c := dial(t, s.port)
	defer c.Close()
	c.prepare(from, more...)
	c.dump("", 4, nonBlock, 0)
	list, err := c.all()
	return groups(list), err
}

func TestPositionsThatCannotBeServed(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT)")
	for i := range 4 {
		exec1(t, sup, fmt.Sprintf("INSERT INTO d.t VALUES (%d); FLUSH BINARY LOGS", i))
	}
	exec1(t, sup, "SET gtid_seq_no=20; INSERT INTO d.t VALUES (5)")
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	// The archive begins with the third file, in which the state is 0-1-4.
	f.name, f.file = "mysql-bin.000002.", nil
	f.catchUp()
	s := serve(t, a, holdText(""))
	for _, c := range []struct {
		from   string
		strict bool
		sent   string
		fatal  string // part of the text of error 1236
	}{
		{from: "0-1-4", sent: "0-1-5 0-1-6 0-1-20"},
		{from: "0-1-5", sent: "0-1-6 0-1-20"},
		{from: "0-1-20"},
		{from: "0-1-20,7-7-7"}, // a domain that we have nothing of
		{from: "", fatal: "Could not find GTID state requested by slave in any binlog files"},
		{from: "0-1-3", fatal: "Could not find GTID state requested by slave in any binlog files"},
		{from: "0-1-21", fatal: "requested to start from GTID 0-1-21, which is not in the master's binlog"},
		{from: "0-9-5", fatal: "GTID 0-9-5, which is not in the master's binlog. Since the master's"},
		{from: "0-9-4", fatal: "GTID 0-9-4, which is not in the master's binlog. Since the master's"},
		{from: "0-1-10", sent: "0-1-20"},
		{from: "0-1-10", strict: true, fatal: "missing the GTID 0-1-10 requested by the slave (even though"},
	} {
		strict := "SET @slave_gtid_strict_mode=0"
		if c.strict {
			strict = "SET @slave_gtid_strict_mode=1"
		}
		sent, err := ended(t, s, c.from, strict, "SET @slave_gtid_ignore_duplicates=0")
		var told *mysql.MyError
		switch {
		case c.fatal == "" && (err != errEOF || strings.Join(sent, " ") != c.sent):
			t.Errorf("from %q: sent %v, then %v, want %s", c.from, sent, err, c.sent)
		case c.fatal != "" && (!errors.As(err, &told) || told.Code != 1236 || !strings.Contains(told.Message, c.fatal)),
			c.fatal != "" && len(sent) > 0:
			t.Errorf("from %q: sent %v, then %v, want %s", c.from, sent, err, c.fatal)
		}
	}
	// A replica stops for good.
	r := startDB(t, mariadbd.Options{ServerID: 2, Port: mariadbd.NoTCP, Replica: true})
	exec1(t, r, "SET GLOBAL gtid_slave_pos='0-1-99'")
	point(t, r, s, "")
	eventually(t, "IO thread stops", func() bool { return slave(t, r, "Slave_IO_Running") == "No" })
	no, text := slave(t, r, "Last_IO_Errno"), slave(t, r, "Last_IO_Error")
	if no != "1236" || !strings.Contains(text, "0-1-99") {
		t.Errorf("error %s: %s", no, text)
	}
	failed := false
	for _, c := range s.Status() {
		failed = failed || c.ServerID == 2 && c.State == binlogserver.StateFailed && strings.Contains(c.Error, "0-1-99")
	}
	if !failed {
		t.Errorf("status %+v", s.Status())
	}
}

func TestEmptyArchiveIsWaitedFor(t *testing.T) {
	t.Parallel()
	a := openArchive(t)
	s := serve(t, a, holdText(""))
	if _, err := ended(t, s, ""); err == nil || !strings.Contains(err.Error(), "1105") {
		t.Errorf("empty archive: %v, want an error after which a replica dials again", err)
	}
	r := startReplica(t, s, nil)
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT)")
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	applied(t, r, a)
}

func TestSwitchedSupplier(t *testing.T) {
	t.Parallel()
	old := startSupplier(t, nil)
	exec1(t, old, "CREATE USER r; GRANT REPLICATION SLAVE ON *.* TO r;"+
		"CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY)")
	for i := range 10 {
		exec1(t, old, fmt.Sprintf("SET gtid_domain_id=%d; INSERT INTO d.t VALUES (%d)", i%2, i))
	}
	next := startDB(t, mariadbd.Options{ServerID: 3, Binlog: true,
		Settings: map[string]string{"binlog_format": "ROW", "log_slave_updates": "ON"}})
	exec1(t, next, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='r', "+
		"MASTER_USE_GTID=slave_pos; START SLAVE", old.Port()))

	a := openArchive(t)
	f := newFeeder(t, a, old.BinlogDir())
	f.catchUp()
	s := serve(t, a, holdText(""))
	r := startReplica(t, s, nil)
	applied(t, r, a)

	applied(t, next, a)
	exec1(t, next, "STOP SLAVE; INSERT INTO d.t VALUES (100); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (101)")
	f.switchTo(next.BinlogDir(), archive.Switch).catchUp()
	applied(t, r, a)
	sameTables(t, next, r, "d.t")
	// One that starts in the middle of the first stream, and one in the overlap.
	for _, from := range []string{"0-1-5,1-1-2", "0-1-8"} {
		sent, err := ended(t, s, from)
		p, _ := binlog.ParsePosition(from)
		for _, g := range sent {
			g, _ := binlog.ParseGTID(g)
			if p.Covers(g) || g.Seq != p[g.Domain].Seq+1 {
				t.Errorf("from %s: %s comes behind %s", from, g, p)
			}
			p.Advance(g)
		}
		if err != errEOF || !p.Equal(a.Published()) {
			t.Errorf("from %s: ended at %s with %v", from, p, err)
		}
	}
	// By file: the first stream is all that a client gets.
	c := dial(t, s.port)
	c.prepare("none")
	c.dump("", 4, nonBlock|annotate, 0)
	list, err := c.all()
	if g := groups(list); err != errEOF || len(g) == 0 || strings.Contains(g[len(g)-1], "-3-") {
		t.Errorf("by file: groups %v, then %v", g, err)
	}
}

func TestDamagedSegmentStopsTheReplicaUntilMended(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT)")
	fillRows(t, sup, 10)
	exec1(t, sup, "FLUSH BINARY LOGS")
	fillRows(t, sup, 10)
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	seg := a.Segments()[0]
	file, err := os.OpenFile(seg.Path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	at := seg.Size * 2 / 3
	if _, err := file.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := file.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	s := serve(t, a, holdText(""))
	r := startReplica(t, s, nil)
	eventually(t, "status tells of the damage", func() bool {
		for _, c := range s.Status() {
			if c.State == binlogserver.StateFailed && strings.Contains(c.Error, "damaged") {
				return true
			}
		}
		return false
	})
	if got := slave(t, r, "Slave_IO_Running"); got == "No" {
		t.Errorf("IO thread has stopped for good: %s", slave(t, r, "Last_IO_Error"))
	}
	p, err := binlog.ParsePosition(query(t, r, "SELECT @@gtid_slave_pos"))
	if err != nil || p[0].Seq >= 12 {
		t.Errorf("replica is at %s, behind the damage: %v", p, err)
	}
	good, err := os.Open(filepath.Join(sup.BinlogDir(), seg.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	if st := a.Segments()[0].Status; st != archive.StatusDamaged {
		t.Fatalf("segment is %s", st)
	}
	if err := a.Replace(a.Segments()[0], good); err != nil {
		t.Fatal(err)
	}
	applied(t, r, a)
	sameTables(t, sup, r, "d.t")
}

func TestTornFileIsPassedOver(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT)")
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	fillRows(t, sup, 5)
	f.catchUp()
	s := serve(t, a, holdText(""))
	r := startReplica(t, s, nil)
	if err := sup.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := sup.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	fillRows(t, sup, 5)
	f.catchUp()
	if seg := a.Segments()[0]; seg.Status != archive.StatusTorn {
		t.Fatalf("first segment is %s", seg.Status)
	}
	applied(t, r, a)
	sameTables(t, sup, r, "d.t")
}

func TestSameReplicaAgainEndsTheOldStream(t *testing.T) {
	t.Parallel()
	_, a, _ := threeFiles(t)
	s := serve(t, a, holdText(""))
	begin := func(id uint32) *rawClient {
		t.Helper()
		c := dial(t, s.port)
		c.prepare("")
		c.dump("", 4, annotate, id)
		for {
			ev, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			if e, err := binlog.ParseGTIDEvent(ev.raw); err == nil && ev.Type == 162 && e.GTID == a.Published()[0] {
				return c
			}
		}
	}
	other, first := begin(6), begin(5)
	again := begin(5)
	var told *mysql.MyError
	if _, err := first.all(); !errors.As(err, &told) || told.Code != 4052 {
		t.Errorf("old stream ended with %v, want error 4052", err)
	}
	n := 0
	for _, c := range s.Status() {
		if c.State == binlogserver.StateStreaming || c.State == binlogserver.StateWaiting {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d streams, want those of %p and %p: %+v", n, other, again, s.Status())
	}
}

// TestStopEndsBehindAGroup: a client that is being sent groups when the server stops got whole ones.
func TestStopEndsBehindAGroup(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)")
	for range 30 {
		exec1(t, sup, "BEGIN; INSERT INTO d.t (b) VALUES (REPEAT('x', 800000));"+
			"INSERT INTO d.t (b) VALUES (REPEAT('y', 800000)); COMMIT")
	}
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	s := serve(t, a, holdText(""))
	c := dial(t, s.port)
	c.prepare("")
	c.dump("", 4, annotate, 5)
	var last sent
	stopped := make(chan struct{})
	for n := 0; ; n++ {
		ev, err := c.next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "EOF") {
				t.Errorf("ended with %v", err)
			}
			break
		}
		last = ev
		if n == 20 {
			go func() {
				s.stop()
				close(stopped)
			}()
		}
	}
	<-stopped
	if last.Type != replication.XID_EVENT {
		t.Errorf("last event is %s", last.Type)
	}
}
