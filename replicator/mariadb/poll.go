package mariadb

import (
	"context"
	"time"
)

// until calls done now and at every interval until it returns true; ctx's cause if that ends first.
func until(ctx context.Context, interval time.Duration, done func() bool) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
