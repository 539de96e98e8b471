package guard

// create judges CREATE.
func (j *judge) create(body bool) {
	j.next()
	replace := false
	if j.accept(wOr) {
		replace = j.accept(wReplace)
	}
	temporary := j.attributes()
	switch object := j.tok.word; object {
	case wTable, wSequence:
		if replace && !temporary && !body && object == wTable && j.policy.DropTable {
			j.forbid(CategoryDropTable, "may replace a table")
		}
		j.table(object == wSequence)
	case wDatabase, wSchema:
		j.database()
	case wIndex:
		j.names = true
		j.rest()
	case wView:
		j.rest()
	case wTrigger, wEvent, wProcedure, wFunction, wPackage:
		if body {
			j.hold(CategoryUnparsed, "makes a stored routine within another")
		}
		j.routine(object)
	default:
		j.unknown()
	}
}

// alter judges ALTER.
func (j *judge) alter(body bool) {
	j.next()
	j.attributes()
	switch object := j.tok.word; object {
	case wTable:
		j.alterTable(body)
	case wSequence:
		j.table(true)
	case wDatabase, wSchema:
		j.database()
	case wView, wProcedure, wFunction:
		j.rest()
	case wEvent:
		if body {
			j.hold(CategoryUnparsed, "changes an event within a routine")
		}
		j.event(true)
	default:
		j.unknown()
	}
}

// drop judges DROP.
func (j *judge) drop(body bool) {
	j.next()
	temporary := j.attributes()
	switch j.tok.word {
	case wTable, wTables:
		if j.policy.DropTable && !temporary && !body {
			j.forbid(CategoryDropTable, "drops a table")
		}
		j.rest()
	case wDatabase, wSchema:
		if j.policy.DropDatabase && !body {
			j.forbid(CategoryDropDatabase, "drops a database")
		}
		j.database()
	case wIndex:
		j.names = true
		j.rest()
	case wView, wTrigger, wEvent, wProcedure, wFunction, wPackage, wSequence:
		j.rest()
	default:
		j.unknown()
	}
}

// rename judges RENAME TABLE.
func (j *judge) rename() {
	j.next()
	switch j.tok.word {
	case wTable, wTables:
		j.rest()
	default:
		j.unknown()
	}
}

// attributes goes over what may stand between CREATE, ALTER or DROP and the kind of object. It tells whether
// TEMPORARY was there.
func (j *judge) attributes() (temporary bool) {
	for {
		switch j.tok.word {
		case wTemporary:
			temporary = true
			j.next()
		case wAggregate, wUnique, wFulltext, wSpatial, wOnline, wOffline, wIgnore:
			j.next()
		case wAlgorithm:
			j.next()
			j.acceptPunct('=')
			j.next()
		case wSql:
			j.next()
			if !j.accept(wSecurity) {
				j.unknown()
			}
			j.next()
		case wDefiner:
			j.next()
			j.acceptPunct('=')
			j.account()
		default:
			return temporary
		}
	}
}

// account goes over an account or a role: user@host with either in quotes of any kind, or CURRENT_USER().
func (j *judge) account() {
	if j.accept(wCurrentUser) || j.accept(wCurrentRole) {
		if j.acceptPunct('(') && !j.acceptPunct(')') {
			j.unknown()
		}
		return
	}
	j.next()
	switch {
	case j.tok.kind == kindUserVar:
		j.next()
	case j.acceptPunct('@'):
		j.next()
	}
}

// database judges what follows CREATE, ALTER or DROP DATABASE. ALTER DATABASE without a name means the default one.
func (j *judge) database() {
	j.next()
	j.ifExists()
	switch j.tok.word {
	case wCharacter, wCharset, wChar, wCollate, wDefault, wComment, wUpgrade:
	default:
		if j.named() {
			j.anySchema = true
			if s := schemaOf(j.name(j.tok)); s != schemaNone {
				j.hold(CategorySystemSchema, "names the schema "+s.String())
			}
		}
	}
	j.rest()
}

// ifExists goes over IF EXISTS and IF NOT EXISTS.
func (j *judge) ifExists() {
	if j.accept(wIf) {
		j.accept(wNot)
		j.accept(wExists)
	}
}

// table judges what follows CREATE TABLE, and CREATE and ALTER SEQUENCE: options at the end, and those of
// partitions in their parentheses, may choose a storage engine. Behind SELECT there are no options any more.
func (j *judge) table(sequence bool) {
	depth, partitions := 0, false
	for !j.ended() {
		switch {
		case j.is('('):
			depth++
		case j.is(')'):
			depth--
		case j.tok.word == wSelect && depth == 0 && !sequence:
			j.rest()
			return
		case j.tok.word == wPartition && depth == 0:
			partitions = true
		case j.tok.word == wEngine:
			j.engine(depth == 0 && !j.nameOfTable() || partitions && j.option())
			continue
		}
		j.next()
	}
}

// nameOfTable tells whether the current token stands where a table's name stands.
func (j *judge) nameOfTable() bool {
	return j.prevWord(0) == wTable || j.prevWord(0) == wSequence || j.prevWord(0) == wExists || j.isPunct(0, '.')
}

// option tells whether the current token can be an option of a partition: columns stand behind commas and at the
// beginning of parentheses.
func (j *judge) option() bool { return !j.isPunct(0, '(') && !j.isPunct(0, ',') }

// alterTable judges ALTER TABLE. It consists of parts with commas between; some are table options, others have
// columns, which may be called engine.
func (j *judge) alterTable(body bool) {
	j.next()
	j.ifExists()
	j.tableName()
	switch text := j.name(j.tok); {
	case isName(text, "nowait"):
		j.next()
	case isName(text, "wait"):
		j.next()
		j.next()
	}
	partitions := false
	for !j.ended() {
		columns, depth := false, 0
		switch j.tok.word {
		case wAdd, wChange, wModify, wDrop, wAlter, wRename:
			columns = true
		case wImport, wDiscard:
			j.hold(CategoryFile, "exchanges a table's file, which does not travel with the binary log (TABLESPACE)")
		}
		for !j.ended() && !(depth == 0 && j.is(',')) {
			switch {
			case j.is('('):
				depth++
			case j.is(')'):
				depth--
			case j.tok.word == wPartition && depth == 0:
				partitions = true
				j.dropsRows(body)
			case j.tok.word == wEngine:
				j.engine(depth == 0 && !columns || depth > 0 && partitions && j.option())
				continue
			}
			j.next()
		}
		j.acceptPunct(',')
	}
}

// tableName goes over a name with or without a schema.
func (j *judge) tableName() {
	j.acceptPunct('.')
	j.next()
	if j.acceptPunct('.') {
		j.next()
	}
}

// dropsRows applies the policies to the current token, PARTITION in ALTER TABLE … TRUNCATE or DROP PARTITION.
func (j *judge) dropsRows(body bool) {
	switch {
	case body:
	case j.prevWord(0) == wTruncate && j.policy.Truncate:
		j.forbid(CategoryTruncate, "empties a partition")
	case j.prevWord(0) == wDrop && j.policy.DropTable:
		j.forbid(CategoryDropTable, "drops a partition")
	}
}

// engine judges ENGINE [=] name at the current token. strict tells whether it must be an option: then only known
// engines pass. Elsewhere it may be a column of that name, and only engines known to be remote are held.
func (j *judge) engine(strict bool) {
	j.next()
	equals := j.acceptPunct('=')
	var name []byte
	switch j.tok.kind {
	case kindWord, kindQuoted:
		name = j.name(j.tok)
	case kindString:
		name = j.scan.text[j.tok.start+1 : j.tok.end-1]
	default:
		if equals && strict {
			j.hold(CategoryEngine, "asks for a storage engine without a name")
		}
		return
	}
	switch e := engineOf(name); {
	case e == engineRemote, e == engineOther && strict:
		j.hold(CategoryEngine, "asks for a storage engine that may reach other servers or files")
	case strict:
		j.next()
	}
}
