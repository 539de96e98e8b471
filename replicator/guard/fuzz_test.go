package guard

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// FuzzEvent feeds any bytes as any event.
func FuzzEvent(f *testing.F) {
	c := statementCase{db: "app", charset: 33}
	_, query := c.event([]byte("INSERT INTO t VALUES (1)"))
	f.Add(byte(replication.QUERY_EVENT), query, true)
	_, query = queryEvent(replication.MARIADB_QUERY_COMPRESSED_EVENT, varUTF8, "app", compressed([]byte("DROP USER x")))
	f.Add(byte(replication.MARIADB_QUERY_COMPRESSED_EVENT), query, true)
	_, table := makeEvent(replication.TABLE_MAP_EVENT, tableMapBody("app", "t"))
	f.Add(byte(replication.TABLE_MAP_EVENT), table, false)
	_, format := makeEvent(replication.FORMAT_DESCRIPTION_EVENT, formatBody())
	f.Add(byte(replication.FORMAT_DESCRIPTION_EVENT), format, true)
	g := New(Policy{DropDatabase: true, ServerVersion: 110800})
	f.Fuzz(func(t *testing.T, kind byte, raw []byte, checksum bool) {
		v := g.Event(binlog.Header{Type: binlog.Type(kind), Size: uint32(len(raw))}, raw, checksum)
		if v.Hold != (v.Category != "") || v.Hold != (v.Reason != "") {
			t.Fatalf("half a verdict: %+v", v)
		}
		// A byte that cannot be shown takes up to ten: \U0010ffff.
		if len(v.Statement) > 10*maxExcerpt || !utf8.ValidString(v.Statement) {
			t.Fatalf("excerpt of %d bytes: %q", len(v.Statement), v.Statement)
		}
	})
}

// FuzzStatement judges any text, in any mode and character set. The same text in another spelling gets the same
// verdict, and nothing that passes does so with something hostile beside it.
func FuzzStatement(f *testing.F) {
	for _, folder := range []string{"pass", "hold"} {
		for _, c := range loadCases(f, folder) {
			f.Add(c.sql, uint8(c.mode>>2&1|c.mode>>8&2|c.mode>>18&4), c.charset, uint64(1))
		}
	}
	f.Fuzz(func(t *testing.T, sql []byte, mode uint8, charset uint16, seed uint64) {
		c := statementCase{db: "app", charset: charset}
		for bit, m := range []uint64{modeANSIQuotes, modeOracle, modeNoBackslashEscapes} {
			if mode&(1<<bit) != 0 {
				c.mode |= m
			}
		}
		v := c.judge(sql)
		if !v.Hold {
			for _, text := range hostileCompanions(string(sql)) {
				if w := c.judge([]byte(text)); !w.Hold {
					t.Fatalf("passes: %q", text)
				}
			}
		}
		if executable(sql) || ends(sql) { // BEGIN passes in all character sets, begin only in those that can be read
			return
		}
		text := vary(rand.New(rand.NewPCG(seed, 1)), sql, c.dialect(), execution{version: oldestVersion})
		if w := c.judge(text); w.Category != v.Category {
			t.Fatalf("%q is %q (%s)\n%q is %q (%s)", sql, v.Category, v.Reason, text, w.Category, w.Reason)
		}
	})
}
