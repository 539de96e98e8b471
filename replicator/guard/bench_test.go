package guard

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func benchmark(b *testing.B, h binlog.Header, raw []byte) {
	g := New(Policy{})
	if v := g.Event(h, raw, true); v.Hold {
		b.Fatalf("%+v", v)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		g.Event(h, raw, true)
	}
}

func BenchmarkRows(b *testing.B) {
	h, raw := makeEvent(replication.WRITE_ROWS_EVENTv1, make([]byte, 8<<10))
	benchmark(b, h, raw)
}

func BenchmarkTableMap(b *testing.B) {
	h, raw := makeEvent(replication.TABLE_MAP_EVENT, tableMapBody("sbtest", "sbtest1"))
	benchmark(b, h, raw)
}

func BenchmarkCommit(b *testing.B) {
	h, raw := statementCase{db: "app", charset: 33}.event([]byte("COMMIT"))
	benchmark(b, h, raw)
}

func BenchmarkInsert(b *testing.B) {
	for _, n := range []int{1, 20, 1000} {
		sql := "INSERT INTO `app`.`orders` (`id`, `customer`, `note`, `at`) VALUES " + strings.TrimSuffix(
			strings.Repeat("(12345,'O\\'Brien','A note of some length, as people write them.','2020-01-01 00:00:00'),", n), ",")
		b.Run(fmt.Sprintf("%drows", n), func(b *testing.B) {
			h, raw := statementCase{db: "app", charset: 33}.event([]byte(sql))
			benchmark(b, h, raw)
		})
	}
}

func BenchmarkBlob(b *testing.B) {
	sql := "INSERT INTO t VALUES ('" + strings.Repeat("x", 1<<20) + "')"
	h, raw := statementCase{db: "app", charset: 33}.event([]byte(sql))
	benchmark(b, h, raw)
}

func BenchmarkRoutine(b *testing.B) {
	for _, c := range loadCases(b, "pass") {
		if bytes.Contains(c.sql, []byte("main: BEGIN")) {
			h, raw := c.event(c.sql)
			benchmark(b, h, raw)
			return
		}
	}
	b.Fatal("the routine is gone from testdata")
}

func BenchmarkCompressed(b *testing.B) {
	sql := compressed([]byte("INSERT INTO t VALUES ('" + strings.Repeat("some text ", 1000) + "')"))
	vars := slices.Concat(varMode, varUTF8)
	h, raw := queryEvent(replication.MARIADB_QUERY_COMPRESSED_EVENT, vars, "app", sql)
	benchmark(b, h, raw)
}
