package binlogserver_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// bulk returns an archive of some 200 MB in small transactions, and the server that wrote them.
func bulk(b *testing.B) (*archive.Archive, *mariadbd.Server) {
	b.Helper()
	sup := startSupplier(b, nil)
	exec1(b, sup, `CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT);
		CREATE PROCEDURE d.fill(n INT) WHILE n > 0 DO
			START TRANSACTION; INSERT INTO d.t (b) VALUES (REPEAT(MD5(n), 40)), (REPEAT(MD5(n), 30));
			UPDATE d.t SET b = MD5(b) WHERE a = LAST_INSERT_ID(); COMMIT; SET n = n - 1; END WHILE`)
	exec1(b, sup, "CALL d.fill(40000)")
	a := openArchive(b)
	newFeeder(b, a, sup.BinlogDir()).catchUp()
	return a, sup
}

// BenchmarkToNobody sends all groups to a client that discards what it gets: from the archive, and from the server
// that wrote them. MB/s are of event bytes.
func BenchmarkToNobody(b *testing.B) {
	a, sup := bulk(b)
	createUser(b, sup)
	s := serve(b, a, holdText("nothing says this"))
	for _, from := range []struct {
		name string
		port int
	}{{"binlogserver", s.port}, {"supplier", sup.Port()}} {
		b.Run(from.name, func(b *testing.B) {
			b.SetBytes(a.Size())
			b.ReportAllocs()
			for b.Loop() {
				c := dial(b, from.port)
				c.prepare("")
				c.dump("", 4, nonBlock|annotate, 0)
				if n, err := io.Copy(io.Discard, c.Conn.Conn.Conn); err != nil || n < a.Size() {
					b.Fatalf("%d bytes of %d, %v", n, a.Size(), err)
				}
				_ = c.Close()
			}
		})
	}
}

// BenchmarkToReplica sends all groups to the IO thread of a replica whose SQL thread does not run.
func BenchmarkToReplica(b *testing.B) {
	a, sup := bulk(b)
	createUser(b, sup)
	s := serve(b, a, holdText("nothing says this"))
	r := startDB(b, mariadbd.Options{ServerID: 2, Port: mariadbd.NoTCP, Replica: true,
		Settings: map[string]string{"sync_relay_log": "0", "sync_master_info": "0"}})
	want := a.Published()
	for _, from := range []struct {
		name string
		port int
	}{{"binlogserver", s.port}, {"supplier", sup.Port()}} {
		b.Run(from.name, func(b *testing.B) {
			b.SetBytes(a.Size())
			for b.Loop() {
				b.StopTimer()
				exec1(b, r, fmt.Sprintf("STOP SLAVE; RESET SLAVE ALL; CHANGE MASTER TO MASTER_HOST='127.0.0.1', "+
					"MASTER_PORT=%d, MASTER_USER='%s', MASTER_PASSWORD='%s', MASTER_USE_GTID=slave_pos",
					from.port, user, password))
				b.StartTimer()
				exec1(b, r, "START SLAVE IO_THREAD")
				eventually(b, "IO thread has all", func() bool {
					p, err := binlog.ParsePosition(slave(b, r, "Gtid_IO_Pos"))
					return err == nil && p.Reached(want)
				})
			}
		})
	}
}
