package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// number writes v with about three digits.
func number(v float64) string {
	digits := 0
	if a := math.Abs(v); a < 100 && a > 0 {
		digits = min(2-int(math.Floor(math.Log10(a))), 4)
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

func (r *result) amount(v float64) string {
	if !r.measured || math.IsNaN(v) {
		return "–"
	}
	return number(v) + " " + r.unit
}

func (r *result) aimText() string {
	sign, bound := "≥", strconv.FormatFloat(r.aim.value, 'g', -1, 64)
	if r.aim.atMost {
		sign = "≤"
	}
	if r.against == "" {
		return sign + " " + bound + " " + r.unit
	}
	return sign + " " + bound + "×"
}

// ratioText is the reported figure with its range over the rounds.
func (r *result) ratioText() string {
	switch {
	case !r.measured:
		return "–"
	case r.against == "":
		return fmt.Sprintf("%s (%s–%s)", number(r.value), number(r.low), number(r.high))
	}
	return fmt.Sprintf("%.2f× (%.2f–%.2f)", r.value, r.low, r.high)
}

func (r *result) verdict() string {
	switch {
	case !r.measured:
		return "not measured"
	case r.met():
		return "met"
	}
	return "missed"
}

func (r *result) againstText() string {
	if r.against == "" {
		return "–"
	}
	return r.against
}

func (r *result) peerText() string {
	if r.against == "" {
		return "–"
	}
	return r.amount(r.peer)
}

// cells are a row of the table, as header names them.
func (r *result) cells() []string {
	return []string{r.what, r.againstText(), r.aimText(), r.ratioText(), r.verdict(), r.amount(r.ours), r.peerText()}
}

func header() []string {
	return []string{"what", "against", "target", "measured (min–max)", "result", "ours", "peer"}
}

// printTable writes the results as aligned text.
func printTable(w io.Writer, results []result) error {
	lines := [][]string{header()}
	for i := range results {
		lines = append(lines, results[i].cells())
	}
	width := make([]int, len(lines[0]))
	for _, l := range lines {
		for i, c := range l {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, l := range lines {
		for i, c := range l {
			if i == len(l)-1 {
				b.WriteString(c)
				break
			}
			b.WriteString(c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
