// Package lab brings the supplier, the foundation and (later) the datacentre to life on one machine, with real
// servers, and breaks them on demand: for the demo, the tests, the benchmarks and anybody who wants to see.
//
// # On disk
//
//	DIR/lab.json                  where everything is (Info); its existence means that the lab came up
//	DIR/state.json                what the lab needs to find itself again; written before anything is made
//	DIR/supplier.img              BTRFS, mounted on DIR/supplier/pool; subvolume portal holds the portal's files
//	DIR/supplier/{mariadb,tls,ssh,portal,relay}
//	DIR/foundation.img            BTRFS, mounted on DIR/foundation/pool; subvolume mysql is MariaDB's datadir
//	DIR/foundation/{mariadb,archive,secrets,tls,state,run,wcded}, wcded.yaml, wcded.pid
//	DIR/datacentre
//
// The archive is deliberately not on the BTRFS pool: a receive there would make its fsyncs wait.
//
// # Links
//
// wcded reaches the supplier through a relay, a process of its own that can cut, slow and corrupt what passes; see
// package relay. Everybody else reaches the servers directly.
//
// # Invariants
//
//   - Every process of a lab carries WCDE_LAB=DIR in its environment, from the moment it exists. Down ends what
//     carries it, unmounts what is mounted below DIR and removes what the lab made. It needs no other memory, so it
//     works after any crash of up, of a part or of the machine, and as often as one likes.
//   - Loop devices detach themselves with the last unmount.
//   - No fixed ports, names or ids: labs live side by side.
//   - Nothing that the lab did not make is removed, and nobody else's process is ever signalled.
//
// A lab is for a developer's machine: whoever may use its loopback interface may use its databases as root. They
// run under an account of their own where DIR can be entered by it, and as root otherwise.
package lab
