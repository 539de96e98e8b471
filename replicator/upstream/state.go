package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// State tells how following the supplier goes.
type State string

// The states. Those behind SupplierGone need somebody to do something.
const (
	Connecting    State = "connecting"
	Streaming     State = "streaming"
	SupplierGone  State = "supplier_gone"   // unreachable, or its link broke: we keep trying
	Gap           State = "gap"             // the supplier purged what we have not read
	Diverged      State = "diverged"        // the supplier's bytes or GTIDs contradict ours
	WrongServer   State = "wrong_server"    // another server answers
	AccessDenied  State = "access_denied"   // password or grants
	Unsuitable    State = "unsuitable"      // binary log is off, or the server is no MariaDB that we can follow
	DiskFull      State = "disk_full"       // our disk reserve is reached
	EventTooLarge State = "event_too_large" // an event is larger than max_event_size
	CorruptStream State = "corrupt_stream"  // what arrives is no binary log, again and again
	ArchiveFailed State = "archive_failed"  // our own disk fails
)

// States lists all states.
func States() []State {
	return []State{Connecting, Streaming, SupplierGone, Gap, Diverged, WrongServer, AccessDenied, Unsuitable,
		DiskFull, EventTooLarge, CorruptStream, ArchiveFailed}
}

// Hint says what an operator can do about a state.
func (s State) Hint() string {
	switch s {
	case SupplierGone:
		return "check the network and the supplier's server; wcded keeps trying"
	case Gap:
		return "groups are missing for good unless the supplier brings the files back; `wcdectl database adopt NAME` " +
			"begins a new archive at the supplier's current file, then seed again"
	case Diverged:
		return "the supplier lost or rewrote history that we hold; `wcdectl database adopt NAME` follows its new " +
			"history and keeps ours beside it, then seed again"
	case WrongServer:
		return "check supplier.address; if this is the supplier's new server, `wcdectl database adopt NAME` follows it"
	case AccessDenied:
		return "check supplier.user, its password file and its grants (REPLICATION SLAVE, BINLOG MONITOR)"
	case Unsuitable:
		return "the supplier must switch its binary log on"
	case DiskFull:
		return "free or add space for the archive; archiving goes on by itself"
	case EventTooLarge:
		return "raise supplier.max_event_size if this is a legitimate transaction"
	case CorruptStream:
		return "something between the supplier and us changes bytes; check the link"
	case ArchiveFailed:
		return "check the archive's disk and the log"
	}
	return ""
}

// stateError carries the state that an error means.
type stateError struct {
	state State
	err   error
}

func (e *stateError) Error() string { return e.err.Error() }
func (e *stateError) Unwrap() error { return e.err }

func failf(s State, format string, args ...any) error {
	return &stateError{state: s, err: fmt.Errorf(format, args...)}
}

// classify tells which state an error means.
func classify(err error) State {
	var se *stateError
	var my *mysql.MyError
	var netErr net.Error
	switch {
	case errors.As(err, &se):
		return se.state
	case errors.Is(err, archive.ErrDiskFull):
		return DiskFull
	case errors.Is(err, archive.ErrContradiction):
		return Diverged
	case errors.Is(err, archive.ErrEventTooLarge):
		return EventTooLarge
	case errors.Is(err, binlog.ErrCorrupt):
		return CorruptStream
	case errors.As(err, &my):
		switch my.Code {
		case mysql.ER_ACCESS_DENIED_ERROR, mysql.ER_DBACCESS_DENIED_ERROR, mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR,
			mysql.ER_HOST_NOT_PRIVILEGED, mysql.ER_MUST_CHANGE_PASSWORD_LOGIN:
			return AccessDenied
		}
		return SupplierGone
	case errors.As(err, &netErr), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, mysql.ErrBadConn), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errBudget):
		return SupplierGone
	}
	return SupplierGone
}

// needsDecision tells whether trying again alone will hardly help.
func (s State) needsDecision() bool {
	switch s {
	case Gap, Diverged, WrongServer, AccessDenied, Unsuitable, EventTooLarge:
		return true
	}
	return false
}

// Status is what is known of the supplier and the connection to it.
type Status struct {
	State     State           `json:"state"`
	Since     time.Time       `json:"since"`
	Detail    string          `json:"detail,omitempty"`
	SemiSync  bool            `json:"semi_sync"` // every commit waits for us now
	Received  binlog.Position `json:"-"`
	Supplier  binlog.Position `json:"-"`                  // where the supplier itself was when it was last asked
	LastSeen  time.Time       `json:"last_seen,omitzero"` // when the supplier was last heard
	ServerID  uint32          `json:"server_id,omitempty"`
	Version   string          `json:"version,omitempty"`
	File      string          `json:"file,omitempty"` // the supplier's file that is being read
	Offset    int64           `json:"offset,omitempty"`
	Bytes     uint64          `json:"bytes"` // received in binary log streams since start
	Reconnect uint64          `json:"reconnects"`
	Syncs     uint64          `json:"syncs"` // of the archive, since start
	Acks      uint64          `json:"acks"`  // sent, since start
}
