package sqldump

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Object is a view, routine, trigger or event whose definition came from SHOW CREATE. Its body is not looked at here.
type Object struct {
	Kind    string // VIEW, PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TRIGGER or EVENT
	Definer string // user@host, "" if it names none
	// Text is what is to be run. It is the definition as it came, but that of an event which the supplier runs says
	// DISABLE ON SLAVE, and that of every other event says DISABLE.
	Text string
	// Status of an event at the supplier: ENABLED, DISABLED or SLAVESIDE_DISABLED.
	Status string
}

// ReviewObject demands that text begins as the definition of this very object in this database does: the server
// could have answered anything. version is that of the server that will run it, as for NewReviewer.
func ReviewObject(kind, database, name, text string, version int) (Object, error) {
	refuse := func(reason error) (Object, error) {
		return Object{}, &RefusedError{Statement: Shorten([]byte(text)), Reason: reason.Error()}
	}
	if len(text) > maxDefinition {
		return refuse(fmt.Errorf("definition longer than %d bytes", maxDefinition))
	}
	// Where the object's sql_mode has ANSI_QUOTES, names come in double quotes; a head holds no strings before its
	// end but those of an event's schedule, which come in single quotes.
	p := &parser{lexer: lexer{text: []byte(text), version: version, ansi: true}}
	p.advance()
	o := Object{Kind: kind, Text: text}
	p.expect("CREATE")
	if kind == "VIEW" && p.word("ALGORITHM") {
		p.punct('=')
		p.name()
	}
	if p.word("DEFINER") {
		p.punct('=')
		o.Definer = p.definer()
	}
	switch kind {
	case "FUNCTION":
		p.word("AGGREGATE")
	case "VIEW":
		if p.word("SQL") {
			p.expect("SECURITY")
			p.name()
		}
	}
	p.expect(strings.Split(kind, " ")...)
	if kind == "TRIGGER" && p.word("IF") {
		p.expect("NOT", "EXISTS")
	}
	got := p.anyName()
	if p.tok.punct('.') {
		p.advance()
		if !sameName(got, database) {
			p.fail(fmt.Errorf("an object of database %q", got))
		}
		got = p.anyName()
	}
	if p.err == nil && !sameName(got, name) {
		p.fail(fmt.Errorf("an object named %q", got))
	}
	switch kind {
	case "PROCEDURE", "FUNCTION":
		// A function of a shared library has no parameters here: CREATE FUNCTION f RETURNS … SONAME.
		if p.err == nil && !p.tok.punct('(') && !p.oracle() {
			p.fail(errors.New("list of parameters expected"))
		}
	case "VIEW":
		p.expect("AS")
	case "TRIGGER":
		if p.err == nil && !p.tok.is("BEFORE") && !p.tok.is("AFTER") {
			p.fail(errors.New("BEFORE or AFTER expected"))
		}
	case "EVENT":
		p.event(&o)
	}
	if p.err != nil {
		return refuse(p.err)
	}
	return o, nil
}

// oracle tells whether a routine without parameters goes on as in sql_mode=ORACLE, where the parentheses may be
// left out.
func (p *parser) oracle() bool {
	return slices.ContainsFunc([]string{"AS", "IS", "RETURN"}, p.tok.is)
}

// event finds where an event says whether it is enabled, and changes that. SHOW CREATE EVENT always writes
// ON SCHEDULE … ON COMPLETION [NOT] PRESERVE {ENABLE | DISABLE [ON SLAVE]} [COMMENT …] DO ….
func (p *parser) event(o *Object) {
	p.expect("ON", "SCHEDULE")
	for p.err == nil && p.tok.kind != tokEnd && !p.tok.is("ON") {
		p.advance()
	}
	p.expect("ON", "COMPLETION")
	p.word("NOT")
	p.expect("PRESERVE")
	from, to := p.tok.from, p.tok.to
	now := "DISABLE"
	switch {
	case p.word("ENABLE"):
		o.Status, now = "ENABLED", "DISABLE ON SLAVE"
	case p.word("DISABLE"):
		o.Status = "DISABLED"
		if p.word("ON") {
			o.Status = "SLAVESIDE_DISABLED"
			to = p.tok.to
			if !p.word("SLAVE") {
				p.expect("REPLICA")
			}
		}
	default:
		p.fail(errors.New("ENABLE or DISABLE expected"))
	}
	if p.err == nil && (p.inExec || !p.tok.is("DO") && !p.tok.is("COMMENT")) {
		p.fail(errors.New("DO expected"))
	}
	if p.err == nil {
		o.Text = o.Text[:from] + now + o.Text[to:]
	}
}

// definer takes user@host, or a role's name.
func (p *parser) definer() string {
	user := p.anyName()
	if !p.tok.punct('@') {
		return user
	}
	p.advance()
	return user + "@" + p.anyName()
}

// anyName takes a name with or without quotes.
func (p *parser) anyName() string {
	if p.tok.kind == tokIdent {
		return p.ident()
	}
	return p.name()
}

// sameName compares as the server may, depending on lower_case_table_names and on the kind of object; whether the
// right object came into being is checked by its name in the database afterwards, if at all.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
