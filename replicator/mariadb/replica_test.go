package mariadb_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

func status(t *testing.T, s *mariadb.Server) mariadb.ReplicaStatus {
	t.Helper()
	st, err := s.ReplicaStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestReplica replicates directly from a supplier.
func TestReplica(t *testing.T) {
	ctx := t.Context()
	supplier, foundation := pair(t)
	f, u := open(t, foundation), upstreamOf(t, supplier)
	threads := func() string {
		return query(t, foundation, "SELECT GROUP_CONCAT(ID ORDER BY ID) FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Slave_IO','Slave_SQL')")
	}
	streaming := func() bool {
		st := status(t, f)
		return st.IORunning && st.SQLRunning
	}

	if err := f.Point(ctx, u); !errors.Is(err, mariadb.ErrNotSeeded) {
		t.Fatalf("error %v, want ErrNotSeeded", err)
	}
	if d := mariadb.Diagnose(status(t, f), u); d.Healthy || d.Hint != "seed it" {
		t.Errorf("diagnosis %+v", d)
	}
	// Another of its kind has filled it.
	if err := f.RecordSeed(ctx, mariadb.SeedRecord{State: mariadb.Seeded, Started: time.Now(), Finished: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if d := mariadb.Diagnose(status(t, f), u); d != (mariadb.Diagnosis{Action: mariadb.Repoint}) {
		t.Errorf("diagnosis %+v, want to point it", d)
	}
	exec(t, foundation, "SET GLOBAL read_only=0")
	if err := f.Point(ctx, u); err != nil {
		t.Fatal(err)
	}
	exec(t, supplier, "CREATE DATABASE app", "CREATE TABLE app.t (a INT PRIMARY KEY, b INT)", "INSERT INTO app.t VALUES (1, 1)",
		"CREATE TABLE app.m (a INT) ENGINE=MyISAM")
	waitFor(t, f, supplier)
	compareServers(t, supplier, foundation)
	if list, err := f.NonTransactional(ctx); err != nil || !cmp.Equal(list, []string{"app.m (MyISAM)"}) {
		t.Errorf("non-transactional: %q, %v", list, err)
	}
	eventually(t, "both threads run", streaming)
	st := status(t, f)
	if !st.ReadOnly || !st.Pointed || st.Primary != u.Address || st.User != "repl" || st.UsingGTID != "Slave_Pos" ||
		st.ConnectRetry != 1 || st.Heartbeat != time.Second || st.Threads != 2 || st.ParallelMode != "optimistic" ||
		st.SecondsBehind == nil || st.RelayBytes == 0 || st.Skips != "" || st.OtherPrimaries != nil || st.ServerID != 2 ||
		!st.Received.Equal(st.Applied) || st.Applied.String() != query(t, supplier, "SELECT @@gtid_binlog_pos") {
		t.Errorf("status %+v", st)
	}
	if d := mariadb.Diagnose(st, u); d != (mariadb.Diagnosis{Healthy: true}) {
		t.Errorf("diagnosis %+v", d)
	}

	// Nothing happens to a replica that is as it should be.
	before := threads()
	if err := f.Point(ctx, u); err != nil || threads() != before {
		t.Errorf("pointed again: %v, threads %s, were %s", err, threads(), before)
	}

	t.Run("waits", func(t *testing.T) {
		far := binlog.Position{0: binlog.GTID{Server: 1, Seq: 1 << 40}}
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- f.Wait(ctx, far) }()
		eventually(t, "the server waits", func() bool {
			return query(t, foundation, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT MASTER_GTID_WAIT%'") == "1"
		})
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	})

	t.Run("watches", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		n := 0
		err := f.Watch(ctx, time.Millisecond, func(st mariadb.ReplicaStatus, err error) {
			if err != nil || !st.SQLRunning {
				t.Errorf("status %+v, %v", st, err)
			}
			if n++; n == 3 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || n != 3 {
			t.Errorf("error %v after %d calls", err, n)
		}
	})

	t.Run("server restarted", func(t *testing.T) {
		if err := foundation.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.ReplicaStatus(ctx); !errors.Is(err, mariadb.ErrUnreachable) {
			t.Errorf("error %v, want ErrUnreachable", err)
		}
		exec(t, supplier, "INSERT INTO app.t VALUES (2, 2)")
		if err := foundation.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		// It knows from where, but not with how many threads.
		repair(t, f, u, mariadb.Repoint)
		waitFor(t, f, supplier)
	})

	t.Run("stopped", func(t *testing.T) {
		if err := f.StopReplica(ctx); err != nil {
			t.Fatal(err)
		}
		repair(t, f, u, mariadb.Restart)
	})

	t.Run("points elsewhere", func(t *testing.T) {
		other := u
		other.Address = "127.0.0.1:1"
		if err := f.Point(ctx, other); err != nil {
			t.Fatal(err)
		}
		eventually(t, "nobody answers", func() bool { return status(t, f).IOErrno == 2003 || status(t, f).IOErrno == 2002 })
		if d := mariadb.Diagnose(status(t, f), other); d.Healthy || d.Action != mariadb.Nothing {
			t.Errorf("diagnosis %+v, want that it tries by itself", d)
		}
		repair(t, f, u, mariadb.Repoint)
		waitFor(t, f, supplier)
	})

	t.Run("wrong password", func(t *testing.T) {
		exec(t, supplier, "SET PASSWORD FOR repl@'%' = PASSWORD('new')")
		if err := f.StopReplica(ctx); err != nil {
			t.Fatal(err)
		}
		if err := f.StartReplica(ctx); err != nil {
			t.Fatal(err)
		}
		eventually(t, "access is denied", func() bool { return status(t, f).IOErrno == 1045 })
		u.Password = "new"
		repair(t, f, u, mariadb.Renew)
		waitFor(t, f, supplier)
	})

	t.Run("settings were changed", func(t *testing.T) {
		for _, change := range []string{"SET GLOBAL read_only=0", "STOP SLAVE; CHANGE MASTER TO MASTER_USE_GTID=no; START SLAVE",
			"STOP SLAVE; SET GLOBAL slave_parallel_mode='conservative'; SET GLOBAL slave_parallel_threads=0; START SLAVE"} {
			eventually(t, "both threads run", streaming)
			exec(t, foundation, change)
			repair(t, f, u, mariadb.Repoint)
			if st := status(t, f); !st.ReadOnly || st.UsingGTID != "Slave_Pos" || st.ParallelMode != "optimistic" || st.Threads != 2 {
				t.Errorf("after %s: %+v", change, st)
			}
		}
	})

	t.Run("skips something", func(t *testing.T) {
		exec(t, foundation, "SET GLOBAL slave_exec_mode='IDEMPOTENT'", "SET GLOBAL event_scheduler=ON")
		if d := mariadb.Diagnose(status(t, f), u); d.Healthy || d.Action != mariadb.Nothing || d.Problem == "" {
			t.Errorf("diagnosis %+v", d)
		}
		exec(t, foundation, "SET GLOBAL slave_exec_mode='STRICT'")
		if d := mariadb.Diagnose(status(t, f), u); d.Healthy || d.Hint != "set event_scheduler=OFF in its configuration file and now" {
			t.Errorf("diagnosis %+v", d)
		}
		exec(t, foundation, "SET GLOBAL event_scheduler=OFF")
	})

	t.Run("somebody else writes", func(t *testing.T) {
		eventually(t, "both threads run", streaming)
		exec(t, foundation, "SET SESSION sql_log_bin=0; INSERT INTO app.t VALUES (50, 50)")
		exec(t, supplier, "INSERT INTO app.t VALUES (50, 1)")
		eventually(t, "applying stops", func() bool {
			st := status(t, f)
			return st.SQLErrno == 1062 && !st.SQLRunning
		})
		d := mariadb.Diagnose(status(t, f), u)
		if d.Healthy || d.Action != mariadb.Nothing || d.Problem == "" || d.Hint == "" {
			t.Errorf("diagnosis %+v, want an explanation and no action", d)
		}
		if err := f.Repair(ctx, d.Action, u); err != nil || status(t, f).SQLRunning {
			t.Errorf("repaired what must not be: %v", err)
		}
	})

	t.Run("unsafe to stop", func(t *testing.T) {
		// What was received and not applied would be lost, for all that this package knows.
		eventually(t, "received is ahead", func() bool { st := status(t, f); return !st.Applied.Reached(st.Received) })
		elsewhere := u
		elsewhere.Address = "127.0.0.1:1"
		none := &archive{}
		none.empty.Store(true)
		elsewhere.Archive = none
		ctx, cancel := context.WithTimeoutCause(ctx, 200*time.Millisecond, mariadb.ErrUnsafeStop)
		defer cancel()
		if err := f.Point(ctx, elsewhere); err == nil {
			t.Error("stopped it")
		}
		if st := status(t, f); st.Primary != u.Address || !st.IORunning {
			t.Errorf("status %+v", st)
		}
		elsewhere.Archive = &archive{}
		if err := f.Point(t.Context(), elsewhere); err != nil || status(t, f).Primary != elsewhere.Address {
			t.Errorf("not pointed although all is archived: %v", err)
		}
	})

	if err := f.Repair(ctx, "dance", u); err == nil {
		t.Error("repaired by dancing")
	}
	for _, bad := range []mariadb.Upstream{{Address: "x"}, {Address: "x:y"}, {Address: "x:1", Threads: -1}, {Address: "x:1", User: "\x00"}} {
		if err := f.Point(ctx, bad); err == nil {
			t.Errorf("pointed at %+v", bad)
		}
	}
}

// repair diagnoses until it finds what is wanted, repairs, and waits until the replica is healthy.
func repair(t *testing.T, f *mariadb.Server, u mariadb.Upstream, want mariadb.Action) {
	t.Helper()
	var d mariadb.Diagnosis
	eventually(t, fmt.Sprintf("diagnosis %q", want), func() bool {
		d = mariadb.Diagnose(status(t, f), u)
		return d.Action == want
	})
	if err := f.Repair(t.Context(), d.Action, u); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is healthy", func() bool { return mariadb.Diagnose(status(t, f), u).Healthy })
}
