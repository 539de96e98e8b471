package bench

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

const (
	loadWriters = 8
	loadTable   = "CREATE DATABASE IF NOT EXISTS bench; CREATE TABLE bench.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, " +
		"a INT NOT NULL, b CHAR(100) NOT NULL) ENGINE=InnoDB"
	loadInsert  = "INSERT INTO bench.t (a, b) VALUES (?, ?)"
	loadPayload = "0123456789012345678901234567890123456789012345678901234567890123456789"
)

// commits has eight writers insert single rows, each its own transaction, and returns the commits per second after a
// time to warm up.
func (e *env) commits(ctx context.Context, s *mariadbd.Server) (float64, error) {
	db, err := s.Open("bench")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxIdleConns(loadWriters)
	ctx, cancel := context.WithTimeout(ctx, e.scale.warmUp+e.scale.load+patience)
	defer cancel()
	var count atomic.Int64
	var stop atomic.Bool
	var ready sync.WaitGroup
	ready.Add(loadWriters)
	g, ctx := errgroup.WithContext(ctx)
	for range loadWriters {
		g.Go(func() error {
			insert, done, err := prepare(ctx, db, loadInsert)
			ready.Done()
			if err != nil {
				return err
			}
			defer done()
			for i := 0; !stop.Load(); i++ {
				if _, err := insert.ExecContext(ctx, i, loadPayload); err != nil {
					return fmt.Errorf("insert: %w", err)
				}
				count.Add(1)
			}
			return nil
		})
	}
	ready.Wait()
	var rate float64
	g.Go(func() error {
		defer stop.Store(true)
		if err := sleep(ctx, e.scale.warmUp); err != nil {
			return err
		}
		before, begin := count.Load(), time.Now()
		if err := sleep(ctx, e.scale.load); err != nil {
			return err
		}
		rate = float64(count.Load()-before) / time.Since(begin).Seconds()
		return nil
	})
	return rate, g.Wait()
}

// prepare prepares a statement on a connection of its own.
func prepare(ctx context.Context, db *sql.DB, query string) (st *sql.Stmt, done func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	st, err = conn.PrepareContext(ctx, query)
	if err != nil {
		_ = conn.Close() // nothing was done on it
		return nil, nil, err
	}
	return st, func() { _ = st.Close(); _ = conn.Close() }, nil
}

// sleep waits for d, or until ctx ends, which is an error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
