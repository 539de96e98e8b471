package binlogserver_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
)

func TestParallelReplicaFollows(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	exec1(t, sup, `CREATE DATABASE d; CREATE TABLE d.i (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT) ENGINE=InnoDB;
		CREATE TABLE d.m (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT) ENGINE=MyISAM;
		CREATE TABLE d.s (a INT) ENGINE=Aria`)
	f.catchUp()
	s := serve(t, a, holdText(""))
	r := startReplica(t, s, map[string]string{"slave_parallel_threads": "4", "slave_parallel_mode": "optimistic"})
	for i := range 40 {
		exec1(t, sup, fmt.Sprintf("INSERT INTO d.i (b) VALUES ('%d'),('x'); INSERT INTO d.m (b) VALUES ('%d');"+
			"UPDATE d.i SET b=CONCAT(b,'y') WHERE a %% 3 = 0", i, i))
		switch i {
		case 10:
			exec1(t, sup, "FLUSH BINARY LOGS")
		case 15:
			exec1(t, sup, "SET gtid_domain_id=7; INSERT INTO d.i (b) VALUES ('other domain'); SET gtid_domain_id=0")
		case 20:
			exec1(t, sup, "XA START 'x'; INSERT INTO d.i (b) VALUES ('xa'); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'")
		case 25:
			exec1(t, sup, "SET binlog_format=STATEMENT; INSERT INTO d.s VALUES (1),(2); SET binlog_format=ROW")
		}
		f.catchUp()
	}
	if err := sup.Stop(t.Context()); err != nil { // the file ends in a STOP event
		t.Fatal(err)
	}
	if err := sup.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec1(t, sup, "INSERT INTO d.i (b) VALUES ('after a restart')")
	f.catchUp()
	applied(t, r, a)
	sameTables(t, sup, r, "d.i", "d.m", "d.s")

	st := s.Status()
	if len(st) != 1 || st[0].Kind != binlogserver.KindReplica || st[0].ServerID != 2 || st[0].User != user ||
		st[0].Bytes == 0 || !st[0].Position.Equal(a.Published()) {
		t.Errorf("status %+v, archive at %s", st, a.Published())
	}
	eventually(t, "client waits", func() bool { return s.Status()[0].State == binlogserver.StateWaiting })
	if e := slave(t, r, "Last_IO_Error"); strings.TrimSpace(e) != "" {
		t.Errorf("replica's IO thread: %s", e)
	}
}

func TestUntilStopsExactly(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT, b INT)")
	for i := range 12 {
		exec1(t, sup, fmt.Sprintf("SET gtid_domain_id=%d; INSERT INTO d.t VALUES (%d, %d)", i%3, i%3, i))
		if i == 5 {
			exec1(t, sup, "FLUSH BINARY LOGS")
		}
	}
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	s := serve(t, a, holdText(""))

	// Domain 0 has two DDL groups first. Domain 2 is not named: none of it may come.
	r := startDB(t, mariadbd.Options{ServerID: 2, Port: mariadbd.NoTCP, Replica: true})
	stopsAt := func(until, want string) {
		t.Helper()
		point(t, r, s, "UNTIL master_gtid_pos='"+until+"'")
		eventually(t, "SQL thread stops at "+until, func() bool { return slave(t, r, "Slave_SQL_Running") == "No" })
		if got := query(t, r, "SELECT @@gtid_slave_pos"); got != want {
			t.Errorf("UNTIL %s: stopped at %q, want %q", until, got, want)
		}
		if e := slave(t, r, "Last_SQL_Error"); e != "" {
			t.Error(e)
		}
	}
	stopsAt("0-1-4,1-1-1", "0-1-4,1-1-1")
	stopsAt("0-1-3,1-1-1", "0-1-4,1-1-1") // already there
	stopsAt("0-1-4,1-1-3,2-1-1", "0-1-4,1-1-3,2-1-1")
	stopsAt("0-1-6,1-1-4,2-1-4", "0-1-6,1-1-4,2-1-4")
	sameTables(t, sup, r, "d.t")
	eventually(t, "status tells", func() bool {
		for _, c := range s.Status() {
			if c.State == binlogserver.StateUntilReached && c.ServerID == 2 {
				return true
			}
		}
		return false
	})
}

func TestUntilBeyondAGapStopsBefore(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT); SET gtid_seq_no=10; INSERT INTO d.t VALUES (1)")
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	c := dial(t, serve(t, a, holdText("")).port)
	c.prepare("", "SET @slave_until_gtid='0-1-5'")
	c.dump("", 4, 0, 2)
	list, err := c.all()
	if got := strings.Join(groups(list), " "); got != "0-1-1 0-1-2" || err != errEOF {
		t.Errorf("sent %s, then %v", got, err)
	}
	last := list[len(list)-1]
	count := binary.LittleEndian.Uint32(last.raw[binlog.HeaderSize:])
	if last.Type != replication.MARIADB_GTID_LIST_EVENT || !last.Artificial() || count != 1|1<<28 {
		t.Errorf("last event is %s with flags %x, count %x", last.Type, last.Flags, count)
	}
}

func TestHeartbeats(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT)")
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	f.catchUp()
	s := serve(t, a, holdText(""))
	r := startReplica(t, s, nil)
	applied(t, r, a)
	beats := func() int {
		row, err := r.QueryRow(t.Context(), "SHOW STATUS LIKE 'Slave_received_heartbeats'")
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(row["Value"])
		return n
	}
	eventually(t, "three heartbeats", func() bool { return beats() >= 3 })
	exec1(t, sup, "INSERT INTO d.t VALUES (1); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (2)")
	f.catchUp()
	applied(t, r, a)
	n := beats()
	eventually(t, "heartbeats of the next file", func() bool { return beats() >= n+2 })
	if e := slave(t, r, "Last_IO_Error"); e != "" {
		t.Error(e)
	}
}

func TestReconnectWithinGroups(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)")
	for range 8 {
		// Several events of a megabyte in one group: too large to be kept back, so that cuts fall into groups.
		exec1(t, sup, "BEGIN; INSERT INTO d.t (b) VALUES (REPEAT('x', 900000));"+
			"INSERT INTO d.t (b) VALUES (REPEAT('y', 900000));"+
			"INSERT INTO d.t (b) VALUES (REPEAT('z', 900000)); COMMIT")
	}
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	s := serve(t, a, holdText(""))
	direct := s.port
	var cuts func() int
	s.port, cuts = cutter(t, direct, 500, 1200, 1_000_000, 4_000_000, 3_500_001, 6_543_210)
	r := startReplica(t, s, nil)
	applied(t, r, a)
	sameTables(t, sup, r, "d.t")
	if cuts() < 6 {
		t.Errorf("%d connections were cut, want 6", cuts())
	}
}

func TestLargeEvents(t *testing.T) {
	t.Parallel()
	sup := startSupplier(t, map[string]string{"innodb_log_file_size": "256M", "max_allowed_packet": "128M"})
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)")
	// Around the size of a packet: 16 MiB less one byte, of which one is taken by the status byte.
	for _, n := range []int{20_000_000, 16_777_215 - 80, 16_777_215 - 60, 16_777_215 - 50, 16_777_215, 34_000_000} {
		exec1(t, sup, fmt.Sprintf("INSERT INTO d.t (b) VALUES (REPEAT('x', %d))", n))
	}
	exec1(t, sup, "INSERT INTO d.t (b) VALUES ('small')")
	a := openArchive(t)
	newFeeder(t, a, sup.BinlogDir()).catchUp()
	s := serve(t, a, holdText(""))
	r := startReplica(t, s, map[string]string{"innodb_log_file_size": "256M", "max_allowed_packet": "128M"})
	applied(t, r, a)
	sameTables(t, sup, r, "d.t")
}
