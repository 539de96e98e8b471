package guard

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// TestRealServer compares the guard with what a real MariaDB writes into its binary log, and with how it reads
// statements.
func TestRealServer(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "grd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: dir, Port: mariadbd.NoTCP, Binlog: true,
		Settings: map[string]string{"log_bin_trust_function_creators": "1", "log_bin_compress_min_len": "10",
			"performance_schema": "ON", "max_digest_length": "65536", "performance_schema_max_digest_length": "65536"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	for _, format := range []string{"ROW", "MIXED", "STATEMENT"} {
		for _, compress := range []string{"OFF", "ON"} {
			t.Run(format+" compressed "+compress, func(t *testing.T) { ordinary(t, s, format, compress) })
		}
	}
	t.Run("hostile", func(t *testing.T) { hostile(t, s) })
	t.Run("load data", func(t *testing.T) { loadData(t, s) })
	t.Run("edited", func(t *testing.T) { edited(t, s) })
	t.Run("modes", func(t *testing.T) { modes(t, s) })
	t.Run("tokens", func(t *testing.T) { tokensAgree(t, s) })
}

// session opens one connection to a new database app.
func session(t *testing.T, s *mariadbd.Server, format, compress string) *sql.Conn {
	t.Helper()
	db, err := s.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, q := range []string{"FLUSH BINARY LOGS", "SET GLOBAL log_bin_compress = " + compress,
		"DROP DATABASE IF EXISTS app", "CREATE DATABASE app", "USE app", "SET binlog_format = " + format} {
		run(t, conn, q)
	}
	return conn
}

func run(t *testing.T, conn *sql.Conn, q string) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), q); err != nil {
		t.Fatalf("%s\n%v", q, err)
	}
}

// event is one event of a real binary log.
type event struct {
	header   binlog.Header
	raw      []byte
	checksum bool
}

// newest closes the server's newest binary log and returns its events.
func newest(t *testing.T, s *mariadbd.Server, conn *sql.Conn) []event {
	t.Helper()
	run(t, conn, "COMMIT")
	run(t, conn, "FLUSH BINARY LOGS")
	files, err := filepath.Glob(filepath.Join(s.BinlogDir(), "mysql-bin.0*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d binary logs, %v", len(files), err)
	}
	slices.Sort(files)
	data, err := os.ReadFile(files[len(files)-2])
	if err != nil {
		t.Fatal(err)
	}
	var events []event
	checksum := false
	for at := binlog.MagicSize; at < len(data); {
		h, err := binlog.ParseHeader(data[at:])
		if err != nil || at+int(h.Size) > len(data) {
			t.Fatalf("%s at %d: %v", files[len(files)-2], at, err)
		}
		raw := data[at : at+int(h.Size)]
		if h.Type == replication.FORMAT_DESCRIPTION_EVENT {
			f, err := binlog.ParseFormat(raw)
			if err != nil {
				t.Fatal(err)
			}
			checksum = f.Checksum
		}
		events = append(events, event{h, raw, checksum})
		at += int(h.Size)
	}
	return events
}

// records reads testdata/server/name.
func records(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "server", name))
	if err != nil {
		t.Fatal(err)
	}
	raw := rawByte.ReplaceAllStringFunc(strings.TrimSuffix(string(text), "\n"), func(s string) string {
		var c byte
		fmt.Sscanf(s, "{{%02x}}", &c)
		return string([]byte{c})
	})
	return strings.Split(raw, "\n==\n")
}

// ordinary runs what applications do, in one format, and wants nothing of it held.
func ordinary(t *testing.T, s *mariadbd.Server, format, compress string) {
	conn := session(t, s, format, compress)
	for _, q := range records(t, "ordinary.sql") {
		if head, rest, ok := strings.Cut(q, "\n"); ok && strings.HasPrefix(head, "#! not=") {
			if strings.EqualFold(strings.TrimPrefix(head, "#! not="), format) {
				continue
			}
			q = rest
		}
		run(t, conn, q)
	}
	run(t, conn, "SET NAMES utf8mb4")
	g := New(Policy{})
	seen := map[binlog.Type]int{}
	for _, ev := range newest(t, s, conn) {
		seen[ev.header.Type]++
		if v := g.Event(ev.header, ev.raw, ev.checksum); v.Hold {
			t.Errorf("%s held as %s: %s: %s", ev.header.Type, v.Category, v.Reason, v.Statement)
		}
	}
	t.Log(seen)
	statements := seen[replication.QUERY_EVENT]
	if compress == "ON" {
		statements = seen[replication.MARIADB_QUERY_COMPRESSED_EVENT]
	}
	if statements < 60 {
		t.Errorf("only %d statements", statements)
	}
	// INSERT DELAYED is always logged as rows.
	if rows := seen[replication.TABLE_MAP_EVENT]; format == "ROW" && rows < 40 || format == "STATEMENT" && rows > 1 {
		t.Errorf("%d table maps", rows)
	}
}

// hostile runs statements that a real server logs, and wants each of them held for its reason, and nothing else.
func hostile(t *testing.T, s *mariadbd.Server) {
	for _, format := range []string{"STATEMENT", "ROW"} {
		conn := session(t, s, format, "OFF")
		run(t, conn, "CREATE TABLE victim (a INT)")
		var want, got []string
		for i, q := range records(t, "hostile.sql") {
			head, text, _ := strings.Cut(q, "\n")
			run(t, conn, "SET GLOBAL log_bin_compress = "+[]string{"OFF", "ON"}[i%2])
			run(t, conn, text)
			if format == "ROW" && strings.HasPrefix(text, "INSERT INTO victim") {
				continue // logged is what the function returned, not that it was called
			}
			want = append(want, strings.TrimPrefix(head, "#! "))
		}
		g := New(Policy{})
		for _, ev := range newest(t, s, conn) {
			v := g.Event(ev.header, ev.raw, ev.checksum)
			if v.Hold {
				got = append(got, v.Category)
			}
			if strings.Contains(v.Statement, "geheim") {
				t.Errorf("the excerpt shows a password: %s", v.Statement)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", format, got, want)
		}
	}
}

// loadData wants the events of LOAD DATA held in statement format, where the replica itself would load a file.
func loadData(t *testing.T, s *mariadbd.Server) {
	conn := session(t, s, "STATEMENT", "OFF")
	file := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(file, []byte("1\n2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, conn, "CREATE TABLE victim (a INT)")
	run(t, conn, "LOAD DATA INFILE '"+file+"' INTO TABLE victim")
	seen := 0
	for _, ev := range newest(t, s, conn) {
		switch ev.header.Type {
		case replication.BEGIN_LOAD_QUERY_EVENT, replication.EXECUTE_LOAD_QUERY_EVENT:
			seen++
			if v := New(Policy{}).Event(ev.header, ev.raw, ev.checksum); v.Category != CategoryFile {
				t.Errorf("%s: %+v", ev.header.Type, v)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d events of LOAD DATA", seen)
	}
}

// edited puts the hostile statements of testdata into an event that a real server wrote.
func edited(t *testing.T, s *mariadbd.Server) {
	conn := session(t, s, "STATEMENT", "OFF")
	run(t, conn, "CREATE TABLE t (a INT)")
	var whole event
	for _, ev := range newest(t, s, conn) {
		if ev.header.Type == replication.QUERY_EVENT {
			whole = ev
		}
	}
	q, err := binlog.ParseQuery(whole.raw, whole.checksum)
	if err != nil {
		t.Fatal(err)
	}
	sqlAt := len(whole.raw) - binlog.ChecksumSize - len(q.SQL)
	g := New(Policy{DropDatabase: true, DropTable: true, Truncate: true})
	tried := 0
	for _, c := range loadCases(t, "hold") {
		if c.db != "app" || c.mode != 0 || c.charset != 33 || c.noMode || c.noSet {
			continue
		}
		tried++
		raw := slices.Concat(whole.raw[:sqlAt], c.sql, make([]byte, binlog.ChecksumSize))
		binary.LittleEndian.PutUint32(raw[9:], uint32(len(raw)))
		binlog.SetChecksum(raw)
		h, err := binlog.ParseHeader(raw)
		if err != nil {
			t.Fatal(err)
		}
		if v := g.Event(h, raw, true); v.Category != c.category {
			t.Errorf("%s: %+v, want %q", c.place, v, c.category)
		}
	}
	if tried < 300 {
		t.Errorf("only %d statements", tried)
	}
}

// modes wants the bits of sql_mode and the collation ids of a real server to be those that the guard goes by.
func modes(t *testing.T, s *mariadbd.Server) {
	conn := session(t, s, "STATEMENT", "OFF")
	for _, c := range []struct {
		set  string
		want dialect
	}{
		{"SET NAMES utf8mb4, sql_mode = ''", dialect{charset: charsetUTF8}},
		{"SET NAMES utf8mb4 COLLATE utf8mb4_uca1400_ai_ci, sql_mode = 'ANSI_QUOTES'",
			dialect{charset: charsetUTF8, ansiQuotes: true}},
		{"SET NAMES latin1, sql_mode = 'NO_BACKSLASH_ESCAPES'", dialect{charset: charsetLatin1, noBackslash: true}},
		{"SET NAMES gbk, sql_mode = 'ORACLE'", dialect{charset: charsetASCII, ansiQuotes: true, oracle: true}},
		{"SET NAMES swe7, sql_mode = ''", dialect{charset: charsetNever}},
		{"SET NAMES cp1251", dialect{charset: charsetQuoted}},
	} {
		run(t, conn, c.set)
		run(t, conn, "CREATE OR REPLACE TABLE t (a INT)")
		var got dialect
		for _, ev := range newest(t, s, conn) {
			if q, err := binlog.ParseQuery(ev.raw, ev.checksum); err == nil && ev.header.Type == replication.QUERY_EVENT {
				var category string
				if got, category, _ = New(Policy{}).dialect(q); category != "" {
					t.Errorf("%s: %s", c.set, category)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.set, got, c.want)
		}
	}
	rows, err := conn.QueryContext(t.Context(),
		"SELECT id, character_set_name FROM information_schema.collations WHERE id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	want := map[string]charset{"utf8mb3": charsetUTF8, "utf8mb4": charsetUTF8, "latin1": charsetLatin1,
		"big5": charsetASCII, "gbk": charsetASCII, "sjis": charsetASCII, "cp932": charsetASCII,
		"swe7": charsetNever, "ucs2": charsetNever,
		"utf16": charsetNever, "utf16le": charsetNever, "utf32": charsetNever}
	n := 0
	for rows.Next() {
		var id uint16
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			t.Fatal(err)
		}
		class, named := want[name]
		if !named {
			class = charsetQuoted
		}
		if got := charsetOf(id); got != class {
			t.Errorf("collation %d of %s: class %d, want %d", id, name, got, class)
		}
		n++
	}
	if err := rows.Err(); err != nil || n < 300 {
		t.Errorf("%d collations, %v", n, err)
	}
}

// tokensAgree builds texts out of all that is difficult, and compares the words that the guard sees in them with
// those in the server's statement digest. The server makes digests of what it could parse only.
func tokensAgree(t *testing.T, s *mariadbd.Server) {
	conn := session(t, s, "STATEMENT", "OFF")
	run(t, conn, "UPDATE performance_schema.setup_consumers SET enabled = 'YES'")
	var version uint32
	if err := conn.QueryRowContext(t.Context(),
		`SELECT 10000 * SUBSTRING_INDEX(VERSION(), '.', 1) +
			100 * SUBSTRING_INDEX(SUBSTRING_INDEX(VERSION(), '.', 2), '.', -1)`).Scan(&version); err != nil {
		t.Fatal(err)
	}
	pieces := []string{"'", "'", `"`, `"`, "`", `\`, `\'`, "--", "-- ", "--\n", "\n", " ", " ", "\t", "\v", "/*", "*/",
		"/*!50000", "/*!99999", "/*M!100000", "/*M!999999", "/*!", "#", "1", "0", "5", ".", ".", "e", "e5", "E+5", "x", "0x",
		"0b1", "x'41'", "b'1'", "n'a'", "w1", "w2", "w3 ", " w4 ", ",", ",", "+", "-", "*", "/", "@", "@w5",
		"@@version", ":=", "..", `\N`, "é", "$", "_", "(", ")", " as ", "!", "{", "}", "%", "''", "*/1",
		"/*!50000 +1*/", "/**/", "/*/*/",
		"/*!999999 /*x*/+2*/", "/*!50000/*x*/+2*/"}
	r := rand.New(rand.NewPCG(7, 7))
	compared := 0
	for _, mode := range []struct {
		set string
		d   dialect
	}{
		{"", dialect{charset: charsetUTF8}},
		{"ANSI_QUOTES", dialect{charset: charsetUTF8, ansiQuotes: true}},
		{"NO_BACKSLASH_ESCAPES", dialect{charset: charsetUTF8, noBackslash: true}},
	} {
		run(t, conn, "SET NAMES utf8mb4, sql_mode = '"+mode.set+"'")
		for range 800 {
			text := "select "
			for range 1 + r.IntN(14) {
				text += pieces[r.IntN(len(pieces))]
			}
			if r.IntN(2) == 0 {
				text += " from w9"
			}
			digest := digestOf(t, conn, text)
			if digest == "" {
				continue
			}
			mine, ok := guardWords(text, mode.d, execution{version: version})
			if !ok {
				continue
			}
			compared++
			if theirs := digestWords(digest); !slices.Equal(mine, theirs) {
				t.Errorf("%q with %q\n guard  %q\n server %q", text, mode.set, mine, theirs)
			}
		}
	}
	if compared < 120 {
		t.Errorf("only %d texts were compared", compared)
	}
}

// digestOf runs text, which may fail, and returns its digest, "" if the server could not parse it.
func digestOf(t *testing.T, conn *sql.Conn, text string) string {
	t.Helper()
	_, _ = conn.ExecContext(t.Context(), text)
	var digest sql.NullString
	err := conn.QueryRowContext(context.WithoutCancel(t.Context()), `SELECT digest_text FROM
		performance_schema.events_statements_history JOIN performance_schema.threads USING (thread_id)
		WHERE processlist_id = CONNECTION_ID() ORDER BY event_id DESC LIMIT 1`).Scan(&digest)
	if err != nil {
		t.Fatal(err)
	}
	return digest.String
}

// digestWords returns the words and identifiers of a digest. Literals are question marks there, and variables too.
func digestWords(digest string) []string {
	var words []string
	for i := 0; i < len(digest); {
		end := i
		switch c := digest[i]; {
		case c == '`':
			for end++; end < len(digest) && !(digest[end] == '`' && (end+1 == len(digest) || digest[end+1] == ' ')); end++ {
			}
			words = append(words, strings.ToLower(digest[i+1:end]))
			end++
		case 'A' <= c && c <= 'Z' || c == '_':
			for end < len(digest) && digest[end] != ' ' {
				end++
			}
			words = append(words, strings.ToLower(digest[i:end]))
		case c == '@': // in front of a system variable
			end++
		default:
			for end < len(digest) && digest[end] != ' ' {
				end++
			}
			end++
		}
		i = end
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "null" })
}

// guardWords returns the same of the guard's tokens, or false if the guard would hold the text.
func guardWords(text string, d dialect, e execution) ([]string, bool) {
	s := scanner{text: []byte(text), dialect: d, exec: e}
	var words []string
	for {
		t := s.next()
		switch t.kind {
		case kindBad:
			return nil, false
		case kindEnd:
			return words, true
		case kindWord:
			words = append(words, strings.ToLower(text[t.start:t.end]))
		case kindQuoted:
			quote, name := text[t.start], text[t.start+1:t.end-1]
			if quote == '`' { // digests keep "" within "
				name = strings.ReplaceAll(name, "``", "`")
			}
			if name != "" { // the digest has nothing there
				words = append(words, strings.ToLower(name))
			}
		}
	}
}
