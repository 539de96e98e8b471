package configs

import (
	"fmt"
	"strconv"
	"strings"
)

// Percent is a share in whole hundredths, 0 to 100, written as 20%.
type Percent int

// ParsePercent reads a whole number from 0 to 100 with a percent sign. The error is an *Error with a hint.
func ParsePercent(s string) (Percent, error) {
	digits, signed := strings.CutSuffix(s, "%")
	n, err := strconv.ParseUint(strings.TrimSuffix(digits, " "), 10, 8)
	if err != nil || !signed || n > 100 {
		return 0, &Error{Msg: fmt.Sprintf("%.40q is not a percentage", s), Hint: "write 0% to 100%"}
	}
	return Percent(n), nil
}

// String returns p in the form that ParsePercent reads.
func (p Percent) String() string { return strconv.Itoa(int(p)) + "%" }

// MarshalText returns String.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePercent.
func (p *Percent) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePercent(string(text))
	return err
}
