// Package guard decides which events of a supplier's binary log may be applied by the foundation's MariaDB.
//
// The SQL thread of a replica applies whatever it reads with all privileges, also on a read_only server: accounts,
// SET GLOBAL, files, everything. Somebody who owns the supplier's server can write any bytes into its binary log. So
// what passes is an allow-list of what applications do: changes of rows, and the definition of tables and programs
// outside of the server's own schemas. Everything else holds apply, before the group, until a person has looked;
// archiving goes on meanwhile.
//
// The package is pure: no input or output, no clock, no state that one event could leave for the next. A Guard may
// be used by several goroutines. Every event that a replica is to get has to be judged, also those outside of groups:
// a FORMAT_DESCRIPTION decides where in the others a server finds the statement.
//
// # What the guard does not do
//
// It does not judge data. A hostile supplier can delete all rows of its own tables, or fill them with lies: that is
// what the archive, the snapshots and the policies on DROP and TRUNCATE are for. It does not stop a statement from
// being slow; it stops the functions that do nothing else than wait. What MariaDB would refuse as an error may pass,
// because it stops replication and changes nothing.
//
// # How a statement is judged
//
// In this order, and the first reason counts:
//
//  1. The session that the event describes: character set and sql_mode decide where strings and comments end, and so
//     what is a keyword. MariaDB takes what an event does not say from the one before; the guard then only passes
//     what reads the same in all sessions.
//  2. Executable comments are code. A statement that has some is judged once for every way in which servers of
//     different versions would read it, and all of them have to pass.
//  3. Tokens, exactly as MariaDB's lexer makes them. What a lexer could read in two ways is "unparsed". Some reserved
//     words, functions and schemas are held wherever they stand.
//  4. The statement's kind, by its first words, and what follows as far as it matters: the kind of object, storage
//     engines, the targets of SET. There must be one statement only.
//  5. The bodies of triggers, events, procedures, functions and packages, statement by statement. They run later, with
//     the rights of whom the supplier named as definer, so each statement must be one that would pass by itself or one
//     that only routines have.
//
// Row events pass if the TABLE_MAP before them names a table outside of the server's own schemas.
//
// # Categories, and what to think when one is held
//
// account: CREATE, ALTER, DROP or RENAME USER or ROLE, GRANT, REVOKE, SET PASSWORD, SET DEFAULT ROLE, FLUSH PRIVILEGES.
// The supplier's administrator has probably changed an account. Accounts of the foundation are its own business: skip,
// and enter what the application needs into the reviewed list of accounts.
//
// admin: SHUTDOWN, KILL, FLUSH of logs or with locks, LOCK TABLES, BACKUP, HANDLER, CACHE INDEX. A MariaDB logs none of
// these but some kinds of FLUSH. Anything but a FLUSH was put there by hand.
//
// blocking: SLEEP, BENCHMARK, GET_LOCK, MASTER_POS_WAIT, MASTER_GTID_WAIT where the SQL thread would run them: in a
// statement, trigger, function, view or package. In procedures and events they pass, because a replica never runs
// those. If an application really does this, release; apply then waits for as long as the function says.
//
// data_directory: DATA DIRECTORY or INDEX DIRECTORY. The table's files would lie where no snapshot of the datadir has
// them. Ask the supplier to move the table; skipping leaves the table missing and later events will fail.
//
// drop_database, drop_table, truncate: data would go, and the configuration asks to look first. Was it announced? A
// release is final for the replica; snapshots and the archive still have what was there before.
//
// dynamic_sql: a routine that builds its statements from strings (PREPARE, EXECUTE IMMEDIATE). What it will do cannot
// be known. Honest applications do have such routines: read it, and release it if its strings are put together from
// what the application itself knows. As a statement of its own it is never logged.
//
// engine: a storage engine that reaches other servers or files (FEDERATED, CONNECT, SPIDER, S3, SPHINX …) or that is
// not known. The foundation's server has none of them loaded.
//
// file: INTO OUTFILE, INTO DUMPFILE, LOAD_FILE(), LOAD DATA and the events that carry its file, IMPORT and DISCARD
// TABLESPACE, TABLESPACE. LOAD DATA is ordinary if the supplier logs statements: with binlog_format=ROW or MIXED it
// arrives as rows. Otherwise these read and write files of the foundation's server; no application needs that.
//
// incident: the supplier says that its log lacks events. Nothing was changed by it; the copy may differ from here on,
// and has to be compared or seeded again.
//
// multi_statement: more than one statement in an event. No MariaDB writes that.
//
// plugin: INSTALL, UNINSTALL, CREATE FUNCTION … SONAME: code would be loaded into the server. Never release.
//
// replication: CHANGE MASTER, START and STOP SLAVE, and events that move a replica's position. Never logged by a
// MariaDB: somebody wrote this into the log.
//
// reset: RESET, PURGE, FLUSH MASTER and SLAVE. As above.
//
// server: CREATE, ALTER, DROP SERVER, which say whom FEDERATED and SPIDER tables reach.
//
// set, set_global: SET is logged only as SET STATEMENT … FOR and for accounts; another one was put there by hand. SET
// STATEMENT with a variable that is not known to be harmless is rare and can be released after a look. A routine that
// changes global variables would do so on the foundation's server too, once it serves.
//
// system_schema: a table of mysql, sys or performance_schema, or one in information_schema that is changed; by name, or
// because one of them is the default database. Somebody edits the server's own tables by hand, or reads them where
// accounts are. Reading information_schema passes: nobody can write to it, and procedures look up columns there.
//
// unknown_event, unknown_statement: nothing that a MariaDB of today writes. If the supplier has just got a new version,
// this package may have to learn something; otherwise somebody wrote it by hand.
//
// unparsed: the statement cannot be read with certainty, or MariaDB would refuse it. The reason says what is in the
// way; the one that happens to honest suppliers is a client with one of the character sets gbk, big5, sjis or cp932
// and text in it.
package guard
