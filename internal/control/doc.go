// Package control is how a person or a program on this host talks to the daemon: HTTP with JSON over a unix socket.
// It holds the mechanism only (listening, peers, verbs, errors, the client's side of a call); what can be asked is in
// the package api beneath it, and who answers is handed in as a table of verbs.
//
// # Protocol
//
// A verb is a path. GET only reads; POST changes something, carries one JSON object and is logged with the peer's
// uid, gid and pid, which the kernel vouches for (SO_PEERCRED). An answer is one JSON value with status 200, or an
// error object with another status:
//
//	{"error":"what went wrong","hint":"what to do about it","code":"failed|usage|degraded|refused"}
//
// A long verb answers with lines of JSON (application/x-ndjson): any number of {"progress":…}, and last either
// {"result":…} or an error object. A stream without that last line was cut off. When the client goes away, the verb's
// context ends.
//
// # Invariants
//
//   - The socket is never open to anybody but its owner before it has its final mode and group.
//   - A socket in use is never taken over: a stale one is removed only under a lock and only if nobody listens.
//   - Bodies, header sizes, connections and times are bounded; a client that stops reading cannot hold up a verb.
//   - Unknown members of a request are refused: an option of a newer client is never silently ignored.
package control
