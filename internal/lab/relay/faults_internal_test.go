package relay

import (
	"testing"
	"time"
)

func TestRateIsKept(t *testing.T) {
	for _, rate := range []int64{1, 19, 1000, 20000, 1 << 30} {
		f := Faults{Rate: rate}
		n := f.chunk()
		if n < 1 {
			t.Fatalf("rate %d: chunks of %d bytes", rate, n)
		}
		want := float64(n) / float64(rate)
		if got := f.pause(n).Seconds(); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("rate %d: %d bytes take %v, want %v s", rate, n, f.pause(n), want)
		}
		if rate >= 20 && f.pause(n) > 50*time.Millisecond {
			t.Errorf("rate %d: bursts every %v", rate, f.pause(n))
		}
	}
	if (Faults{}).pause(1<<20) != 0 {
		t.Error("a link without faults is slow")
	}
}
