package binlogtest

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

// Start runs a server that writes a binary log, until the test ends. settings are further lines of its
// configuration.
func Start(t testing.TB, settings map[string]string) *mariadbd.Server {
	t.Helper()
	// Not t.TempDir: a unix socket's path must be short.
	dir, err := os.MkdirTemp("/tmp", "blt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err := mariadbd.Start(t.Context(), mariadbd.Options{
		Dir: dir, ServerID: 1, Port: mariadbd.NoTCP, Binlog: true, Settings: settings,
	})
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

// Session is one connection, so that session variables and transactions hold from one statement to the next.
type Session struct {
	t    testing.TB
	conn *sql.Conn
}

// NewSession connects to the server as root.
func NewSession(t testing.TB, s *mariadbd.Server) *Session {
	t.Helper()
	db, err := s.Open("")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); _ = db.Close() })
	return &Session{t: t, conn: conn}
}

// Exec runs statements, each given on its own; the test ends at the first that fails.
func (s *Session) Exec(statements ...string) {
	s.t.Helper()
	for _, q := range statements {
		if _, err := s.conn.ExecContext(s.t.Context(), q); err != nil {
			s.t.Fatalf("execute %.200q: %v", q, err)
		}
	}
}

// Fail runs a statement that must fail.
func (s *Session) Fail(statement string) {
	s.t.Helper()
	if _, err := s.conn.ExecContext(s.t.Context(), statement); err == nil {
		s.t.Fatalf("execute %.200q: no error", statement)
	}
}

// Close ends the connection.
func (s *Session) Close() { _ = s.conn.Close() }

// Files returns the paths of the server's binary log files, in order. The last one is being written.
func Files(t testing.TB, s *mariadbd.Server) []string {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(s.BinlogDir(), "mysql-bin.index"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for line := range strings.Lines(string(index)) {
		files = append(files, filepath.Join(s.BinlogDir(), filepath.Base(strings.TrimSpace(line))))
	}
	return files
}

// Logged is one line of SHOW BINLOG EVENTS.
type Logged struct {
	At, End int64
	Type    string
	Info    string
}

// Events returns what the server itself says about the events of one of its files.
func Events(t testing.TB, s *mariadbd.Server, file string) []Logged {
	t.Helper()
	db, err := s.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SHOW BINLOG EVENTS IN '%s'", filepath.Base(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var events []Logged
	for rows.Next() {
		var l Logged
		var name string
		var server uint32
		var info []byte
		if err := rows.Scan(&name, &l.At, &l.Type, &server, &l.End, &info); err != nil {
			t.Fatal(err)
		}
		l.Info = string(info[:min(len(info), 200)])
		events = append(events, l)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// Read returns a file's bytes as a server sends them: with the flag cleared that says that the file is in use. The
// checksum of the format description was computed without it.
func Read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const flags = 4 + 17
	if len(b) > flags {
		b[flags] &^= 1
	}
	return b
}

// Split cuts a file's bytes into its events, by their sizes alone.
func Split(t testing.TB, file []byte) [][]byte {
	t.Helper()
	if len(file) < 4 || !slices.Equal(file[:4], []byte{0xfe, 'b', 'i', 'n'}) {
		t.Fatal("not a binary log file")
	}
	var events [][]byte
	for rest := file[4:]; len(rest) > 0; {
		if len(rest) < 19 {
			t.Fatalf("%d bytes left over", len(rest))
		}
		size := int(rest[9]) | int(rest[10])<<8 | int(rest[11])<<16 | int(rest[12])<<24
		if size < 19 || size > len(rest) {
			t.Fatalf("event of %d bytes in %d", size, len(rest))
		}
		events = append(events, rest[:size:size])
		rest = rest[size:]
	}
	return events
}
