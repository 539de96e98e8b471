package bench

import (
	"math"
	"slices"
)

// quantile returns the smallest value that at least the share q (0 to 1) of the values does not exceed; NaN without
// values.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(at, 0), len(sorted)-1)]
}

// median returns the middle value, or the mean of the two in the middle; NaN without values.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// result is a row with what was measured for it.
type result struct {
	row
	measured   bool
	value      float64 // the median ratio, or the median value of a row without a peer
	low, high  float64 // the smallest and the largest of the rounds
	ours, peer float64 // medians
	rounds     int
	note       string
}

func (r *result) met() bool { return r.measured && r.aim.met(r.value) }

// evaluate reduces the samples of a row.
func evaluate(r row, samples []sample, note string) result {
	res := result{row: r, rounds: len(samples), measured: len(samples) > 0, note: note}
	if !res.measured {
		return res
	}
	var ours, peer, values []float64
	for _, s := range samples {
		ours, peer = append(ours, s.ours), append(peer, s.peer)
		v := s.ours
		if r.against != "" {
			v = s.ours / s.peer
		}
		values = append(values, v)
	}
	res.ours, res.peer = median(ours), median(peer)
	res.value, res.low, res.high = median(values), slices.Min(values), slices.Max(values)
	return res
}
