package guard

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func TestEventTypes(t *testing.T) {
	// Everything that is not named here is held as unknown.
	want := map[binlog.Type]string{
		replication.MARIADB_GTID_EVENT: "", replication.XID_EVENT: "", replication.XA_PREPARE_LOG_EVENT: "",
		replication.INTVAR_EVENT: "", replication.RAND_EVENT: "", replication.USER_VAR_EVENT: "",
		replication.MARIADB_ANNOTATE_ROWS_EVENT: "", replication.WRITE_ROWS_EVENTv1: "",
		replication.UPDATE_ROWS_EVENTv1: "", replication.DELETE_ROWS_EVENTv1: "", replication.WRITE_ROWS_EVENTv2: "",
		replication.UPDATE_ROWS_EVENTv2: "", replication.DELETE_ROWS_EVENTv2: "",
		replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1:  "",
		replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1: "",
		replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1: "",
		replication.ROTATE_EVENT:                            "", replication.STOP_EVENT: "",
		replication.MARIADB_BINLOG_CHECKPOINT_EVENT: "", replication.MARIADB_START_ENCRYPTION_EVENT: "",
		replication.HEARTBEAT_EVENT: "", replication.IGNORABLE_EVENT: "", replication.MARIADB_GTID_LIST_EVENT: "",
		replication.LOAD_EVENT: CategoryFile, replication.CREATE_FILE_EVENT: CategoryFile,
		replication.APPEND_BLOCK_EVENT: CategoryFile, replication.EXEC_LOAD_EVENT: CategoryFile,
		replication.DELETE_FILE_EVENT: CategoryFile, replication.NEW_LOAD_EVENT: CategoryFile,
		replication.BEGIN_LOAD_QUERY_EVENT: CategoryFile, replication.EXECUTE_LOAD_QUERY_EVENT: CategoryFile,
		replication.INCIDENT_EVENT: CategoryIncident,
		// a body of zeros is none of these
		replication.QUERY_EVENT:                    CategoryUnknownStatement,
		replication.MARIADB_QUERY_COMPRESSED_EVENT: CategoryUnparsed,
		replication.TABLE_MAP_EVENT:                "",
		replication.FORMAT_DESCRIPTION_EVENT:       CategoryUnparsed,
	}
	g := New(Policy{})
	for i := range 256 {
		kind := binlog.Type(i)
		expected, known := want[kind]
		if !known {
			expected = CategoryUnknownEvent
		}
		if kind == replication.QUERY_EVENT {
			expected = CategoryUnparsed // zero bytes
		}
		h, raw := makeEvent(kind, make([]byte, 64))
		if v := g.Event(h, raw, true); v.Category != expected || v.Hold != (expected != "") {
			t.Errorf("%s: %+v, want %q", kind, v, expected)
		}
	}
}

func tableMapBody(db, table string) []byte {
	body := append([]byte{1, 0, 0, 0, 0, 0, 1, 0, byte(len(db))}, db...)
	body = append(append(body, 0, byte(len(table))), table...)
	return append(body, 0, 1, 3, 0, 0)
}

func TestTableMap(t *testing.T) {
	g := New(Policy{})
	for _, c := range []struct {
		body []byte
		want string
	}{
		{tableMapBody("app", "t"), ""},
		{tableMapBody("mysqlx", "user"), ""},
		{tableMapBody("app", "mysql"), ""},
		{tableMapBody("größe", "t"), ""},
		{tableMapBody("mysql", "user"), CategorySystemSchema},
		{tableMapBody("MySQL", "user"), CategorySystemSchema},
		{tableMapBody("sys", "sys_config"), CategorySystemSchema},
		{tableMapBody("ſyſ", "sys_config"), CategorySystemSchema},
		{tableMapBody("performance_schema", "x"), CategorySystemSchema},
		{tableMapBody("information_schema", "x"), CategorySystemSchema},
		{tableMapBody("#mysql50#mysql", "x"), CategorySystemSchema},
		{tableMapBody("app", "#mysql50#../mysql/user"), CategorySystemSchema},
		{tableMapBody("app", "#sql-1_2"), ""},
		{tableMapBody("mysql\x00x", "x"), CategoryUnparsed},
		{tableMapBody("app", "x\x00"), CategoryUnparsed},
		{tableMapBody("app", "t")[:12], CategoryUnparsed},
		{tableMapBody("app", "t")[:13], CategoryUnparsed},
		{tableMapBody("app", "t")[:8], CategoryUnparsed},
		{nil, CategoryUnparsed},
		{append(tableMapBody("app", "t")[:12], 'x', 1, 't', 0), CategoryUnparsed}, // a name that does not end
	} {
		h, raw := makeEvent(replication.TABLE_MAP_EVENT, c.body)
		if v := g.Event(h, raw, true); v.Category != c.want {
			t.Errorf("%q: %+v, want %q", c.body, v, c.want)
		}
	}
}

// formatBody builds a FORMAT_DESCRIPTION as MariaDB 10.11 writes it, without its last checksum.
func formatBody() []byte {
	body := make([]byte, 2+50+4+1, 300)
	body[0] = 4
	copy(body[2:], "10.11.19-MariaDB-log")
	body[2+50+4] = binlog.HeaderSize
	lengths := make([]byte, 171)
	lengths[replication.QUERY_EVENT-1] = 13
	lengths[replication.TABLE_MAP_EVENT-1] = 8
	lengths[replication.MARIADB_QUERY_COMPRESSED_EVENT-1] = 13
	return append(append(body, lengths...), 1)
}

func TestFormatDescription(t *testing.T) {
	const lengths = 2 + 50 + 4 + 1
	change := func(f func(b []byte) []byte) []byte { return f(formatBody()) }
	for name, c := range map[string]struct {
		body []byte
		hold bool
	}{
		"as it is": {formatBody(), false},
		"a QUERY event's statement would begin elsewhere": {change(func(b []byte) []byte {
			b[lengths+int(replication.QUERY_EVENT)-1] = 20
			return b
		}), true},
		"a compressed one": {change(func(b []byte) []byte {
			b[lengths+int(replication.MARIADB_QUERY_COMPRESSED_EVENT)-1] = 11
			return b
		}), true},
		"table maps of 4.1": {change(func(b []byte) []byte {
			b[lengths+int(replication.TABLE_MAP_EVENT)-1] = 6
			return b
		}), true},
		"another header":     {change(func(b []byte) []byte { b[lengths-1] = 20; return b }), true},
		"another version":    {change(func(b []byte) []byte { b[0] = 3; return b }), true},
		"a table cut off":    {change(func(b []byte) []byte { return append(b[:lengths+40], 1) }), true},
		"nothing":            {nil, true},
		"an algorithm of 57": {change(func(b []byte) []byte { b[len(b)-1] = 57; return b }), true},
	} {
		h, raw := makeEvent(replication.FORMAT_DESCRIPTION_EVENT, c.body)
		if v := New(Policy{}).Event(h, raw, true); v.Hold != c.hold {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestGTIDList(t *testing.T) {
	for count, hold := range map[uint32]bool{0: false, 1: false, 1 | 1<<28: true, 1 | 1<<29: true, 1 << 31: true} {
		body := append(binary.LittleEndian.AppendUint32(nil, count), make([]byte, 16)...)
		h, raw := makeEvent(replication.MARIADB_GTID_LIST_EVENT, body)
		if v := New(Policy{}).Event(h, raw, true); v.Hold != hold {
			t.Errorf("count %x: %+v", count, v)
		}
	}
}

// compressed returns sql as MariaDB compresses it.
func compressed(sql []byte) []byte {
	b := bytes.NewBuffer([]byte{compressedMark | 4, byte(len(sql) >> 24), byte(len(sql) >> 16), byte(len(sql) >> 8),
		byte(len(sql))})
	w := zlib.NewWriter(b)
	w.Write(sql)
	w.Close()
	return b.Bytes()
}

func TestCompressed(t *testing.T) {
	vars := bytes.Join([][]byte{varMode, varUTF8}, nil)
	g := New(Policy{})
	insert := []byte("INSERT INTO t VALUES ('" + strings.Repeat("x", 1000) + "')")
	damaged := func(at int, xor byte) []byte {
		b := compressed(insert)
		b[at] ^= xor
		return b
	}
	for name, c := range map[string]struct {
		sql  []byte
		want string
	}{
		"insert":             {compressed(insert), ""},
		"one length byte":    {append([]byte{compressedMark | 1, 6}, compressed([]byte("COMMIT"))[5:]...), ""},
		"grant":              {compressed([]byte("GRANT ALL ON *.* TO x")), CategoryAccount},
		"nothing":            {nil, CategoryUnparsed},
		"only a head":        {[]byte{compressedMark | 4, 0, 0}, CategoryUnparsed},
		"no length":          {append([]byte{compressedMark}, compressed(insert)[5:]...), CategoryUnparsed},
		"five length bytes":  {append([]byte{compressedMark | 5, 0}, compressed(insert)[1:]...), CategoryUnparsed},
		"another algorithm":  {damaged(0, 0x10), CategoryUnparsed},
		"not marked":         {damaged(0, compressedMark), CategoryUnparsed},
		"longer than it is":  {damaged(4, 1<<4), CategoryUnparsed},
		"shorter than it is": {damaged(3, 1), CategoryUnparsed},
		"cut off":            {compressed(insert)[:20], CategoryUnparsed},
		"something behind":   {append(compressed(insert), 'x'), CategoryUnparsed},
		"damaged":            {damaged(12, 0xff), CategoryUnparsed},
		"too large":          {[]byte{compressedMark | 4, 0xff, 0xff, 0xff, 0xff, 0x78}, CategoryUnparsed},
	} {
		h, raw := queryEvent(replication.MARIADB_QUERY_COMPRESSED_EVENT, vars, "app", c.sql)
		for range 2 { // the decompressor is used again
			if v := g.Event(h, raw, true); v.Category != c.want {
				t.Errorf("%s: %+v, want %q", name, v, c.want)
			}
		}
	}
}

// A small event must not cost much memory, whatever it says or holds.
func TestCompressedBomb(t *testing.T) {
	bomb := compressed(make([]byte, 4<<20))
	copy(bomb[1:], []byte{2, 0, 0, 1}) // says a byte more than the limit
	lying := bytes.Clone(bomb)
	copy(lying[1:], []byte{0, 0, 1, 0})             // says 256 bytes, holds 4 MiB
	empty := []byte{compressedMark | 4, 2, 0, 0, 0} // says 32 MiB, holds nothing
	g := New(Policy{})
	for _, sql := range [][]byte{bomb, lying, append(empty, compressed(nil)[5:]...)} {
		h, raw := queryEvent(replication.MARIADB_QUERY_COMPRESSED_EVENT, nil, "app", sql)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v := g.Event(h, raw, true)
		runtime.ReadMemStats(&after)
		if v.Category != CategoryUnparsed {
			t.Errorf("%+v", v)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s cost %d bytes", v.Reason, n)
		}
	}
}

func TestTruncatedQueryEvents(t *testing.T) {
	c := statementCase{db: "app", charset: 33}
	_, raw := c.event([]byte("INSERT INTO t VALUES (1)"))
	g := New(Policy{})
	for n := range raw {
		g.Event(binlog.Header{Type: replication.QUERY_EVENT}, raw[:n], true)
		g.Event(binlog.Header{Type: replication.MARIADB_QUERY_COMPRESSED_EVENT}, raw[:n], false)
	}
	if v := g.Event(binlog.Header{Type: replication.QUERY_EVENT}, raw[:20], true); v.Category != CategoryUnparsed {
		t.Errorf("%+v", v)
	}
}
