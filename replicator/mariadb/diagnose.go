package mariadb

import (
	"fmt"
	"strings"
)

// Action is a repair that cannot lose, repeat or skip a change. Repair does it.
type Action string

const (
	// Nothing is to be done.
	Nothing Action = ""
	// Restart starts the replication threads, which continue from the position that was applied.
	Restart Action = "start"
	// Repoint makes the settings those that Point makes.
	Repoint Action = "point"
	// Renew points the replica anew although its settings look right: its password is not shown, and its relay log
	// may be damaged. What was received comes again.
	Renew Action = "renew"
)

// Diagnosis is what a replica's status means.
type Diagnosis struct {
	Healthy bool
	Action  Action
	Problem string // for an operator; "" if there is none
	Hint    string
}

// Diagnose tells what is wrong with a replica that should replicate from u, and whether it can be repaired safely. It
// never proposes to skip a change. It is pure.
func Diagnose(s ReplicaStatus, u Upstream) Diagnosis {
	if u.Heartbeat <= 0 {
		u.Heartbeat = defaultHeartbeat
	}
	switch {
	case s.Seed.State == Seeding:
		return Diagnosis{
			Problem: strings.TrimSuffix("seeding has not come to its end: "+s.Seed.Note, ": "),
			Hint:    "if no seed is under way, seed again, replacing what is there",
		}
	case s.Seed.State != Seeded:
		return Diagnosis{Problem: "the foundation's MariaDB is not seeded", Hint: "seed it"}
	case !s.ReadOnly:
		return Diagnosis{
			Action: Repoint, Problem: "the foundation's MariaDB was writable",
			Hint: "set read_only=1 in its configuration file; find out who took it away",
		}
	case s.Skips != "":
		return Diagnosis{
			Problem: "settings of the foundation's MariaDB pass over changes or errors: " + s.Skips,
			Hint:    "take them out of its configuration, then seed again: what was passed over is not in the copy",
		}
	case s.EventScheduler == "ON":
		return Diagnosis{
			Problem: "the event scheduler of the foundation's MariaDB runs: the supplier's events may change the copy",
			Hint:    "set event_scheduler=OFF in its configuration file and now",
		}
	case len(s.OtherPrimaries) > 0:
		return Diagnosis{
			Problem: "the foundation's MariaDB also replicates from elsewhere: " + strings.Join(s.OtherPrimaries, ", "),
			Hint:    "find out who set that up, then: STOP SLAVE 'name'; RESET SLAVE 'name' ALL",
		}
	case s.SQLErrno != 0 && !s.SQLRunning:
		action, hint := sqlError(s.SQLErrno)
		return Diagnosis{
			Action:  action,
			Problem: fmt.Sprintf("applying stopped: error %d: %s", s.SQLErrno, s.SQLError), Hint: hint,
		}
	case !s.pointsAt(u):
		return Diagnosis{Action: Repoint}
	case s.IOErrno != 0 && !s.IORunning:
		action, problem, hint := ioError(s.IOErrno, s.IOError)
		if s.IOState == "Connecting" && action == Restart {
			action = Nothing // it tries by itself
		}
		return Diagnosis{Action: action, Problem: problem, Hint: hint}
	case s.IOState == "No" || !s.SQLRunning:
		return Diagnosis{Action: Restart}
	}
	return Diagnosis{Healthy: true}
}

// Errors of the IO thread, https://mariadb.com/kb/en/mariadb-error-codes/.
const (
	errMasterFatal    = 1236 // the primary cannot serve the position
	errSlaveFatal     = 1593
	errHeartbeat      = 1623 // the primary's heartbeat contradicts the position
	errRelayWrite     = 1595
	errRelayRead      = 1594
	errRelayInit      = 1201 // could not initialize master info structure
	errRelayInitMulti = 1872 // slave failed to initialize relay log info
)

func ioError(errno int, text string) (a Action, problem, hint string) {
	problem = fmt.Sprintf("the replica does not get the archive: error %d: %s", errno, text)
	switch errno {
	case errAccessDenied:
		return Renew, problem, "its stored password is renewed; if this stays, check the password file"
	case errMasterFatal:
		problem = "the archive cannot serve the replica: " + text
		switch {
		case strings.Contains(text, "purged"):
			hint = "the archive no longer holds what the replica needs: seed it again, or restore an older segment"
		case strings.Contains(text, "not in the master's binlog"):
			hint = "the replica is ahead of the archive: wait until the archive has read it again, or seed"
		case strings.Contains(text, "server_id"), strings.Contains(text, "server_uuid"), strings.Contains(text, "same id"):
			hint = "give the foundation's MariaDB a server_id that nobody else has"
		default:
			hint = "see the log of wcded"
		}
		// The position may be there again, when the archive has caught up after a repair.
		return Restart, problem, hint
	case errSlaveFatal:
		return Restart, problem, "if the servers have the same server_id, give the foundation's MariaDB another one"
	case errRelayWrite:
		return Restart, problem, "look whether the disk of the foundation's MariaDB is full"
	case errRelayInit, errRelayInitMulti, errHeartbeat:
		return Renew, problem, "the relay log is thrown away and read again from the archive"
	}
	return Restart, problem, "it tries again every second; look whether wcded's binlog server is up"
}

// sqlError says what may be done about an error of the SQL thread. It rolled the failing group back, for InnoDB, and
// stands before it.
func sqlError(errno int) (Action, string) {
	const again = "something wrote to the copy, or the supplier changed tables while it was seeded: seed again"
	switch errno {
	case 1062, 1761: // duplicate entry
		return Nothing, "a row that is inserted is already there: " + again
	case 1032: // can't find record
		return Nothing, "a row that is changed is not there: " + again
	case 1007, 1050, 1060, 1061, 1304, 1359, 1537, 1826:
		// database, table, column, key, routine, trigger, event, foreign key exists
		return Nothing, "what is created is already there: " + again
	case 1008, 1049, 1051, 1054, 1091, 1146, 1305, 1360, 1539: // … does not exist
		return Nothing, "what is changed or dropped is not there: " + again
	case 1451, 1452: // foreign key fails
		return Nothing, "a row breaks a foreign key: " + again
	case 1449: // definer does not exist
		return Restart, "create that account here, locked (CREATE USER … ACCOUNT LOCK), with the rights that it has at the " +
			"supplier in the application's databases; applying goes on by itself"
	case 1535, 1677: // table definitions differ, column cannot be converted
		return Nothing, "a table has another definition here than at the supplier: " + again
	case 1298: // unknown time zone
		return Nothing, "load the time-zone tables (mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql), then " +
			"START SLAVE"
	case 1286, 1033, 1112: // unknown engine
		return Nothing, "install the storage engine that the supplier uses, then START SLAVE"
	case 1115, 1273: // unknown character set, collation
		return Nothing, "the supplier uses a character set or collation that this server does not know: install the " +
			"supplier's version, then START SLAVE"
	case 1064: // syntax error
		return Nothing, "this server does not understand the supplier's statement: install the supplier's version, then " +
			"START SLAVE"
	case 1017, 1021, 1114, 1030, 3, 28: // disk full and its like
		return Restart, "the disk or a table of the foundation's MariaDB is full or broken: make room; applying goes on " +
			"by itself"
	case 1041, 1038, 5: // out of memory
		return Restart, "the foundation's MariaDB is out of memory; applying is tried again"
	case 1205, 1213, 1317, 1927, 1928, 1964, 1969, 3024:
		// lock wait, deadlock, interrupted, killed, prior commit failed, timeout
		return Restart, "what was applied met a lock or was killed; it is tried again. If this stays, end what reads on " +
			"the copy"
	case errRelayRead, errRelayWrite, errRelayInitMulti:
		return Renew, "the relay log is damaged: it is thrown away and read again from the archive"
	case 1153: // packet too large
		return Nothing, "raise slave_max_allowed_packet and max_allowed_packet of the foundation's MariaDB, then START SLAVE"
	case 1290, 1227, 1044, 1142: // read-only or privileges
		return Nothing, "an option of the foundation's MariaDB forbids the statement; see its error log"
	case 1950: // out of order with gtid_strict_mode
		return Nothing, "something wrote to the copy with a GTID of its own: switch gtid_strict_mode off or seed again"
	case 126, 127, 134, 144, 145, 1034, 1194, 1195: // crashed MyISAM or Aria table
		return Nothing, "a table that is not in InnoDB is broken: REPAIR TABLE, or seed again; then START SLAVE"
	}
	return Nothing, "see MariaDB's error log; nothing is skipped by wcded"
}
