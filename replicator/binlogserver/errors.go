package binlogserver

import (
	"errors"
	"fmt"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Why a stream ends. A replica stops for good on error 1236 and dials again after any other, so 1236 is for what
// only a person can mend. Texts are MariaDB's where it has one (sql/sql_repl.cc), because tools match them. They
// must be bare *mysql.MyError: go-mysql turns a wrapped one into error 1105.
var (
	// errEnd ends a stream with an EOF packet.
	errEnd = errors.New("end of stream")
	// errGone is the cause when the client went away.
	errGone = errors.New("client is gone")
	// errStopping is the cause when the server stops.
	errStopping = errors.New("server is stopping")
	// errReplaced is the cause when the same replica came again on another connection.
	errReplaced = mysql.NewError(errCodeSlaveSameID,
		"A slave with the same server_uuid/server_id as this slave has connected to the master")
)

// errCodeSlaveSameID is MariaDB's ER_SLAVE_SAME_ID, which go-mysql doesn't name.
const errCodeSlaveSameID = 4052

func fatal(format string, args ...any) *mysql.MyError {
	return mysql.NewError(mysql.ER_MASTER_FATAL_ERROR_READING_BINLOG, fmt.Sprintf(format, args...))
}

// retry makes an error after which a replica dials again.
func retry(format string, args ...any) *mysql.MyError {
	return mysql.NewError(mysql.ER_UNKNOWN_ERROR, fmt.Sprintf(format, args...))
}

func errPurged() *mysql.MyError {
	return fatal("Could not find GTID state requested by slave in any binlog files. Probably the slave state is " +
		"too old and required binlog files have been purged.")
}

func errFuture(g binlog.GTID) *mysql.MyError {
	return fatal("Error: connecting slave requested to start from GTID %s, which is not in the master's binlog", g)
}

func errDiverged(g binlog.GTID) *mysql.MyError {
	return fatal("Error: connecting slave requested to start from GTID %s, which is not in the master's binlog. "+
		"Since the master's binlog contains GTIDs with higher sequence numbers, it probably means that the slave "+
		"has diverged due to executing extra erroneous transactions", g)
}

func errHole(g binlog.GTID) *mysql.MyError {
	return fatal("The binlog on the master is missing the GTID %s requested by the slave (even though both a prior "+
		"and a subsequent sequence number does exist), and GTID strict mode is enabled", g)
}

func errChecksumUnaware() *mysql.MyError {
	return fatal("Slave can not handle replication events with the checksum that master is configured to log")
}

func errNoFile() *mysql.MyError {
	return fatal("Could not find first log file name in binary log index file")
}

func errBadPosition() *mysql.MyError {
	return fatal("Client requested master to start replication from impossible position")
}
