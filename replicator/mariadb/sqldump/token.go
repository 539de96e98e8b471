package sqldump

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

type tokenKind int

const (
	tokEnd    tokenKind = iota
	tokWord             // keyword, unquoted name or number
	tokIdent            // in backquotes, or in double quotes where the lexer was told so; text is unquoted
	tokString           // in single or double quotes; text is as written, with its quotes
	tokPunct            // one byte
)

// token is one token of a statement; from and to are its place in the text.
type token struct {
	kind     tokenKind
	text     string
	from, to int
}

// is tells whether t is the keyword w, in capitals.
func (t token) is(w string) bool { return t.kind == tokWord && strings.EqualFold(t.text, w) }

func (t token) punct(c byte) bool { return t.kind == tokPunct && t.text[0] == c }

// mysqlOnlyFrom and mysqlOnlyTo bound the versions at which MariaDB ignores a /*! comment: they are MySQL's.
const (
	mysqlOnlyFrom = 50700
	mysqlOnlyTo   = 99999
)

// lexer cuts a statement into tokens as the server would, with the sql_mode that seeding sets.
type lexer struct {
	text    []byte
	pos     int
	version int  // of the server that will run it, such as 101119
	ansi    bool // double quotes enclose identifiers
	inExec  bool // inside an executable comment
}

// next returns the next token. Executable comments are entered; what is in them is part of the statement.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case isSpace(c):
			l.pos++
		case l.inExec && l.at("*/"):
			l.inExec = false
			l.pos += 2
		case l.at("/*"):
			if err := l.comment(); err != nil {
				return token{}, err
			}
		case c == '#' || l.at("--") && (l.pos+2 == len(l.text) || l.text[l.pos+2] <= ' ' || l.text[l.pos+2] == 0x7f):
			return token{}, ErrLineComment
		case c == '\'' || c == '"' && !l.ansi:
			return l.str(c)
		case c == '`' || c == '"':
			return l.ident(c)
		case isWord(c):
			from := l.pos
			for l.pos < len(l.text) && isWord(l.text[l.pos]) {
				l.pos++
			}
			return token{tokWord, string(l.text[from:l.pos]), from, l.pos}, nil
		case c < ' ':
			return token{}, fmt.Errorf("control character 0x%02x", c)
		default:
			l.pos++
			return token{tokPunct, string(rune(c)), l.pos - 1, l.pos}, nil
		}
	}
	if l.inExec {
		return token{}, errors.New("executable comment has no end")
	}
	return token{kind: tokEnd, from: l.pos, to: l.pos}, nil
}

func (l *lexer) at(s string) bool {
	return len(l.text)-l.pos >= len(s) && string(l.text[l.pos:l.pos+len(s)]) == s
}

// comment skips an ordinary comment or enters an executable one.
func (l *lexer) comment() error {
	p := l.pos + 2
	if p < len(l.text) && l.text[p] == 'M' {
		p++
	}
	if p >= len(l.text) || l.text[p] != '!' {
		end := bytes.Index(l.text[l.pos+2:], []byte("*/"))
		if end < 0 {
			return errors.New("comment has no end")
		}
		l.pos += 2 + end + 2
		return nil
	}
	if l.inExec {
		return errors.New("executable comment in an executable comment")
	}
	mark := l.text[l.pos:p]
	p++
	version, digits := 0, 0
	for p < len(l.text) && '0' <= l.text[p] && l.text[p] <= '9' && digits < 7 {
		version = 10*version + int(l.text[p]-'0')
		digits++
		p++
	}
	// The server reads five digits or six. A comment that it would ignore hides text from it, but not from us, or
	// the other way round: refused.
	if digits != 5 && digits != 6 || version > l.version ||
		string(mark) == "/*" && mysqlOnlyFrom <= version && version <= mysqlOnlyTo {
		return fmt.Errorf("executable comment for version %d, which the server may ignore", version)
	}
	l.inExec = true
	l.pos = p
	return nil
}

// str reads a string. Strings with the same quotes side by side, or a doubled quote, come as one token each.
func (l *lexer) str(q byte) (token, error) {
	from := l.pos
	for l.pos++; l.pos < len(l.text); l.pos++ {
		switch l.text[l.pos] {
		case '\\':
			l.pos++
		case q:
			l.pos++
			return token{tokString, string(l.text[from:l.pos]), from, l.pos}, nil
		}
	}
	return token{}, errors.New("string has no end")
}

// ident reads a quoted identifier; a doubled quote in it stands for one.
func (l *lexer) ident(q byte) (token, error) {
	from := l.pos
	var name []byte
	for l.pos++; l.pos < len(l.text); l.pos++ {
		c := l.text[l.pos]
		if c == q {
			if l.pos+1 == len(l.text) || l.text[l.pos+1] != q {
				l.pos++
				return token{tokIdent, string(name), from, l.pos}, nil
			}
			l.pos++
		}
		if c == 0 {
			return token{}, errors.New("zero byte in an identifier")
		}
		name = append(name, c)
	}
	return token{}, errors.New("identifier has no end")
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c >= 0x80
}
