package upstream_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

const patience = 30 * time.Second

// world is a supplier, an archive and what follows the one into the other.
type world struct {
	t        *testing.T
	dir      string
	supplier *mariadbd.Server
	archive  *archive.Archive
	follower *upstream.Follower
	address  string
	dial     upstream.Dialer
	stop     func()
	options  func(*upstream.Options)
}

func newWorld(t *testing.T, settings map[string]string) *world {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "up")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &world{t: t, dir: dir}
	w.supplier = w.startServer("supplier", 101, settings)
	w.address = fmt.Sprintf("127.0.0.1:%d", w.supplier.Port())
	return w
}

func (w *world) startServer(name string, id uint32, settings map[string]string) *mariadbd.Server {
	w.t.Helper()
	s, err := mariadbd.Start(w.t.Context(), mariadbd.Options{
		Dir: filepath.Join(w.dir, name), ServerID: id, Binlog: true, SemiSync: true, Settings: settings,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = s.Kill() })
	w.exec(s, "CREATE USER wcde_repl@'127.0.0.1' IDENTIFIED BY 'secret'")
	w.exec(s, "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO wcde_repl@'127.0.0.1'")
	return s
}

func (w *world) exec(s *mariadbd.Server, q string) {
	w.t.Helper()
	if err := s.Exec(w.t.Context(), q); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
}

func (w *world) query(s *mariadbd.Server, q string) string {
	w.t.Helper()
	v, err := s.QueryString(w.t.Context(), q)
	if err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	return v
}

// follow opens the archive and runs a follower until unfollow.
func (w *world) follow() {
	w.t.Helper()
	var err error
	log := slog.New(slog.NewTextHandler(testWriter{w.t}, nil))
	w.archive, err = archive.Open(archive.Options{Dir: filepath.Join(w.dir, "archive"), Logger: log})
	if err != nil {
		w.t.Fatal(err)
	}
	o := upstream.Options{
		Archive: w.archive, ServerID: 900, SemiSync: true, Heartbeat: 500 * time.Millisecond,
		ReadTimeout: 3 * time.Second, MaxEvent: 64 << 20, StateDir: filepath.Join(w.dir, "state"), Logger: log,
		Supplier: upstream.Supplier{
			Network: "tcp", Address: w.address, User: "wcde_repl", Dial: w.dial,
			Password: func() (string, error) { return "secret", nil },
		},
	}
	if w.options != nil {
		w.options(&o)
	}
	if w.follower, err = upstream.New(o); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.follower.Run(ctx); err != nil {
			w.t.Errorf("run: %v", err)
		}
	}()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		<-done
		if err := w.follower.Close(); err != nil {
			w.t.Error(err)
		}
		if err := w.archive.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.t.Cleanup(w.stop)
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	end := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(end) {
			w.t.Fatalf("not within %s: %s; supplier %+v, published %s", patience, what, w.follower.Status(),
				w.archive.Published())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// caughtUp waits until everything that the server has logged is published.
func (w *world) caughtUp(s *mariadbd.Server) {
	w.t.Helper()
	want, err := binlog.ParsePosition(w.query(s, "SELECT @@global.gtid_binlog_pos"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.eventually("published reaches "+want.String(), func() bool { return w.archive.Published().Reached(want) })
}

func (w *world) state(want upstream.State) {
	w.t.Helper()
	w.eventually("state "+string(want), func() bool { return w.follower.Status().State == want })
}

func (w *world) newStream() {
	w.t.Helper()
	w.eventually("a new stream", func() bool {
		s := w.archive.Segments()
		return s[len(s)-1].Stream == 2
	})
}

func (w *world) sealed(name string) archive.Segment {
	w.t.Helper()
	var found archive.Segment
	w.eventually("segment "+name+" is complete", func() bool {
		for _, s := range w.archive.Segments() {
			if s.Name == name && s.Status != archive.StatusOpen {
				found = s
			}
		}
		return found.Name != ""
	})
	return found
}

// sameBytes compares a sealed segment with the supplier's file.
func (w *world) sameBytes(s *mariadbd.Server, name string) {
	w.t.Helper()
	seg := w.sealed(name)
	if seg.Status != archive.StatusSealed {
		w.t.Fatalf("%s is %s: %s", name, seg.Status, seg.Reason)
	}
	for _, path := range []string{filepath.Join(s.BinlogDir(), name), seg.Path} {
		data, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != seg.SHA256 {
			w.t.Errorf("%s: SHA-256 %s, the seal says %s", path, got, seg.SHA256)
		}
	}
}

func (w *world) fill(s *mariadbd.Server, table string, n int) {
	w.t.Helper()
	w.exec(s, "CREATE DATABASE IF NOT EXISTS app")
	w.exec(s, "CREATE TABLE IF NOT EXISTS app."+table+" (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))")
	for i := range n {
		w.exec(s, fmt.Sprintf("INSERT INTO app.%s (v) VALUES (REPEAT('%c', 100))", table, 'a'+i%26))
	}
}

func TestFollowsByteForByte(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	for range 3 {
		w.fill(w.supplier, "t", 20)
		w.exec(w.supplier, "FLUSH BINARY LOGS")
	}
	w.caughtUp(w.supplier)
	for _, name := range []string{"mysql-bin.000001", "mysql-bin.000002", "mysql-bin.000003"} {
		w.sameBytes(w.supplier, name)
	}
	w.eventually("semi-sync holds", func() bool { return w.follower.Status().SemiSync })
	if n := w.follower.Status().Acks; n == 0 {
		t.Error("nothing was acknowledged")
	}
}

func TestResumesAfterFlushAndRestartWhileAway(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 10)
	w.caughtUp(w.supplier)
	w.stop()

	w.fill(w.supplier, "t", 10)
	w.exec(w.supplier, "FLUSH BINARY LOGS")
	w.fill(w.supplier, "t", 10)
	if err := w.supplier.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.supplier.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fill(w.supplier, "t", 10)
	w.follow()
	w.caughtUp(w.supplier)
	w.sameBytes(w.supplier, "mysql-bin.000001")
	w.sameBytes(w.supplier, "mysql-bin.000002") // ends with a STOP event
	if err := w.supplier.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.state(upstream.SupplierGone)
	if err := w.supplier.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fill(w.supplier, "t", 3)
	w.caughtUp(w.supplier)
	w.sameBytes(w.supplier, "mysql-bin.000003")
}

func TestSupplierCrashTearsTheSegment(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 10)
	w.caughtUp(w.supplier)
	if err := w.supplier.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := w.supplier.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fill(w.supplier, "t", 3)
	w.caughtUp(w.supplier)
	if seg := w.sealed("mysql-bin.000001"); seg.Status != archive.StatusTorn || seg.Reason == "" {
		t.Errorf("got %s %q, want torn with a reason", seg.Status, seg.Reason)
	}
}

func TestPowerCutAtSupplierIsDiverged(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 20)
	w.caughtUp(w.supplier)
	if err := w.supplier.Kill(); err != nil {
		t.Fatal(err)
	}
	// The power cut takes the unsynced end of the binary log back, at a group's boundary.
	var cut int64
	seg := w.archive.Segments()[0]
	r, err := w.archive.ReadFromFile(0, seg.Name, binlog.MagicSize)
	if err != nil {
		t.Fatal(err)
	}
	for {
		ev, err := r.Next()
		if err != nil {
			break
		}
		if ev.Header.Type == 162 && ev.Offset < seg.Size*3/4 {
			cut = ev.Offset
		}
	}
	_ = r.Close()
	if err := os.Truncate(filepath.Join(w.supplier.BinlogDir(), seg.Name), cut); err != nil {
		t.Fatal(err)
	}
	if err := w.supplier.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.state(upstream.Diverged)
	before := w.archive.Published()
	w.fill(w.supplier, "u", 3)
	if !w.archive.Published().Equal(before) {
		t.Error("something was archived while diverged")
	}
	if err := w.follower.Adopt("the supplier lost its last groups, agreed by telephone"); err != nil {
		t.Fatal(err)
	}
	w.newStream()
	w.caughtUp(w.supplier)
	if s := w.archive.Segments(); s[0].Status != archive.StatusTorn {
		t.Errorf("segments %+v", s)
	}
}

func TestResetMasterIsDiverged(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 5)
	w.exec(w.supplier, "FLUSH BINARY LOGS")
	w.fill(w.supplier, "t", 5)
	w.caughtUp(w.supplier)
	w.exec(w.supplier, "RESET MASTER")
	w.fill(w.supplier, "t", 1)
	w.state(upstream.Diverged)
}

func TestPurgedIsGap(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 5)
	w.caughtUp(w.supplier)
	w.stop()
	for range 3 {
		w.fill(w.supplier, "t", 5)
		w.exec(w.supplier, "FLUSH BINARY LOGS")
	}
	w.exec(w.supplier, "PURGE BINARY LOGS TO 'mysql-bin.000003'")
	w.follow()
	w.state(upstream.Gap)
	if err := w.follower.Adopt("accepted"); err != nil {
		t.Fatal(err)
	}
	w.newStream()
	w.caughtUp(w.supplier)
}

func TestWrongServerAndSwitch(t *testing.T) {
	w := newWorld(t, nil)
	other := w.startServer("other", 102, map[string]string{"log_slave_updates": "1"})
	w.exec(other, "RESET MASTER") // its own account statements are not the supplier's history
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 5)
	w.caughtUp(w.supplier)
	w.stop()

	w.address = fmt.Sprintf("127.0.0.1:%d", other.Port())
	w.follow()
	w.state(upstream.WrongServer)
	w.stop()

	// Make the other one a replica of the first, as a supplier does before it switches over.
	w.exec(other, "DROP USER wcde_repl@'127.0.0.1'")
	w.exec(other, "RESET MASTER")
	w.exec(other, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='wcde_repl', "+
		"MASTER_PASSWORD='secret', MASTER_USE_GTID=slave_pos", w.supplier.Port()))
	w.exec(other, "START SLAVE")
	w.eventually("the other server has it all", func() bool {
		return w.query(other, "SELECT @@global.gtid_slave_pos") == w.query(w.supplier, "SELECT @@global.gtid_binlog_pos")
	})
	w.exec(other, "STOP SLAVE")
	w.fill(other, "t", 5)
	w.follow()
	w.newStream()
	w.caughtUp(other)
}

func TestAccessDenied(t *testing.T) {
	w := newWorld(t, nil)
	w.options = func(o *upstream.Options) {
		o.Supplier.Password = func() (string, error) { return "wrong", nil }
	}
	w.follow()
	w.state(upstream.AccessDenied)
}

func TestEventOverTheLimit(t *testing.T) {
	w := newWorld(t, map[string]string{"binlog_format": "ROW"})
	w.options = func(o *upstream.Options) { o.MaxEvent = 1 << 20 }
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 1)
	w.exec(w.supplier, "CREATE TABLE app.big (b LONGBLOB)")
	w.exec(w.supplier, "INSERT INTO app.big VALUES (REPEAT('x', 5000000))")
	w.state(upstream.EventTooLarge)
}

func TestLargeEventsAndAllEngines(t *testing.T) {
	w := newWorld(t, map[string]string{"max_allowed_packet": "64M", "binlog_format": "ROW"})
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 1)
	w.exec(w.supplier, "CREATE TABLE app.big (id INT PRIMARY KEY, b LONGBLOB)")
	w.exec(w.supplier, "INSERT INTO app.big VALUES (1, REPEAT('x', 20000000))")
	for _, engine := range []string{"MyISAM", "Aria", "InnoDB"} {
		w.exec(w.supplier, "CREATE TABLE app.e"+engine+" (id INT PRIMARY KEY) ENGINE="+engine)
		w.exec(w.supplier, "INSERT INTO app.e"+engine+" VALUES (1),(2)")
	}
	w.exec(w.supplier, "FLUSH BINARY LOGS")
	w.sameBytes(w.supplier, "mysql-bin.000001")
}
