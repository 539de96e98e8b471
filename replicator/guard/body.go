package guard

// maxDepth bounds how deeply blocks may be nested: people stay below ten.
const maxDepth = 64

// block judges the statement of a routine's body that begins at the current token, which may consist of others. It
// stops behind it: at a semicolon, or at the end.
func (j *judge) block(depth int) {
	if depth > maxDepth {
		j.hold(CategoryUnparsed, "is nested too deeply")
	}
	j.labels()
	switch j.tok.word {
	case wBegin:
		j.next()
		if j.accept(wNot) && !j.accept(wAtomic) {
			j.unknown()
		}
		j.list(depth)
		j.exceptions(depth)
		j.endOf(wordNone)
	case wIf:
		j.next()
		j.until(wThen, wThen)
		j.list(depth)
		for j.accept(wElseif) || j.accept(wElsif) {
			j.until(wThen, wThen)
			j.list(depth)
		}
		if j.accept(wElse) {
			j.list(depth)
		}
		j.endOf(wIf)
	case wCase:
		j.next()
		j.until(wWhen, wWhen)
		j.until(wThen, wThen)
		j.list(depth)
		for j.accept(wWhen) {
			j.until(wThen, wThen)
			j.list(depth)
		}
		if j.accept(wElse) {
			j.list(depth)
		}
		j.endOf(wCase)
	case wWhile, wFor:
		loop := j.tok.word
		j.next()
		if j.until(wDo, wLoop) == wLoop {
			loop = wLoop
		} else if j.tok.word == wDo {
			j.hold(CategoryUnparsed, "DO follows DO: one of them is a name")
		}
		j.list(depth)
		j.endOf(loop)
	case wLoop:
		j.next()
		j.list(depth)
		j.endOf(wLoop)
	case wRepeat:
		j.next()
		j.list(depth)
		if !j.accept(wUntil) {
			j.hold(CategoryUnparsed, "REPEAT has no UNTIL")
		}
		j.until(wEnd, wEnd)
		j.endLabel(wRepeat)
	case wDeclare:
		j.declare(depth)
	default:
		j.statement(true)
		if !j.ended() {
			j.hold(CategoryUnparsed, "goes on where the statement should end")
		}
	}
}

// labels goes over the labels before a statement: name: or, in Oracle's way, <<name>>.
func (j *judge) labels() {
	if j.scan.dialect.oracle {
		for j.acceptPunct('<') {
			if !j.acceptPunct('<') || !j.named() {
				j.unknown()
			}
			j.next()
			if !j.acceptPunct('>') || !j.acceptPunct('>') {
				j.unknown()
			}
		}
		return
	}
	if j.named() && j.tok.word != wBegin {
		if next := j.peek(); next.kind == kindPunct && next.ch == ':' {
			j.next()
			j.next()
		}
	}
}

// list judges statements, each with its semicolon, up to the keyword that ends the list.
func (j *judge) list(depth int) {
	for j.category == "" {
		switch j.tok.word {
		case wEnd, wElse, wElseif, wElsif, wWhen, wUntil:
			return
		case wException:
			if j.scan.dialect.oracle {
				return
			}
		}
		if j.tok.kind == kindEnd {
			j.hold(CategoryUnparsed, "a block does not end")
			return
		}
		j.block(depth + 1)
		if !j.acceptPunct(';') {
			j.hold(CategoryUnparsed, "a statement of a block does not end")
		}
	}
}

// exceptions judges the handlers at the end of a block in Oracle's way.
func (j *judge) exceptions(depth int) {
	if !j.scan.dialect.oracle || !j.accept(wException) {
		return
	}
	for j.accept(wWhen) {
		j.until(wThen, wThen)
		j.list(depth)
	}
}

// until goes behind the next of two keywords that is not part of an expression, and tells which it was.
func (j *judge) until(a, b word) word {
	parens, cases := 0, 0
	for !j.ended() {
		w := j.tok.word
		switch {
		case j.is('('):
			parens++
		case j.is(')'):
			parens--
		case parens == 0 && cases == 0 && w != wordNone && (w == a || w == b):
			j.next()
			return w
		case w == wCase:
			cases++
		case w == wEnd && cases > 0:
			cases--
		}
		j.next()
	}
	j.hold(CategoryUnparsed, "an expression does not end")
	return wordNone
}

// endOf goes behind END, the keyword of the block that it ends, and a label.
func (j *judge) endOf(block word) {
	if !j.accept(wEnd) {
		j.hold(CategoryUnparsed, "a block does not end")
	}
	j.endLabel(block)
}

// endLabel goes behind what may follow END.
func (j *judge) endLabel(block word) {
	if block != wordNone && !j.accept(block) {
		j.hold(CategoryUnparsed, "the end of a block does not fit its beginning")
	}
	if j.named() {
		j.columnName()
	}
}

// declare judges DECLARE. A handler has a statement; everything else ends at its semicolon. In Oracle's way the
// declarations of a block follow, and then the block.
func (j *judge) declare(depth int) {
	j.next()
	switch {
	case j.scan.dialect.oracle:
		j.declarations(depth + 1)
		j.block(depth + 1)
	case j.handler():
		j.declareHandler(depth)
	default:
		j.rest()
	}
}

// handler tells whether the declaration of a handler begins at the current token.
func (j *judge) handler() bool {
	switch j.tok.word {
	case wContinue, wExit, wUndo:
		return j.peek().word == wHandler
	}
	return false
}

// declareHandler judges what follows DECLARE for a handler: EXIT HANDLER FOR conditions statement.
func (j *judge) declareHandler(depth int) {
	j.next()
	j.next()
	if !j.accept(wFor) {
		j.unknown()
	}
	j.conditions()
	j.block(depth + 1)
}

// conditions goes over the conditions of a handler.
func (j *judge) conditions() {
	for {
		switch {
		case j.accept(wNot): // NOT FOUND
			j.next()
		case j.accept(wSqlstate):
			j.accept(wValue)
			j.next()
		default:
			j.next()
		}
		if !j.acceptPunct(',') {
			return
		}
	}
}

// bodyVerb judges a statement that may stand in a routine only. It returns false if there is no such statement.
func (j *judge) bodyVerb() bool {
	switch j.tok.word {
	case wCall, wFetch, wClose, wReturn, wSignal, wResignal, wGet, wLeave, wIterate, wShow, wExplain, wDesc, wDescribe,
		wCheck, wChecksum, wValues:
		j.rest()
	case wDo:
		j.afterDo()
		j.rest()
	case wOpen:
		j.open()
	default:
		return j.scan.dialect.oracle && j.oracleVerb()
	}
	return true
}

// open judges OPEN cursor, with its parameters or its statement.
func (j *judge) open() {
	j.next()
	j.columnName()
	if j.is('(') {
		j.group()
	}
	if j.accept(wFor) && j.tok.word != wSelect && j.tok.word != wWith {
		j.hold(CategoryDynamicSQL, "runs a text that is known only when it runs")
	}
	j.rest()
}

// oracleVerb judges a statement that only sql_mode=ORACLE has: an assignment or a call without a verb among them.
func (j *judge) oracleVerb() bool {
	switch j.tok.word {
	case wExit, wContinue, wNull, wRaise, wGoto:
		j.rest()
		return true
	}
	j.acceptPunct(':') // :NEW.column
	if !j.named() {
		return false
	}
	next := j.peek()
	switch {
	case next.kind == kindPunct && next.ch == punctAssign:
	case j.tok.word != wordNone:
		return false
	case next.kind == kindEnd, next.kind == kindPunct && (next.ch == '.' || next.ch == '(' || next.ch == ';'):
	default:
		return false
	}
	j.rest()
	return true
}
