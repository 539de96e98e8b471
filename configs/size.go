package configs

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
)

// Size is a number of bytes as people write it: 500GiB (of 1024³), 10GB (of 1000³), 1.5TiB, 512B, 0.
type Size int64

// Binary units.
const (
	KiB Size = 1 << (10 * (iota + 1))
	MiB
	GiB
	TiB
	PiB
	EiB
)

type sizeUnit struct {
	name  string
	bytes Size
}

// sizeUnits returns the units, largest first.
func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"EiB", EiB}, {"EB", 1e18}, {"PiB", PiB}, {"PB", 1e15}, {"TiB", TiB}, {"TB", 1e12},
		{"GiB", GiB}, {"GB", 1e9}, {"MiB", MiB}, {"MB", 1e6}, {"KiB", KiB}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
	}
}

var sizePattern = regexp.MustCompile(`^([0-9]{1,19}(?:\.[0-9]{1,3})?) ?([A-Za-z]*)$`)

// ParseSize reads a number with a unit, with at most three decimals; only 0 needs no unit. The result is rounded
// down to whole bytes and lies between 0 and 2^63-1. The error is an *Error with a hint.
func ParseSize(s string) (Size, error) {
	bad := func(what, hint string) (Size, error) {
		return 0, &Error{Msg: fmt.Sprintf("%.40q %s", s, what), Hint: hint}
	}
	const hint = "write a number and a unit, such as 64MiB, 500GiB (of 1024) or 500GB (of 1000)"
	m := sizePattern.FindStringSubmatch(s)
	if m == nil {
		return bad("is not a size", hint)
	}
	number, word := m[1], m[2]
	if word == "" && number == "0" {
		return 0, nil
	}
	var bytes Size
	for _, u := range sizeUnits() {
		if u.name == word {
			bytes = u.bytes
		}
	}
	switch {
	case word == "":
		return bad("has no unit", hint)
	case bytes == 0 && len(word) == 1:
		return bad("could mean 1000 or 1024", hint)
	case bytes == 0:
		return bad("has an unknown unit", hint)
	}
	exact, _ := new(big.Rat).SetString(number) // m[1] is always a number
	exact.Mul(exact, new(big.Rat).SetInt64(int64(bytes)))
	whole := new(big.Int).Quo(exact.Num(), exact.Denom())
	if !whole.IsInt64() {
		return bad("is too large", "less than 8EiB is possible")
	}
	return Size(whole.Int64()), nil
}

// String returns s exactly, in the form that ParseSize reads and with the largest unit that divides it.
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	for _, u := range sizeUnits() {
		if s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B" // not reached: B divides everything
}

// MarshalText returns String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSize.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}
