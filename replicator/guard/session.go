package guard

import (
	"bytes"
	"encoding/binary"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Codes and sizes of the status variables in a QUERY event (MariaDB sql/log_event.h and log_event_server.cc,
// Query_log_event). A server that meets a code that it doesn't know ignores everything behind it.
const (
	statusFlags2         = 0   // 4
	statusSQLMode        = 1   // 8
	statusAutoIncrement  = 3   // 4
	statusCharset        = 4   // 6: client, connection, server
	statusTimeZone       = 5   // length(1) text
	statusCatalogNZ      = 6   // length(1) text
	statusLCTimeNames    = 7   // 2
	statusCharsetDB      = 8   // 2
	statusTableMap       = 9   // 8
	statusDataWritten    = 10  // 4
	statusInvoker        = 11  // length(1) user, length(1) host
	statusHRNow          = 128 // 3
	statusXID            = 129 // 8; since 10.6
	statusGTIDFlags3     = 130 // 1, and 8 more if it has one of statusAlterFlags; since 10.8
	statusCollations     = 131 // count(1), 4 each; since 11.5, where it stands before the character set
	statusAlterFlags     = 4 | 8
	collationsSince      = 110500
	firstUncertainStatus = statusXID
)

// Bits of sql_mode (MariaDB sql/sql_class.h, MODE_*).
const (
	modeANSIQuotes         = 1 << 2
	modeOracle             = 1 << 9
	modeNoBackslashEscapes = 1 << 20
)

// dialect reads from the status variables how the server will read q's statement, or returns why that is not known
// at all.
//
// What a statement does not say about itself, MariaDB takes from the statement before it, which a hostile supplier
// can prepare. So a mode or character set counts only if every server that may apply the event finds it: only once,
// and behind nothing that some servers don't know. Otherwise the statement has to read the same whatever they are.
func (g *Guard) dialect(q binlog.Query) (d dialect, category, reason string) {
	// The byte behind the name is part of it for a server that goes by a terminating zero.
	if q.Database[:len(q.Database)+1][len(q.Database)] != 0 {
		return dialect{}, CategoryUnparsed, "has a default database without an end"
	}
	if bytes.IndexByte(q.Database, 0) >= 0 {
		return dialect{}, CategoryUnparsed, "has a default database with a zero byte"
	}
	d = dialect{unsure: true, charset: charsetASCII}
	var haveMode, haveCharset bool
	for vars := q.StatusVars; len(vars) > 0; {
		code := vars[0]
		n, known := statusSize(vars)
		if !known || code >= firstUncertainStatus && !(haveMode && haveCharset) && !g.readsCollations(code) {
			return dialect{unsure: true, charset: charsetASCII}, "", ""
		}
		if n > len(vars) {
			return dialect{}, CategoryUnparsed, "has status variables that do not fit"
		}
		switch code {
		case statusSQLMode:
			if haveMode {
				return dialect{}, CategoryUnparsed, "has two sql_modes"
			}
			mode := binary.LittleEndian.Uint64(vars[1:])
			haveMode = true
			d.unsure = false
			d.ansiQuotes = mode&modeANSIQuotes != 0
			d.noBackslash = mode&modeNoBackslashEscapes != 0
			d.oracle = mode&modeOracle != 0
		case statusCharset:
			if haveCharset {
				return dialect{}, CategoryUnparsed, "has two character sets"
			}
			haveCharset = true
			d.charset = charsetOf(binary.LittleEndian.Uint16(vars[1:]))
		}
		vars = vars[n:]
	}
	return d, "", ""
}

// readsCollations tells whether code is the one that servers since 11.5 write before the character set, and the
// server that applies the event is one of them.
func (g *Guard) readsCollations(code byte) bool {
	return code == statusCollations && g.policy.ServerVersion >= collationsSince
}

// statusSize returns how many bytes the status variable at the start of vars takes, its code included, or false if
// its code is not known. It may be more than there are.
func statusSize(vars []byte) (int, bool) {
	at := func(i int) int {
		if i < len(vars) {
			return int(vars[i])
		}
		return len(vars)
	}
	switch vars[0] {
	case statusFlags2, statusAutoIncrement, statusDataWritten:
		return 1 + 4, true
	case statusSQLMode, statusTableMap, statusXID:
		return 1 + 8, true
	case statusCharset:
		return 1 + 6, true
	case statusTimeZone, statusCatalogNZ:
		return 1 + 1 + at(1), true
	case statusLCTimeNames, statusCharsetDB:
		return 1 + 2, true
	case statusInvoker:
		user := at(1)
		return 1 + 1 + user + 1 + at(2+user), true
	case statusHRNow:
		return 1 + 3, true
	case statusGTIDFlags3:
		if at(1)&statusAlterFlags != 0 {
			return 1 + 1 + 8, true
		}
		return 1 + 1, true
	case statusCollations:
		return 1 + 1 + 4*at(1), true
	}
	return 0, false
}
