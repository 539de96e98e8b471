package mariadb_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

// start runs a server until the test ends.
func start(t *testing.T, o mariadbd.Options) *mariadbd.Server {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "wm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	o.Dir = dir
	s, err := mariadbd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// pair runs a supplier and a foundation.
func pair(t *testing.T) (supplier, foundation *mariadbd.Server) {
	t.Helper()
	var both sync.WaitGroup
	both.Go(func() { supplier = start(t, mariadbd.Options{ServerID: 1, Binlog: true}) })
	both.Go(func() { foundation = start(t, mariadbd.Options{ServerID: 2, Binlog: true, Replica: true}) })
	both.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return supplier, foundation
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// open connects as root.
func open(t *testing.T, s *mariadbd.Server) *mariadb.Server {
	t.Helper()
	return openWith(t, mariadb.Options{Socket: s.Socket(), User: "root"})
}

func openWith(t *testing.T, o mariadb.Options) *mariadb.Server {
	t.Helper()
	o.Logger = quiet()
	s, err := mariadb.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // says what a killed server did to its connections
	return s
}

// script runs the statements of a file of testdata on one connection; they end at lines that hold only "//". PWNED
// stands for a path that must not come into being.
func script(t *testing.T, s *mariadbd.Server, name, pwned string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	db, err := s.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, body, _ := strings.Cut(string(text), "\n") // the first line says what this is
	for _, statement := range strings.Split(body, "\n//\n") {
		if _, err := conn.ExecContext(t.Context(), strings.ReplaceAll(statement, "PWNED", pwned)); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func exec(t *testing.T, s *mariadbd.Server, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if err := s.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func query(t *testing.T, s *mariadbd.Server, q string) string {
	t.Helper()
	v, err := s.QueryString(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}

// archive pretends to hold everything, or nothing.
type archive struct{ empty atomic.Bool }

func (a *archive) Holds(binlog.Position) bool { return !a.empty.Load() }

func allowAll(mariadb.StatementText) error { return nil }

// eventually polls until done.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

func seedOptions(t *testing.T, supplier, foundation *mariadbd.Server) mariadb.SeedOptions {
	t.Helper()
	return mariadb.SeedOptions{Name: "db", Supplier: open(t, supplier), Foundation: open(t, foundation),
		Archive: &archive{}, Check: allowAll}
}
