package guard

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Categories of what is held. The package's documentation says what each means for an operator.
const (
	CategoryAccount          = "account"
	CategoryAdmin            = "admin"
	CategoryBlocking         = "blocking"
	CategoryDataDirectory    = "data_directory"
	CategoryDropDatabase     = "drop_database"
	CategoryDropTable        = "drop_table"
	CategoryDynamicSQL       = "dynamic_sql"
	CategoryEngine           = "engine"
	CategoryFile             = "file"
	CategoryIncident         = "incident"
	CategoryMultiStatement   = "multi_statement"
	CategoryPlugin           = "plugin"
	CategoryReplication      = "replication"
	CategoryReset            = "reset"
	CategoryServer           = "server"
	CategorySet              = "set"
	CategorySetGlobal        = "set_global"
	CategorySystemSchema     = "system_schema"
	CategoryTruncate         = "truncate"
	CategoryUnknownEvent     = "unknown_event"
	CategoryUnknownStatement = "unknown_statement"
	CategoryUnparsed         = "unparsed"
)

// Policy says what to hold beyond what is always held, and which server will apply what passes.
type Policy struct {
	DropDatabase bool // hold DROP DATABASE
	DropTable    bool // hold DROP TABLE, CREATE OR REPLACE TABLE and ALTER TABLE … DROP PARTITION; temporary tables pass
	Truncate     bool // hold TRUNCATE TABLE and ALTER TABLE … TRUNCATE PARTITION

	// ServerVersion is the version of the MariaDB that applies the events, as 101119 for 10.11.19; 0 if it is not
	// known. It matters only for events of suppliers from 11.5 on, see session.
	ServerVersion int
}

// Verdict says whether an event may be applied. The zero value lets it pass.
type Verdict struct {
	Hold      bool
	Category  string // one of the Category constants
	Reason    string // completes "the statement …" or "the event …"
	Statement string // the statement, shortened, printable and without passwords; "" for other events
}

// Guard judges events. It has no state that one event could leave for the next; it may be used from several
// goroutines.
type Guard struct {
	policy Policy
	zlib   *sync.Pool // of *inflater
}

// New returns a guard that follows p.
func New(p Policy) *Guard {
	return &Guard{policy: p, zlib: &sync.Pool{New: func() any { return new(inflater) }}}
}

// Event judges one event, whose header is h. raw is the whole event; checksum tells whether it ends with a CRC-32,
// which is not looked at. Every event that a replica is to get has to be judged, also those outside of groups.
// It keeps no reference to raw.
func (g *Guard) Event(h binlog.Header, raw []byte, checksum bool) Verdict {
	switch h.Type {
	case replication.WRITE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv1,
		replication.WRITE_ROWS_EVENTv2, replication.UPDATE_ROWS_EVENTv2, replication.DELETE_ROWS_EVENTv2,
		replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1, replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1,
		replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1:
		// Rows go into the table that a TABLE_MAP named.
	case replication.TABLE_MAP_EVENT:
		return tableMap(raw, checksum)
	case replication.QUERY_EVENT:
		return g.query(raw, checksum, false)
	case replication.MARIADB_QUERY_COMPRESSED_EVENT:
		return g.query(raw, checksum, true)
	case replication.XID_EVENT, replication.XA_PREPARE_LOG_EVENT, replication.INTVAR_EVENT, replication.RAND_EVENT,
		replication.USER_VAR_EVENT, replication.MARIADB_ANNOTATE_ROWS_EVENT, replication.MARIADB_GTID_EVENT:
		// Values for the next statement, the text of rows' statement that nobody runs, and frames of groups.
	case replication.ROTATE_EVENT, replication.STOP_EVENT, replication.MARIADB_BINLOG_CHECKPOINT_EVENT,
		replication.MARIADB_START_ENCRYPTION_EVENT, replication.HEARTBEAT_EVENT, replication.IGNORABLE_EVENT:
		// They lie outside of groups.
	case replication.FORMAT_DESCRIPTION_EVENT:
		return formatDescription(raw)
	case replication.MARIADB_GTID_LIST_EVENT:
		return gtidList(raw, checksum)
	case replication.LOAD_EVENT, replication.CREATE_FILE_EVENT, replication.APPEND_BLOCK_EVENT,
		replication.EXEC_LOAD_EVENT, replication.DELETE_FILE_EVENT, replication.NEW_LOAD_EVENT,
		replication.BEGIN_LOAD_QUERY_EVENT, replication.EXECUTE_LOAD_QUERY_EVENT:
		return Verdict{Hold: true, Category: CategoryFile, Reason: "carries a file or loads one (LOAD DATA)"}
	case replication.INCIDENT_EVENT:
		return Verdict{Hold: true, Category: CategoryIncident, Reason: "says that events are missing before it"}
	default:
		return Verdict{Hold: true, Category: CategoryUnknownEvent,
			Reason: fmt.Sprintf("is of type %d, which no MariaDB binary log has", h.Type)}
	}
	return Verdict{}
}

// query judges the statement of a QUERY event.
func (g *Guard) query(raw []byte, checksum, compressed bool) Verdict {
	q, err := binlog.ParseQuery(raw, checksum)
	if err != nil {
		return Verdict{Hold: true, Category: CategoryUnparsed, Reason: err.Error()}
	}
	if compressed {
		z := g.zlib.Get().(*inflater)
		defer g.zlib.Put(z)
		if q.SQL, err = z.inflate(q.SQL); err != nil {
			return Verdict{Hold: true, Category: CategoryUnparsed, Reason: err.Error()}
		}
	}
	if ends(q.SQL) {
		return Verdict{}
	}
	d, category, reason := g.dialect(q)
	if category == "" {
		category, reason = g.statement(q.SQL, d, schemaOf(q.Database))
	}
	if category == "" {
		return Verdict{}
	}
	return Verdict{Hold: true, Category: category, Reason: reason, Statement: excerpt(q.SQL, d)}
}

// ends tells whether the statement is one of those that every transaction has, which mean the same in all character
// sets and modes.
func ends(sql []byte) bool {
	return string(sql) == "COMMIT" || string(sql) == "BEGIN" || string(sql) == "ROLLBACK"
}

// maxStatement is the size from which on a statement is not read; max_allowed_packet cannot be larger.
const maxStatement = 1 << 30

// statement judges sql in every way in which a server may read it.
func (g *Guard) statement(sql []byte, d dialect, def schema) (category, reason string) {
	switch {
	case len(sql) > maxStatement:
		return CategoryUnparsed, "is larger than any MariaDB accepts"
	case d.charset == charsetNever:
		return CategoryUnparsed, "is in a character set that cannot be judged"
	case d.charset == charsetASCII && !isASCII(sql):
		return CategoryUnparsed, "has non-ASCII characters in a character set where they may hide quotes"
	}
	ways := oneWay
	if bytes.Contains(sql, []byte("/*")) {
		if ways = executions(sql); ways == nil {
			return CategoryUnparsed, "has executable comments of too many versions"
		}
	}
	for _, e := range ways {
		if category, reason := judgeText(sql, d, e, g.policy, def); category != "" {
			return category, reason
		}
	}
	return "", ""
}

// oneWay is how every server reads a statement without comments.
var oneWay = []execution{{version: oldestVersion}}
