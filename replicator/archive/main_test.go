package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlog/binlogtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := appendFiles(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	_ = os.RemoveAll(supplierDir())
	os.Exit(code)
}

// supplierDir is where this process keeps a real server's binary log files.
func supplierDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("wcded-archive-test-%d", os.Getpid()))
}

// smallFiles is how many of the supplier's first files are small: a few groups of several kinds each.
const smallFiles = 4

// supplierFiles returns closed files of a real server, in order. The first test that asks has them made.
func supplierFiles(t testing.TB) []string {
	t.Helper()
	if _, err := os.Stat(supplierDir()); errors.Is(err, fs.ErrNotExist) {
		makeSupplierFiles(t)
	}
	files, err := filepath.Glob(filepath.Join(supplierDir(), "mysql-bin.??????"))
	if err != nil || len(files) <= smallFiles {
		t.Fatalf("the supplier's files: %v, %v", files, err)
	}
	return files
}

func makeSupplierFiles(t testing.TB) {
	t.Helper()
	s := binlogtest.Start(t, nil)
	c := binlogtest.NewSession(t, s)
	c.Exec("SET SESSION binlog_format=ROW", "CREATE TABLE mysql.tiny (a INT) ENGINE=InnoDB", "FLUSH BINARY LOGS")
	for range smallFiles - 1 {
		c.Exec("INSERT INTO mysql.tiny VALUES (1)",
			"XA START 'x'", "INSERT INTO mysql.tiny VALUES (2)", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'",
			"SET SESSION gtid_domain_id=5", "INSERT INTO mysql.tiny VALUES (3)", "SET SESSION gtid_domain_id=0",
			"FLUSH BINARY LOGS")
	}
	binlogtest.Everything(t, s)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	making := supplierDir() + ".tmp"
	if err := os.MkdirAll(making, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range binlogtest.Files(t, s) {
		if err := os.WriteFile(filepath.Join(making, filepath.Base(f)), binlogtest.Read(t, f), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(making, supplierDir()); err != nil {
		t.Fatal(err)
	}
}

// memDir returns a directory whose syncs cost nothing, where there is one: for tests that open archives by the
// thousand.
func memDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "archive")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func open(t testing.TB, o Options) *Archive {
	t.Helper()
	a, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func closed(t testing.TB, a *Archive) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func writer(t testing.TB, a *Archive) *Writer {
	t.Helper()
	w, err := a.Writer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// send appends a file's events from an offset on, as the network would bring them.
func send(w *Writer, events [][]byte, from int64) error {
	at := int64(binlog.MagicSize)
	for _, ev := range events {
		if at >= from {
			if _, err := w.Append(ev); err != nil {
				return err
			}
		}
		at += int64(len(ev))
	}
	return nil
}

// store archives whole files.
func store(t testing.TB, a *Archive, files ...string) {
	t.Helper()
	w := writer(t, a)
	for _, f := range files {
		if err := w.Begin(filepath.Base(f), Continue, "test"); err != nil {
			t.Fatal(err)
		}
		if err := send(w, binlogtest.Split(t, binlogtest.Read(t, f)), 0); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if err := w.Seal(""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// resume goes on from where the archive ends to the end of the last of the files, as a supplier that has them all would
// bring it.
func resume(t testing.TB, a *Archive, files ...string) error {
	t.Helper()
	tail, ok := a.Tail()
	w, err := a.Writer(nil)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Base(f)
		from := int64(0)
		switch {
		case ok && (FileNumber(name) < FileNumber(tail.Name) || name == tail.Name && tail.Complete):
			continue
		case ok && name == tail.Name:
			from = tail.Offset
		default:
			err = w.Begin(name, Continue, "test")
		}
		if err == nil {
			err = send(w, binlogtest.Split(t, binlogtest.Read(t, f)), from)
		}
		if err == nil {
			err = w.Seal("")
		}
		if err != nil {
			return errors.Join(err, w.Close())
		}
	}
	return w.Close()
}

// readAll returns the bytes of each segment that a reader from the archive's beginning sees, and the error at its end.
func readAll(a *Archive, from binlog.Position) (map[string][]byte, error) {
	r, err := a.ReadFromGTID(from)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	files := map[string][]byte{}
	for {
		ev, err := r.Next()
		if errors.Is(err, ErrEnd) {
			return files, nil
		}
		if err != nil {
			return files, err
		}
		if ev.Offset == binlog.MagicSize {
			files[ev.Segment] = binlog.Magic()
		}
		if int64(len(files[ev.Segment])) != ev.Offset {
			return files, fmt.Errorf("%s: event at %d behind %d bytes", ev.Segment, ev.Offset, len(files[ev.Segment]))
		}
		files[ev.Segment] = append(files[ev.Segment], ev.Raw...)
	}
}

// oldest is the position before everything in the archive.
func oldest(t testing.TB, a *Archive) binlog.Position {
	t.Helper()
	s := a.Oldest()
	if s == nil {
		t.Fatal("the archive is empty")
	}
	return s.Position()
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
