package sqldump

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// set allows the assignments that mariadb-dump writes: session variables of a fixed list get a fixed value or
// what was saved of them in a user variable.
//
// Those of the character set are run, because views keep them as part of their definition. All others are
// skipped: the caller has set them itself, with a stricter sql_mode.
func set(p *parser) (Reviewed, error) {
	st := Reviewed{Verb: Set}
	if p.word("NAMES") {
		if p.err == nil && !p.tok.is("utf8mb4") {
			p.fail(errors.New("utf8mb4 expected"))
		}
		p.advance()
		st.Skip = true
		return st, p.end()
	}
	skipped, run := 0, 0
	for p.err == nil {
		var variable string
		if p.tok.punct('@') && p.pos < len(p.text) && p.text[p.pos] != '@' {
			p.advance()
			p.name()
			p.punct('=')
			variable = p.systemVariable()
		} else {
			variable = p.systemVariable()
			p.punct('=')
			p.value(variable)
		}
		if p.err == nil && ofCharset(variable) {
			run++
		} else if p.err == nil && fixedValue(variable) != "" {
			skipped++
		} else if p.err == nil {
			p.fail(fmt.Errorf("variable %s must not be set", variable))
		}
		if !p.tok.punct(',') {
			break
		}
		p.advance()
	}
	if err := p.end(); err != nil {
		return Reviewed{}, err
	}
	if skipped > 0 && run > 0 {
		return Reviewed{}, errors.New("mariadb-dump does not set these together")
	}
	st.Skip = skipped > 0
	return st, nil
}

func ofCharset(variable string) bool {
	return slices.Contains([]string{"character_set_client", "character_set_results", "collation_connection"}, variable)
}

// fixedValue is the one value that mariadb-dump gives to a variable, as it writes it; "" for unknown variables.
func fixedValue(variable string) string {
	switch variable {
	case "time_zone":
		return "'+00:00'"
	case "sql_mode":
		return "'NO_AUTO_VALUE_ON_ZERO'"
	case "unique_checks", "foreign_key_checks", "sql_notes":
		return "0"
	case "system_versioning_insert_history":
		return "1"
	}
	return ""
}

// name takes an unquoted name.
func (p *parser) name() string {
	if p.tok.kind != tokWord {
		p.fail(errors.New("name expected"))
		return ""
	}
	name := p.tok.text
	p.advance()
	return name
}

// systemVariable takes the name of a variable of the session, with or without @@ and the word session before it.
func (p *parser) systemVariable() string {
	if p.tok.punct('@') {
		p.advance()
		p.punct('@')
	}
	name := p.name()
	if strings.EqualFold(name, "session") {
		p.punct('.')
		name = p.name()
	}
	return strings.ToLower(name)
}

// value takes @saved, or the value that the variable may have.
func (p *parser) value(variable string) {
	if p.tok.punct('@') {
		p.advance()
		p.name()
		return
	}
	text := p.tok.text
	p.advance()
	switch {
	case p.err != nil:
	case strings.HasPrefix(variable, "character_set_") && !SafeCharset(text),
		variable == "collation_connection" && !SafeCollation(text):
		p.fail(fmt.Errorf("character set or collation %q is not supported here", text))
	case !ofCharset(variable) && text != fixedValue(variable):
		p.fail(fmt.Errorf("%s is set to something else than %s", variable, fixedValue(variable)))
	}
}

// SafeCharset tells whether a text in this character set can be reviewed byte by byte: its ASCII bytes mean ASCII
// wherever they stand. That is not so in big5, cp932, gbk and sjis, where a backslash or quote can be the second
// byte of a character, in swe7, and in utf16 and its like.
func SafeCharset(name string) bool {
	return slices.Contains([]string{"armscii8", "ascii", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850",
		"cp852", "cp866", "dec8", "eucjpms", "euckr", "gb2312", "geostd8", "greek", "hebrew", "hp8", "keybcs2",
		"koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7", "macce", "macroman", "tis620", "ujis", "utf8",
		"utf8mb3", "utf8mb4"}, strings.ToLower(name))
}

// SafeCollation tells whether a collation belongs to a character set that is safe as SafeCharset says.
func SafeCollation(name string) bool {
	charset, rest, _ := strings.Cut(name, "_")
	return SafeCharset(charset) && strings.Trim(strings.ToLower(rest), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
