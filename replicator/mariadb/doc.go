// Package mariadb is what the foundation asks of a MariaDB server: to compare itself with the supplier's, to be
// filled from it, to replicate from the foundation's own binlog server, and to say how it is.
//
// # Invariants
//
//   - A server counts as seeded only when table wcde.seed says so; that row is written last. A seed that broke off
//     leaves a server that is visibly not seeded, and replication does not start on it.
//   - The supplier is never held up for long: a copy that makes anybody there wait for a lock ends itself.
//   - What comes from the supplier is text by somebody hostile. Package sqldump lets pass only what mariadb-dump
//     writes, everything that defines something is shown to a StatementChecker, no client of MariaDB interprets any
//     of it, and one text is one statement to the server.
//   - Events arrive disabled: those that are enabled at the supplier are SLAVESIDE_DISABLED here, as replication
//     does it too, all others are DISABLED. So the state alone tells which to enable when the copy is to serve.
//   - Replication stops only when nothing can be lost by it: MariaDB throws the received but unapplied part away.
//   - An error of the SQL thread is explained, and never skipped.
//
// # On the server
//
// The schema wcde holds one table, seed, with one row (see SeedRecord). Nothing that is done here is written to
// the server's own binary log.
//
// # What the supplier has to grant
//
//	GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, PROCESS ON *.* TO …
//
// SELECT reads tables and, through the schema mysql, routines and the list of accounts; SHOW VIEW, TRIGGER and
// EVENT read these definitions; PROCESS lets the watchdog see who waits. Reading the binary log needs
// REPLICATION SLAVE and BINLOG MONITOR besides, which is not this package's business.
//
// # Consistency
//
// InnoDB's tables are copied in one consistent read whose GTID the server knows, without a global lock. Tables of
// other engines are copied as they are when their turn comes and are reported; so are tables whose definition
// changed while the copy ran, for MariaDB has no snapshot of definitions. What was changed twice that way ends
// replication with an error (table exists, unknown column …), never silently.
package mariadb
