package mariadb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// ReplicaStatus is how a server replicates.
type ReplicaStatus struct {
	At       time.Time // when it was asked
	Version  string
	ServerID uint32
	ReadOnly bool
	Seed     SeedRecord
	Applied  binlog.Position // survives a restart

	Pointed      bool   // it has a primary at all; what follows is empty otherwise
	Primary      string // host:port
	User         string
	UsingGTID    string // No, Slave_Pos, Current_Pos or Replica_Pos, as the server says it
	ConnectRetry int    // seconds
	Heartbeat    time.Duration
	Threads      int
	ParallelMode string

	IORunning  bool
	IOState    string // Yes, No, Connecting or Preparing, as the server says it
	SQLRunning bool
	IOErrno    int
	IOError    string
	SQLErrno   int
	SQLError   string

	Received      binlog.Position // in its relay log
	RelayBytes    int64           // of all relay logs
	SecondsBehind *int64          // as the server says it; nil: it does not know

	// Skips says which settings make the server pass over errors or changes; "" is as it should be.
	Skips string
	// EventScheduler is ON, OFF or DISABLED. ON would run the supplier's events here.
	EventScheduler string
	// OtherPrimaries are named connections besides ours.
	OtherPrimaries []string
}

// ReplicaStatus asks the server. It costs three round trips.
func (s *Server) ReplicaStatus(ctx context.Context) (ReplicaStatus, error) {
	st, err := s.replicaStatus(ctx)
	if err != nil {
		return ReplicaStatus{}, fmt.Errorf("ask for replication status: %w", err)
	}
	return st, nil
}

const replicaQuery = "SELECT VERSION() AS version, @@server_id AS server_id, @@GLOBAL.read_only AS read_only," +
	" @@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.slave_parallel_threads AS threads," +
	" @@GLOBAL.slave_skip_errors AS skip_errors, @@GLOBAL.slave_exec_mode AS exec_mode," +
	" @@GLOBAL.sql_slave_skip_counter AS skip_counter, @@GLOBAL.replicate_events_marked_for_skip AS marked," +
	" @@GLOBAL.event_scheduler AS scheduler"

func (s *Server) replicaStatus(ctx context.Context) (ReplicaStatus, error) {
	st := ReplicaStatus{At: time.Now()}
	var err error
	if st.Seed, err = s.SeedState(ctx); err != nil {
		return st, err
	}
	ctx, cancel := limit(ctx)
	defer cancel()
	m, err := one(ctx, s.db, replicaQuery)
	if err != nil {
		return st, err
	}
	st.Version, st.ServerID = m["version"], uint32(number(m["server_id"]))
	st.ReadOnly, st.Threads = readOnly(m["read_only"]), int(number(m["threads"]))
	st.EventScheduler, st.Skips = m["scheduler"], skips(m)
	if st.Applied, err = binlog.ParsePosition(m["applied"]); err != nil {
		return st, err
	}
	return st, s.slave(ctx, &st)
}

// skips lists what makes a replica pass over something.
func skips(m map[string]string) string {
	var all []string
	if v := m["skip_errors"]; v != "OFF" && v != "" {
		all = append(all, "slave_skip_errors="+v)
	}
	if v := m["exec_mode"]; v != "STRICT" {
		all = append(all, "slave_exec_mode="+v)
	}
	if v := m["skip_counter"]; v != "0" {
		all = append(all, "sql_slave_skip_counter="+v)
	}
	if v := m["marked"]; v != "REPLICATE" {
		all = append(all, "replicate_events_marked_for_skip="+v)
	}
	return strings.Join(all, ", ")
}

// slave completes st with what SHOW ALL SLAVES STATUS says about the default connection.
func (s *Server) slave(ctx context.Context, st *ReplicaStatus) error {
	return each(ctx, s.db, "SHOW ALL SLAVES STATUS", func(m map[string]string) error {
		if name := m["Connection_name"]; name != "" {
			st.OtherPrimaries = append(st.OtherPrimaries, name)
			return nil
		}
		if m["Master_Host"] == "" {
			return nil
		}
		st.Pointed = true
		st.Primary = net.JoinHostPort(m["Master_Host"], m["Master_Port"])
		st.User, st.UsingGTID = m["Master_User"], m["Using_Gtid"]
		st.ConnectRetry, st.ParallelMode = int(number(m["Connect_Retry"])), m["Parallel_Mode"]
		st.IOState = m["Slave_IO_Running"]
		st.IORunning, st.SQLRunning = st.IOState == "Yes", m["Slave_SQL_Running"] == "Yes"
		st.IOErrno, st.IOError = int(number(m["Last_IO_Errno"])), m["Last_IO_Error"]
		st.SQLErrno, st.SQLError = int(number(m["Last_SQL_Errno"])), m["Last_SQL_Error"]
		st.RelayBytes = number(m["Relay_Log_Space"])
		if v, ok := m["Seconds_Behind_Master"]; ok {
			n := number(v)
			st.SecondsBehind = &n
		}
		for _, option := range []string{"Replicate_Do_DB", "Replicate_Ignore_DB", "Replicate_Do_Table",
			"Replicate_Ignore_Table", "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table",
			"Replicate_Do_Domain_Ids", "Replicate_Ignore_Domain_Ids"} {
			if m[option] != "" {
				st.Skips = strings.TrimPrefix(st.Skips+", "+option+"="+m[option], ", ")
			}
		}
		seconds, err := strconv.ParseFloat(m["Slave_heartbeat_period"], 64)
		if err != nil {
			return errors.New("read heartbeat period: " + m["Slave_heartbeat_period"])
		}
		st.Heartbeat = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
		st.Received, err = binlog.ParsePosition(m["Gtid_IO_Pos"])
		return err
	})
}

// NonTransactional lists the tables of other engines than InnoDB, as schema.table (engine). For them a crash of the
// server can repeat a change. On a server with very many tables this takes a while.
func (s *Server) NonTransactional(ctx context.Context) ([]string, error) {
	names, err := s.userDatabases(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.tables(ctx, names)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, t := range notInnoDB(all) {
		list = append(list, t.String()+" ("+t.Engine+")")
	}
	return list, nil
}

// IsSystemSchema tells whether a database belongs to MariaDB itself or to wcded.
func IsSystemSchema(name string) bool { return systemSchema(name) }
