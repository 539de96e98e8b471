package lab

import (
	"context"
	"errors"
	"time"
)

// errPollTimeout is returned when what was waited for did not happen in time.
var errPollTimeout = errors.New("waited in vain")

// poll asks until done says true or an error, for as long as ctx and limit allow.
func poll(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return errPollTimeout
		case <-tick.C:
		}
	}
}
