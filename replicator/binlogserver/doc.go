// Package binlogserver speaks MariaDB's replication protocol as a primary and serves an archive to MariaDB replicas
// and to mariadb-binlog.
//
// go-mysql does the handshake and reads commands; what follows COM_BINLOG_DUMP is written here, event bytes going from
// the archive's reader through one buffer to the connection.
//
// # Invariants
//
//   - A client sees whole groups only, of what is on disk, with the bytes that the supplier wrote. The exceptions are
//     those of every primary: flags, creation time and position of a format description.
//   - No byte of a group is sent before the guard has passed all of its events. A held group stops the stream before
//     it, for every client, until an operator released or skipped it.
//   - A replica gets each group once, also where two streams of the archive overlap: sequence numbers rise
//     within a domain.
//   - A stream never goes past the replica's UNTIL position, and never past bytes that are damaged.
//   - What a client can make the server allocate is bounded: packets, connections, buffered groups. The buffer of a
//     client holds a group of at most 1 MiB; larger groups are read twice. The reader holds the largest event.
//
// # Protocol
//
// https://mariadb.com/kb/en/replication-protocol/; which events a primary sends in which order, and the texts of its
// errors, are those of MariaDB sql/sql_repl.cc. A stream is: an artificial ROTATE that names the file, its format
// description, then its events. Groups that the client has are left out, domain by domain; behind the last of them
// comes an artificial GTID list. The next file begins the same way. An UNTIL position ends in a GTID list with a flag
// and EOF. An idle stream carries heartbeats.
//
// Error 1236 makes a replica stop for good: it stands for what only a person can mend. After any other error, and after
// none, it dials again.
//
// # Decision log
//
// A file of JSON lines, one for each decision about a held group: time, who, gtid, digest (SHA-256 of the group's
// events), decision (release or skip), reason, category, statement. It is only ever appended to.
package binlogserver
