package relay

import (
	"fmt"
	"time"
)

// How a link is broken as a whole.
const (
	Open      = "open"
	Refuse    = "refuse"
	Blackhole = "blackhole"
)

// Faults are what is wrong with a link. The zero value is a link that works.
type Faults struct {
	Mode    string `json:"mode"`              // Open (or ""), Refuse or Blackhole
	Rate    int64  `json:"rate,omitempty"`    // bytes per second and direction; 0: unlimited
	Corrupt int64  `json:"corrupt,omitempty"` // a bit is flipped every so many bytes; 0: never
}

// Check reports values that make no sense.
func (f Faults) Check() error {
	switch f.Mode {
	case "", Open, Refuse, Blackhole:
	default:
		return fmt.Errorf("a link cannot be %.40q: want %s, %s or %s", f.Mode, Open, Refuse, Blackhole)
	}
	if f.Rate < 0 || f.Corrupt < 0 {
		return fmt.Errorf("rate %d and corrupt %d must not be negative", f.Rate, f.Corrupt)
	}
	return nil
}

// chunk is how many bytes to move at once: small when slow, so that a slow link is a trickle and not bursts.
func (f Faults) chunk() int {
	const most = 32 << 10
	if f.Rate == 0 {
		return most
	}
	return int(min(most, max(1, f.Rate/20)))
}

// pause is how long n bytes take.
func (f Faults) pause(n int) time.Duration {
	if f.Rate == 0 {
		return 0
	}
	return time.Duration(float64(n) / float64(f.Rate) * float64(time.Second))
}

// corrupter flips bits in a stream.
type corrupter struct{ passed int64 }

// apply flips the lowest bit of every byte of b whose number in the stream is a multiple of every.
func (c *corrupter) apply(b []byte, every int64) {
	if every > 0 {
		for i := every - 1 - c.passed%every; i < int64(len(b)); i += every {
			b[i] ^= 1
		}
	}
	c.passed += int64(len(b))
}
