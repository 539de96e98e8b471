package configs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Duration is a length of time as people write it: 90s, 24h, 35d, 1w, 1d12h, 35 days. A day has 24 hours.
type Duration struct{ time.Duration }

// unit returns the length of the unit of time that word names, 0 if it names none.
func unit(word string) time.Duration {
	switch word {
	case "w", "week", "weeks":
		return week
	case "d", "day", "days":
		return day
	case "h", "hour", "hours":
		return time.Hour
	case "m", "min", "minute", "minutes":
		return time.Minute
	case "s", "sec", "second", "seconds":
		return time.Second
	case "ms":
		return time.Millisecond
	}
	return 0
}

// ParseDuration reads numbers with units, largest unit first. The least unit is a millisecond. A number needs its
// unit, also 0. The error is an *Error with a hint.
func ParseDuration(s string) (Duration, error) {
	bad := func(what string) (Duration, error) {
		return Duration{}, &Error{Msg: fmt.Sprintf("%.40q %s", s, what),
			Hint: "write a number and a unit (ms, s, m, h, d, w), such as 90s, 24h or 35d"}
	}
	if len(s) > 64 || s == "" || strings.HasSuffix(s, " ") {
		return bad("is not a duration")
	}
	var sum time.Duration
	last := time.Duration(math.MaxInt64)
	for rest := s; rest != ""; rest = strings.TrimPrefix(rest, " ") {
		digits, after := span(rest, func(c byte) bool { return c >= '0' && c <= '9' })
		word, after := span(strings.TrimPrefix(after, " "), func(c byte) bool { return c >= 'a' && c <= 'z' })
		size := unit(word)
		switch {
		case digits == "" || word != "" && size == 0:
			return bad("is not a duration")
		case size == 0:
			return bad("has a number without a unit")
		case size >= last:
			return bad("has its units in the wrong order")
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > int64((math.MaxInt64-sum)/size) {
			return bad("is too long")
		}
		sum, last, rest = sum+time.Duration(n)*size, size, after
	}
	return Duration{sum}, nil
}

// span cuts s behind its longest prefix of bytes for which in holds.
func span(s string, in func(byte) bool) (prefix, rest string) {
	i := 0
	for i < len(s) && in(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// String returns d in the form that ParseDuration reads, such as 35d or 1d12h. Less than a millisecond is dropped.
func (d Duration) String() string {
	var b strings.Builder
	rest := d.Duration
	if rest < 0 {
		return rest.String() // never from ParseDuration
	}
	for _, u := range []string{"d", "h", "m", "s", "ms"} {
		if n := rest / unit(u); n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u)
			rest -= n * unit(u)
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// MarshalText returns String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDuration.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}
