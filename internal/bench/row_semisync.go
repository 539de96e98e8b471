package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

func semisyncExperiment() experiment {
	return experiment{
		name: "semisync", run: measureSemiSync,
		rows: []row{{
			key: "semisync-durable", what: "semi-sync commits/s, 8 writers, ACK after fsync",
			against: "native replica, sync_relay_log=1", aim: atLeast(5), unit: "commits/s",
			method: "Eight connections insert single rows in autocommit through a prepared statement. The supplier waits " +
				"for one semi-sync client at a time, over loopback TCP. Ours acknowledges after its sync. The native replica " +
				"is a second server with its SQL thread stopped: neither side applies anything, so that what is compared is " +
				"receiving and acknowledging. With sync_relay_log=1 it syncs before it acknowledges, as ours does. A round " +
				"in which the supplier did not wait for every commit does not count and is repeated.",
		}, {
			key: "semisync-default", what: "the same", against: "native replica, its defaults", aim: atLeast(0.85),
			unit: "commits/s",
			method: "The same, but with its defaults (sync_relay_log=10000) the native replica acknowledges what it has " +
				"not synced.",
		}},
	}
}

func measureSemiSync(ctx context.Context, e *env, rec *recorder) error {
	s, err := e.startSupplier(ctx, "s", true)
	if err != nil {
		return err
	}
	if err := s.Exec(ctx, loadTable); err != nil {
		return err
	}
	replica, err := e.startReplica(ctx, "r", replicaID, map[string]string{"rpl_semi_sync_slave_enabled": "ON"})
	if err != nil {
		return err
	}
	alone, err := e.commits(ctx, s)
	if err != nil {
		return err
	}
	e.say("  without any replica %s commits/s", number(alone))
	native := func(sync string) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) { return e.commitsToNative(ctx, s, replica, sync) }
	}
	return e.contest(ctx, []contestant{
		{"archive", "commits/s", func(ctx context.Context) (float64, error) { return e.commitsToUs(ctx, s, rec) }},
		{"native, sync_relay_log=1", "commits/s", native("1")},
		{"native, defaults", "commits/s", native("DEFAULT")},
	}, func(f []float64) {
		rec.pair("semisync-durable", f[0], f[1])
		rec.pair("semisync-default", f[0], f[2])
		rec.note("semisync-default", "without any replica: %s commits/s", number(alone))
	})
}

// errNotSemiSync is returned for a round in which commits did not wait.
var errNotSemiSync = errors.New("the supplier did not wait for every commit")

// semiSync runs the load once exactly one semi-sync client is attached, and checks that every commit waited for it.
func (e *env) semiSync(ctx context.Context, s *mariadbd.Server) (float64, error) {
	if err := e.semiSyncClients(ctx, s, 1); err != nil {
		return 0, err
	}
	if err := e.settle(); err != nil {
		return 0, err
	}
	before, err := status(ctx, s, "Rpl_semi_sync_master_no_tx")
	if err != nil {
		return 0, err
	}
	rate, err := e.commits(ctx, s)
	if err != nil {
		return 0, err
	}
	after, err := status(ctx, s, "Rpl_semi_sync_master_no_tx")
	if err == nil && after != before {
		err = fmt.Errorf("%w: %d did not", errNotSemiSync, after-before)
	}
	return rate, err
}

// semiSyncClients waits until the supplier counts n, and is on if there is one.
func (e *env) semiSyncClients(ctx context.Context, s *mariadbd.Server, n int64) error {
	what := fmt.Sprintf("the supplier has %d semi-sync clients", n)
	return until(ctx, what, patience, 20*time.Millisecond, func() (bool, error) {
		clients, err := status(ctx, s, "Rpl_semi_sync_master_clients")
		if err != nil || clients != n {
			return false, err
		}
		on, err := status(ctx, s, "Rpl_semi_sync_master_status")
		return n == 0 || on == 1, err
	})
}

// again repeats a measurement that the disk's whims spoiled.
func (e *env) again(measure func() (float64, error)) (v float64, err error) {
	for range 3 {
		if v, err = measure(); !errors.Is(err, errNotSemiSync) {
			return v, err
		}
		e.say("  repeated: %v", err)
	}
	return v, err
}

func (e *env) commitsToUs(ctx context.Context, s *mariadbd.Server, rec *recorder) (float64, error) {
	// A new archive begins at the supplier's current file: without the earlier rounds in it.
	if err := s.Exec(ctx, "FLUSH BINARY LOGS"); err != nil {
		return 0, err
	}
	dir := e.path("sa")
	c, err := e.follow(ctx, followConfig{
		Archive: dir, State: e.path("ss"), Supplier: "127.0.0.1:" + strconv.Itoa(s.Port()), SemiSync: true,
		Profile: e.profile("semisync"),
	})
	if err != nil {
		return 0, err
	}
	rate, err := e.again(func() (float64, error) { return e.semiSync(ctx, s) })
	var used followAnswer
	if askErr := c.ask(followRequest{}, &used, patience); err == nil {
		err = askErr
	}
	err = errors.Join(err, c.close(), os.RemoveAll(dir))
	if err == nil {
		rec.note("semisync-durable", "%d acknowledgements in %d syncs; ours took %.2f s of processor time",
			used.Acks, used.Syncs, used.CPU)
		err = e.semiSyncClients(ctx, s, 0)
	}
	return rate, err
}

func (e *env) commitsToNative(ctx context.Context, s, replica *mariadbd.Server, sync string) (float64, error) {
	at, err := position(ctx, s, "gtid_binlog_pos")
	if err != nil {
		return 0, err
	}
	if err := e.point(ctx, replica, s.Port(), at); err != nil {
		return 0, err
	}
	if err := replica.Exec(ctx, "SET GLOBAL sync_relay_log="+sync+"; START SLAVE IO_THREAD"); err != nil {
		return 0, err
	}
	rate, err := e.again(func() (float64, error) { return e.semiSync(ctx, s) })
	if stopErr := replica.Exec(ctx, "STOP SLAVE"); err == nil {
		err = stopErr
	}
	if err == nil {
		err = e.semiSyncClients(ctx, s, 0)
	}
	return rate, err
}
