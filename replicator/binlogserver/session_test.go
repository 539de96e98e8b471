package binlogserver

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/packet"
	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/go-mysql-org/go-mysql/server"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/guard"
)

// smallArchive holds one file with n groups of domain 0, made here: a fuzz worker starts no database.
func smallArchive(tb testing.TB, n uint64) *archive.Archive {
	tb.Helper()
	a, err := archive.Open(archive.Options{Dir: filepath.Join(tb.TempDir(), "archive")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = a.Close() })
	w, err := a.Writer(nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := w.Begin("mysql-bin.000001", archive.Continue, "test"); err != nil {
		tb.Fatal(err)
	}
	at := uint32(binlog.MagicSize)
	b := builder{serverID: 1}
	add := func(t replication.EventType, flags uint16, body []byte) {
		tb.Helper()
		at += uint32(binlog.HeaderSize + len(body) + binlog.ChecksumSize)
		b.begin(t, 1700000000, 1, at, flags)
		b.buf = append(b.buf, body...)
		if _, err := w.Append(b.end(true)); err != nil {
			tb.Fatal(err)
		}
	}
	format := binary.LittleEndian.AppendUint16(nil, 4)
	format = append(format, append([]byte("10.11.19-MariaDB-log"), make([]byte, 30)...)...)
	format = binary.LittleEndian.AppendUint32(format, 1700000000)
	format = append(format, binlog.HeaderSize)
	lengths := make([]byte, 171) // by event type less one: those that the guard looks at
	lengths[replication.QUERY_EVENT-1], lengths[replication.MARIADB_QUERY_COMPRESSED_EVENT-1] = 13, 13
	lengths[replication.TABLE_MAP_EVENT-1] = 8
	format = append(format, lengths...)
	add(replication.FORMAT_DESCRIPTION_EVENT, 0, append(format, 1)) // 1: CRC-32
	add(replication.MARIADB_GTID_LIST_EVENT, 0, []byte{0, 0, 0, 0, 0, 0})
	for seq := range n {
		gtid := binary.LittleEndian.AppendUint64(nil, seq+1)
		gtid = append(binary.LittleEndian.AppendUint32(gtid, 0), binlog.GTIDStandalone, 0, 0, 0, 0, 0, 0)
		add(replication.MARIADB_GTID_EVENT, 0, gtid)
		add(replication.QUERY_EVENT, 0, append(make([]byte, 14), "CREATE TABLE d.t (a INT)"...))
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return a
}

// passAll is a guard that holds nothing.
type passAll struct{}

func (passAll) Event(binlog.Header, []byte, bool) guard.Verdict { return guard.Verdict{} }

// noDecisions is a Decider that never hears of anything.
type noDecisions struct{}

func (noDecisions) Decision(Held) Decision   { return None }
func (noDecisions) Held(Held)                {}
func (noDecisions) Changed() <-chan struct{} { return nil }

func testServer(tb testing.TB, g Inspector) *Server {
	tb.Helper()
	s, err := New(Options{Archive: smallArchive(tb, 5), Guard: g, Decisions: noDecisions{},
		User: "u", Password: "p", ServerID: 9})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// FuzzHandshakeCommand gives a session any command, behind a few that a client would send first: no answer but a bare
// error or a result, and no panic.
func FuzzHandshakeCommand(f *testing.F) {
	s := testServer(f, guard.New(guard.Policy{}))
	for _, q := range []string{
		"SELECT UNIX_TIMESTAMP()", "SHOW VARIABLES LIKE 'SERVER_ID'", "SET @master_heartbeat_period= 1000000",
		"SET @master_binlog_checksum= @@global.binlog_checksum", "SELECT @master_binlog_checksum AS `x`, 1",
		"SET @slave_connect_state='0-1-3,4-4-4'", "SET @slave_until_gtid='0-1-4'", "SET NAMES latin1",
		"/*!40100 SET x */;", "SELECT binlog_gtid_pos('a\\'b',4) limit 1", "SHOW MASTER STATUS", "SET a=1,b=(2,3)",
	} {
		f.Add(byte(mysql.COM_QUERY), []byte(q))
	}
	f.Add(byte(mysql.COM_REGISTER_SLAVE), []byte{2, 0, 0, 0, 0})
	for _, name := range []string{"", "mysql-bin.000001", "../x"} {
		f.Add(byte(mysql.COM_BINLOG_DUMP), append([]byte{4, 0, 0, 0, 2, 0, 2, 0, 0, 0}, name...))
		f.Add(byte(mysql.COM_BINLOG_DUMP), append([]byte{200, 1, 0, 0, 0, 0, 0, 0, 0, 0}, name...))
	}
	f.Fuzz(func(t *testing.T, cmd byte, data []byte) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		defer ours.Close()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		sess := &session{
			srv: s, ctx: t.Context(), raw: ours, client: &client{}, conn: &server.Conn{Conn: packet.NewConn(ours)},
		}
		for _, q := range []string{"SET @mariadb_slave_capability=4", "SET @master_binlog_checksum='NONE'"} {
			if _, err := sess.HandleQuery(q); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if cmd == mysql.COM_QUERY {
			_, err = sess.HandleQuery(string(data))
			if err == nil { // whatever was set, a dump copes with it
				err = sess.HandleOtherCommand(mysql.COM_BINLOG_DUMP, []byte{4, 0, 0, 0, 1, 0, 2, 0, 0, 0})
			}
		} else {
			if cmd == mysql.COM_BINLOG_DUMP && len(data) > 4 {
				data = append([]byte{}, data...)
				data[4] |= dumpNonBlock // a stream that waits would wait for ever
			}
			err = sess.HandleOtherCommand(cmd, data)
		}
		if _, bare := err.(*mysql.MyError); err != nil && !bare && !errors.Is(err, errEnd) {
			t.Errorf("error %v is no bare *mysql.MyError", err)
		}
	})
}

// TestStatusWhileStreaming has the race detector look at a status that is read all the time.
func TestStatusWhileStreaming(t *testing.T) {
	s := testServer(t, passAll{})
	ours, theirs := net.Pipe()
	defer theirs.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &client{}
	s.clients.add(c)
	sess := &session{srv: s, ctx: ctx, raw: ours, client: c, conn: &server.Conn{Conn: packet.NewConn(ours)}}
	sess.vars = variables{capability: minCapability, checksum: globalChecksum, from: binlog.Position{}}
	done := make(chan error, 1)
	go func() { done <- sess.HandleOtherCommand(mysql.COM_BINLOG_DUMP, []byte{4, 0, 0, 0, 0, 0, 2, 0, 0, 0}) }()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	deadline := time.Now().Add(time.Minute)
	for st := s.Status()[0]; st.State != StateWaiting || st.Position.String() != "0-1-5"; st = s.Status()[0] {
		if time.Now().After(deadline) {
			t.Fatalf("status %+v", st)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, errEnd) {
		t.Error(err)
	}
}
