// Package binlog reads MariaDB's binary log format, version 4, as far as wcded needs it: event headers,
// checksums, global transaction ids and where an event group begins and ends.
//
// It never decodes rows: applying changes is MariaDB's job. Everything here is pure, works on bytes that a
// hostile supplier may have written, returns errors instead of panicking and keeps no reference to its input.
//
// # Format
//
// A file is the magic 0xfe 'b' 'i' 'n' and then events. Every event starts with a 19-byte little-endian header
// (timestamp u32, type u8, server id u32, size u32, next position u32, flags u16) and, when the file's
// FORMAT_DESCRIPTION says so, ends with a CRC-32 (IEEE) of everything before it.
// Sources: MariaDB sql/log_event.h and sql/log_event.cc, and
// https://mariadb.com/kb/en/replication-protocol/ (pages "2-Binlog Event Header", "GTID_EVENT", "GTID_LIST_EVENT").
//
// # Words
//
// A GTID names one event group: domain, server and sequence number. A Position holds the last GTID of each
// domain (what MariaDB calls gtid_slave_pos and gtid_binlog_pos); a State holds the last sequence number of each
// server within each domain (gtid_binlog_state), as the GTID_LIST event at the head of every file does.
package binlog
