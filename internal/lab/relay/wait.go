package relay

import (
	"context"
	"errors"
	"io"
	"time"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
