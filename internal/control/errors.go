package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Code sorts errors by what a caller can do about them.
type Code string

// The codes, and the exit code of wcdectl that each becomes.
const (
	Failed   Code = "failed"   // 1: it was tried and did not work
	Usage    Code = "usage"    // 2: the request makes no sense as it is
	Degraded Code = "degraded" // 3: it works, but not as it should
	Refused  Code = "refused"  // 4: a rule forbids it
)

// ExitCode returns the exit code that stands for c.
func (c Code) ExitCode() int {
	switch c {
	case Usage:
		return 2
	case Degraded:
		return 3
	case Refused:
		return 4
	default:
		return 1
	}
}

func (c Code) httpStatus() int {
	switch c {
	case Usage:
		return http.StatusBadRequest
	case Degraded:
		return http.StatusServiceUnavailable
	case Refused:
		return http.StatusConflict
	default:
		return http.StatusInternalServerError
	}
}

// Error is an error as it travels over the socket.
type Error struct {
	Message string `json:"error"`
	Advice  string `json:"hint,omitempty"` // what an operator can do about it; may be empty
	Code    Code   `json:"code"`
}

// Error returns the message without the hint.
func (e *Error) Error() string { return e.Message }

// Hint returns what an operator can do about it; it may be empty.
func (e *Error) Hint() string { return e.Advice }

// Errorf makes an Error with a code and a hint ("" for none).
func Errorf(code Code, hint, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Advice: hint, Code: code}
}

// AsError returns err as it is to be told: the code and hint of an *Error within it, or else Failed and the hint of
// the first error within it that has a method Hint. The message is always err's whole text.
func AsError(err error) *Error {
	told := &Error{Message: err.Error(), Code: Failed}
	var e *Error
	var hinter interface{ Hint() string }
	switch {
	case errors.As(err, &e):
		told.Code, told.Advice = e.Code, e.Advice
	case errors.As(err, &hinter):
		told.Advice = hinter.Hint()
	}
	if told.Advice == "" && errors.Is(err, context.DeadlineExceeded) {
		told.Advice = "it took too long; try again, or see the log: journalctl -u wcded"
	}
	return told
}
