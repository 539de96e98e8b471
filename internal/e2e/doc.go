// Package e2e proves the promise with everything real: a lab with two MariaDB servers and the daemon as a process of
// its own, which is killed at the worst moments while the supplier is under load.
//
// What is checked after each fault is always the same: every transaction that the supplier acknowledged is in the
// archive and on the foundation's server, once; and the files that the supplier closed cleanly have our segments' bytes.
package e2e
