package configs

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		in   string
		want time.Duration
		out  string
	}{
		{"90s", 90 * time.Second, "1m30s"},
		{"24h", 24 * time.Hour, "1d"},
		{"35d", 35 * 24 * time.Hour, "35d"},
		{"1w", 7 * 24 * time.Hour, "7d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"1w 2 days 3 hours 4 minutes 5 sec 6ms", 788645006 * time.Millisecond, "9d3h4m5s6ms"},
		{"250ms", 250 * time.Millisecond, "250ms"},
		{"0s", 0, "0s"},
		{"106751d", 106751 * 24 * time.Hour, "106751d"},
	} {
		got, err := ParseDuration(c.in)
		if err != nil || got.Duration != c.want || got.String() != c.out {
			t.Errorf("ParseDuration(%q) = %v (%d), %v; want %d", c.in, got, got.Duration, err, c.want)
		}
	}
	for _, in := range []string{
		"", " ", "0", "35", "d", "35x", "35D", "-1s", "+1s", "1.5h", "1h1h", "1h1d", "1s ", " 1s", "1  s", "1h  1s", "1h5",
		"1µs", "1ns", "106752d", "106751d24h", "99999999999999999999s", strings.Repeat("1", 65) + "s",
	} {
		var e *Error
		if got, err := ParseDuration(in); !errors.As(err, &e) || e.Hint == "" {
			t.Errorf("ParseDuration(%q) = %v, %v; want an *Error with a hint", in, got, err)
		}
	}
}

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Size
		out  string
	}{
		{"500GiB", 500 << 30, "500GiB"},
		{"64 MiB", 64 << 20, "64MiB"},
		{"10GB", 10_000_000_000, "10GB"},
		{"1000kB", 1_000_000, "1MB"},
		{"1000KB", 1_000_000, "1MB"},
		{"1.5TiB", 1536 << 30, "1536GiB"},
		{"0.001KiB", 1, "1B"}, // 1.024, rounded down
		{"0", 0, "0"},
		{"0MiB", 0, "0"},
		{"1023B", 1023, "1023B"},
		{"7.999EiB", 9222219115350168961, "9222219115350168961B"},
		{"9223372036854775807B", math.MaxInt64, "9223372036854775807B"},
		{"9EB", 9e18, "9EB"},
	} {
		got, err := ParseSize(c.in)
		if err != nil || got != c.want || got.String() != c.out {
			t.Errorf("ParseSize(%q) = %v (%d), %v; want %d", c.in, got, int64(got), err, int64(c.want))
		}
	}
	for _, in := range []string{
		"", "GiB", "5", "00", "5G", "5gib", "5Gb", "-1B", "+1B", "1e3B", "1.B", ".5MiB", "1.0001MiB", "1,5GiB", "1  GiB",
		"8EiB", "9223372036854775808B", "99999999999999999999B", "5GiB ", " 5GiB", "5GiB5", "٣MiB",
	} {
		var e *Error
		if got, err := ParseSize(in); !errors.As(err, &e) || e.Hint == "" {
			t.Errorf("ParseSize(%q) = %v, %v; want an *Error with a hint", in, got, err)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"90s", "35d", "1w2d3h4m5s6ms", "1 week 2 days", "106751d24h", "1.5h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d || d.Duration < 0 {
			t.Errorf("%q is %d, written %q, read again %d, %v", s, d.Duration, d, again.Duration, err)
		}
	})
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"500GiB", "10 GB", "1.5TiB", "0", "9223372036854775807B", "8EiB", "0.001KiB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSize(s)
		if err != nil {
			return
		}
		if again, err := ParseSize(n.String()); err != nil || again != n || n < 0 {
			t.Errorf("%q is %d, written %q, read again %d, %v", s, int64(n), n, int64(again), err)
		}
	})
}
