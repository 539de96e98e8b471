package supervise

import (
	"fmt"
	"runtime/debug"
)

// PanicError is a panic that Protect turned into an error.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // the goroutine's stack at that moment
}

// Error names the panic's value; the stack is in the field Stack, for the log.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value when it was an error, so that errors.Is and errors.As look through.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Protect calls f and returns its error, or a *PanicError when it panicked.
func Protect(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}
