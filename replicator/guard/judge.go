package guard

// judge reads one statement, in one execution, and decides. After the first reason to hold, the statement looks to
// all of its methods as if it ended, so none of them has to return an error.
type judge struct {
	scan   scanner
	policy Policy

	tok  token    // the current token
	prev [4]token // the ones before it, the nearest first

	category string // why the statement is held; "" if it is not
	reason   string
	// why a policy would hold it, if nothing else does
	policyCategory, policyReason string

	// anySchema is set for statements that mean the same in every default database.
	anySchema bool
	// mayBlock is set within bodies that the SQL thread never runs: those of procedures and events.
	mayBlock bool
	// names is set where ON names a table (CREATE INDEX … ON, CREATE TRIGGER … ON).
	names bool
	// sysNamed: sys is the name of a table or an alias of this statement. sysLoose: sys.x stands where both a
	// column of such a table and a table of the schema sys may stand.
	sysNamed, sysLoose bool
}

// judgeText judges text in one execution. def is the system schema that is the default database, if it is one.
func judgeText(text []byte, d dialect, e execution, p Policy, def schema) (category, reason string) {
	j := judge{scan: scanner{text: text, dialect: d, exec: e}, policy: p}
	j.whole()
	if j.category == "" && j.sysLoose && !j.sysNamed {
		j.hold(CategorySystemSchema, "names a table of the schema sys")
	}
	if j.category == "" && def != schemaNone && !j.anySchema {
		j.hold(CategorySystemSchema, "the default database is "+def.String())
	}
	if j.category == "" && j.policyCategory != "" {
		return j.policyCategory, j.policyReason
	}
	return j.category, j.reason
}

// forbid notes that a policy does not let the statement pass. What is held in any case counts more: an operator who
// releases a dropped table should not release something else with it.
func (j *judge) forbid(category, reason string) {
	j.policyCategory, j.policyReason = category, reason
}

// hold notes why the statement is held. The first reason counts.
func (j *judge) hold(category, reason string) {
	if j.category == "" {
		j.category, j.reason = category, reason
	}
	j.tok = token{}
}

// next goes to the next token of the statement. It does not go over a semicolon: whoever expects a token there has
// met a statement that MariaDB would refuse, and must not take the next statement for a part of it.
func (j *judge) next() {
	if j.is(';') {
		j.hold(CategoryUnparsed, "ends too early")
	}
	j.advance()
}

// advance goes to the next token and looks at it in the light of those before. What is held here is held wherever
// in the statement it stands.
func (j *judge) advance() {
	if j.category != "" {
		return
	}
	j.prev[3], j.prev[2], j.prev[1], j.prev[0] = j.prev[2], j.prev[1], j.prev[0], j.tok
	j.tok = j.scan.next()
	switch j.tok.kind {
	case kindBad:
		j.hold(CategoryUnparsed, j.scan.bad)
	case kindWord:
		if j.tok.word != wordNone {
			j.keyword()
		}
	case kindQuoted:
		if hasMySQL50(j.name(j.tok)) {
			j.hold(CategorySystemSchema, "a name begins with #mysql50# and so may mean any schema")
		}
	case kindPunct:
		switch j.tok.ch {
		case '.':
			j.qualifier()
			return
		case '(':
			j.call()
		}
	}
	if j.isName(0) && schemaOf(j.name(j.prev[0])) == schemaSys {
		j.sysNamed = true
	}
}

// keyword holds reserved words that no harmless statement has anywhere: MariaDB does not take them for names unless
// a dot stands before them or they are quoted, and then they are no keywords here either.
func (j *judge) keyword() {
	before := j.prevWord(0)
	switch j.tok.word {
	case wGrant, wRevoke:
		j.hold(CategoryAccount, "gives or takes privileges")
	case wLoad:
		j.hold(CategoryFile, "reads a file (LOAD)")
	case wOutfile:
		j.hold(CategoryFile, "writes a file (INTO OUTFILE)")
	case wDumpfile:
		if before == wInto {
			j.hold(CategoryFile, "writes a file (INTO DUMPFILE)")
		}
	case wKill:
		j.hold(CategoryAdmin, "ends a connection (KILL)")
	case wPurge:
		j.hold(CategoryReset, "deletes binary logs (PURGE)")
	case wDirectory:
		if before == wData || before == wIndex {
			j.hold(CategoryDataDirectory, "puts a table's file outside the datadir (DATA DIRECTORY)")
		}
	}
}

// qualifier looks at a dot: the name before it may be a system schema.
func (j *judge) qualifier() {
	if !j.isName(0) {
		return
	}
	s := schemaOf(j.name(j.prev[0]))
	switch s {
	case schemaNone:
	case schemaMySQL, schemaPerformance, schemaOurs:
		j.hold(CategorySystemSchema, "names a table of the schema "+s.String())
	case schemaInformation:
		// It cannot be written to, by nobody. Procedures that look up there whether a column exists are common.
		if j.writing() {
			j.hold(CategorySystemSchema, "changes information_schema")
		}
	case schemaSys:
		switch {
		case j.isPunct(1, '.'): // a table sys of another schema
		case j.writing(), j.reading():
			j.hold(CategorySystemSchema, "names a table of the schema sys")
		default:
			j.sysLoose = true
		}
	}
}

// writing tells whether the name before the current token stands where something is changed.
func (j *judge) writing() bool {
	switch j.prevWord(1) {
	case wInto, wUpdate, wTable, wTables, wView, wTrigger, wEvent, wProcedure, wFunction, wPackage, wBody, wSequence,
		wDatabase, wSchema, wInsert, wReplace, wIgnore, wTruncate, wTo, wCall, wIndex, wExists, wReferences,
		wLowPriority, wHighPriority, wDelayed:
		return true
	case wOn:
		return j.names
	}
	return false
}

// reading tells whether the name before the current token stands where only a table can stand.
func (j *judge) reading() bool {
	switch j.prevWord(1) {
	case wFrom, wJoin, wUsing, wLike, wFor:
		return true
	}
	return false
}

// call looks at an opening parenthesis: the name before it may be a function.
func (j *judge) call() {
	if !j.isName(0) {
		return
	}
	kind := callOf(j.name(j.prev[0]))
	if kind == callNone || kind == callBlocking && j.mayBlock {
		return
	}
	if j.isPunct(1, '.') {
		if !j.isName(2) || !nativeSchema(j.name(j.prev[2])) {
			return // a table or a stored function of that name
		}
	} else {
		switch j.prevWord(1) {
		case wInto, wTable, wExists, wReferences, wInsert, wReplace, wKey, wIndex, wUnique, wFulltext, wSpatial,
			wConstraint, wWith, wRecursive, wView, wProcedure, wFunction, wCall:
			return // a table, an index or a routine of that name; HIGH_PRIORITY and IGNORE may precede expressions
		case wOn:
			if j.names {
				return
			}
		}
	}
	if kind == callFile {
		j.hold(CategoryFile, "reads a file (LOAD_FILE)")
		return
	}
	j.hold(CategoryBlocking, "calls a function that stops the SQL thread for as long as it likes")
}

// isName tells whether the i-th token before the current one can be an identifier.
func (j *judge) isName(i int) bool {
	return j.prev[i].kind == kindWord || j.prev[i].kind == kindQuoted
}

func (j *judge) isPunct(i int, ch byte) bool {
	return j.prev[i].kind == kindPunct && j.prev[i].ch == ch
}

// prevWord returns the keyword that the i-th token before the current one is.
func (j *judge) prevWord(i int) word { return j.prev[i].word }

// name returns the text of an identifier without its quotes.
func (j *judge) name(t token) []byte {
	text := j.scan.text[t.start:t.end]
	if t.kind == kindQuoted {
		return text[1 : len(text)-1]
	}
	return text
}

// is tells whether the current token is the punctuation ch.
func (j *judge) is(ch byte) bool { return j.tok.kind == kindPunct && j.tok.ch == ch }

// named tells whether the current token can be an identifier.
func (j *judge) named() bool { return j.tok.kind == kindWord || j.tok.kind == kindQuoted }

// accept goes on if the current token is the keyword w.
func (j *judge) accept(w word) bool {
	if j.tok.word != w {
		return false
	}
	j.next()
	return true
}

// acceptPunct goes on if the current token is ch.
func (j *judge) acceptPunct(ch byte) bool {
	if !j.is(ch) {
		return false
	}
	j.advance()
	return true
}

// ended tells whether the current token is behind a statement.
func (j *judge) ended() bool { return j.tok.kind == kindEnd || j.is(';') }

// rest goes to the end of the statement.
func (j *judge) rest() {
	for !j.ended() {
		j.next()
	}
}

// peek returns the token behind the current one.
func (j *judge) peek() token {
	if j.category != "" {
		return token{}
	}
	ahead := j.scan
	return ahead.next()
}

// group goes behind the parenthesis that closes the one at the current token.
func (j *judge) group() {
	depth := 0
	for {
		switch {
		case j.ended():
			j.hold(CategoryUnparsed, "a parenthesis is not closed")
			return
		case j.is('('):
			depth++
		case j.is(')'):
			depth--
		}
		j.next()
		if depth == 0 {
			return
		}
	}
}
