package guard

// whole judges the text of a Query event: one statement, perhaps with a semicolon at its end.
func (j *judge) whole() {
	j.next()
	if j.tok.kind == kindEnd {
		// Comments only. MariaDB writes such events in place of those that an old replica would not understand.
		j.anySchema = true
		return
	}
	j.statement(false)
	if j.acceptPunct(';') && j.tok.kind != kindEnd {
		j.hold(CategoryMultiStatement, "has a second statement behind a semicolon")
	}
	if j.tok.kind != kindEnd {
		j.hold(CategoryUnknownStatement, "goes on where the statement should end")
	}
}

// statement judges the statement that begins at the current token, and goes to the token behind it. body tells
// whether it is one of a stored routine: some are allowed only there.
func (j *judge) statement(body bool) {
	if j.is('(') { // a parenthesised SELECT
		switch inner := j.peek(); {
		case inner.word == wSelect, inner.word == wWith, inner.kind == kindPunct && inner.ch == '(':
			j.rest()
		default:
			j.unknown()
		}
		return
	}
	switch j.tok.word {
	case wInsert, wReplace, wUpdate, wDelete, wSelect, wWith:
		j.rest()
	case wTruncate:
		if j.policy.Truncate && !body {
			j.forbid(CategoryTruncate, "empties a table")
		}
		j.rest()
	case wCreate:
		j.create(body)
	case wAlter:
		j.alter(body)
	case wDrop:
		j.drop(body)
	case wRename:
		j.rename()
	case wBegin:
		j.next()
		j.accept(wWork)
		j.anySchema = true
	case wCommit, wRollback, wSavepoint, wRelease:
		j.anySchema = true
		j.transaction()
	case wStart:
		j.next()
		if j.tok.word != wTransaction {
			j.hold(CategoryReplication, "starts replication")
		}
		j.anySchema = true
		j.rest()
	case wXa:
		j.xa()
	case wAnalyze, wOptimize, wRepair:
		j.maintain(body)
	case wFlush:
		j.flush()
	case wSet:
		j.set(body)
	default:
		if !body || !j.bodyVerb() {
			j.unknown()
		}
	}
}

// transaction judges COMMIT, ROLLBACK, SAVEPOINT and RELEASE SAVEPOINT. What else may stand behind COMMIT ends the
// session (RELEASE) or begins another transaction (AND CHAIN), and is never logged.
func (j *judge) transaction() {
	verb := j.tok.word
	j.next()
	j.accept(wWork)
	if verb == wRelease && !j.accept(wSavepoint) {
		j.unknown()
	}
	if verb == wRollback && j.accept(wTo) {
		j.accept(wSavepoint)
		verb = wSavepoint
	}
	if (verb == wSavepoint || verb == wRelease) && j.named() {
		j.next()
	}
}

// xa judges the statements of a distributed transaction.
func (j *judge) xa() {
	j.next()
	text := j.name(j.tok)
	if j.tok.kind != kindWord || !(isName(text, "start") || isName(text, "begin") || isName(text, "end") ||
		isName(text, "prepare") || isName(text, "commit") || isName(text, "rollback")) {
		j.unknown()
	}
	j.anySchema = true
	j.rest()
}

// maintain judges ANALYZE, OPTIMIZE and REPAIR TABLE, and ANALYZE before a statement that it measures.
func (j *judge) maintain(body bool) {
	analyze := j.accept(wAnalyze)
	if !analyze {
		j.next()
	}
	if !j.accept(wLocal) {
		j.accept(wNoWriteToBinlog)
	}
	switch j.tok.word {
	case wTable, wTables, wView:
		j.rest()
		return
	case wFormat:
		j.next() // =
		j.next() // JSON
		j.next()
	}
	switch j.tok.word {
	case wInsert, wReplace, wUpdate, wDelete, wSelect:
		if analyze {
			j.statement(body)
			return
		}
	}
	j.unknown()
}

// flush judges FLUSH. MariaDB logs nearly all of its kinds. Allowed are those that close tables, empty caches or
// counters, or read our own certificate anew: they change nothing that lasts, and mysqladmin, backup scripts and
// certificate renewals issue them. Held is what reloads privileges (whoever issues it has just worked on
// accounts), and what locks or touches logs.
func (j *judge) flush() {
	j.anySchema = true
	j.next()
	if !j.accept(wLocal) {
		j.accept(wNoWriteToBinlog)
	}
	for {
		kind := j.tok.word
		j.next()
		switch kind {
		case wTable, wTables:
			j.flushTables()
			return
		case wQuery:
			j.next() // CACHE
		case wStatus, wHosts, wUserResources, wUserStatistics, wClientStatistics, wIndexStatistics, wTableStatistics,
			wSsl:
		case wPrivileges:
			j.hold(CategoryAccount, "reloads privileges: somebody has worked on accounts")
		case wMaster, wSlave:
			j.hold(CategoryReset, "deletes binary logs or forgets a replication position (FLUSH)")
		default:
			j.hold(CategoryAdmin, "flushes what no replica needs flushed")
		}
		if !j.acceptPunct(',') {
			return
		}
	}
}

// flushTables judges the names behind FLUSH TABLES. Those without a schema lie in the default database.
func (j *judge) flushTables() {
	if !j.ended() {
		j.anySchema = false
	}
	for !j.ended() {
		switch j.tok.word {
		case wWith, wFor:
			j.hold(CategoryAdmin, "locks tables (FLUSH TABLES)")
		}
		j.next()
	}
}

// unknown holds a statement by its first word.
func (j *judge) unknown() {
	switch j.tok.word {
	case wUser, wRole, wPassword:
		j.hold(CategoryAccount, "changes accounts")
	case wServer:
		j.hold(CategoryServer, "changes the servers that tables may reach")
	case wInstall, wUninstall, wSoname, wPlugin:
		j.hold(CategoryPlugin, "loads or unloads a library")
	case wReset:
		j.hold(CategoryReset, "deletes binary logs or forgets a replication position (RESET)")
	case wChange, wStop:
		j.hold(CategoryReplication, "changes replication")
	case wPrepare, wExecute, wDeallocate, wImmediate:
		j.hold(CategoryDynamicSQL, "runs a text that is known only when it runs")
	case wShutdown, wBackup, wLock, wUnlock, wHandler, wCache:
		j.hold(CategoryAdmin, "administers the server")
	case wTablespace:
		j.hold(CategoryFile, "names files of its own (TABLESPACE)")
	}
	j.hold(CategoryUnknownStatement, "is no statement that belongs into a binary log")
}
