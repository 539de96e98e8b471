package e2e_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/lab"
	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const name = "portal" // of the lab's database in the configuration

func (w *world) exec(s *mariadbd.Server, format string, args ...any) {
	w.t.Helper()
	q := fmt.Sprintf(format, args...)
	if err := s.Exec(w.t.Context(), q); err != nil {
		w.t.Fatalf("%.200s: %v", q, err)
	}
}

func (w *world) ask(s *mariadbd.Server, q string) string {
	w.t.Helper()
	v, err := s.QueryString(w.t.Context(), q)
	if err != nil {
		w.t.Fatalf("%.200s: %v", q, err)
	}
	return v
}

// status asks the daemon as an operator would; false while it does not answer.
func (w *world) status() (api.Database, bool) {
	out, err := w.Wcdectl(w.t.Context(), "--json", "status")
	var s api.Status
	if jsonErr := json.Unmarshal(out, &s); jsonErr != nil || len(s.Databases) != 1 {
		_ = err // exit status 3 means degraded, and comes with a status
		return api.Database{}, false
	}
	return s.Databases[0], true
}

// until waits for a condition of the status.
func (w *world) until(what string, ok func(api.Database) bool) {
	w.t.Helper()
	w.eventually(what, func() (bool, string) {
		s, answers := w.status()
		if !answers {
			return false, "the daemon does not answer"
		}
		return ok(s), fmt.Sprintf("%+v", s)
	})
}

// protected waits until every commit waits for us.
func (w *world) protected() {
	w.t.Helper()
	w.until("semi-sync holds", func(d api.Database) bool { return d.SemiSync })
}

// applied waits until the foundation's server has all that the supplier has logged.
func (w *world) applied() {
	w.t.Helper()
	want, err := binlog.ParsePosition(w.ask(w.Supplier, "SELECT @@global.gtid_binlog_pos"))
	w.must(err)
	w.eventually("the replica has reached "+want.String(), func() (bool, string) {
		text, err := w.Foundation.QueryString(w.t.Context(), "SELECT @@global.gtid_slave_pos")
		if err != nil {
			return false, err.Error()
		}
		at, err := binlog.ParsePosition(text)
		s, _ := w.status()
		return err == nil && at.Reached(want), fmt.Sprintf("at %s; %+v", text, s)
	})
}

// tables returns the checksum of every table that is not the server's own.
func (w *world) tables(s *mariadbd.Server) map[string]string {
	w.t.Helper()
	db, err := s.Open("")
	w.must(err)
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), "SELECT CONCAT('`', TABLE_SCHEMA, '`.`', TABLE_NAME, '`') FROM "+
		"information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND TABLE_SCHEMA NOT IN "+
		"('mysql', 'sys', 'information_schema', 'performance_schema', 'wcde')")
	w.must(err)
	defer rows.Close()
	sums := map[string]string{}
	for rows.Next() {
		var table string
		w.must(rows.Scan(&table))
		sums[table] = ""
	}
	w.must(rows.Err())
	for table := range sums {
		var named string
		var sum sql.NullString
		w.must(db.QueryRowContext(w.t.Context(), "CHECKSUM TABLE "+table).Scan(&named, &sum))
		sums[table] = sum.String
	}
	return sums
}

// same compares all tables of both servers.
func (w *world) same() {
	w.t.Helper()
	w.applied()
	supplier, foundation := w.tables(w.Supplier), w.tables(w.Foundation)
	if len(supplier) == 0 {
		w.t.Fatal("the supplier has no tables")
	}
	if diff := cmp.Diff(supplier, foundation); diff != "" {
		w.t.Errorf("tables differ (-supplier +foundation):\n%s", diff)
	}
}

// sealedAreExact compares every sealed segment with the supplier's file, if that is still there.
func (w *world) sealedAreExact() {
	w.t.Helper()
	out, err := w.Wcdectl(w.t.Context(), "--json", "database", "segments", name)
	w.must(err)
	var list []api.Segment
	w.must(json.Unmarshal(out, &list))
	checked := 0
	for _, s := range list {
		if s.Status != "sealed" {
			continue
		}
		checked++
		for _, path := range []string{s.Path, filepath.Join(w.info.Supplier.BinlogDir, s.Name)} {
			data, err := os.ReadFile(path)
			w.must(err)
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != s.SHA256 {
				w.t.Errorf("%s does not have the bytes that were sealed", path)
			}
		}
	}
	if checked == 0 {
		w.t.Error("no segment is sealed")
	}
}

// ledger is a load whose every acknowledged commit is known.
type ledger struct {
	mu    sync.Mutex
	acked map[string]bool
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

// write inserts rows with keys of their own from several connections until told to stop.
func (w *world) write(writers int) *ledger {
	w.t.Helper()
	w.exec(w.Supplier, "CREATE DATABASE IF NOT EXISTS ledger")
	w.exec(w.Supplier, "CREATE TABLE IF NOT EXISTS ledger.rows (id INT AUTO_INCREMENT PRIMARY KEY, k VARCHAR(40) NOT NULL, "+
		"pad VARCHAR(200)) ENGINE=InnoDB")
	ctx, cancel := context.WithCancel(context.Background())
	l := &ledger{acked: map[string]bool{}, stop: cancel}
	db, err := w.Supplier.Open("ledger")
	w.must(err)
	run := w.ask(w.Supplier, "SELECT UUID_SHORT()")
	for i := range writers {
		l.wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("%s-%d-%d", run, i, n)
				// Not with ctx: a commit whose answer is not waited for is neither acknowledged nor not.
				if _, err := db.Exec("INSERT INTO ledger.rows (k, pad) VALUES (?, REPEAT('p', 100))", key); err == nil {
					l.mu.Lock()
					l.acked[key] = true
					l.mu.Unlock()
				}
			}
		})
	}
	context.AfterFunc(ctx, func() { l.wg.Wait(); _ = db.Close() })
	w.t.Cleanup(l.end)
	return l
}

func (l *ledger) end() { l.stop(); l.wg.Wait() }

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// growing waits until the load has committed n more rows.
func (w *world) growing(l *ledger, n int) {
	w.t.Helper()
	from := l.count()
	w.eventually(fmt.Sprintf("%d more commits", n), func() (bool, string) {
		return l.count() >= from+n, fmt.Sprintf("%d", l.count()-from)
	})
}

// complete checks that every acknowledged row is on the foundation's server, once.
func (w *world) complete(l *ledger) {
	w.t.Helper()
	w.applied()
	db, err := w.Foundation.Open("ledger")
	w.must(err)
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), "SELECT k, COUNT(*) FROM ledger.rows GROUP BY k")
	w.must(err)
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var key string
		var n int
		w.must(rows.Scan(&key, &n))
		if n != 1 {
			w.t.Errorf("row %s is there %d times", key, n)
		}
		found[key] = true
	}
	w.must(rows.Err())
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := 0
	for key := range l.acked {
		if !found[key] {
			lost++
		}
	}
	if lost > 0 {
		w.t.Errorf("%d of %d acknowledged rows are lost", lost, len(l.acked))
	}
	if len(l.acked) == 0 {
		w.t.Error("the load committed nothing")
	}
}

func TestSysbenchIsFollowed(t *testing.T) {
	w := up(t, func(o *lab.Options) { o.SupplierSettings = map[string]string{"max_binlog_size": "8M"} })
	w.protected()
	w.sysbench("prepare")
	w.sysbench("run", "--threads=4", "--time=8")
	w.exec(w.Supplier, "FLUSH BINARY LOGS")
	w.same()
	w.sealedAreExact()
	s, _ := w.status()
	if !s.Connected || !s.SemiSync || s.LagSeconds == nil || len(s.Problems) > 0 || s.AppliedGTID != s.ArchivedGTID {
		t.Errorf("status %+v", s)
	}
	if len(strings.TrimSpace(s.ArchivedGTID)) == 0 {
		t.Error("no archived GTID")
	}
}
