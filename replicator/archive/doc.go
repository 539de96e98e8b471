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
//   - After any crash, and after any failed write, the archive ends at the end of a whole group. Bytes that had to be
//     cut off after a crash are kept beside the segment until the supplier sent them again.
//   - Bytes on our disk that are not those that were written are found, named and never served. The same goes for a
//     segment whose file is missing: each begins with the state in which the one before it ended.
//   - Nothing is deleted that somebody still needs, whatever the age or the free space.
//
// # On disk
//
//	DIR/lock                                  flock: one process at a time
//	DIR/stream-000001/                        one timeline of one supplier server; a switch to another begins a new one
//	DIR/stream-000002-fork/                   the same for another history, which replaces what readers see
//	    stream.json                           when and why it began (for people; nothing depends on it)
//	    mysql-bin.000007                      a segment, named as the supplier names the file
//	    mysql-bin.000007.seal                 JSON: size, SHA-256, end state, times; written when the segment is complete
//	    mysql-bin.000007.cut-<nanoseconds>    bytes that were cut off an unfinished segment after a crash
//	    mysql-bin.000007.damaged-<nanoseconds>  what was there before the segment was mended
//
// The segments are the truth. Where a segment begins is read from its own head (format description and GTID
// list); where it ends is in the seal, and is found again by reading the segment when the seal is lost. A segment
// without a seal is the one being written, or one whose sealing a crash interrupted: it is read through at start.
// A stream's folder means nothing until a segment is in it, and a segment's file appears with its whole head at once.
//
// # Writing
//
// Append only copies into memory; an event larger than the buffer is written from where it lies. A committer writes
// what has arrived, syncs it once, tells the caller how far that goes, so that it can acknowledge, and publishes it to
// readers. While it syncs, the next batch gathers: one fdatasync serves all that arrived meanwhile.
//
// While batches are small, the committer keeps up to 1 MiB of zeros written ahead of the data: overwriting blocks that
// the file has costs fdatasync no journal commit, which is a quarter to a third of a small commit's time on ext4. So
// the segment that is being written may end in zeros, and after a crash too, until a writer goes on with it; they are
// nothing. Seal and Close leave the file with its exact size.
//
// # Checking
//
// A reader compares every event's CRC-32 and its place in the file. Files that the supplier wrote without checksums are
// compared with the SHA-256 of their seal when they are first read, and Verify does that for any segment. Replace mends
// a damaged segment with the supplier's file, if its bytes prove to be the same.
package archive
