package guard

import (
	"fmt"
	"strings"
	"testing"
)

// tokens renders the tokens of text: keywords in capitals, identifiers in lower case with a mark for quotes.
func tokens(text string, d dialect, e execution) string {
	s := scanner{text: []byte(text), dialect: d, exec: e}
	var parts []string
	for {
		t := s.next()
		raw := text[t.start:t.end]
		switch t.kind {
		case kindEnd:
			return strings.Join(parts, " ")
		case kindBad:
			return strings.Join(append(parts, "BAD"), " ")
		case kindWord:
			if t.word != wordNone {
				raw = strings.ToUpper(raw)
			} else {
				raw = strings.ToLower(raw)
			}
		case kindQuoted:
			raw = "[" + raw[1:len(raw)-1] + "]"
		case kindString:
			raw = "'"
		case kindNumber:
			raw = "#"
		case kindUserVar:
		case kindPunct:
			if t.ch >= 0x80 {
				raw = fmt.Sprintf("<%s>", raw)
			}
		}
		parts = append(parts, raw)
	}
}

func TestTokens(t *testing.T) {
	utf8, ansi, noBackslash := dialect{charset: charsetUTF8}, dialect{charset: charsetUTF8, ansiQuotes: true},
		dialect{charset: charsetUTF8, noBackslash: true}
	unsure := dialect{charset: charsetASCII, unsure: true}
	old, late, mysql := execution{version: 100000}, execution{version: 120000}, execution{version: 100000, mysql: true}
	for _, c := range []struct {
		text string
		d    dialect
		e    execution
		want string
	}{
		{"", utf8, old, ""},
		{" \t\r\n\v\f", utf8, old, ""},
		{"Insert INTO x", utf8, old, "INSERT INTO x"},
		{"t.into t. into into.t into . t", utf8, old, "t . into t . INTO into . t INTO . t"},
		{"`t`.into `t` .into `t`.5", utf8, old, "[t] . into [t] . into [t] #"},
		{"t.5 t.1a.into t.0x41.into", utf8, old, "t . 5 t . 1a . into t . 0x41 . into"},
		{"1.into .5into 1.5into 1e5into 1e+5into 1into 1e 1e+", utf8, old,
			"# INTO # INTO # INTO # INTO # INTO 1into 1e 1e +"},
		{"1..5", utf8, old, "# <..> #"},
		{"0x41 0X41 0x 0xg 0b1 0b2 0x41g x'41' X'4' b'1' xy'", utf8, old, "# 0x41 0x 0xg # 0b2 0x41g # # # xy BAD"},
		{"1.e5 1.e 5", utf8, old, "# BAD"},
		{".e5 .5e+", utf8, old, ". e5 BAD"},
		{"x'4g'", utf8, old, "BAD"},
		{"N'a' n'b''c' _utf8'x'", utf8, old, "' ' _utf8 '"},
		{`'a\'b' 'c''d' "e""f" "g\"h"`, utf8, old, "' ' ' '"},
		{`"a""b" 'c'`, ansi, old, `[a""b] '`},
		{`'a\' b '\''`, noBackslash, old, "' b BAD"},
		{`"a\" b`, ansi, old, `[a\] b`},
		{"`a``b` `` `c\\` d", utf8, old, "[a``b] [] [c\\] d"},
		{"`a", utf8, old, "BAD"},
		{"`a\x00b`", utf8, old, "BAD"},
		{"'a\x00b'", utf8, old, "'"},
		{"a\x00b", utf8, old, "a BAD"},
		{`\N \n`, utf8, old, "# BAD"},
		{"@a @a.b @ @'x' @`x` @\"x\" @@a @@global.b @@`c` @@ d", utf8, old,
			"@a @a.b @ @ ' @ [x] @ ' <@@> a <@@> GLOBAL . b <@@> [c] BAD"},
		{"@é @a-b root@host.name:x", utf8, old, "@é @a - b root @host.name : x"},
		{"a := 1 b:c", utf8, old, "a <:=> # b : c"},
		{"a--1 a-- 1\nb --\tc\nd --", utf8, old, "a - - # a b d"},
		{"a--\x01c\nb", utf8, old, "a b"},
		{"a #b\nc #", utf8, old, "a c"},
		{"a -- x\x00y\nb", utf8, old, "a BAD"},
		{"a/*b*/c/**/d/*/e*/f", utf8, old, "a c d f"},
		{"a/*b", utf8, old, "a BAD"},
		{"a/*b\x00*/", utf8, old, "a BAD"},
		{"a/*!b*/c/*M!d*/e/*m!f*/", utf8, old, "a b c d e"},
		{"a/*!50000b*/c/*!50700d*/e/*M!50700f*/g/*!99999h*/i/*!100000j*/", utf8, old, "a b c e f g i j"},
		{"a/*!50700d*/e", utf8, mysql, "a d e"},
		{"/*!100001a*/b/*M!110000c*/d/*!999999e*/f", utf8, old, "b d f"},
		{"/*!100001a*/b/*M!110000c*/d/*!999999e*/f", utf8, late, "a b c d f"},
		{"/*!500 a*/ /*!5000x*/ /*!*/", utf8, old, "# a 5000x"},
		{"/*!1234567 a*/", utf8, old, "BAD"},
		{"/*!999999 a /* b */ c */ d", utf8, old, "d"},
		{"/*!999999 a /* b ", utf8, old, "BAD"},
		{"/*!999999 a", utf8, old, "BAD"},
		{"/*!99999/*/ a */ b */ c", utf8, old, "c"},
		{"/*! a /* b */ c */ d", utf8, old, "a c d"},
		{"/*! a /*!999999 b */ c */ d", utf8, old, "a c d"},
		{"/*! a /*!999999 b */ c */ d", utf8, execution{version: 999999}, "a BAD"},
		{"/*! 'a */ b' */ c", utf8, old, "' c"},
		{"/*! a -- */\n b */ c", utf8, old, "a b c"},
		{"/*! a", utf8, old, "a BAD"},
		{"a */ b 2*/*x*/3", utf8, old, "a * / b # * #"},
		{"größe gr\xfcn", utf8, old, "größe BAD"},
		{"größe", dialect{charset: charsetQuoted}, old, "BAD"},
		{"'größe' `größe` /* größe */", dialect{charset: charsetQuoted}, old, "' [größe]"},
		{"gr\xfcn", dialect{charset: charsetLatin1}, old, "gr\ufffdn"},
		{"a\xa0b", dialect{charset: charsetLatin1}, old, "BAD"},
		{"a --\xa0b", dialect{charset: charsetLatin1}, old, "a BAD"},
		{"a --éb", utf8, old, "a - - éb"},
		{`'a\'`, unsure, old, "BAD"},
		{`a "b"`, unsure, old, "a BAD"},
		{"'a''b' `c`", unsure, old, "' [c]"},
		{"a[1]", utf8, old, "a BAD"},
		{"a?", utf8, old, "a BAD"},
		{"a\x7f", utf8, old, "a BAD"},
		{"!a<=>b||c&&~d^e%f|g&h{d}", utf8, old, "! a < = > b | | c & & ~ d ^ e % f | g & h { d }"},
	} {
		if got := tokens(c.text, c.d, c.e); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestScannerStaysAtTheEnd(t *testing.T) {
	for _, text := range []string{"a", "a 'b", "a /*! b"} {
		s := scanner{text: []byte(text), dialect: dialect{charset: charsetUTF8}}
		var last token
		for range 10 {
			last = s.next()
		}
		if last.kind != kindEnd && last.kind != kindBad {
			t.Errorf("%q: token %+v behind the end", text, last)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		text string
		want word
	}{
		{"select", wSelect}, {"SeLeCt", wSelect}, {"NO_WRITE_TO_BINLOG", wNoWriteToBinlog}, {"xa", wXa},
		{"selec", wordNone}, {"selectx", wordNone}, {"", wordNone}, {"x", wordNone}, {"ſelect", wordNone},
		{strings.Repeat("x", 300), wordNone},
	} {
		if got := lookup([]byte(c.text)); got != c.want {
			t.Errorf("%q: %d, want %d", c.text, got, c.want)
		}
	}
}

func TestExecutions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a /* b */", "[{100000 false}]"},
		{"/*!50000 a*/ /*M!100000 b*/ /*!5070 c*/", "[{100000 false}]"},
		{"/*!50700 a*/", "[{100000 false} {100000 true}]"},
		{"/*M!50700 a*/", "[{100000 false}]"},
		{"/*M!100401 a*/ /*!110000b*/ /*!100401c*/", "[{100000 false} {100401 false} {110000 false}]"},
		{"/*!80000/*!120000", "[{100000 false} {120000 false} {100000 true} {120000 true}]"},
		{"/*!100001/*!100002/*!100003/*!100004/*!100005/*!100006/*!100007/*!100008", "[]"},
	} {
		if got := fmt.Sprint(executions([]byte(c.text))); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}
