package sqldump

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// engines are the storage engines whose tables may be created: those that keep their data in the datadir of the
// server itself. FEDERATED, CONNECT, SPIDER, S3 and MERGE reach other servers, files or schemas.
func localEngine(name string) bool {
	return slices.Contains([]string{"INNODB", "ARIA", "MYISAM", "MEMORY", "ARCHIVE", "CSV", "BLACKHOLE", "ROCKSDB"},
		strings.ToUpper(name))
}

func (r *Reviewer) create(p *parser) (Reviewed, error) {
	switch {
	case p.word("DATABASE"):
		return r.createDatabase(p)
	case p.word("TABLE"):
		return r.createTable(p)
	case p.word("SEQUENCE"):
		return r.createSequence(p)
	}
	return r.createView(p)
}

func (r *Reviewer) createDatabase(p *parser) (Reviewed, error) {
	p.expect("IF", "NOT", "EXISTS")
	name := p.ident()
	for p.err == nil && (p.tok.kind == tokWord || p.tok.kind == tokString || p.tok.punct('=')) {
		p.advance()
	}
	if err := p.end(); err != nil {
		return Reviewed{}, err
	}
	if !r.databases[name] {
		return Reviewed{}, fmt.Errorf("database %q was not asked for", name)
	}
	return Reviewed{Verb: CreateDatabase, Name: name}, nil
}

func (r *Reviewer) createTable(p *parser) (Reviewed, error) {
	name := p.ident()
	if p.err == nil && !p.tok.punct('(') {
		p.fail(errors.New("list of columns expected"))
	}
	if err := r.definition(p, "SELECT", "VALUES"); err != nil {
		return Reviewed{}, err
	}
	r.table = name
	return Reviewed{Verb: CreateTable, Name: name}, nil
}

// definition reads to the end of a table's or sequence's definition. All names in it are quoted, so a bare word
// is a keyword.
func (r *Reviewer) definition(p *parser, forbidden ...string) error {
	for p.err == nil && p.tok.kind != tokEnd {
		if p.tok.kind != tokWord {
			p.advance()
			continue
		}
		word := p.tok.text
		p.advance()
		switch {
		case p.tok.is("DIRECTORY"):
			return fmt.Errorf("%s DIRECTORY puts files outside of the data directory", strings.ToUpper(word))
		case strings.EqualFold(word, "ENGINE"):
			if p.tok.punct('=') {
				p.advance()
			}
			if p.err == nil && !localEngine(strings.Trim(p.tok.text, `'"`)) {
				return fmt.Errorf("storage engine %q is not allowed here", p.tok.text)
			}
		case strings.EqualFold(word, "UNION") && p.tok.punct('='):
			return errors.New("a table made of other tables is not allowed here")
		}
		for _, f := range forbidden {
			// VALUES also introduces the bounds of a partition: VALUES LESS THAN, VALUES IN.
			if strings.EqualFold(word, f) && !(f == "VALUES" && (p.tok.is("LESS") || p.tok.is("IN"))) {
				return fmt.Errorf("%s in the definition of a table", f)
			}
		}
	}
	return r.endIn(p)
}

func (r *Reviewer) createSequence(p *parser) (Reviewed, error) {
	name := p.ident()
	if err := r.definition(p, "SELECT"); err != nil {
		return Reviewed{}, err
	}
	r.table = ""
	return Reviewed{Verb: CreateSequence, Name: name}, nil
}

func (r *Reviewer) createView(p *parser) (Reviewed, error) {
	st := Reviewed{Verb: CreateView}
	if p.word("ALGORITHM") {
		p.punct('=')
		if p.tok.kind == tokWord {
			p.advance()
		}
	}
	if p.word("DEFINER") {
		p.punct('=')
		st.Definer = p.account()
	}
	if p.word("SQL") {
		p.expect("SECURITY")
		if p.tok.kind == tokWord {
			p.advance()
		}
	}
	if !p.word("VIEW") {
		if p.err != nil {
			return Reviewed{}, p.err
		}
		return Reviewed{}, errors.New("mariadb-dump writes no such CREATE with these options")
	}
	st.Name = p.ident()
	p.expect("AS")
	for p.err == nil && p.tok.kind != tokEnd {
		if p.tok.is("INTO") {
			return Reviewed{}, errors.New("INTO in the definition of a view")
		}
		p.advance()
	}
	if err := r.endIn(p); err != nil {
		return Reviewed{}, err
	}
	r.table = ""
	return st, nil
}
