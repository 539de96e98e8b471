package guard

// set judges SET. Of all its kinds MariaDB logs SET STATEMENT … FOR a statement, SET PASSWORD and SET DEFAULT ROLE;
// the values of session variables travel in the events' heads. Within a routine SET also assigns to variables.
func (j *judge) set(body bool) {
	j.next()
	if j.tok.word == wStatement && !j.assigned() {
		j.next()
		j.setStatement(body)
		return
	}
	for {
		j.target(body)
		for depth := 0; !j.ended() && !(depth == 0 && j.is(',')); j.next() {
			switch {
			case j.is('('):
				depth++
			case j.is(')'):
				depth--
			}
		}
		if !j.acceptPunct(',') {
			return
		}
	}
}

// assigned tells whether the token behind the current one is = or :=, so that the current one is a variable's name
// and not a keyword.
func (j *judge) assigned() bool {
	next := j.peek()
	return next.kind == kindPunct && (next.ch == '=' || next.ch == punctAssign)
}

// target judges what one part of SET would change.
func (j *judge) target(body bool) {
	global := j.tok.word == wGlobal && !j.assigned()
	switch {
	case global, j.is(punctSysVar) && j.peek().word == wGlobal:
		j.hold(CategorySetGlobal, "changes a global variable")
		return
	case j.tok.word == wPassword, j.tok.word == wRole && !j.assigned(),
		j.tok.word == wDefault && j.peek().word == wRole:
		j.hold(CategoryAccount, "changes accounts")
		return
	case !body:
		j.hold(CategorySet, "sets a variable, which is never logged as a statement")
		return
	}
	j.acceptPunct(punctSysVar)
	if j.tok.word == wSession || j.tok.word == wLocal {
		j.next()
		j.acceptPunct('.')
	}
	if j.named() && mustNotSet(j.name(j.tok)) {
		j.hold(CategorySet, "a routine sets a variable that changes what is logged or where rows are stored")
	}
}

// setStatement judges SET STATEMENT variable=value, … FOR statement, behind STATEMENT.
func (j *judge) setStatement(body bool) {
	for {
		if j.tok.kind != kindWord || !mayPrefix(j.name(j.tok)) {
			j.hold(CategorySet, "sets a variable for a statement that is not known to be harmless")
			return
		}
		j.next()
		for depth := 0; !j.ended() && !(depth == 0 && (j.is(',') || j.tok.word == wFor)); j.next() {
			switch {
			case j.is('('):
				depth++
			case j.is(')'):
				depth--
			}
		}
		if j.acceptPunct(',') {
			continue
		}
		if !j.accept(wFor) {
			j.hold(CategoryUnparsed, "SET STATEMENT has no statement")
			return
		}
		if j.tok.word == wSet {
			j.hold(CategorySet, "sets variables for a SET")
		}
		j.statement(body)
		return
	}
}
