package guard

// word is a keyword of MariaDB's grammar that the guard cares about.
type word uint8

// wordNone is every other word, and every keyword in a place where MariaDB takes it for an identifier.
const wordNone word = 0

const (
	wAdd word = iota + 1
	wAfter
	wAggregate
	wAlgorithm
	wAll
	wAlter
	wAnalyze
	wAs
	wAscii
	wAt
	wAtomic
	wBackup
	wBefore
	wBegin
	wBinary
	wBinlog
	wBody
	wBy
	wByte
	wCache
	wCall
	wCase
	wChange
	wChar
	wCharacter
	wCharset
	wCheck
	wChecksum
	wClientStatistics
	wClose
	wCollate
	wColumn
	wComment
	wCommit
	wConstraint
	wContains
	wContinue
	wCreate
	wCurrent
	wCurrentRole
	wCurrentUser
	wCursor
	wData
	wDatabase
	wDeallocate
	wDeclare
	wDefault
	wDefiner
	wDelayed
	wDelete
	wDesc
	wDescribe
	wDeterministic
	wDiagnostics
	wDirectory
	wDiscard
	wDo
	wDrop
	wDumpfile
	wEach
	wElse
	wElseif
	wElsif
	wEnd
	wEngine
	wEvent
	wException
	wExecute
	wExists
	wExit
	wExplain
	wFetch
	wFlush
	wFollows
	wFor
	wFormat
	wFound
	wFrom
	wFulltext
	wFunction
	wGet
	wGlobal
	wGoto
	wGrant
	wHandler
	wHelp
	wHighPriority
	wHosts
	wIf
	wIgnore
	wImmediate
	wImport
	wIn
	wIndex
	wIndexStatistics
	wInsert
	wInstall
	wInto
	wInvoker
	wIs
	wIterate
	wJoin
	wKey
	wKill
	wLanguage
	wLeave
	wLike
	wLoad
	wLocal
	wLock
	wLoop
	wLowPriority
	wMaster
	wModifies
	wModify
	wNames
	wNo
	wNot
	wNoWriteToBinlog
	wNull
	wOf
	wOffline
	wOn
	wOnline
	wOpen
	wOptimize
	wOr
	wOthers
	wOutfile
	wPackage
	wPartition
	wPassword
	wPlugin
	wPrecedes
	wPrecision
	wPrepare
	wPrivileges
	wProcedure
	wPurge
	wQuery
	wRaise
	wReads
	wRecursive
	wReferences
	wRelease
	wRename
	wRepair
	wRepeat
	wReplace
	wReplica
	wReset
	wResignal
	wReturn
	wReturns
	wRevoke
	wRole
	wRollback
	wRow
	wRowtype
	wSavepoint
	wSchema
	wSecurity
	wSelect
	wSequence
	wServer
	wSession
	wSet
	wShow
	wShutdown
	wSignal
	wSigned
	wSlave
	wSoname
	wSpatial
	wSql
	wSqlexception
	wSqlstate
	wSqlwarning
	wSsl
	wStart
	wStatement
	wStatus
	wStop
	wTable
	wTables
	wTablespace
	wTableStatistics
	wTemporary
	wThen
	wTo
	wTransaction
	wTrigger
	wTruncate
	wType
	wUndo
	wUnicode
	wUninstall
	wUnique
	wUnlock
	wUnsigned
	wUntil
	wUpdate
	wUpgrade
	wUse
	wUser
	wUserResources
	wUserStatistics
	wUsing
	wValue
	wValues
	wVarbinary
	wVarchar
	wVarying
	wView
	wWhen
	wWhile
	wWith
	wWork
	wXa
	wZerofill
)

// maxWord is the length of the longest keyword.
const maxWord = 18

// lookup finds the keyword that b is, in any case.
func lookup(b []byte) word {
	if len(b) > maxWord || len(b) < 2 {
		return wordNone
	}
	var upper [maxWord]byte
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	switch string(upper[:len(b)]) {
	case "ADD":
		return wAdd
	case "AFTER":
		return wAfter
	case "AGGREGATE":
		return wAggregate
	case "ALGORITHM":
		return wAlgorithm
	case "ALL":
		return wAll
	case "ALTER":
		return wAlter
	case "ANALYZE":
		return wAnalyze
	case "AS":
		return wAs
	case "ASCII":
		return wAscii
	case "AT":
		return wAt
	case "ATOMIC":
		return wAtomic
	case "BACKUP":
		return wBackup
	case "BEFORE":
		return wBefore
	case "BEGIN":
		return wBegin
	case "BINARY":
		return wBinary
	case "BINLOG":
		return wBinlog
	case "BODY":
		return wBody
	case "BY":
		return wBy
	case "BYTE":
		return wByte
	case "CACHE":
		return wCache
	case "CALL":
		return wCall
	case "CASE":
		return wCase
	case "CHANGE":
		return wChange
	case "CHAR":
		return wChar
	case "CHARACTER":
		return wCharacter
	case "CHARSET":
		return wCharset
	case "CHECK":
		return wCheck
	case "CHECKSUM":
		return wChecksum
	case "CLIENT_STATISTICS":
		return wClientStatistics
	case "CLOSE":
		return wClose
	case "COLLATE":
		return wCollate
	case "COLUMN":
		return wColumn
	case "COMMENT":
		return wComment
	case "COMMIT":
		return wCommit
	case "CONSTRAINT":
		return wConstraint
	case "CONTAINS":
		return wContains
	case "CONTINUE":
		return wContinue
	case "CREATE":
		return wCreate
	case "CURRENT":
		return wCurrent
	case "CURRENT_ROLE":
		return wCurrentRole
	case "CURRENT_USER":
		return wCurrentUser
	case "CURSOR":
		return wCursor
	case "DATA":
		return wData
	case "DATABASE":
		return wDatabase
	case "DEALLOCATE":
		return wDeallocate
	case "DECLARE":
		return wDeclare
	case "DEFAULT":
		return wDefault
	case "DEFINER":
		return wDefiner
	case "DELAYED":
		return wDelayed
	case "DELETE":
		return wDelete
	case "DESC":
		return wDesc
	case "DESCRIBE":
		return wDescribe
	case "DETERMINISTIC":
		return wDeterministic
	case "DIAGNOSTICS":
		return wDiagnostics
	case "DIRECTORY":
		return wDirectory
	case "DISCARD":
		return wDiscard
	case "DO":
		return wDo
	case "DROP":
		return wDrop
	case "DUMPFILE":
		return wDumpfile
	case "EACH":
		return wEach
	case "ELSE":
		return wElse
	case "ELSEIF":
		return wElseif
	case "ELSIF":
		return wElsif
	case "END":
		return wEnd
	case "ENGINE":
		return wEngine
	case "EVENT":
		return wEvent
	case "EXCEPTION":
		return wException
	case "EXECUTE":
		return wExecute
	case "EXISTS":
		return wExists
	case "EXIT":
		return wExit
	case "EXPLAIN":
		return wExplain
	case "FETCH":
		return wFetch
	case "FLUSH":
		return wFlush
	case "FOLLOWS":
		return wFollows
	case "FOR":
		return wFor
	case "FORMAT":
		return wFormat
	case "FOUND":
		return wFound
	case "FROM":
		return wFrom
	case "FULLTEXT":
		return wFulltext
	case "FUNCTION":
		return wFunction
	case "GET":
		return wGet
	case "GLOBAL":
		return wGlobal
	case "GOTO":
		return wGoto
	case "GRANT":
		return wGrant
	case "HANDLER":
		return wHandler
	case "HELP":
		return wHelp
	case "HIGH_PRIORITY":
		return wHighPriority
	case "HOSTS":
		return wHosts
	case "IF":
		return wIf
	case "IGNORE":
		return wIgnore
	case "IMMEDIATE":
		return wImmediate
	case "IMPORT":
		return wImport
	case "IN":
		return wIn
	case "INDEX":
		return wIndex
	case "INDEX_STATISTICS":
		return wIndexStatistics
	case "INSERT":
		return wInsert
	case "INSTALL":
		return wInstall
	case "INTO":
		return wInto
	case "INVOKER":
		return wInvoker
	case "IS":
		return wIs
	case "ITERATE":
		return wIterate
	case "JOIN":
		return wJoin
	case "KEY":
		return wKey
	case "KILL":
		return wKill
	case "LANGUAGE":
		return wLanguage
	case "LEAVE":
		return wLeave
	case "LIKE":
		return wLike
	case "LOAD":
		return wLoad
	case "LOCAL":
		return wLocal
	case "LOCK":
		return wLock
	case "LOOP":
		return wLoop
	case "LOW_PRIORITY":
		return wLowPriority
	case "MASTER":
		return wMaster
	case "MODIFIES":
		return wModifies
	case "MODIFY":
		return wModify
	case "NAMES":
		return wNames
	case "NO":
		return wNo
	case "NOT":
		return wNot
	case "NO_WRITE_TO_BINLOG":
		return wNoWriteToBinlog
	case "NULL":
		return wNull
	case "OF":
		return wOf
	case "OFFLINE":
		return wOffline
	case "ON":
		return wOn
	case "ONLINE":
		return wOnline
	case "OPEN":
		return wOpen
	case "OPTIMIZE":
		return wOptimize
	case "OR":
		return wOr
	case "OTHERS":
		return wOthers
	case "OUTFILE":
		return wOutfile
	case "PACKAGE":
		return wPackage
	case "PARTITION":
		return wPartition
	case "PASSWORD":
		return wPassword
	case "PLUGIN":
		return wPlugin
	case "PRECEDES":
		return wPrecedes
	case "PRECISION":
		return wPrecision
	case "PREPARE":
		return wPrepare
	case "PRIVILEGES":
		return wPrivileges
	case "PROCEDURE":
		return wProcedure
	case "PURGE":
		return wPurge
	case "QUERY":
		return wQuery
	case "RAISE":
		return wRaise
	case "READS":
		return wReads
	case "RECURSIVE":
		return wRecursive
	case "REFERENCES":
		return wReferences
	case "RELEASE":
		return wRelease
	case "RENAME":
		return wRename
	case "REPAIR":
		return wRepair
	case "REPEAT":
		return wRepeat
	case "REPLACE":
		return wReplace
	case "REPLICA":
		return wReplica
	case "RESET":
		return wReset
	case "RESIGNAL":
		return wResignal
	case "RETURN":
		return wReturn
	case "RETURNS":
		return wReturns
	case "REVOKE":
		return wRevoke
	case "ROLE":
		return wRole
	case "ROLLBACK":
		return wRollback
	case "ROW":
		return wRow
	case "ROWTYPE":
		return wRowtype
	case "SAVEPOINT":
		return wSavepoint
	case "SCHEMA":
		return wSchema
	case "SECURITY":
		return wSecurity
	case "SELECT":
		return wSelect
	case "SEQUENCE":
		return wSequence
	case "SERVER":
		return wServer
	case "SESSION":
		return wSession
	case "SET":
		return wSet
	case "SHOW":
		return wShow
	case "SHUTDOWN":
		return wShutdown
	case "SIGNAL":
		return wSignal
	case "SIGNED":
		return wSigned
	case "SLAVE":
		return wSlave
	case "SONAME":
		return wSoname
	case "SPATIAL":
		return wSpatial
	case "SQL":
		return wSql
	case "SQLEXCEPTION":
		return wSqlexception
	case "SQLSTATE":
		return wSqlstate
	case "SQLWARNING":
		return wSqlwarning
	case "SSL":
		return wSsl
	case "START":
		return wStart
	case "STATEMENT":
		return wStatement
	case "STATUS":
		return wStatus
	case "STOP":
		return wStop
	case "TABLE":
		return wTable
	case "TABLES":
		return wTables
	case "TABLESPACE":
		return wTablespace
	case "TABLE_STATISTICS":
		return wTableStatistics
	case "TEMPORARY":
		return wTemporary
	case "THEN":
		return wThen
	case "TO":
		return wTo
	case "TRANSACTION":
		return wTransaction
	case "TRIGGER":
		return wTrigger
	case "TRUNCATE":
		return wTruncate
	case "TYPE":
		return wType
	case "UNDO":
		return wUndo
	case "UNICODE":
		return wUnicode
	case "UNINSTALL":
		return wUninstall
	case "UNIQUE":
		return wUnique
	case "UNLOCK":
		return wUnlock
	case "UNSIGNED":
		return wUnsigned
	case "UNTIL":
		return wUntil
	case "UPDATE":
		return wUpdate
	case "UPGRADE":
		return wUpgrade
	case "USE":
		return wUse
	case "USER":
		return wUser
	case "USER_RESOURCES":
		return wUserResources
	case "USER_STATISTICS":
		return wUserStatistics
	case "USING":
		return wUsing
	case "VALUE":
		return wValue
	case "VALUES":
		return wValues
	case "VARBINARY":
		return wVarbinary
	case "VARCHAR":
		return wVarchar
	case "VARYING":
		return wVarying
	case "VIEW":
		return wView
	case "WHEN":
		return wWhen
	case "WHILE":
		return wWhile
	case "WITH":
		return wWith
	case "WORK":
		return wWork
	case "XA":
		return wXa
	case "ZEROFILL":
		return wZerofill
	}
	return wordNone
}
