// Package replicator keeps the live copy of one supplier's database.
//
// It joins the parts beneath it, in the order in which the data flows:
//
//	upstream      the supplier's binary log, over the network
//	archive       on our disk, then acknowledged
//	guard         which event groups may be applied
//	binlogserver  serves the archive to MariaDB
//	mariadb       the foundation's MariaDB, which applies it
//
// What is decided here is policy: when the replica is repaired, what retention may delete, when semi-sync is given
// up, how lag is measured, what counts as a problem. How each thing is done is in the parts.
package replicator
