package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func serveExperiment() experiment {
	return experiment{
		name: "serve", usesHistory: true, run: measureServing,
		rows: []row{{
			key: "serve-replica", what: "serving 500 MB to a replica's IO thread", against: "the supplier itself",
			aim: atLeast(1), unit: "MB/s",
			method: "The same file as for archiving, guard included, over loopback TCP; ours comes from the archive, the " +
				"peer's from the supplier's own binary log, both in the page cache. The replica's SQL thread is stopped and " +
				"its relay log is not synced. From START SLAVE IO_THREAD until its position is the last group's.",
		}, {
			key: "serve-discard", what: "serving 500 MB to a client that discards", against: "the supplier itself",
			aim: atLeast(1.5), unit: "MB/s",
			method: "The same, to a client that looks at packet heads only. From connecting to the end of the stream.",
		}},
	}
}

func measureServing(ctx context.Context, e *env, rec *recorder) error {
	port, err := e.serveHistory(ctx, "serve")
	if err != nil {
		return err
	}
	replica, err := e.startReplica(ctx, "r", replicaID, map[string]string{"sync_relay_log": "0", "sync_master_info": "0"})
	if err != nil {
		return err
	}
	toReplica := func(port int) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) { return e.receive(ctx, replica, port) }
	}
	toNobody := func(port int) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) { return e.discardHistory(ctx, port) }
	}
	supplier := e.past.supplier.Port()
	return e.contest(ctx, []contestant{
		{"to a replica, archive", "MB/s", toReplica(port)},
		{"to a replica, supplier", "MB/s", toReplica(supplier)},
		{"to nobody, archive", "MB/s", toNobody(port)},
		{"to nobody, supplier", "MB/s", toNobody(supplier)},
	}, func(f []float64) {
		rec.pair("serve-replica", f[0], f[1])
		rec.pair("serve-discard", f[2], f[3])
	})
}

// serveHistory archives the history and serves it, until the experiment ends, on the port that it returns.
func (e *env) serveHistory(ctx context.Context, profile string) (port int, err error) {
	c, err := e.follow(ctx, followConfig{
		Archive: e.path("va"), State: e.path("vs"), Serve: true, Profile: e.profile(profile),
	})
	if err != nil {
		return 0, err
	}
	e.later(func() error { return removeAfter(c.close(), e.path("va"), e.path("vs")) })
	var answer followAnswer
	err = c.ask(followRequest{Reach: e.past.to.String(), Limit: 5 * time.Minute}, &answer, 6*time.Minute)
	return answer.Port, err
}

// receive returns the speed in MB/s at which the replica's IO thread gets the history from the primary on port.
func (e *env) receive(ctx context.Context, replica *mariadbd.Server, port int) (float64, error) {
	if err := e.point(ctx, replica, port, e.past.from); err != nil {
		return 0, err
	}
	if err := e.settle(); err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := replica.Exec(ctx, "START SLAVE IO_THREAD"); err != nil {
		return 0, err
	}
	if err := replicated(ctx, replica, "Gtid_IO_Pos", e.past.to, 5*time.Minute); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	return float64(e.past.size) / 1e6 / took.Seconds(), replica.Exec(ctx, "STOP SLAVE; RESET SLAVE ALL")
}

func (e *env) discardHistory(ctx context.Context, port int) (float64, error) {
	if err := e.settle(); err != nil {
		return 0, err
	}
	begin := time.Now()
	n, err := discard(ctx, port, e.password, e.past.from)
	took := time.Since(begin)
	if err == nil && n < e.past.size-binlog.MagicSize {
		err = fmt.Errorf("the primary sent %d bytes of %d", n, e.past.size)
	}
	return float64(e.past.size) / 1e6 / took.Seconds(), err
}
