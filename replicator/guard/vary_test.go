package guard

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// vary writes the same statement in another way: other white space, comments in it, and words in another case.
func vary(r *rand.Rand, sql []byte, d dialect, e execution) []byte {
	fillings := []string{" ", "\n", "\t ", "\v", " /* x */ ", " /**/ ", " /*'*/ ", " /*\"`*/ ", " -- ' x\n", " #\"\n ",
		" /*;GRANT*/ "}
	var out []byte
	s := scanner{text: sql, dialect: d, exec: e}
	at := 0
	for {
		t := s.next()
		gap := sql[at:t.start]
		if len(gap) > 0 && len(bytes.Trim(gap, " \t\n\v\f\r")) == 0 {
			gap = []byte(fillings[r.IntN(len(fillings))])
		}
		out = append(out, gap...)
		switch text := sql[t.start:t.end]; {
		case t.kind == kindEnd:
			return out
		case t.kind == kindBad:
			return append(out, sql[t.start:]...)
		case t.kind == kindWord && !isDigit(text[0]):
			for _, c := range text {
				if l := c | 0x20; 'a' <= l && l <= 'z' && r.IntN(2) == 0 {
					c ^= 0x20
				}
				out = append(out, c)
			}
		default:
			out = append(out, text...)
		}
		at = int(t.end)
	}
}

func (c statementCase) dialect() dialect {
	d := dialect{charset: charsetOf(c.charset), ansiQuotes: c.mode&modeANSIQuotes != 0,
		noBackslash: c.mode&modeNoBackslashEscapes != 0, oracle: c.mode&modeOracle != 0, unsure: c.noMode}
	if c.noSet {
		d.charset = charsetASCII
	}
	return d
}

// executable tells whether the statement has executable comments: then there are several ways to read it, and what
// is white space in one of them may lie within a string in another.
func executable(sql []byte) bool {
	return bytes.Contains(sql, []byte("/*!")) || bytes.Contains(sql, []byte("/*M!"))
}

func TestVerdictsDoNotDependOnSpelling(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range slices.Concat(loadCases(t, "pass"), loadCases(t, "hold")) {
		if executable(c.sql) {
			continue
		}
		for range 20 {
			text := vary(r, c.sql, c.dialect(), execution{version: oldestVersion})
			if v := c.judge(text); v.Category != c.category {
				t.Errorf("%s: %q (%s), want %q:\n%s", c.place, v.Category, v.Reason, c.category, text)
			}
		}
	}
}

func TestVerdictsInsideExecutableComments(t *testing.T) {
	wrapped := 0
	for _, c := range slices.Concat(loadCases(t, "pass"), loadCases(t, "hold")) {
		// A statement with comments of its own cannot be put into one.
		if bytes.Contains(c.sql, []byte("*/")) || bytes.Contains(c.sql, []byte("--")) || bytes.Contains(c.sql, []byte("#")) ||
			bytes.Contains(c.sql, []byte("/*")) {
			continue
		}
		wrapped++
		for _, open := range []string{"/*!", "/*! ", "/*!50000 ", "/*!50701 ", "/*!80000 ", "/*!100000 ", "/*!100401 ",
			"/*!130000 ", "/*!999999 ", "/*M! ", "/*M!50701 ", "/*M!100401 ", "/*M!120000\n"} {
			text := open + string(c.sql) + " */"
			want := c.category
			if v := c.judge([]byte(text)); v.Category != want {
				// The text may be cut short by the comment's end.
				if v.Category == CategoryUnparsed && want == CategoryUnparsed {
					continue
				}
				t.Errorf("%s: %q (%s), want %q:\n%s", c.place, v.Category, v.Reason, want, text)
			}
		}
	}
	if wrapped < 300 {
		t.Errorf("only %d statements could be wrapped", wrapped)
	}
}

// Whatever passes must not pass with something hostile in front, behind, or in the middle.
func TestHostileCompanions(t *testing.T) {
	for _, c := range loadCases(t, "pass") {
		for _, text := range hostileCompanions(string(c.sql)) {
			if v := c.judge([]byte(text)); !v.Hold {
				t.Errorf("%s passes:\n%s", c.place, text)
			}
		}
	}
}

// hostileCompanions puts something hostile beside the statement sql, which passes.
func hostileCompanions(sql string) []string {
	texts := []string{
		sql + "\n; GRANT ALL ON *.* TO x",
		sql + "\n;SHUTDOWN",
		sql + "\n/*!;GRANT ALL ON *.* TO x*/",
		sql + "\n/*M!100401 ; SHUTDOWN */",
		sql + "\n/*!999999 ; SHUTDOWN */",
		"GRANT ALL ON *.* TO x;" + sql,
		"/*! SHUTDOWN; */" + sql,
		"/*!80000 SHUTDOWN; */" + sql,
		sql + "\n/*",
		sql + "\n/*!",
		sql + "\n'",
		sql + "\n`",
	}
	if !strings.Contains(sql, "*/") {
		texts = append(texts, "/*!50101 GRANT ALL ON *.* TO x; "+sql+"\n*/", "/*!50101 SHUTDOWN; "+sql+"\n*/")
	}
	return texts
}
