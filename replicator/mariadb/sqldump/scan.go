package sqldump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Kind says what an Item is.
type Kind int

const (
	// Statement is the text of one statement without its semicolon.
	Statement Kind = iota
	// Comment is a line that begins with "--", without its end, or the mark of the client's sandbox mode.
	Comment
)

// Item is one piece of a dump.
type Item struct {
	Kind   Kind
	Text   []byte // valid until the next call of Next
	Offset int64  // of its first byte in the dump
}

// Errors of a Scanner that a caller may want to tell apart.
var (
	// ErrTooLong is returned for a statement that is longer than the limit.
	ErrTooLong = errors.New("statement is longer than the limit")
	// ErrUnfinished is returned when the dump ends inside a statement.
	ErrUnfinished = errors.New("dump ends inside a statement")
	// ErrLineComment is returned for a comment to the end of the line within a statement: mariadb-dump writes none.
	ErrLineComment = errors.New("line comment inside a statement")
)

const (
	firstBuffer = 256 << 10
	keepBuffer  = 16 << 20 // a larger buffer is given back after its statement
)

// sandboxMark is a client command at the head of every dump: mariadb-dump writes it as a comment for clients
// that don't know it. It has no semicolon.
const sandboxMark = `/*M!999999\-`

// Scanner splits a dump into statements and comments. It is not safe for concurrent use.
type Scanner struct {
	r     io.Reader
	limit int
	buf   []byte
	start int // of the item under way
	pos   int // next byte to look at
	eof   bool
	err   error
	base  int64 // offset in the dump of buf[0]
}

// NewScanner reads from r. No statement may be longer than limit bytes.
func NewScanner(r io.Reader, limit int) *Scanner {
	return &Scanner{r: r, limit: limit, buf: make([]byte, 0, min(firstBuffer, limit+1))}
}

// Next returns the next statement or comment; io.EOF at the end of a dump that is whole. Errors are final.
func (s *Scanner) Next() (Item, error) {
	if s.err != nil {
		return Item{}, s.err
	}
	it, err := s.next()
	s.err = err
	return it, err
}

func (s *Scanner) next() (Item, error) {
	s.start = s.pos
	if cap(s.buf) > keepBuffer && len(s.buf)-s.pos < firstBuffer {
		s.base += int64(s.pos)
		s.buf = append(make([]byte, 0, firstBuffer), s.buf[s.pos:]...)
		s.start, s.pos = 0, 0
	}
	var c byte
	for { // between statements
		var ok bool
		var err error
		c, ok, err = s.peek(0)
		if err != nil {
			return Item{}, err
		}
		if !ok {
			return Item{}, io.EOF
		}
		if !isSpace(c) {
			break
		}
		s.pos++
		s.start = s.pos
	}
	// Nothing is read ahead that is not needed: the reader may block.
	switch c {
	case '-':
		if ok, err := s.has("--"); err != nil || ok {
			return s.line(err)
		}
	case '/':
		if ok, err := s.has(sandboxMark); err != nil || ok {
			return s.sandbox(err)
		}
	}
	return s.statement()
}

func (s *Scanner) item(k Kind, end int) Item {
	return Item{Kind: k, Text: s.buf[s.start:end], Offset: s.base + int64(s.start)}
}

// line reads a comment up to the end of its line.
func (s *Scanner) line(err error) (Item, error) {
	for err == nil {
		c, ok, e := s.peek(0)
		if e != nil {
			return Item{}, e
		}
		if !ok || c == '\n' {
			it := s.item(Comment, s.pos)
			if ok {
				s.pos++
			}
			return it, nil
		}
		s.pos++
	}
	return Item{}, err
}

func (s *Scanner) sandbox(err error) (Item, error) {
	if err == nil {
		s.pos += len(sandboxMark)
		err = s.comment()
	}
	if err != nil {
		return Item{}, err
	}
	return s.item(Comment, s.pos), nil
}

func (s *Scanner) statement() (Item, error) {
	for {
		for s.pos < len(s.buf) && !special(s.buf[s.pos]) {
			s.pos++
		}
		if s.pos == len(s.buf) {
			if ok, err := s.fill(1); err != nil {
				return Item{}, err
			} else if !ok {
				return Item{}, s.fail(ErrUnfinished)
			}
			continue
		}
		c := s.buf[s.pos]
		s.pos++
		var err error
		switch c {
		case ';':
			if s.pos-1-s.start > s.limit {
				return Item{}, s.fail(ErrTooLong)
			}
			return s.item(Statement, s.pos-1), nil
		case '\'', '"', '`':
			err = s.quoted(c)
		case '/':
			err = s.slash()
		case '-':
			err = s.dash()
		case '#':
			err = s.fail(ErrLineComment)
		}
		if err != nil {
			return Item{}, err
		}
	}
}

// special tells whether a byte may end a statement or begin something in which it doesn't.
func special(c byte) bool {
	switch c {
	case ';', '\'', '"', '`', '/', '-', '#':
		return true
	}
	return false
}

// quoted reads to the end of a string or identifier whose opening quote was just read. A doubled quote is seen as
// the end of one and the beginning of the next, which comes to the same.
func (s *Scanner) quoted(q byte) error {
	stop := string(q) + `\`
	if q == '`' {
		stop = "`"
	}
	for {
		i := bytes.IndexAny(s.buf[s.pos:], stop)
		if i < 0 {
			s.pos = len(s.buf)
			if ok, err := s.fill(1); err != nil {
				return err
			} else if !ok {
				return s.fail(ErrUnfinished)
			}
			continue
		}
		s.pos += i + 1
		if s.buf[s.pos-1] == q {
			return nil
		}
		if _, ok, err := s.peek(0); err != nil {
			return err
		} else if !ok {
			return s.fail(ErrUnfinished)
		}
		s.pos++
	}
}

// dash handles what follows a '-': "--" and then white space or a control character is a comment to the server.
func (s *Scanner) dash() error {
	if second, err := s.has("-"); err != nil || !second {
		return err
	}
	c, ok, err := s.peek(1)
	if err != nil {
		return err
	}
	if !ok || c <= ' ' || c == 0x7f {
		return s.fail(ErrLineComment)
	}
	return nil
}

// slash handles what follows a '/': a comment is read to its end; the marks of an executable one are left for
// the review, because what is in between may hold quotes.
func (s *Scanner) slash() error {
	star, err := s.has("*")
	if err != nil || !star {
		return err
	}
	for _, mark := range []string{"*!", "*M!"} {
		if exec, err := s.has(mark); err != nil || exec {
			s.pos += len(mark)
			return err
		}
	}
	s.pos++
	return s.comment()
}

// comment reads to the end of a comment whose opening was read.
func (s *Scanner) comment() error {
	for {
		end, err := s.has("*/")
		if err != nil {
			return err
		}
		if end {
			s.pos += 2
			return nil
		}
		if _, ok, err := s.peek(0); err != nil {
			return err
		} else if !ok {
			return s.fail(ErrUnfinished)
		}
		s.pos++
	}
}

// has tells whether the next bytes are text.
func (s *Scanner) has(text string) (bool, error) {
	if len(s.buf)-s.pos < len(text) {
		if ok, err := s.fill(len(text)); err != nil || !ok {
			return false, err
		}
	}
	return string(s.buf[s.pos:s.pos+len(text)]) == text, nil
}

// peek returns the byte i after the next one; false at the end of the dump.
func (s *Scanner) peek(i int) (byte, bool, error) {
	if s.pos+i >= len(s.buf) {
		if ok, err := s.fill(i + 1); err != nil || !ok {
			return 0, false, err
		}
	}
	return s.buf[s.pos+i], true, nil
}

// fill reads until n bytes lie behind pos; false if the dump ends before.
func (s *Scanner) fill(n int) (bool, error) {
	for empty := 0; len(s.buf)-s.pos < n; {
		if s.eof {
			return false, nil
		}
		if s.pos-s.start > s.limit {
			return false, s.fail(ErrTooLong)
		}
		s.room()
		k, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+k]
		switch {
		case err == io.EOF:
			s.eof = true
		case err != nil:
			return false, fmt.Errorf("read dump: %w", err)
		}
		if empty++; k > 0 {
			empty = 0
		} else if empty == 100 {
			return false, fmt.Errorf("read dump: %w", io.ErrNoProgress)
		}
	}
	return true, nil
}

// room makes room for at least one more byte in buf.
func (s *Scanner) room() {
	if len(s.buf) < cap(s.buf) {
		return
	}
	if s.start > 0 {
		s.base += int64(s.start)
		s.buf = s.buf[:copy(s.buf, s.buf[s.start:])]
		s.pos -= s.start
		s.start = 0
		if len(s.buf) < cap(s.buf)/2 {
			return
		}
	}
	// fill has checked that what is there is within the limit.
	grown := make([]byte, len(s.buf), max(min(2*cap(s.buf), s.limit+firstBuffer), len(s.buf)+1))
	copy(grown, s.buf)
	s.buf = grown
}

func (s *Scanner) fail(err error) error {
	return fmt.Errorf("split dump: statement at byte %d: %w", s.base+int64(s.start), err)
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
