package binlogserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
	"github.com/wcde-foundation/wcded/replicator/guard"
)

const (
	user     = "replica"
	password = "not a secret"
	patience = 60 * time.Second
)

// startDB runs a MariaDB server until the test ends.
func startDB(t testing.TB, o mariadbd.Options) *mariadbd.Server {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "bs")
	if err != nil {
		t.Fatal(err)
	}
	o.Dir = dir
	s, err := mariadbd.Start(t.Context(), o)
	t.Cleanup(func() {
		if s != nil {
			if err := s.Kill(); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("server %d: %s", o.ServerID, log[max(0, len(log)-4000):])
		}
		_ = os.RemoveAll(dir)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func startSupplier(t testing.TB, settings map[string]string) *mariadbd.Server {
	t.Helper()
	all := map[string]string{"binlog_format": "ROW", "sync_binlog": "0", "innodb_flush_log_at_trx_commit": "2"}
	maps.Copy(all, settings)
	return startDB(t, mariadbd.Options{ServerID: 1, Binlog: true, Settings: all})
}

// createUser makes the binlog server's account on a supplier, without a trace in its binary log.
func createUser(t testing.TB, s *mariadbd.Server) {
	t.Helper()
	exec1(t, s, "SET sql_log_bin=0; CREATE USER "+user+" IDENTIFIED BY '"+password+"'; "+
		"GRANT REPLICATION SLAVE ON *.* TO "+user+"; SET sql_log_bin=1")
}

func exec1(t testing.TB, s *mariadbd.Server, q string) {
	t.Helper()
	if err := s.Exec(t.Context(), q); err != nil {
		t.Fatal(err)
	}
}

func query(t testing.TB, s *mariadbd.Server, q string) string {
	t.Helper()
	v, err := s.QueryString(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// eventually polls until ok returns true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// feeder copies a supplier's binary log files, as they grow on disk, into an archive.
type feeder struct {
	t    testing.TB
	dir  string
	w    *archive.Writer
	name string // of the file being copied; "" before the first
	file *os.File
	at   int64
	kind archive.StreamKind                      // of the first segment that it begins
	edit func(h binlog.Header, ev []byte) []byte // nil, or what to write instead of an event
}

func newFeeder(t testing.TB, a *archive.Archive, dir string) *feeder {
	t.Helper()
	w, err := a.Writer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return feed(t, w, dir)
}

func feed(t testing.TB, w *archive.Writer, dir string) *feeder {
	f := &feeder{t: t, dir: dir, w: w}
	t.Cleanup(func() {
		if f.file != nil {
			_ = f.file.Close()
		}
	})
	return f
}

// switchTo ends what is being copied and returns a feeder that goes on with another server's files.
func (f *feeder) switchTo(dir string, kind archive.StreamKind) *feeder {
	f.t.Helper()
	if f.file != nil {
		f.must(f.w.Seal("the supplier was switched"))
	}
	n := feed(f.t, f.w, dir)
	n.kind = kind
	return n
}

// catchUp copies all that there is.
func (f *feeder) catchUp() {
	f.t.Helper()
	index, err := os.ReadFile(filepath.Join(f.dir, "mysql-bin.index"))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, line := range strings.Fields(string(index)) {
		if name := filepath.Base(line); f.name == "" || name >= f.name {
			f.copyFile(name)
		}
	}
	if err := f.w.Flush(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *feeder) copyFile(name string) {
	f.t.Helper()
	if name != f.name {
		if f.file != nil { // the file before had no end
			f.must(f.w.Seal("the supplier crashed"))
			_ = f.file.Close()
		}
		file, err := os.Open(filepath.Join(f.dir, name))
		f.must(err)
		f.must(f.w.Begin(name, f.kind, "test"))
		f.kind = archive.Continue
		f.name, f.file, f.at = name, file, binlog.MagicSize
	}
	for f.file != nil && f.copyEvent() {
	}
}

func (f *feeder) copyEvent() bool {
	f.t.Helper()
	var head [binlog.HeaderSize]byte
	if _, err := f.file.ReadAt(head[:], f.at); errors.Is(err, io.EOF) {
		return false
	}
	h, err := binlog.ParseHeader(head[:])
	f.must(err)
	ev := make([]byte, h.Size)
	if _, err := f.file.ReadAt(ev, f.at); errors.Is(err, io.EOF) {
		return false
	}
	f.at += int64(h.Size)
	if h.Type == replication.FORMAT_DESCRIPTION_EVENT {
		ev[binlog.FlagsOffset] &^= byte(binlog.FlagInUse) // as a primary sends it
	}
	if f.edit != nil {
		ev = f.edit(h, ev)
	}
	_, err = f.w.Append(ev)
	f.must(err)
	if h.Type == replication.ROTATE_EVENT || h.Type == replication.STOP_EVENT {
		f.must(f.w.Seal(""))
		_ = f.file.Close()
		f.file = nil
	}
	return true
}

func (f *feeder) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func openArchive(t testing.TB) *archive.Archive {
	t.Helper()
	a, err := archive.Open(archive.Options{Dir: filepath.Join(t.TempDir(), "archive")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// holdText is a guard that holds the QUERY events whose statement contains its text, none if it is "".
type holdText string

func (g holdText) Event(h binlog.Header, raw []byte, checksum bool) guard.Verdict {
	if g == "" || h.Type != replication.QUERY_EVENT {
		return guard.Verdict{}
	}
	q, err := binlog.ParseQuery(raw, checksum)
	if err != nil || !bytes.Contains(q.SQL, []byte(g)) {
		return guard.Verdict{}
	}
	return guard.Verdict{Hold: true, Category: "test", Reason: "it says " + string(g), Statement: string(q.SQL)}
}

type holdTexts []holdText

func (g holdTexts) Event(h binlog.Header, raw []byte, checksum bool) guard.Verdict {
	for _, one := range g {
		if v := one.Event(h, raw, checksum); v.Hold {
			return v
		}
	}
	return guard.Verdict{}
}

// served is a binlog server on a loopback port.
type served struct {
	*binlogserver.Server
	decisions *binlogserver.Decisions
	port      int
	stop      func() // ends it and waits
}

func serve(t testing.TB, src binlogserver.Source, g binlogserver.Inspector) *served {
	t.Helper()
	return serveWith(t, binlogserver.Options{Archive: src, Guard: g})
}

func serveWith(t testing.TB, o binlogserver.Options) *served {
	t.Helper()
	d, err := binlogserver.OpenDecisions(filepath.Join(t.TempDir(), "decisions"), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Decisions, o.User, o.Password, o.ServerID = d, user, password, 900
	s, err := binlogserver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
	t.Cleanup(func() {
		stop()
		_ = d.Close()
	})
	return &served{Server: s, decisions: d, port: ln.Addr().(*net.TCPAddr).Port, stop: stop}
}

// startReplica runs a MariaDB server that replicates from the binlog server.
func startReplica(t testing.TB, s *served, settings map[string]string) *mariadbd.Server {
	t.Helper()
	r := startDB(t, mariadbd.Options{ServerID: 2, Port: mariadbd.NoTCP, Replica: true, Settings: settings})
	point(t, r, s, "")
	return r
}

// point makes r replicate from s. until is a clause of START SLAVE, "" to run on.
func point(t testing.TB, r *mariadbd.Server, s *served, until string) {
	t.Helper()
	exec1(t, r, fmt.Sprintf("STOP SLAVE; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='%s', "+
		"MASTER_PASSWORD='%s', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=0.5; "+
		"START SLAVE %s", s.port, user, password, until))
}

// slave returns a field of the replica's status.
func slave(t testing.TB, r *mariadbd.Server, field string) string {
	t.Helper()
	row, err := r.QueryRow(t.Context(), "SHOW SLAVE STATUS")
	if err != nil {
		t.Fatal(err)
	}
	return row[field]
}

// applied waits until the replica has applied all that is in the archive.
func applied(t testing.TB, r *mariadbd.Server, a *archive.Archive) {
	t.Helper()
	want := a.Published()
	var got string
	eventually(t, "replica reaches "+want.String(), func() bool {
		if slave(t, r, "Slave_SQL_Running") == "No" {
			t.Fatalf("replica stopped at %s: %s %s", got, slave(t, r, "Last_SQL_Error"), slave(t, r, "Last_IO_Error"))
		}
		got = query(t, r, "SELECT @@gtid_slave_pos")
		p, err := binlog.ParsePosition(got)
		return err == nil && p.Reached(want)
	})
}

// sameTables compares tables' checksums.
func sameTables(t testing.TB, a, b *mariadbd.Server, tables ...string) {
	t.Helper()
	for _, table := range tables {
		sum := func(s *mariadbd.Server) string {
			row, err := s.QueryRow(t.Context(), "CHECKSUM TABLE "+table)
			if err != nil {
				t.Fatal(err)
			}
			return row["Checksum"]
		}
		if x, y := sum(a), sum(b); x != y || x == "" {
			t.Errorf("table %s: checksums %q and %q", table, x, y)
		}
	}
}

// mariadbBinlog returns a command that reads from the binlog server.
func mariadbBinlog(t testing.TB, ctx context.Context, s *served, args ...string) *exec.Cmd {
	t.Helper()
	cnf := filepath.Join(t.TempDir(), "client.cnf")
	text := "[client]\nuser=" + user + "\npassword=\"" + password + "\"\nprotocol=tcp\n"
	if err := os.WriteFile(cnf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(ctx, "mariadb-binlog", append([]string{"--defaults-file=" + cnf, "-R", "-h127.0.0.1",
		"-P" + strconv.Itoa(s.port)}, args...)...)
}
