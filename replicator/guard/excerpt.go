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
	shown, before := 0, [2]token{}
	for shown < maxExcerpt && shown < len(sql) {
		t := s.next()
		if t.kind == kindBad {
			// From here on nobody knows what is a string: look for what comes before passwords, and stop there.
			rest := sql[shown:min(len(sql), maxExcerpt)]
			if i := passwordAt(rest); i >= 0 {
				printable(&b, rest[:i])
				b.WriteString(" " + secret + "…")
				return b.String()
			}
			printable(&b, rest)
			shown += len(rest)
			break
		}
		if t.kind == kindEnd {
			printable(&b, sql[shown:min(len(sql), maxExcerpt)])
			return b.String() + more(sql, maxExcerpt)
		}
		if t.kind == kindString && beforePassword(sql, before) {
			printable(&b, sql[shown:min(int(t.start), maxExcerpt)])
			b.WriteString(secret)
		} else {
			printable(&b, sql[shown:min(int(t.end), maxExcerpt)])
		}
		shown = int(t.end)
		before[0], before[1] = t, before[0]
	}
	return b.String() + more(sql, shown)
}

func more(sql []byte, shown int) string {
	if shown < len(sql) {
		return "…"
	}
	return ""
}

// beforePassword tells whether a string behind these tokens, the nearest first, is a password or a hash of one.
func beforePassword(sql []byte, before [2]token) bool {
	at := 0
	if t := before[0]; t.kind == kindPunct && (t.ch == '=' || t.ch == '(' || t.ch == punctAssign) {
		at = 1
	}
	t := before[at]
	if t.kind != kindWord && t.kind != kindQuoted {
		return at == 1 && before[0].ch != '(' && (t.kind == kindUserVar || t.kind == kindString) // SET PASSWORD FOR u@h = '…'
	}
	switch t.word {
	case wBy, wUsing, wAs, wPassword:
		return true
	}
	return bytes.Contains(lowerASCII(sql[t.start:t.end]), []byte("password"))
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
