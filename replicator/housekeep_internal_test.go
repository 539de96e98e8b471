package replicator

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// archived returns a running database whose archive holds several sealed segments of a real server.
func archived(t *testing.T) (*Database, *running) {
	t.Helper()
	dir, err := os.MkdirTemp("", "hk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: filepath.Join(dir, "s"), ServerID: 101, Binlog: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	exec := func(q string) {
		t.Helper()
		if err := s.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	exec("CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'secret'")
	exec("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO repl@'127.0.0.1'")
	c, err := configs.Parse([]byte(fmt.Sprintf(`
foundation: {name: Test, site: {name: ams-1, country: NL}, allowed_countries: [NL]}
state_dir: %[1]s/state
databases:
  - name: app
    supplier: {address: "127.0.0.1:%[2]d", user: repl, password_file: %[1]s/secret, tls: {mode: off}}
    archive: {dir: %[1]s/archive, keep: 1d, reserve: 1MiB}
    serve: {listen: "127.0.0.1:0", password_file: %[1]s/secret}
    replica: {socket: %[1]s/none.sock}
`, dir, s.Port())))
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(c.Databases[0], Options{StateDir: c.StateDir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r, closeAll, err := d.open(func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = r.follower.Run(t.Context()) }()
	t.Cleanup(func() { _ = closeAll() })
	wait(t, func() bool { return len(r.archive.Segments()) > 0 })
	for i := range 5 {
		exec(fmt.Sprintf("CREATE DATABASE app%d", i))
		exec("FLUSH BINARY LOGS")
		wait(t, func() bool { return len(r.archive.Segments()) > i+1 })
	}
	return d, r
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within 30 s")
		}
	}
}

func TestRetentionNeedsAnHonestClockAndTheReplicasPosition(t *testing.T) {
	d, r := archived(t)
	all := len(r.archive.Segments())
	later := time.Now().Add(48 * time.Hour)
	d.cfg.Archive.Keep = configs.Duration{Duration: time.Nanosecond}
	left := func() int { return len(r.archive.Segments()) }

	d.retain(r, 0, later)
	if left() != all {
		t.Error("segments went while nobody knew what the replica needs")
	}
	d.replica.Known, d.replica.Applied = true, binlog.Position{}
	d.retain(r, 0, later)
	if left() != all {
		t.Error("segments went that the replica still needs")
	}
	d.replica.Applied = r.archive.Published()
	d.retain(r, 48*time.Hour, later)
	if left() != all || d.clock == "" {
		t.Error("a clock that jumped deleted segments, or was not reported")
	}
	d.retain(r, 0, later)
	if left() >= all || left() < 2 || d.clock != "" {
		t.Errorf("%d of %d segments are left after their time", left(), all)
	}
}

func TestOverTheLimitWithNeedsGivesSemiSyncUp(t *testing.T) {
	d, r := archived(t)
	d.replica.Known, d.replica.Applied = true, binlog.Position{}
	d.cfg.Archive.MaxSize = 1
	d.retain(r, 0, time.Now())
	if !d.limit {
		t.Error("the limit is not reported")
	}
	found := false
	d.running = r
	for _, p := range d.Status().Problems {
		found = found || p.Hint == "raise archive.max_size, or find out why the replica is behind"
	}
	if !found {
		t.Errorf("no problem says so: %+v", d.Status().Problems)
	}
}
