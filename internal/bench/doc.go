// Package bench measures this project against what one would use instead: MariaDB's own tools and its own
// replication.
//
// # Method
//
// Both sides of a comparison run on the same machine, in the same minutes, against the same supplier and on the same
// file system: a ratio says something where an absolute time does not. A round measures ours and the peer once, in an
// order that changes from round to round; what is reported is the median of the rounds' ratios with the smallest and
// the largest. Our side runs in a child process, so that its memory and its processor time are its own. Before
// something is timed, what was written before is brought to disk.
//
// A target that is missed is a result, not an error. An error is a measurement that could not be made, or one that
// did not do the work that it claims: bytes are counted, positions compared.
//
// # On disk
//
// Everything lives in a new folder below Options.Dir, which is removed at the end, also after an interrupt. Servers
// and children end with this process, however it ends.
//
// # Child processes
//
// The program runs itself with a role as its first argument (Follow, Open). A child reads one JSON object for its
// configuration and then one for each request from standard input, answers each with one on standard output, and ends
// when standard input does.
package bench
