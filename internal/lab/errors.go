package lab

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrRefused is behind every error that says: not like this, and nothing was changed.
	ErrRefused = errors.New("refused")
	// ErrNoLab is returned when there is no lab in a directory.
	ErrNoLab = errors.New("there is no lab here")
)

// refusedError is a refusal with its reason.
type refusedError struct{ why string }

func (e *refusedError) Error() string        { return e.why }
func (e *refusedError) Is(target error) bool { return target == ErrRefused }

func refuse(format string, args ...any) error { return &refusedError{fmt.Sprintf(format, args...)} }

// PartError is returned for a part that is not there, or cannot do what was asked of it.
type PartError struct {
	Part string
	Why  string
}

func (e *PartError) Error() string { return e.Part + " " + e.Why }

// stillLater are parts that the whole system has and the lab does not run yet.
func stillLater() []string { return []string{"wcde-board", "vault-sshd"} }

func unknownPart(name string) error {
	for _, later := range stillLater() {
		if name == later {
			return &PartError{name, "is not part of this lab yet"}
		}
	}
	return &PartError{fmt.Sprintf("%.40q", name), "is not a part of the lab; there are " + strings.Join(Parts(), ", ")}
}
