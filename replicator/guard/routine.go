package guard

// routine judges what follows CREATE TRIGGER, EVENT, PROCEDURE, FUNCTION or PACKAGE. The body is a program that
// runs later, some of it on the foundation's server when it serves, with the rights of whom the supplier named as
// its definer. So each of its statements must be one that could have come by itself, or one that only routines have.
func (j *judge) routine(object word) {
	switch object {
	case wTrigger:
		j.trigger()
	case wEvent:
		j.event(false)
	case wPackage:
		j.pkg()
	default:
		j.mayBlock = object == wProcedure
		j.next()
		j.subprogram(object, 0)
	}
}

// trigger judges CREATE TRIGGER name time event ON table FOR EACH ROW [FOLLOWS|PRECEDES name] statement.
func (j *judge) trigger() {
	j.names = true
	for {
		if j.ended() {
			j.hold(CategoryUnparsed, "a trigger has no body")
			return
		}
		each := j.tok.word == wEach
		j.next()
		if each && j.accept(wRow) {
			break
		}
	}
	j.names = false
	if j.accept(wFollows) || j.accept(wPrecedes) {
		j.tableName()
	}
	j.block(0)
}

// event judges CREATE EVENT … DO statement, and ALTER EVENT, which may come without DO. It runs when the server
// serves: on a replica MariaDB makes it SLAVESIDE_DISABLED.
func (j *judge) event(alter bool) {
	depth := 0
	for j.next(); !j.ended(); j.next() {
		switch {
		case j.is('('):
			depth++
		case j.is(')'):
			depth--
		case j.tok.word == wDo && depth == 0:
			j.mayBlock = true
			j.afterDo()
			j.block(0)
			return
		}
	}
	if !alter {
		j.hold(CategoryUnparsed, "an event has no body")
	}
}

// afterDo goes behind DO. MariaDB takes "do" also for a name, so in "AT do DO …" the second one is the keyword.
func (j *judge) afterDo() {
	j.next()
	if j.tok.word == wDo {
		j.hold(CategoryUnparsed, "DO follows DO: one of them is a name")
	}
}

// subprogram judges a procedure or function from its name on: CREATE PROCEDURE's, or one within a package.
func (j *judge) subprogram(object word, depth int) {
	j.ifExists()
	j.tableName()
	if j.is('(') {
		j.group()
	}
	if object == wFunction && (j.accept(wReturns) || j.accept(wReturn)) {
		j.dataType()
	}
	j.characteristics()
	switch {
	case j.tok.word == wSoname:
		j.unknown()
	case depth > 0 && j.ended():
		// a declaration; the body comes later in the package
	case j.tok.word == wAs, j.tok.word == wIs:
		j.next()
		j.declarations(depth)
		j.block(depth)
	default:
		j.block(depth)
	}
}

// dataType goes over a data type.
func (j *judge) dataType() {
	switch {
	case j.accept(wType):
		j.accept(wOf)
		j.columnName()
		return
	case j.accept(wRow):
		if j.accept(wType) {
			j.accept(wOf)
			j.columnName()
			return
		}
	default:
		j.columnName() // the type's own name, or in Oracle's way the column whose type it is
	}
	for {
		switch j.tok.word {
		case wUnsigned, wSigned, wZerofill, wPrecision, wVarying, wVarchar, wBinary, wVarbinary, wAscii, wUnicode, wByte,
			wType, wRowtype:
			j.next()
		case wChar, wCharacter:
			j.next()
			if j.accept(wSet) {
				j.next()
			}
		case wCharset, wCollate:
			j.next()
			j.next()
		default:
			switch {
			case j.is('('):
				j.group()
			case j.is('%'):
				j.next()
			default:
				return
			}
		}
	}
}

// columnName goes over a name with any number of names before it.
func (j *judge) columnName() {
	j.next()
	for j.acceptPunct('.') {
		j.next()
	}
}

// characteristics goes over what may stand between a routine's head and its body.
func (j *judge) characteristics() {
	for {
		switch j.tok.word {
		case wComment, wNot, wContains, wNo, wReads, wModifies, wSql, wData, wSecurity, wLanguage, wDeterministic,
			wDefiner, wInvoker, wAggregate:
			comment := j.tok.word == wComment
			j.next()
			if comment {
				if j.tok.kind != kindString {
					j.hold(CategoryUnparsed, "a routine's comment is no string")
				}
				j.next()
			}
			continue
		}
		text := j.name(j.tok)
		if j.tok.kind == kindWord && (isName(text, "authid") || isName(text, "current_user")) {
			j.next()
			continue
		}
		return
	}
}

// pkg judges CREATE PACKAGE and CREATE PACKAGE BODY.
func (j *judge) pkg() {
	j.next()
	j.accept(wBody)
	j.ifExists()
	j.tableName()
	j.characteristics()
	if !j.accept(wAs) {
		j.accept(wIs)
	}
	j.declarations(0)
	if j.tok.word == wBegin {
		j.block(0)
		return
	}
	j.endOf(wordNone)
}

// declarations judges the declarations before a block in Oracle's way, and what a package consists of. It stops at
// BEGIN or END.
func (j *judge) declarations(depth int) {
	if depth > maxDepth {
		j.hold(CategoryUnparsed, "is nested too deeply")
	}
	for j.category == "" && j.tok.word != wBegin && j.tok.word != wEnd {
		switch object := j.tok.word; {
		case object == wProcedure, object == wFunction:
			j.next()
			j.subprogram(object, depth+1)
		case j.handler():
			j.declareHandler(depth)
		case !j.scan.dialect.oracle:
			j.block(depth + 1)
		default:
			j.declaration()
		}
		if !j.acceptPunct(';') {
			j.hold(CategoryUnparsed, "a declaration does not end")
		}
	}
}

// declaration judges the declaration of variables, a type, a cursor or a condition in Oracle's way. It has to begin
// with a name: no statement hides there.
func (j *judge) declaration() {
	switch j.tok.word {
	case wordNone, wCursor, wType, wBody, wComment, wContains, wData, wEvent, wFormat, wFound, wHosts, wLanguage,
		wMaster, wNames, wNo, wOnline, wOpen, wPassword, wPlugin, wPrivileges, wQuery, wRole, wSecurity, wServer,
		wSession, wSlave, wStatus, wTables, wTransaction, wUser, wValue, wView, wWork:
		if j.named() {
			j.rest()
			return
		}
	}
	j.hold(CategoryUnparsed, "a declaration does not begin with a name")
}
