package mariadb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Errors that a caller tells apart with errors.Is.
var (
	// ErrAccessDenied is returned when the server refuses the user, the password or a privilege.
	ErrAccessDenied = errors.New("access denied")
	// ErrUnreachable is returned when the server does not answer or the connection broke.
	ErrUnreachable = errors.New("server is unreachable")
	// ErrNotMariaDB is returned when something else answers.
	ErrNotMariaDB = errors.New("not a MariaDB server")
	// ErrNotEmpty is returned by Seed when the foundation's server holds something and Replace is not confirmed.
	ErrNotEmpty = errors.New("the foundation's server is not empty")
	// ErrNotSeeded is returned when replication is to start on a server that is not seeded.
	ErrNotSeeded = errors.New("the server is not seeded")
	// ErrSeedRunning is returned when another seed of the same server is under way.
	ErrSeedRunning = errors.New("another seed is under way")
	// ErrIncomparable is returned when the two servers' settings don't allow a faithful copy. See ComparisonError.
	ErrIncomparable = errors.New("the servers' settings do not fit")
	// ErrNotArchived is returned when the archive does not hold what follows the copy. Archiving has to begin first.
	ErrNotArchived = errors.New("the archive does not hold the copy's position")
	// ErrBlockedSupplier is returned when the copy ended itself because the supplier waited. See BlockedError.
	ErrBlockedSupplier = errors.New("the copy held up the supplier")
	// ErrRefused is returned for a statement from the supplier that must not run here. See StatementError.
	ErrRefused = errors.New("the supplier's server sent a statement that must not run here")
	// ErrStalled is returned when mariadb-dump wrote nothing for too long.
	ErrStalled = errors.New("mariadb-dump stands still")
	// ErrUnsafeStop is returned when stopping replication would lose what was received and not yet applied.
	ErrUnsafeStop = errors.New("stopping replication now could lose what was received")
	// ErrNotReadOnly is returned when the server cannot be made read-only.
	ErrNotReadOnly = errors.New("the server is not read-only")
)

// ComparisonError carries the findings because of which a seed was refused.
type ComparisonError struct{ Findings []Finding }

func (e *ComparisonError) Error() string {
	var reasons []string
	for _, f := range e.Findings {
		if f.Severity == Refuse {
			reasons = append(reasons, f.Reason+" ("+f.Hint+")")
		}
	}
	return ErrIncomparable.Error() + ": " + strings.Join(reasons, "; ")
}

// Unwrap makes errors.Is(err, ErrIncomparable) true.
func (e *ComparisonError) Unwrap() error { return ErrIncomparable }

// BlockedError says who waited at the supplier.
type BlockedError struct {
	Statement string        // shortened and printable
	State     string        // what it waited for, in the server's words
	Waited    time.Duration // until it was noticed
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("%v for %v: %q (%s); seed at a quieter time", ErrBlockedSupplier, e.Waited.Round(time.Millisecond),
		e.Statement, e.State)
}

// Unwrap makes errors.Is(err, ErrBlockedSupplier) true.
func (e *BlockedError) Unwrap() error { return ErrBlockedSupplier }

// StatementError says what was refused, or what our server could not run.
type StatementError struct {
	Object    string // such as `table app.customers`, "" if it is not known
	Statement string // shortened and printable
	Cause     error
}

func (e *StatementError) Error() string {
	object := e.Object
	if object != "" {
		object += ": "
	}
	return fmt.Sprintf("run statement from the supplier: %s%v: %s", object, e.Cause, e.Statement)
}

// Unwrap returns the cause: ErrRefused is in it if the statement was refused.
func (e *StatementError) Unwrap() error { return e.Cause }

// Errors of the server, https://mariadb.com/kb/en/mariadb-error-codes/.
const (
	errDBAccessDenied       = 1044
	errAccessDenied         = 1045
	errNoSuchDB             = 1049
	errNoSuchTable          = 1146
	errSpecificAccessDenied = 1227
	errAccessNoPassword     = 1698
	errMustChangePassword   = 1820
	errHostBlocked          = 1129
	errHostNotPrivileged    = 1130
	errTableAccessDenied    = 1142
	errColumnAccessDenied   = 1143
	errTooManyConnections   = 1040
)

// classify wraps what the driver returned so that errors.Is finds ErrAccessDenied and ErrUnreachable.
func classify(err error) error {
	var my *mysql.MySQLError
	var network net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &my):
		switch my.Number {
		case errDBAccessDenied, errAccessDenied, errSpecificAccessDenied, errAccessNoPassword, errMustChangePassword,
			errHostBlocked, errHostNotPrivileged, errTableAccessDenied, errColumnAccessDenied:
			return fmt.Errorf("%w: %w", ErrAccessDenied, err)
		case errTooManyConnections:
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
	case errors.Is(err, context.Canceled), errors.Is(err, ErrUnreachable):
	case errors.Is(err, mysql.ErrInvalidConn), errors.As(err, &network), errors.Is(err, io.EOF),
		errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return err
}

// isServerError tells whether the server answered with this error.
func isServerError(err error, number uint16) bool {
	var my *mysql.MySQLError
	return errors.As(err, &my) && my.Number == number
}
