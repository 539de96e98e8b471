// Package archive keeps the foundation's own binary log: byte-exact copies of the supplier's binary log files.
//
// It knows files and the binary log format, no SQL and no network. What MariaDB calls a relay log is a cache that
// it throws away; the archive is the store, and everything that is applied, restored or proven is read from it.
//
// # Invariants
//
//   - An event group is visible to a reader, and acknowledged, only after it is on disk (fdatasync).
//   - A sealed segment has the bytes of the supplier's file. A torn segment ends at its last whole group, because the
//     supplier crashed while it wrote the file.
//   - After any crash the archive ends at the end of a whole group. Bytes that had to be cut off are kept beside the
//     segment until the supplier sent them again.
//   - Nothing is deleted that somebody still needs, whatever the age or the free space.
//
// # On disk
//
//	DIR/lock                           flock: one process at a time
//	DIR/stream-000001/                 one timeline of one supplier server; a switch to another begins a new one
//	    stream.json                    when and why it began (for people; nothing depends on it)
//	    mysql-bin.000007               a segment, named as the supplier names the file
//	    mysql-bin.000007.seal          JSON: size, SHA-256, end state, times; written when the segment is complete
//	    mysql-bin.000007.cut-<unix>    bytes that recovery cut off an unfinished segment
//
// The segments are the truth. Where a segment begins is read from its own head (format description and GTID
// list); where it ends is in the seal, and is found again by reading the segment when the seal is lost. A segment
// without a seal is the one being written, or one whose sealing a crash interrupted: it is read through at start.
//
// # Writing
//
// Append only copies into memory. A committer writes what has arrived, syncs it once, tells the caller how
// far that goes, so that it can acknowledge, and publishes it to readers. While it syncs, the next batch gathers:
// one fdatasync serves all that arrived meanwhile.
package archive
