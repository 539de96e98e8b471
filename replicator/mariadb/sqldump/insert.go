package sqldump

import (
	"bytes"
	"errors"
)

// insert allows INSERT INTO `name` [(columns)] VALUES (literals), … into the table that was created last.
// Everything after VALUES is looked at byte by byte: the text may be a gigabyte.
func (r *Reviewer) insert(p *parser) (Reviewed, error) {
	p.expect("INTO")
	name := p.ident()
	if p.tok.punct('(') {
		p.advance()
		for p.err == nil && (p.tok.kind == tokIdent || p.tok.is("row_start") || p.tok.is("row_end")) {
			p.advance()
			if p.tok.punct(',') {
				p.advance()
			}
		}
		p.punct(')')
	}
	if p.err == nil && (!p.tok.is("VALUES") || p.inExec) {
		p.fail(errors.New("VALUES expected"))
	}
	if p.err != nil {
		return Reviewed{}, p.err
	}
	if r.db == "" || r.table == "" || name != r.table {
		return Reviewed{}, errors.New("rows for another table than the one that was created before")
	}
	if err := rows(p.text[p.tok.to:]); err != nil {
		return Reviewed{}, err
	}
	return Reviewed{Verb: Insert, Name: name}, nil
}

var errLiteral = errors.New("something else than literals in the rows")

// rows demands (literal, …), (literal, …), … and nothing else.
func rows(b []byte) error {
	for {
		b = skipSpace(b)
		if len(b) == 0 || b[0] != '(' {
			return errLiteral
		}
		for {
			n := literal(skipSpace(b[1:]))
			if n == 0 {
				return errLiteral
			}
			if b = skipSpace(skipSpace(b[1:])[n:]); len(b) == 0 {
				return errLiteral
			}
			if b[0] == ')' {
				break
			}
			if b[0] != ',' {
				return errLiteral
			}
		}
		if b = skipSpace(b[1:]); len(b) == 0 {
			return nil
		}
		if b[0] != ',' {
			return errLiteral
		}
		b = b[1:]
	}
}

// literal returns the length of the literal at the head of b: NULL, 0x…, a number or a string; 0 if there is none.
func literal(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch {
	case b[0] == '\'':
		return stringLen(b)
	case b[0] == 'N':
		if bytes.HasPrefix(b, []byte("NULL")) {
			return len("NULL")
		}
		return 0
	case bytes.HasPrefix(b, []byte("0x")):
		return len(b) - len(bytes.TrimLeft(b[2:], "0123456789abcdefABCDEF"))
	}
	return numberLen(b)
}

// stringLen returns the length of the string at the head of b with its quotes, 0 if it has no end.
func stringLen(b []byte) int {
	for i := 1; ; {
		// Most bytes are in strings, so the search is left to IndexByte, which looks at many at once.
		end := bytes.IndexByte(b[i:], '\'')
		if end < 0 {
			return 0
		}
		if esc := bytes.IndexByte(b[i:i+end], '\\'); esc >= 0 {
			i += esc + 2
			if i > len(b) {
				return 0
			}
			continue
		}
		return i + end + 1
	}
}

// numberLen returns the length of a decimal or floating-point number, such as -1.5e-10; 0 if there is none.
func numberLen(b []byte) int {
	n := 0
	if b[0] == '-' {
		n++
	}
	digits := n
	for n < len(b) && (isDigit(b[n]) || b[n] == '.') {
		n++
	}
	if n == digits {
		return 0
	}
	if n+1 < len(b) && (b[n] == 'e' || b[n] == 'E') {
		n++
		if b[n] == '-' || b[n] == '+' {
			n++
		}
		for n < len(b) && isDigit(b[n]) {
			n++
		}
	}
	return n
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
