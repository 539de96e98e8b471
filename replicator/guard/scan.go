package guard

import (
	"bytes"
	"unicode/utf8"
)

type kind uint8

const (
	kindEnd     kind = iota
	kindBad          // from here on nothing can be judged; scanner.bad says why
	kindWord         // a bare word: a keyword if token.word says so, else an identifier
	kindQuoted       // an identifier in quotes
	kindString       // a string literal
	kindNumber       // a number, or \N
	kindUserVar      // @name with its name, also the host in user@host
	kindPunct        // token.ch
)

// Punctuation of more than one byte that means something else than its bytes one by one.
const (
	punctDotDot = 0x80 // ..
	punctAssign = 0x81 // :=
	punctSysVar = 0x82 // @@
)

// token is one token of a statement. Only offsets: looking at a token allocates nothing.
type token struct {
	start, end int32
	kind       kind
	word       word // kindWord
	ch         byte // kindPunct
}

// dialect is what decides how a statement's bytes become tokens.
type dialect struct {
	charset     charset
	ansiQuotes  bool // " quotes identifiers, not strings
	noBackslash bool // \ is a character like others within strings
	unsure      bool // the two above are not known: a statement that depends on them cannot be judged
	oracle      bool // sql_mode=ORACLE: another grammar for stored routines
}

// execution says which executable comments count as code: those of versions up to version, and of MySQL 5.7 to
// 9.99, which MariaDB skips unless they are marked with an M, only if mysql is set.
type execution struct {
	version uint32
	mysql   bool
}

// scanner splits a statement into tokens as MariaDB does (sql/sql_lex.cc, Lex_input_stream::lex_one_token). Where
// it is not sure to do the same, the statement is bad.
type scanner struct {
	text    []byte
	pos     int
	dialect dialect
	exec    execution
	bad     string // why the rest cannot be judged
	open    bool   // within an executable comment that counts
	ident   bool   // a dot came right before: what follows is an identifier, whatever it looks like
	dotted  bool   // the last token was a bare word with a dot and an identifier right behind it
	sysVar  bool   // @@ came right before
}

// identBytes are the bytes of bare words. Those from 0x80 up are checked afterwards, by character set.
var identBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_' || c == '$' || c >= 0x80
	}
	return t
}()

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHexDigit(c byte) bool {
	return isDigit(c) || 'A' <= c && c <= 'F' || 'a' <= c && c <= 'f'
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// at returns the byte at i, 0 behind the end, as MariaDB's buffer has it.
func (s *scanner) at(i int) byte {
	if i < len(s.text) {
		return s.text[i]
	}
	return 0
}

func (s *scanner) identAt(i int) bool { return identBytes[s.at(i)] }

func (s *scanner) fail(why string) token {
	s.bad = why
	return token{kind: kindBad, start: int32(s.pos), end: int32(len(s.text))}
}

// take returns the token of kind k from the current position to end, and goes there.
func (s *scanner) take(k kind, end int) token {
	t := token{kind: k, start: int32(s.pos), end: int32(end)}
	s.pos = end
	return t
}

func (s *scanner) punct(ch byte, n int) token {
	t := s.take(kindPunct, s.pos+n)
	t.ch = ch
	return t
}

// next returns the next token.
func (s *scanner) next() token {
	for s.bad == "" {
		for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
			s.pos++
		}
		if s.pos >= len(s.text) {
			if s.open {
				return s.fail("an executable comment is not closed")
			}
			return token{kind: kindEnd, start: int32(len(s.text)), end: int32(len(s.text))}
		}
		if t, ok := s.token(s.text[s.pos]); ok {
			return t
		}
	}
	return s.fail(s.bad)
}

// token reads the token that starts with c at the current position. It returns false after a comment.
func (s *scanner) token(c byte) (token, bool) {
	if s.ident {
		s.ident = false
		return s.identifier(s.pos), true
	}
	dotted := s.dotted
	s.dotted = false
	switch {
	case isDigit(c):
		return s.number(), true
	case identBytes[c]:
		return s.bareWord(c), true
	}
	switch c {
	case '\'':
		return s.string(c), true
	case '"':
		if s.dialect.unsure {
			return s.fail(`the sql_mode is not known and a " is used`), true
		}
		if s.dialect.ansiQuotes {
			return s.quoted(c), true
		}
		return s.string(c), true
	case '`':
		return s.quoted(c), true
	case '.':
		return s.dot(dotted), true
	case '@':
		return s.variable(), true
	case '/':
		if s.at(s.pos+1) == '*' {
			s.blockComment()
			return token{}, false
		}
	case '*':
		if s.open && s.at(s.pos+1) == '/' {
			s.open = false
			s.pos += 2
			return token{}, false
		}
	case '#':
		s.lineComment()
		return token{}, false
	case '-':
		if s.at(s.pos+1) == '-' {
			if s.dashComment() {
				s.lineComment()
				return token{}, false
			}
			if s.at(s.pos+2) >= 0x80 && s.dialect.charset != charsetUTF8 {
				return s.fail("two dashes stand before a byte that may be white space"), true
			}
		}
	case '\\':
		if s.at(s.pos+1) == 'N' {
			return s.take(kindNumber, s.pos+2), true
		}
		return s.fail("a backslash stands outside of a string"), true
	case ':':
		if s.at(s.pos+1) == '=' {
			return s.punct(punctAssign, 2), true
		}
	case '!', '%', '&', '(', ')', '+', ',', ';', '<', '=', '>', '^', '{', '|', '}', '~':
	default:
		return s.fail("a byte that no statement has stands outside of quotes"), true
	}
	return s.punct(c, 1), true
}

// dashComment tells whether the two dashes at the current position begin a comment: white space, a control
// character or the end follows.
func (s *scanner) dashComment() bool {
	c := s.at(s.pos + 2)
	return c <= ' ' || c == 0x7f
}

// identifier reads the bare identifier that began at start and goes on at the current position.
func (s *scanner) identifier(from int) token {
	end := from
	for end < len(s.text) && identBytes[s.text[end]] {
		end++
	}
	if !s.readable(s.text[s.pos:end]) {
		return s.fail("a bare word has bytes whose meaning is not known")
	}
	s.dotted = s.at(end) == '.' && s.identAt(end+1)
	return s.take(kindWord, end)
}

// readable tells whether every byte from 0x80 up in a bare word is part of a letter.
func (s *scanner) readable(w []byte) bool {
	high := false
	for _, c := range w {
		if c >= 0x80 {
			high = true
			if s.dialect.charset == charsetLatin1 && !latin1Letter(c) {
				return false
			}
		}
	}
	switch {
	case !high, s.dialect.charset == charsetLatin1:
		return true
	case s.dialect.charset == charsetUTF8:
		return utf8.Valid(w)
	}
	return false
}

// bareWord reads a keyword or an identifier, or a literal that begins with a letter.
func (s *scanner) bareWord(c byte) token {
	if s.at(s.pos+1) == '\'' {
		switch c {
		case 'n', 'N':
			s.pos++
			return s.string('\'')
		case 'x', 'X':
			return s.digits(isHexDigit)
		case 'b', 'B':
			return s.digits(func(c byte) bool { return c == '0' || c == '1' })
		}
	}
	sysVar := s.sysVar
	s.sysVar = false
	t := s.identifier(s.pos)
	if t.kind == kindWord && (sysVar || !s.dotted) {
		t.word = lookup(s.text[t.start:t.end])
	}
	return t
}

// digits reads x'…' and b'…'.
func (s *scanner) digits(ok func(byte) bool) token {
	end := s.pos + 2
	for ok(s.at(end)) {
		end++
	}
	if s.at(end) != '\'' {
		return s.fail("a hexadecimal or binary literal is broken")
	}
	return s.take(kindNumber, end+1)
}

// number reads a number, or an identifier that begins with digits.
func (s *scanner) number() token {
	end := s.pos
	if s.text[end] == '0' && (s.at(end+1) == 'x' || s.at(end+1) == 'b') {
		hex := s.at(end+1) == 'x'
		end += 2
		for hex && isHexDigit(s.at(end)) || s.at(end) == '0' || s.at(end) == '1' {
			end++
		}
		if end-s.pos >= 3 && !s.identAt(end) {
			return s.take(kindNumber, end)
		}
		return s.identifier(end)
	}
	for isDigit(s.at(end)) {
		end++
	}
	switch c := s.at(end); {
	case c == '.' && s.at(end+1) != '.':
		return s.fraction(end + 1)
	case !identBytes[c]:
		return s.take(kindNumber, end)
	case c == 'e' || c == 'E':
		exp := end + 1
		if c := s.at(exp); c == '+' || c == '-' {
			exp++
		}
		if isDigit(s.at(exp)) {
			return s.take(kindNumber, s.skipDigits(exp))
		}
	}
	return s.identifier(end)
}

// fraction reads what follows a number's decimal point at from-1.
func (s *scanner) fraction(from int) token {
	end := s.skipDigits(from)
	if c := s.at(end); c == 'e' || c == 'E' {
		end++
		if c := s.at(end); c == '+' || c == '-' {
			end++
		}
		if !isDigit(s.at(end)) {
			// MariaDB drops the number here and goes on behind the next byte, whatever that is: "1.e--" is a minus
			// and not the beginning of a comment.
			return s.fail("a number has an exponent without digits")
		}
		end = s.skipDigits(end)
	}
	return s.take(kindNumber, end)
}

func (s *scanner) skipDigits(i int) int {
	for isDigit(s.at(i)) {
		i++
	}
	return i
}

// dot reads a dot, or a number that begins with one.
func (s *scanner) dot(dotted bool) token {
	next := s.at(s.pos + 1)
	switch {
	case dotted:
	case isDigit(next):
		return s.fraction(s.pos + 1)
	case next == '.':
		return s.punct(punctDotDot, 2)
	}
	s.ident = identBytes[next]
	return s.punct('.', 1)
}

// variable reads @name, the @ before a name in quotes, or @@.
func (s *scanner) variable() token {
	switch c := s.at(s.pos + 1); {
	case c == '\'' || c == '"' || c == '`':
		return s.punct('@', 1)
	case c == '@':
		next := s.at(s.pos + 2)
		if next != '`' && !identBytes[next] {
			return s.fail("a system variable has no name")
		}
		s.sysVar = next != '`'
		return s.punct(punctSysVar, 2)
	}
	end := s.pos + 1
	for identBytes[s.at(end)] || s.at(end) == '.' {
		end++
	}
	if !s.readable(s.text[s.pos:end]) {
		return s.fail("a variable's name has bytes whose meaning is not known")
	}
	return s.take(kindUserVar, end)
}

// quoted reads an identifier in quotes.
func (s *scanner) quoted(quote byte) token {
	end := s.pos + 1
	for {
		n := bytes.IndexByte(s.text[end:], quote)
		if n < 0 {
			return s.fail("an identifier's quote is not closed")
		}
		if bytes.IndexByte(s.text[end:end+n], 0) >= 0 {
			return s.fail("an identifier has a zero byte")
		}
		end += n + 1
		if s.at(end) != quote || end >= len(s.text) {
			return s.take(kindQuoted, end)
		}
		end++
	}
}

// string reads a string literal. It looks for the next quote and for backslashes before it, and never twice at the
// same bytes.
func (s *scanner) string(quote byte) token {
	text := s.text
	for i, end := s.pos+1, -1; ; {
		if end < i {
			n := bytes.IndexByte(text[i:], quote)
			if n < 0 {
				return s.fail("a string is not closed")
			}
			end = i + n
		}
		if !s.dialect.noBackslash {
			if n := bytes.IndexByte(text[i:end], '\\'); n >= 0 {
				if s.dialect.unsure {
					return s.fail("the sql_mode is not known and a string has a backslash")
				}
				i += n + 2
				continue
			}
		}
		if end+1 == len(text) || text[end+1] != quote {
			return s.take(kindString, end+1)
		}
		i = end + 2
	}
}

// lineComment skips the rest of the line.
func (s *scanner) lineComment() {
	end := len(s.text)
	if n := bytes.IndexByte(s.text[s.pos:], '\n'); n >= 0 {
		end = s.pos + n
	}
	s.skip(end)
}

// skip goes to end, behind a comment. A zero byte ends some comments for MariaDB and others not.
func (s *scanner) skip(end int) {
	if bytes.IndexByte(s.text[s.pos:end], 0) >= 0 {
		s.bad = "a comment has a zero byte"
		return
	}
	s.pos = end
}

// blockComment skips a comment, or goes to where the code of an executable comment begins.
func (s *scanner) blockComment() {
	body := s.pos + 2
	mariadb := s.at(body) == 'M' && s.at(body+1) == '!'
	if mariadb {
		body++
	}
	if s.at(body) != '!' {
		if end := bytes.Index(s.text[s.pos+2:], []byte("*/")); end >= 0 {
			s.skip(s.pos + 2 + end + 2)
			return
		}
		s.bad = "a comment is not closed"
		return
	}
	body++
	version, n := commentVersion(s.text[body:])
	switch {
	case n > maxVersionDigits:
		s.bad = "an executable comment's version has too many digits"
	case n >= minVersionDigits && !s.exec.counts(version, mariadb):
		s.skipNested(body)
	case s.open:
		// MariaDB ends both at the first */. Nobody writes that, and others may end them one by one.
		s.bad = "an executable comment lies within another"
	default:
		s.open = true
		if n < minVersionDigits {
			n = 0
		}
		s.pos = body + n
	}
}

// skipNested skips an executable comment that does not count: comments may lie within it, one level deep.
func (s *scanner) skipNested(i int) {
	for ; i+1 < len(s.text); i++ {
		switch {
		case s.text[i] == '*' && s.text[i+1] == '/':
			s.skip(i + 2)
			return
		case s.text[i] == '/' && s.text[i+1] == '*':
			n := bytes.Index(s.text[i+2:], []byte("*/"))
			if n < 0 {
				s.bad = "a comment is not closed"
				return
			}
			i += 2 + n + 1
		}
	}
	s.bad = "a comment is not closed"
}
