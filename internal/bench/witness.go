package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// waiters is how many commits ahead each replica is watched.
const waiters = 16

// witness notes when groups, named by consecutive sequence numbers, are applied by replicas.
type witness struct {
	first  uint64
	server uint32
	seen   [][]time.Time // by replica and group
}

// watch has connections wait at a replica for the groups, each for its own one.
func (w *witness) watch(ctx context.Context, g *errgroup.Group, i int, replica *mariadbd.Server) {
	var mu sync.Mutex
	next := 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	for range waiters {
		g.Go(func() error {
			db, err := replica.Open("")
			if err != nil {
				return err
			}
			defer db.Close()
			wait, done, err := prepare(ctx, db, "SELECT MASTER_GTID_WAIT(?, 60)")
			if err != nil {
				return err
			}
			defer done()
			for k := take(); k < len(w.seen[i]); k = take() {
				gtid := binlog.GTID{Server: w.server, Seq: w.first + uint64(k)}
				var late int
				if err := wait.QueryRowContext(ctx, gtid.String()).Scan(&late); err != nil {
					return fmt.Errorf("wait for %s: %w", gtid, err)
				}
				if late != 0 {
					return fmt.Errorf("wait for %s: the replica did not get there", gtid)
				}
				w.seen[i][k] = time.Now()
			}
			return nil
		})
	}
}
