package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func lagExperiment() experiment {
	const method = "One connection commits single-row inserts at a fixed rate of 200 a second to a supplier whose " +
		"semi-sync client is our archive. Two equal replicas are attached at the same time: one to the supplier, one " +
		"to our binlog server; they change places every round. A commit's lag is the time from sending it until the " +
		"replica has applied it, as a heartbeat row would show it; waiters that were there before the commit " +
		"(MASTER_GTID_WAIT) see that moment."
	return experiment{
		name: "lag", run: measureLag,
		rows: []row{
			{key: "lag-p50", what: "end-to-end lag at 200 commits/s, p50", against: "native replica", aim: atMost(1.2),
				unit: "ms", method: method},
			{key: "lag-p99", what: "the same, p99", against: "native replica", aim: atMost(1.2), unit: "ms",
				method: "The same."},
		},
	}
}

func measureLag(ctx context.Context, e *env, rec *recorder) error {
	s, err := e.startSupplier(ctx, "s", true)
	if err != nil {
		return err
	}
	if err := s.Exec(ctx, loadTable); err != nil {
		return err
	}
	var replicas [2]*mariadbd.Server
	for i := range replicas {
		if replicas[i], err = e.startReplica(ctx, "r"+strconv.Itoa(i), uint32(replicaID+i), nil); err != nil {
			return err
		}
	}
	c, err := e.follow(ctx, followConfig{
		Archive: e.path("la"), State: e.path("ls"), Supplier: "127.0.0.1:" + strconv.Itoa(s.Port()), SemiSync: true,
		Serve: true, Profile: e.profile("lag"),
	})
	if err != nil {
		return err
	}
	e.later(func() error { return removeAfter(c.close(), e.path("la"), e.path("ls")) })
	if err := e.semiSyncClients(ctx, s, 1); err != nil {
		return err
	}
	var serving followAnswer
	if err := c.ask(followRequest{}, &serving, patience); err != nil {
		return err
	}
	var later, afterOurs, afterNative []float64 // by commit
	start := binlog.Position{}                  // the replicas begin at the supplier's first group
	for round := range e.rounds {
		ours, native := replicas[round%2], replicas[1-round%2]
		err := errors.Join(e.attach(ctx, ours, serving.Port, start), e.attach(ctx, native, s.Port(), start))
		if err != nil {
			return err
		}
		lags, commits, err := e.lags(ctx, s, ours, native)
		if err != nil {
			return fmt.Errorf("round %d: %w", round+1, err)
		}
		for k := range commits {
			later = append(later, lags[0][k]-lags[1][k])
			afterOurs, afterNative = append(afterOurs, lags[0][k]-commits[k]), append(afterNative, lags[1][k]-commits[k])
		}
		rec.note("lag-p50", "a commit was applied %s ms later than on the native replica (median); from the moment when "+
			"the commit had returned to its client, it took %s ms and %s ms", number(median(later)),
			number(median(afterOurs)), number(median(afterNative)))
		for _, p := range []struct {
			key      string
			quantile float64
		}{{"lag-p50", 0.5}, {"lag-p99", 0.99}} {
			a, b := quantile(lags[0], p.quantile), quantile(lags[1], p.quantile)
			rec.pair(p.key, a, b)
			e.say("  round %d/%d  %s  ours %s ms, native %s ms", round+1, e.rounds, p.key, number(a), number(b))
		}
		if start, err = position(ctx, s, "gtid_binlog_pos"); err != nil {
			return err
		}
	}
	before := serving.Syncs
	err = c.ask(followRequest{}, &serving, patience)
	rec.note("lag-p99", "the archive took %.2f syncs for each commit", float64(serving.Syncs-before)/float64(len(later)))
	return err
}

// attach has a replica follow the primary on port from at on.
func (e *env) attach(ctx context.Context, replica *mariadbd.Server, port int, at binlog.Position) error {
	if err := e.point(ctx, replica, port, at); err != nil {
		return err
	}
	return replica.Exec(ctx, "START SLAVE")
}

// lags commits at a fixed rate and returns, in milliseconds, each commit's lag on each of the replicas, and how long
// the commit itself took.
func (e *env) lags(ctx context.Context, s *mariadbd.Server, replicas ...*mariadbd.Server) (
	lags [][]float64, commits []float64, err error) {
	before, err := position(ctx, s, "gtid_binlog_pos")
	if err != nil {
		return nil, nil, err
	}
	if len(before) != 1 {
		return nil, nil, fmt.Errorf("supplier is at %s, not in one domain", before)
	}
	for _, r := range replicas {
		if err := replicated(ctx, r, "Gtid_Slave_Pos", before, patience); err != nil {
			return nil, nil, err
		}
	}
	if err := e.settle(); err != nil {
		return nil, nil, err
	}
	n := int(e.scale.lag.Seconds() * float64(e.scale.lagRate))
	ctx, cancel := context.WithTimeout(ctx, e.scale.lag+2*patience)
	defer cancel()
	w := &witness{first: before[0].Seq + 1, server: before[0].Server, seen: make([][]time.Time, len(replicas))}
	g, gctx := errgroup.WithContext(ctx)
	for i, r := range replicas {
		w.seen[i] = make([]time.Time, n)
		w.watch(gctx, g, i, r)
	}
	sent, returned := make([]time.Time, n), make([]time.Time, n)
	g.Go(func() error { return e.paced(gctx, s, sent, returned) })
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	milliseconds := func(from, to []time.Time) (list []float64) {
		for k := range from {
			list = append(list, float64(to[k].Sub(from[k]))/1e6)
		}
		return list
	}
	for i := range replicas {
		lags = append(lags, milliseconds(sent, w.seen[i]))
	}
	return lags, milliseconds(sent, returned), nil
}

// paced commits at the fixed rate and notes when each commit was sent and when it had returned. Nobody else commits,
// so that the GTIDs follow one another.
func (e *env) paced(ctx context.Context, s *mariadbd.Server, sent, returned []time.Time) error {
	db, err := s.Open("bench")
	if err != nil {
		return err
	}
	defer db.Close()
	insert, done, err := prepare(ctx, db, loadInsert)
	if err != nil {
		return err
	}
	defer done()
	interval := time.Second / time.Duration(e.scale.lagRate)
	next := time.Now().Add(200 * time.Millisecond) // waiters get ready
	for k := range sent {
		if err := sleep(ctx, time.Until(next)); err != nil {
			return err
		}
		next = next.Add(interval)
		sent[k] = time.Now()
		if _, err := insert.ExecContext(ctx, k, loadPayload); err != nil {
			return fmt.Errorf("insert: %w", err)
		}
		returned[k] = time.Now()
	}
	return nil
}
