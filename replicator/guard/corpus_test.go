package guard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// statementCase is one record of testdata: a statement and what its event says about the session.
//
// A record is text up to a line "==". Its first line may be "#! word …": a bare word is the category that is
// expected; db=, mode= (default, ansi, nobackslash, oracle, none), charset= (a collation id or none) and policy=all
// set the rest. {{e9}} is a byte that is no UTF-8 by itself.
type statementCase struct {
	place    string // file and number, for messages
	sql      []byte
	db       string
	mode     uint64
	noMode   bool
	charset  uint16
	noSet    bool
	policy   Policy
	category string
}

var rawByte = regexp.MustCompile(`\{\{([0-9a-f]{2})\}\}`)

// loadCases reads the records of testdata/folder.
func loadCases(t testing.TB, folder string) []statementCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata/%s: %v", folder, err)
	}
	var cases []statementCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, record := range strings.Split(string(text), "\n==\n") {
			c := statementCase{place: filepath.Base(file) + " " + strconv.Itoa(i+1), db: "app", charset: 33}
			if head, rest, ok := strings.Cut(record, "\n"); ok && strings.HasPrefix(head, "#! ") {
				c.settings(t, strings.Fields(head)[1:])
				record = rest
			}
			record = strings.TrimSuffix(record, "\n")
			c.sql = []byte(rawByte.ReplaceAllStringFunc(record, func(s string) string {
				b, _ := hex.DecodeString(s[2:4])
				return string(b)
			}))
			cases = append(cases, c)
		}
	}
	return cases
}

func (c *statementCase) settings(t testing.TB, words []string) {
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "db":
			c.db = value
		case "mode":
			bits, ok := map[string]uint64{"ansi": modeANSIQuotes, "nobackslash": modeNoBackslashEscapes,
				"oracle": modeOracle, "none": 0}[value]
			if !ok {
				t.Fatalf("%s: mode %q", c.place, value)
			}
			c.mode, c.noMode = bits, value == "none"
		case "charset":
			if value == "none" {
				c.noSet = true
				continue
			}
			n, err := strconv.ParseUint(value, 10, 16)
			if err != nil {
				t.Fatalf("%s: %v", c.place, err)
			}
			c.charset = uint16(n)
		case "policy":
			c.policy = Policy{DropDatabase: true, DropTable: true, Truncate: true}
		default:
			c.category = w
		}
	}
}

// event builds the QUERY event of the case with sql instead of its own statement.
func (c statementCase) event(sql []byte) (binlog.Header, []byte) {
	vars := []byte{statusFlags2, 0, 0, 0, 0}
	if !c.noMode {
		vars = binary.LittleEndian.AppendUint64(append(vars, statusSQLMode), c.mode)
	}
	vars = append(vars, statusCatalogNZ, 3, 's', 't', 'd')
	if !c.noSet {
		vars = binary.LittleEndian.AppendUint16(append(vars, statusCharset), c.charset)
		vars = append(vars, 8, 0, 8, 0)
	}
	return queryEvent(replication.QUERY_EVENT, vars, c.db, sql)
}

// judge returns the verdict on the case with sql instead of its own statement.
func (c statementCase) judge(sql []byte) Verdict {
	h, raw := c.event(sql)
	return New(c.policy).Event(h, raw, true)
}

// queryEvent builds a QUERY event with a checksum.
func queryEvent(kind binlog.Type, vars []byte, db string, sql []byte) (binlog.Header, []byte) {
	body := make([]byte, 0, queryHeader+len(vars)+len(db)+1+len(sql))
	body = append(body, 7, 0, 0, 0, 0, 0, 0, 0, byte(len(db)), 0, 0)
	body = binary.LittleEndian.AppendUint16(body, uint16(len(vars)))
	body = append(body, vars...)
	body = append(append(body, db...), 0)
	return makeEvent(kind, append(body, sql...))
}

// makeEvent builds an event with a checksum.
func makeEvent(kind binlog.Type, body []byte) (binlog.Header, []byte) {
	raw := make([]byte, binlog.HeaderSize, binlog.HeaderSize+len(body)+binlog.ChecksumSize)
	raw[4] = byte(kind)
	raw[5] = 1
	raw = append(append(raw, body...), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(raw[9:], uint32(len(raw)))
	binlog.SetChecksum(raw)
	h, err := binlog.ParseHeader(raw)
	if err != nil {
		panic(err)
	}
	return h, raw
}

func TestPassCorpus(t *testing.T) {
	cases := loadCases(t, "pass")
	if len(cases) < 150 {
		t.Fatalf("only %d statements", len(cases))
	}
	for _, c := range cases {
		if v := c.judge(c.sql); v.Hold {
			t.Errorf("%s: held as %s, %s:\n%s", c.place, v.Category, v.Reason, c.sql)
		}
	}
}

func TestHoldCorpus(t *testing.T) {
	cases := loadCases(t, "hold")
	if len(cases) < 150 {
		t.Fatalf("only %d statements", len(cases))
	}
	for _, c := range cases {
		v := c.judge(c.sql)
		if !v.Hold || v.Category != c.category {
			t.Errorf("%s: held %v as %q (%s), want %q:\n%s", c.place, v.Hold, v.Category, v.Reason, c.category, c.sql)
		}
		if v.Hold && (v.Reason == "" || v.Statement == "") {
			t.Errorf("%s: verdict %+v explains nothing", c.place, v)
		}
		if bytes.ContainsAny([]byte(v.Statement), "\n\x00\x1b") {
			t.Errorf("%s: the excerpt %q is not printable", c.place, v.Statement)
		}
	}
}
