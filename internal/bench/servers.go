package bench

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Server ids; ours as a follower and as a binlog server are beside them.
const (
	supplierID = 101
	replicaID  = 201 // and 202
	followerID = 900
	servingID  = 901

	account = "bench" // replicates, from 127.0.0.1
)

const (
	// patience bounds waiting for something that takes moments.
	patience = 30 * time.Second
	// pollPause is how often a replica is asked how far it is: rarely enough not to disturb it.
	pollPause = 20 * time.Millisecond
)

// supplierSettings are those of every supplier here. Commits are durable and the binary log is not synced: the
// default.
func supplierSettings() map[string]string {
	return map[string]string{
		"binlog_format": "ROW", "max_binlog_size": "1G", "sync_binlog": "0", "innodb_flush_log_at_trx_commit": "1",
		"innodb_buffer_pool_size": "256M", "innodb_log_file_size": "256M",
	}
}

// startSupplier runs a server with a binary log and an account that may replicate, until the experiment ends.
func (e *env) startSupplier(ctx context.Context, name string, semiSync bool) (*mariadbd.Server, error) {
	s, err := e.startServer(ctx, mariadbd.Options{
		Dir: e.path(name), ServerID: supplierID, Binlog: true, SemiSync: semiSync, Settings: supplierSettings(),
	})
	if err != nil {
		return nil, err
	}
	// Unlogged: the guard holds accounts, and no replica needs this one.
	return s, s.Exec(ctx, "SET sql_log_bin=0; CREATE USER "+account+"@'127.0.0.1' IDENTIFIED BY '"+e.password+"'; "+
		"GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO "+account+"@'127.0.0.1'; "+
		"SET sql_log_bin=1")
}

// startReplica runs a server with the foundation's settings, which apply to both sides of every comparison.
func (e *env) startReplica(ctx context.Context, name string, id uint32, settings map[string]string) (
	*mariadbd.Server, error) {
	all := map[string]string{
		"slave_parallel_threads": "4", "innodb_buffer_pool_size": "256M", "innodb_log_file_size": "256M",
	}
	maps.Copy(all, settings)
	return e.startServer(ctx, mariadbd.Options{
		Dir: e.path(name), ServerID: id, Port: mariadbd.NoTCP, Replica: true, Settings: all,
	})
}

func (e *env) startServer(ctx context.Context, o mariadbd.Options) (*mariadbd.Server, error) {
	s, err := mariadbd.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	e.later(func() error {
		// Killed: nobody needs its data. Its bytes are dropped so that the disk is free for what comes next.
		if err := s.Kill(); err != nil {
			return err
		}
		return os.RemoveAll(o.Dir)
	})
	return s, nil
}

// point makes the replica ask the primary on port for what follows at, and starts nothing.
func (e *env) point(ctx context.Context, replica *mariadbd.Server, port int, at binlog.Position) error {
	return replica.Exec(ctx, "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL gtid_slave_pos='"+at.String()+"'; "+
		"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT="+strconv.Itoa(port)+", MASTER_USER='"+account+"', "+
		"MASTER_PASSWORD='"+e.password+"', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1")
}

// position returns the GTID position that a variable of the server holds.
func position(ctx context.Context, s *mariadbd.Server, variable string) (binlog.Position, error) {
	v, err := s.QueryString(ctx, "SELECT @@GLOBAL."+variable)
	if err != nil {
		return nil, err
	}
	return binlog.ParsePosition(v)
}

// replicated waits until the replica's field (Gtid_IO_Pos or Gtid_Slave_Pos) has reached want.
func replicated(ctx context.Context, replica *mariadbd.Server, field string, want binlog.Position,
	limit time.Duration) error {
	return until(ctx, "the replica reaches "+want.String(), limit, pollPause, func() (bool, error) {
		row, err := replica.QueryRow(ctx, "SHOW ALL SLAVES STATUS")
		if err != nil {
			return false, err
		}
		for _, f := range []string{"Last_SQL_Error", "Last_IO_Error"} {
			if row[f] != "" {
				return false, fmt.Errorf("replica says: %s", row[f])
			}
		}
		at, err := binlog.ParsePosition(row[field])
		return err == nil && at.Reached(want), err
	})
}

// status returns a number from SHOW GLOBAL STATUS; ON is 1, OFF is 0.
func status(ctx context.Context, s *mariadbd.Server, name string) (int64, error) {
	row, err := s.QueryRow(ctx, "SHOW GLOBAL STATUS LIKE '"+name+"'")
	if err != nil {
		return 0, err
	}
	switch v := row["Value"]; strings.ToUpper(v) {
	case "ON":
		return 1, nil
	case "OFF":
		return 0, nil
	default:
		return strconv.ParseInt(v, 10, 64)
	}
}

// currentFile returns the binary log file that the supplier writes, and its size.
func currentFile(ctx context.Context, s *mariadbd.Server) (name string, size int64, err error) {
	row, err := s.QueryRow(ctx, "SHOW MASTER STATUS")
	if err != nil {
		return "", 0, err
	}
	size, err = strconv.ParseInt(row["Position"], 10, 64)
	return row["File"], size, err
}
