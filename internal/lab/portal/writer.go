package portal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Write issues certificates for the sample's beneficiaries, rate per second (0: as fast as they are acknowledged),
// until ctx ends or count of them were written (0: no end). It calls wrote after each; the error of a cancelled ctx
// is nil, because that is how one stops it.
func Write(ctx context.Context, s *Store, rate float64, count int, wrote func(n int)) error {
	var pace <-chan time.Time
	if rate > 0 {
		t := time.NewTicker(max(time.Microsecond, time.Duration(float64(time.Second)/rate)))
		defer t.Stop()
		pace = t.C
	}
	ids := IDs()
	for n := 1; count == 0 || n <= count; n++ {
		if pace != nil {
			select {
			case <-pace:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		_, err := s.Issue(ctx, ids[rand.IntN(len(ids))], fmt.Sprintf("CN=live%d.example", n))
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		wrote(n)
	}
	return nil
}
