package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func catchupExperiment() experiment {
	return experiment{
		name: "catchup", usesHistory: true, run: measureCatchUp,
		rows: []row{{
			key: "catchup", what: "catch-up of 90,000 sysbench transactions", against: "native replica, same settings",
			aim: atLeast(0.97), unit: "transactions/s",
			method: "A replica that was stopped before the transactions of the archived file, optimistic with 4 threads, " +
				"from START SLAVE UNTIL the 90,000th of them until it has applied that one. Each time its datadir is copied " +
				"anew from the same base. Ours: through the binlog server, guard included, out of an archive that has " +
				"everything; the peer: from the supplier.",
		}},
	}
}

func measureCatchUp(ctx context.Context, e *env, rec *recorder) error {
	base, err := e.makeBase(ctx)
	if err != nil {
		return fmt.Errorf("prepare a replica: %w", err)
	}
	port, err := e.serveHistory(ctx, "catchup")
	if err != nil {
		return err
	}
	return e.contest(ctx, []contestant{
		{"binlog server", "transactions/s", func(ctx context.Context) (float64, error) { return e.catchUp(ctx, base, port) }},
		{"native", "transactions/s", func(ctx context.Context) (float64, error) {
			return e.catchUp(ctx, base, e.past.supplier.Port())
		}},
	}, func(f []float64) { rec.pair("catchup", f[0], f[1]) })
}

// makeBase makes the datadir of a replica that stopped before the history's transactions, and returns it.
func (e *env) makeBase(ctx context.Context) (dir string, err error) {
	r, err := e.startReplica(ctx, "b", replicaID, nil)
	if err != nil {
		return "", err
	}
	if err := e.point(ctx, r, e.past.supplier.Port(), binlog.Position{}); err != nil {
		return "", err
	}
	if err := r.Exec(ctx, "START SLAVE UNTIL master_gtid_pos='"+e.past.from.String()+"'"); err != nil {
		return "", err
	}
	if err := replicated(ctx, r, "Gtid_Slave_Pos", e.past.from, 5*time.Minute); err != nil {
		return "", err
	}
	if err := r.Exec(ctx, "STOP SLAVE; RESET SLAVE ALL"); err != nil {
		return "", err
	}
	at, err := position(ctx, r, "gtid_slave_pos")
	if err == nil && !at.Equal(e.past.from) {
		err = fmt.Errorf("the replica stopped at %s, not at %s", at, e.past.from)
	}
	return r.DataDir(), errors.Join(err, r.Stop(ctx))
}

// catchUp returns the transactions per second at which a fresh copy of the base catches up with the primary on port.
func (e *env) catchUp(ctx context.Context, base string, port int) (rate float64, err error) {
	n := len(e.closers)
	defer func() { err = errors.Join(err, e.closeTo(n)) }()
	if err := os.CopyFS(e.path("c", "data"), os.DirFS(base)); err != nil {
		return 0, fmt.Errorf("copy datadir: %w", err)
	}
	r, err := e.startReplica(ctx, "c", replicaID, nil)
	if err != nil {
		return 0, errors.Join(err, os.RemoveAll(e.path("c")))
	}
	if err := e.point(ctx, r, port, e.past.from); err != nil {
		return 0, err
	}
	if err := e.settle(); err != nil {
		return 0, err
	}
	last := e.past.from[0]
	last.Seq += uint64(e.scale.catchUp)
	begin := time.Now()
	if err := r.Exec(ctx, "START SLAVE UNTIL master_gtid_pos='"+last.String()+"'"); err != nil {
		return 0, err
	}
	if err := replicated(ctx, r, "Gtid_Slave_Pos", binlog.Position{last.Domain: last}, 20*time.Minute); err != nil {
		return 0, err
	}
	return float64(e.scale.catchUp) / time.Since(begin).Seconds(), nil
}
