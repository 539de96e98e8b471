package guard

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxExcerpt bounds what is shown of a statement, in bytes of it.
	maxExcerpt = 400
	// secret stands for a password.
	secret = "'…'"
)

// excerpt returns the beginning of sql on one line, printable, and without passwords: MariaDB logs CREATE USER and
// GRANT with the password as it was typed.
func excerpt(sql []byte, d dialect) string {
	var b strings.Builder
	s := scanner{text: sql, dialect: d, exec: execution{version: ^uint32(0), mysql: true}}
	s.dialect.unsure = false
	shown := 0
	limit := min(len(sql), maxExcerpt)
	for limit > maxExcerpt-utf8.UTFMax && limit < len(sql) && !utf8.RuneStart(sql[limit]) {
		limit--
	}
	for f := (passwordFinder{sql: sql}); shown < limit; {
		t := s.next()
		switch {
		case t.kind == kindBad:
			// From here on nobody knows what is a string: stop where a password may come.
			rest := sql[shown:limit]
			if i := passwordAt(rest); i >= 0 || f.account {
				printable(&b, rest[:max(i, 0)])
				return b.String() + " " + secret + "…"
			}
			printable(&b, rest)
			shown = limit
		case t.kind == kindString && f.found():
			printable(&b, sql[shown:min(int(t.start), limit)])
			b.WriteString(secret)
			shown = int(t.end)
		default:
			printable(&b, sql[shown:min(int(t.end), limit)])
			shown = int(t.end)
		}
		f.feed(t)
	}
	if limit < len(sql) {
		b.WriteString("…")
	}
	return b.String()
}

// passwordFinder follows the tokens of a statement and knows where passwords, and hashes of them, stand.
type passwordFinder struct {
	sql     []byte
	before  [2]token // the nearest first
	account bool     // the statement spoke of passwords before
}

// feed takes the next token.
func (f *passwordFinder) feed(t token) {
	f.before[0], f.before[1] = t, f.before[0]
	f.account = f.account || t.kind == kindWord && passwordAt(f.sql[t.start:t.end]) >= 0
}

// found tells whether a string at this place is secret.
func (f *passwordFinder) found() bool {
	if !f.account {
		return false
	}
	t := f.before[0]
	assigned := t.kind == kindPunct && (t.ch == '=' || t.ch == punctAssign)
	if assigned || t.kind == kindPunct && t.ch == '(' {
		t = f.before[1]
	}
	switch t.kind {
	case kindWord:
		return t.word == wBy || t.word == wUsing || t.word == wAs || passwordAt(f.sql[t.start:t.end]) >= 0
	case kindUserVar, kindString, kindQuoted: // SET PASSWORD FOR user@host = '…'
		return assigned
	}
	return false
}

// lowerASCII returns a copy of b in lower case and of the same length.
func lowerASCII(b []byte) []byte {
	lowered := bytes.Clone(b)
	for i, c := range lowered {
		if 'A' <= c && c <= 'Z' {
			lowered[i] = c + 'a' - 'A'
		}
	}
	return lowered
}

// passwordAt returns where in b the first word ends that a password may follow, or -1.
func passwordAt(b []byte) int {
	lowered, at := lowerASCII(b), -1
	for _, w := range []string{"identified", "password"} {
		if i := bytes.Index(lowered, []byte(w)); i >= 0 && (at < 0 || i+len(w) < at) {
			at = i + len(w)
		}
	}
	return at
}

// printable writes text on one line. What cannot be shown is written as in a Go string.
func printable(b *strings.Builder, text []byte) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			const hex = "0123456789abcdef"
			b.WriteString(`\x` + string([]byte{hex[text[0]>>4], hex[text[0]&15]}))
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case !unicode.IsPrint(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.Write(text[:n])
		}
		text = text[n:]
	}
}
