// Package mariadbd runs a real MariaDB server in a directory, for the lab, tests and benchmarks.
//
// # On disk
//
//	Dir/my.cnf       written anew at every start from Options; no other option file is read
//	Dir/data/        the datadir, unless Options.DataDir puts it elsewhere
//	Dir/tmp/         the server's temporary files
//	Dir/nofiles/     Options.Replica only: always empty, see secure_file_priv in config.go
//	Dir/mysqld.sock  root has no password here: Dir is closed to everybody else
//	Dir/port         the TCP port that was chosen on first use
//	Dir/server.pid   which process it is, see package proc
//	Dir/error.log    appended to for ever
//
// # Invariants
//
// A datadir is complete or not there: it is copied into a sibling folder and renamed. TCP is loopback only. A
// server never outlives the process that started it unless Options.Detach asks for that, also when that process
// is killed. A process id that now belongs to somebody else is never signalled.
//
// Installing a datadir takes seconds, so it is done once per server version and kept in the user's cache folder
// (template.go); a new server copies it.
package mariadbd
