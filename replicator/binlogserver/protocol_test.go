package binlogserver_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
)

func TestStatementsOfClients(t *testing.T) {
	t.Parallel()
	_, a, _ := threeFiles(t)
	s := serve(t, a, holdText(""))
	c := dial(t, s.port)
	const any = "(any)"
	for _, q := range []struct {
		statement string
		want      string // first row with commas between; "" for OK without rows; "-" for no row
		code      uint16
	}{
		{statement: "SET NAMES latin1"},
		{statement: "set names 'utf8mb4' collate utf8mb4_bin"},
		{statement: "SELECT UNIX_TIMESTAMP()", want: any},
		{statement: "SHOW VARIABLES LIKE 'SERVER_ID'", want: "server_id,900"},
		{statement: "show  global\tvariables where Variable_name='binlog_checksum';", want: "binlog_checksum,CRC32"},
		{statement: "SHOW VARIABLES LIKE 'no_such'", want: "-"},
		{statement: "SET @master_heartbeat_period= 1500000000"},
		{statement: "SET @master_heartbeat_period= -1", code: 1231},
		{statement: "SELECT @master_binlog_checksum", want: "NULL"},
		{statement: "SET @master_binlog_checksum= @@global.binlog_checksum"},
		{statement: "SELECT @master_binlog_checksum", want: "CRC32"},
		{statement: "SET @master_binlog_checksum='NONE', @source_binlog_checksum='NONE'"},
		{statement: "SELECT @master_binlog_checksum", want: "NONE"},
		{statement: "SET @master_binlog_checksum='MD5'", code: 1231},
		{statement: "SET skip_replication=1", code: 1193},
		{statement: "SET @mariadb_slave_capability=4"},
		{statement: "SELECT @@GLOBAL.gtid_domain_id", want: "0"},
		{statement: "SET @slave_connect_state=''"},
		{statement: "SET @slave_connect_state='0-1-5, 1-2-3'"},
		{statement: "SET @slave_connect_state='0-1-5,0-2-3'", code: 1231},
		{statement: "SET @slave_connect_state='x'", code: 1231},
		{statement: "SET @slave_gtid_strict_mode=1"},
		{statement: "SET @slave_gtid_ignore_duplicates=0"},
		{statement: "SET @slave_until_gtid='0-1-9'"},
		{statement: "SET @slave_connect_state_domain_ids_ignore='4'"}, // of later versions
		{statement: "SELECT binlog_gtid_pos('mysql-bin.000001',4)", want: "NULL"},
		{statement: "SHOW VARIABLES LIKE 'rpl_semi_sync_master_enabled'", want: "rpl_semi_sync_master_enabled,OFF"},
		{statement: "SET @rpl_semi_sync_slave= 1"},
		{statement: "SELECT VERSION()", want: any},
		{statement: "select @@version_comment limit 1", want: "wcded binlog server"},
		{statement: "/* x */ SELECT 1 -- y", want: "1"},
		{statement: "SELECT @@server_id AS id, @@session.read_only", want: "900,ON"},
		{statement: "SELECT @@gtid_binlog_pos", want: a.Published().String()},
		{statement: "SELECT @@no_such", code: 1193},
		{statement: "SHOW MASTER STATUS", want: any},
		{statement: "SHOW BINARY LOGS", want: any},
		{statement: "SHOW WARNINGS", want: "-"},
		{statement: "KILL 5", code: 1094},
		{statement: "SELECT * FROM t", code: 1064},
		{statement: "SELECT", code: 1064},
		{statement: "SET", code: 1064},
		{statement: "SHOW", code: 1064},
		{statement: ";", code: 1064},
		{statement: "SET @a", code: 1064},
		{statement: "SET GLOBAL x=1", code: 1064},
		{statement: "SELECT 'unfinished", code: 1064},
		{statement: "DROP DATABASE d", code: 1064},
	} {
		res, err := c.Execute(q.statement)
		var told *mysql.MyError
		switch {
		case q.code != 0 && (!errors.As(err, &told) || told.Code != q.code):
			t.Errorf("%s: %v, want error %d", q.statement, err, q.code)
		case q.code != 0:
		case err != nil:
			t.Errorf("%s: %v", q.statement, err)
		default:
			if got := firstRow(t, res); got != q.want && (q.want != any || got == "" || got == "-") {
				t.Errorf("%s: %q, want %q", q.statement, got, q.want)
			}
		}
	}
	if v := c.GetServerVersion(); !strings.HasPrefix(v, "5.5.5-10.11.") {
		t.Errorf("greeting has version %s", v)
	}
	if err := c.UseDB("d"); err == nil {
		t.Error("there is a database")
	}
	if _, err := c.Prepare("SELECT 1"); err == nil {
		t.Error("there are prepared statements")
	}
	if err := c.Ping(); err != nil {
		t.Error(err)
	}
}

func firstRow(t *testing.T, r *mysql.Result) string {
	t.Helper()
	if !r.HasResultset() {
		return ""
	}
	if len(r.RowDatas) == 0 {
		return "-"
	}
	var parts []string
	for i := range r.Fields {
		if null, err := r.IsNull(0, i); err != nil {
			t.Fatal(err)
		} else if null {
			parts = append(parts, "NULL")
			continue
		}
		s, err := r.GetString(0, i)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ",")
}

func TestWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	a := openArchive(t)
	s := serve(t, a, holdText(""))
	var wg sync.WaitGroup
	for _, c := range [][2]string{{user, "wrong"}, {user, ""}, {"root", password}, {"", ""}, {user + "x", "decoy"}} {
		wg.Go(func() {
			conn, err := client.Connect(fmt.Sprintf("127.0.0.1:%d", s.port), c[0], c[1], "")
			if err == nil {
				_ = conn.Close()
			}
			var told *mysql.MyError
			if !errors.As(err, &told) || told.Code != mysql.ER_ACCESS_DENIED_ERROR {
				t.Errorf("user %q password %q: %v", c[0], c[1], err)
			}
		})
	}
	wg.Wait()
	r := startDB(t, mariadbd.Options{ServerID: 2, Port: mariadbd.NoTCP, Replica: true})
	exec1(t, r, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='%s', "+
		"MASTER_PASSWORD='wrong', MASTER_USE_GTID=slave_pos; START SLAVE", s.port, user))
	eventually(t, "replica is refused", func() bool { return slave(t, r, "Last_IO_Errno") == "1045" })
	if st := s.Status(); len(st) != 0 {
		t.Errorf("status %+v", st)
	}
	dial(t, s.port) // the right password still works
}

func TestOptionsWithoutPasswordAreRefused(t *testing.T) {
	t.Parallel()
	d, err := binlogserver.OpenDecisions(t.TempDir()+"/d", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	good := binlogserver.Options{
		Archive: openArchive(t), Guard: holdText(""), Decisions: d, User: "u", Password: "p", ServerID: 1,
	}
	if _, err := binlogserver.New(good); err != nil {
		t.Fatal(err)
	}
	for i, spoil := range []func(*binlogserver.Options){
		func(o *binlogserver.Options) { o.Password = "" },
		func(o *binlogserver.Options) { o.User = "" },
		func(o *binlogserver.Options) { o.ServerID = 0 },
		func(o *binlogserver.Options) { o.Guard = nil },
		func(o *binlogserver.Options) { o.Decisions = nil },
		func(o *binlogserver.Options) { o.Archive = nil },
	} {
		bad := good
		spoil(&bad)
		if _, err := binlogserver.New(bad); err == nil {
			t.Errorf("case %d was accepted", i)
		}
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	a := openArchive(t)
	s := serveWith(t, binlogserver.Options{Archive: a, Guard: holdText(""), MaxClients: 2})
	first := dial(t, s.port)
	dial(t, s.port)
	_, err := client.Connect(fmt.Sprintf("127.0.0.1:%d", s.port), user, password, "")
	if err == nil || !strings.Contains(err.Error(), "1040") {
		t.Errorf("third client: %v, want error 1040", err)
	}
	_ = first.Close()
	eventually(t, "place is free again", func() bool {
		c, err := client.Connect(fmt.Sprintf("127.0.0.1:%d", s.port), user, password, "")
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// TestHostilePackets: none of these is answered, and the server lives on.
func TestHostilePackets(t *testing.T) {
	t.Parallel()
	a := openArchive(t)
	s := serve(t, a, holdText(""))
	huge := append([]byte{0xff, 0xff, 0xff, 0}, make([]byte, 100)...)
	raw := func(b []byte) {
		t.Helper()
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write(b); err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	// Before the client is authenticated: too large, empty, too short, and lengths that point nowhere.
	raw(append([]byte{0, 0, 1, 1}, make([]byte, 1<<16)...))
	raw([]byte{0, 0, 0, 1})
	raw([]byte{3, 0, 0, 1, 1, 2, 3})
	short := binary.LittleEndian.AppendUint32(nil, 0xffffffff&^mysql.CLIENT_SSL)
	for n := 32; n < 60; n += 3 {
		body := append(append([]byte{}, short...), make([]byte, n)...)
		for i := 32; i < len(body); i++ {
			body[i] = 0xfe
		}
		raw(append([]byte{byte(len(body)), 0, 0, 1}, body...))
	}
	for _, b := range [][]byte{huge, {0, 0, 0, 0}, {1, 0, 0, 0, 99}, {1, 0, 0, 0, mysql.COM_BINLOG_DUMP},
		{1, 0, 0, 0, mysql.COM_REGISTER_SLAVE}, {1, 0, 0, 0, mysql.COM_STMT_EXECUTE},
		{1, 0, 0, 0, mysql.COM_SET_OPTION}, {1, 0, 0, 0, mysql.COM_STMT_CLOSE}, {1, 0, 0, 0, mysql.COM_FIELD_LIST}} {
		c := dial(t, s.port)
		if _, err := c.Conn.Conn.Write(b); err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
	c := dial(t, s.port)
	if err := c.Ping(); err != nil {
		t.Error(err)
	}
}

// TestStreamIsAPrimarys compares what our server sends with what the server sends that wrote the files.
func TestStreamIsAPrimarys(t *testing.T) {
	t.Parallel()
	sup, a, _ := threeFiles(t)
	createUser(t, sup)
	s := serve(t, a, holdText(""))
	for _, from := range []string{"none", "", "0-1-1", "0-1-10", "0-1-22", "0-1-30"} {
		for _, flags := range []uint16{nonBlock, nonBlock | annotate} {
			for _, checksum := range []string{"@@global.binlog_checksum", "'NONE'"} {
				var streams [2][]sent
				for i, port := range []int{s.port, sup.Port()} {
					c := dial(t, port)
					c.prepare(from, "SET @master_binlog_checksum="+checksum)
					c.dump("", 4, flags, 0)
					list, err := c.all()
					if err != errEOF {
						t.Errorf("from %q: ended with %v", from, err)
					}
					streams[i] = list
					_ = c.Close()
				}
				name := fmt.Sprintf("from %q, flags %d, checksum %s", from, flags, checksum)
				compareStreams(t, name, streams[0], streams[1])
			}
		}
	}
}

// compareStreams lets only the server id of artificial events, and with it their checksum, differ.
func compareStreams(t *testing.T, name string, ours, theirs []sent) {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Errorf("%s: %d events, the supplier sends %d", name, len(ours), len(theirs))
		return
	}
	for i, x := range ours {
		y := theirs[i]
		a, b := append([]byte{}, x.raw...), append([]byte{}, y.raw...)
		if x.Artificial() && x.ServerID == 900 {
			copy(a[5:9], b[5:9])
			if len(a) == len(b) && (x.Type != replication.ROTATE_EVENT || binlog.VerifyChecksum(x.raw) == nil) {
				binlog.SetChecksum(a)
			}
		}
		if string(a) != string(b) {
			t.Errorf("%s: event %d of %d differs:\n%s\n%x\nthe supplier sends %s\n%x",
				name, i, len(ours), x.Type, a, y.Type, b)
			return
		}
	}
}
