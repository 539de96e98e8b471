package sqldump

import (
	"errors"
	"fmt"
	"strings"
)

// Verb says what a reviewed statement does.
type Verb int

// What mariadb-dump writes.
const (
	Set Verb = iota
	Use
	CreateDatabase
	CreateTable
	CreateSequence
	CreateView
	Drop   // IF EXISTS, of a table, view or sequence
	Insert // literals only
	SetVal // of a sequence
)

// Reviewed is a statement that may run.
type Reviewed struct {
	Verb     Verb
	Database string // the default database after the statement
	Name     string // of the database, table, view or sequence; "" for Set
	Definer  string // of a view, as user@host; "" if it names none
	// Skip is set for statements that set what the caller has set itself: nothing is to be done.
	Skip bool
}

// RefusedError is returned for a statement that mariadb-dump would not write, or that must not run here.
type RefusedError struct {
	Offset    int64  // of the statement in the dump
	Statement string // its beginning, printable
	Reason    string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("refuse statement at byte %d of the dump: %s: %s", e.Offset, e.Reason, e.Statement)
}

// maxDefinition bounds every statement but INSERT. MariaDB's own definition files stay far below.
const maxDefinition = 16 << 20

// Reviewer decides about the statements of one dump, in their order.
type Reviewer struct {
	databases map[string]bool
	version   int
	db        string // default database, "" before the first USE
	table     string // the table that INSERT may fill: the last one created, in db
}

// NewReviewer allows the given databases. version is that of the server that will run the statements, such as
// 101119 for 10.11.19.
func NewReviewer(databases []string, version int) *Reviewer {
	r := &Reviewer{databases: map[string]bool{}, version: version}
	for _, d := range databases {
		r.databases[d] = true
	}
	return r
}

// Review looks at the next statement. A *RefusedError says why it must not run.
func (r *Reviewer) Review(it Item) (Reviewed, error) {
	p := &parser{lexer: lexer{text: it.Text, version: r.version}}
	st, err := r.statement(p)
	if err != nil {
		return Reviewed{}, &RefusedError{Offset: it.Offset, Statement: Shorten(it.Text), Reason: err.Error()}
	}
	st.Database = r.db
	return st, nil
}

func (r *Reviewer) statement(p *parser) (Reviewed, error) {
	p.advance()
	first := p.tok
	if !first.is("INSERT") && len(p.text) > maxDefinition {
		return Reviewed{}, fmt.Errorf("definition longer than %d bytes", maxDefinition)
	}
	switch {
	case p.word("SET"):
		return set(p)
	case p.word("USE"):
		return r.use(p)
	case p.word("CREATE"):
		return r.create(p)
	case p.word("DROP"):
		return r.drop(p)
	case p.word("INSERT"):
		return r.insert(p)
	case p.word("DO"):
		return r.setval(p)
	}
	if p.err != nil {
		return Reviewed{}, p.err
	}
	return Reviewed{}, errors.New("mariadb-dump writes no such statement")
}

func (r *Reviewer) use(p *parser) (Reviewed, error) {
	name := p.ident()
	if err := p.end(); err != nil {
		return Reviewed{}, err
	}
	if !r.databases[name] {
		return Reviewed{}, fmt.Errorf("database %q was not asked for", name)
	}
	r.db, r.table = name, ""
	return Reviewed{Verb: Use, Name: name}, nil
}

func (r *Reviewer) drop(p *parser) (Reviewed, error) {
	if !p.word("TABLE") && !p.word("VIEW") && !p.word("SEQUENCE") {
		return Reviewed{}, errors.New("DROP of neither table, view nor sequence")
	}
	p.expect("IF", "EXISTS")
	name := p.ident()
	if err := r.endIn(p); err != nil {
		return Reviewed{}, err
	}
	r.table = ""
	return Reviewed{Verb: Drop, Name: name}, nil
}

// setval allows what mariadb-dump writes after a sequence: DO SETVAL(`name`, number, number).
func (r *Reviewer) setval(p *parser) (Reviewed, error) {
	p.expect("SETVAL")
	p.punct('(')
	name := p.ident()
	for range 2 {
		p.punct(',')
		if p.tok.punct('-') {
			p.advance()
		}
		p.number()
	}
	p.punct(')')
	return Reviewed{Verb: SetVal, Name: name}, r.endIn(p)
}

// endIn demands the end of a statement that needs a default database.
func (r *Reviewer) endIn(p *parser) error {
	if r.db == "" {
		return errors.New("no database was chosen before")
	}
	return p.end()
}

// parser reads tokens one by one; the first error stays.
type parser struct {
	lexer
	tok token
	err error
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	var err error
	if p.tok, err = p.next(); err != nil {
		p.fail(err)
	}
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.tok = token{kind: tokEnd, from: p.pos, to: p.pos}
}

// word takes the keyword w if it comes next.
func (p *parser) word(w string) bool {
	if p.err != nil || !p.tok.is(w) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.word(w) {
			p.fail(fmt.Errorf("%s expected", w))
		}
	}
}

func (p *parser) punct(c byte) {
	if p.err == nil && p.tok.punct(c) {
		p.advance()
		return
	}
	p.fail(fmt.Errorf("%q expected", c))
}

// ident takes a quoted identifier.
func (p *parser) ident() string {
	if p.tok.kind != tokIdent {
		p.fail(errors.New("quoted identifier expected"))
		return ""
	}
	name := p.tok.text
	p.advance()
	return name
}

func (p *parser) number() {
	if p.tok.kind != tokWord || strings.Trim(p.tok.text, "0123456789") != "" {
		p.fail(errors.New("number expected"))
	}
	p.advance()
}

func (p *parser) end() error {
	if p.err == nil && p.tok.kind != tokEnd {
		p.fail(errors.New("something follows where the statement should end"))
	}
	return p.err
}

// account takes user@host, both quoted.
func (p *parser) account() string {
	user := p.ident()
	p.punct('@')
	return user + "@" + p.ident()
}

// shortened is how much of a statement is shown.
const shortened = 200

// Shorten returns the beginning of a statement in a form that is safe to print: one line, valid UTF-8, no
// control characters.
func Shorten(text []byte) string {
	cut := len(text) > shortened
	s := strings.ToValidUTF8(string(text[:min(len(text), shortened)]), "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' || 0x202a <= r && r <= 0x202e ||
			0x2066 <= r && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
	if cut {
		s += "…"
	}
	return s
}
