// Package sqldump reads the text that mariadb-dump writes and decides which of its statements may run. It also looks
// at definitions of single objects as SHOW CREATE tells them (ReviewObject).
//
// The text comes from the supplier's server: mariadb-dump copies what that server answers, names and
// definitions alike, so all of it has to be taken as written by somebody hostile, to be run with all privileges
// on the foundation's server. Everything here is pure and works on bytes.
//
// # Invariants
//
//   - A statement is one text of the server's protocol. No client command is ever interpreted: there is no
//     DELIMITER, source, system, tee or \! here, such text is part of a statement and fails the review.
//   - Allowed is what mariadb-dump writes with the options of package mariadb, by shape, and nothing else: CREATE
//     DATABASE, USE, DROP … IF EXISTS, CREATE TABLE, SEQUENCE and VIEW with one unqualified name, INSERT with
//     literals only, DO SETVAL, and SET of a fixed list of session variables.
//   - USE names one of the databases that were asked for; INSERT goes into the table that was created last, so it
//     can fire no trigger and touch no table but that one.
//   - At most one statement is in memory, and none longer than the limit.
//
// # Format
//
// Statements end with a semicolon outside of quotes and comments. Strings are in single quotes with backslash
// escapes, identifiers in backquotes. A part in /*!NNNNN … */ or /*M!NNNNNN … */ runs on servers of that version
// and newer: the text in it is looked at as if the marks weren't there, after the version was checked against the
// server, so that what was reviewed is what runs. Lines that begin with "--" are comments.
// Sources: client/mysqldump.cc and sql/sql_lex.cc of MariaDB, https://mariadb.com/kb/en/comment-syntax/.
package sqldump
