package guard

import (
	"bytes"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// status variables for tests
var (
	varFlags   = []byte{statusFlags2, 1, 2, 3, 4}
	varMode    = []byte{statusSQLMode, 0, 0, 0, 0, 0, 0, 0, 0}
	varAnsi    = []byte{statusSQLMode, modeANSIQuotes, 0, 0, 0, 0, 0, 0, 0}
	varUTF8    = []byte{statusCharset, 45, 0, 45, 0, 8, 0}
	varGBK     = []byte{statusCharset, 28, 0, 28, 0, 8, 0}
	varCatalog = []byte{statusCatalogNZ, 3, 's', 't', 'd'}
	varXID     = []byte{statusXID, 1, 2, 3, 4, 5, 6, 7, 8}
	varColls   = []byte{statusCollations, 2, 33, 0, 1, 0, 45, 0, 2, 0}
	varUnknown = []byte{200, 1, 2, 3}
	varsOthers = bytes.Join([][]byte{{statusAutoIncrement, 1, 0, 1, 0}, {statusTimeZone, 6, 'S', 'Y', 'S', 'T', 'E', 'M'},
		{statusLCTimeNames, 1, 0}, {statusCharsetDB, 8, 0}, {statusTableMap, 0, 0, 0, 0, 0, 0, 0, 0},
		{statusDataWritten, 0, 0, 0, 0}, {statusInvoker, 1, 'u', 4, 'h', 'o', 's', 't'}, {statusHRNow, 1, 2, 3}, varXID,
		{statusGTIDFlags3, 2}, {statusGTIDFlags3, 4, 1, 2, 3, 4, 5, 6, 7, 8}}, nil)
)

func TestDialect(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	sure, ansi := dialect{charset: charsetUTF8}, dialect{charset: charsetUTF8, ansiQuotes: true}
	unsure := dialect{charset: charsetASCII, unsure: true}
	for name, c := range map[string]struct {
		vars    []byte
		version int
		want    dialect
		bad     bool
	}{
		"as every server writes them": {vars: join(varFlags, varAnsi, varCatalog, varUTF8, varsOthers), want: ansi},
		"nothing":                     {want: unsure},
		"only a mode":                 {vars: varAnsi, want: dialect{charset: charsetASCII, ansiQuotes: true}},
		"only a character set":        {vars: varUTF8, want: dialect{charset: charsetUTF8, unsure: true}},
		"gbk":                         {vars: join(varMode, varGBK), want: dialect{charset: charsetASCII}},
		"two character sets":          {vars: join(varMode, varUTF8, varGBK), bad: true},
		"two modes":                   {vars: join(varMode, varAnsi, varUTF8), bad: true},
		"unknown at the end":          {vars: join(varAnsi, varUTF8, varUnknown), want: unsure},
		"unknown before":              {vars: join(varUnknown, varMode, varUTF8), want: unsure},
		"XID before, unknown to 10.5": {vars: join(varMode, varXID, varUTF8), want: unsure},
		"XID behind":                  {vars: join(varMode, varUTF8, varXID), want: sure},
		"collations for an old one":   {vars: join(varMode, varColls, varUTF8), version: 101119, want: unsure},
		"collations for nobody knows": {vars: join(varMode, varColls, varUTF8), want: unsure},
		"collations for a new one":    {vars: join(varMode, varColls, varUTF8), version: 110802, want: sure},
		"XID before, a new one":       {vars: join(varMode, varXID, varUTF8), version: 110802, want: unsure},
		"a character set cut off":     {vars: join(varMode, varUTF8[:5]), bad: true},
		"a name cut off":              {vars: []byte{statusCatalogNZ}, bad: true},
		"a long name cut off":         {vars: []byte{statusCatalogNZ, 200, 'x'}, bad: true},
		"an invoker cut off":          {vars: []byte{statusInvoker, 3, 'a'}, bad: true},
		"an invoker's host cut off":   {vars: []byte{statusInvoker, 1, 'a', 9, 'b'}, bad: true},
		"collations cut off":          {vars: join(varMode, []byte{statusCollations, 3, 1}), version: 110802, bad: true},
	} {
		_, raw := queryEvent(replication.QUERY_EVENT, c.vars, "app", []byte("x"))
		q, err := binlog.ParseQuery(raw, true)
		if err != nil {
			t.Fatal(err)
		}
		got, category, reason := New(Policy{ServerVersion: c.version}).dialect(q)
		if (category != "") != c.bad || !c.bad && got != c.want {
			t.Errorf("%s: %+v %s %s, want %+v", name, got, category, reason, c.want)
		}
	}
}

// An event must not lean on what the one before it left behind: with another character set or mode the same bytes
// are another statement.
func TestUnsureStatementsAreHeld(t *testing.T) {
	g := New(Policy{})
	for _, sql := range []string{`INSERT INTO t VALUES ('\'')`, `INSERT INTO t VALUES ("a")`,
		`INSERT INTO t VALUES ('é')`} {
		for _, vars := range [][]byte{nil, varUnknown, bytes.Join([][]byte{varMode, varColls, varUTF8}, nil)} {
			h, raw := queryEvent(replication.QUERY_EVENT, vars, "app", []byte(sql))
			if v := g.Event(h, raw, true); v.Category != CategoryUnparsed {
				t.Errorf("%s with % x: %+v", sql, vars, v)
			}
		}
	}
}

func TestDefaultDatabase(t *testing.T) {
	vars := bytes.Join([][]byte{varMode, varUTF8}, nil)
	g := New(Policy{})
	for db, want := range map[string]string{"": "", "app": "", "my\x00sql": CategoryUnparsed,
		"mysql\x00": CategoryUnparsed,
		"mysql":     CategorySystemSchema, "MySQL": CategorySystemSchema, "mysqlx": "", "#mysql50#x": CategorySystemSchema} {
		h, raw := queryEvent(replication.QUERY_EVENT, vars, db, []byte("INSERT INTO t VALUES (1)"))
		if v := g.Event(h, raw, true); v.Category != want {
			t.Errorf("%q: %+v, want %q", db, v, want)
		}
	}
	// The name's terminating zero is something else: mys, and then ql.
	h, raw := queryEvent(replication.QUERY_EVENT, vars, "mys", []byte("l INSERT"))
	raw[bytes.Index(raw, []byte("mys\x00"))+3] = 'q'
	if v := g.Event(h, raw, true); v.Category != CategoryUnparsed {
		t.Errorf("name without an end: %+v", v)
	}
}

func TestCharsetOf(t *testing.T) {
	for id, want := range map[uint16]charset{8: charsetLatin1, 33: charsetUTF8, 45: charsetUTF8, 224: charsetUTF8,
		255: charsetUTF8, 63: charsetQuoted, 11: charsetQuoted, 28: charsetASCII, 1: charsetASCII, 13: charsetASCII,
		96: charsetASCII, 10: charsetNever, 17: charsetNever, 35: charsetNever, 54: charsetNever, 60: charsetNever,
		56: charsetNever, 0: charsetNever, 500: charsetNever, 1057: charsetUTF8, 1052: charsetASCII, 1034: charsetNever,
		2048: charsetUTF8, 2304: charsetUTF8, 2560: charsetNever, 2816: charsetNever, 65535: charsetNever} {
		if got := charsetOf(id); got != want {
			t.Errorf("collation %d: class %d, want %d", id, got, want)
		}
	}
}

func TestStatement(t *testing.T) {
	g := New(Policy{})
	for _, c := range []struct{ sql, db, mode, charset, want string }{
		{"CREATE PROCEDURE p() SELECT 'é'", "app", "STRICT_TRANS_TABLES", "utf8mb4", ""},
		{"CREATE PROCEDURE p() SELECT 'é'", "app", "", "LATIN1", ""},
		{"CREATE PROCEDURE p() SELECT 'é'", "app", "", "cp1251", ""},
		{"CREATE PROCEDURE p() SELECT 'é'", "app", "", "gbk", CategoryUnparsed},
		{"CREATE PROCEDURE p() SELECT 'e'", "app", "", "gbk", ""},
		{"CREATE PROCEDURE p() SELECT 'e'", "app", "", "ucs2", CategoryUnparsed},
		{"CREATE PROCEDURE p() SELECT 'e'", "app", "", "", CategoryUnparsed},
		{"CREATE PROCEDURE p() SELECT 'e'", "mysql", "", "utf8mb4", CategorySystemSchema},
		{`CREATE PROCEDURE p() BEGIN SELECT "'"; DROP USER x; SELECT "'"; END`, "app", "", "utf8mb3", CategoryAccount},
		{`CREATE PROCEDURE p() SELECT * FROM "mysql"."user"`, "app", "X, ansi_quotes", "utf8mb3", CategorySystemSchema},
		{`CREATE PROCEDURE p() SELECT * FROM "mysql"."user"`, "app", "ANSI", "utf8mb3", CategorySystemSchema},
		{`CREATE PROCEDURE p() BEGIN SELECT '\'; DROP USER x; SELECT '\'; END`, "app", "NO_BACKSLASH_ESCAPES", "utf8mb3",
			CategoryAccount},
		{"CREATE PROCEDURE p AS BEGIN NULL; END", "app", "PIPES_AS_CONCAT,ORACLE", "utf8mb3", ""},
	} {
		if v := g.Statement([]byte(c.sql), c.db, c.mode, c.charset); v.Category != c.want {
			t.Errorf("%s in %q, %q: %+v, want %q", c.sql, c.mode, c.charset, v, c.want)
		}
	}
}
