// Package upstream follows a MariaDB server's binary log into the archive.
//
// It dials the supplier (nothing ever dials us), registers as a replica, asks for the binary log by file and offset,
// and appends what comes. Semi-sync acknowledgements go out only after the archive's sync, one for all that the
// sync covered.
//
// Connecting, authentication, TLS and queries are go-mysql's client. The dump itself is read here, packet by packet:
// the size of a packet is known before memory is given to it, acknowledgements can wait for the disk also inside
// of TLS, and no event is copied or decoded on its way.
//
// # Resuming
//
// A connection is resumed by file and offset, never by GTID: after a power cut a supplier may use the same GTIDs for
// other transactions, and a resume by GTID would go on as if nothing had happened. First the head of the supplier's file is
// compared with ours, then the last whole group, byte by byte. What differs is reported as a state that needs a
// decision, and nothing is overwritten:
//
//   - Gap: the supplier has purged files that we have not read.
//   - Diverged: its bytes or GTIDs contradict ours.
//   - WrongServer: another server answers, and its history does not contain ours.
//
// Another server whose history does contain ours is followed in a new stream of the archive.
//
// # Exposure
//
// While semi-sync holds and we are the supplier's only semi-sync client, a transaction that the supplier acknowledged
// is on our disk. Every interval in which that was not so is recorded.
package upstream
