package mariadb

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Facts are a server's settings, as far as they matter for copying another server onto it.
type Facts struct {
	Version           string // as the server says it, such as 10.11.19-MariaDB-log
	VersionNumber     int    // 101119
	ServerID          uint32
	LogBin            bool
	BinlogFormat      string
	GTIDBinlogPos     binlog.Position
	ReadOnly          bool
	EventScheduler    string        // ON, OFF or DISABLED
	TimeZone          string        // SYSTEM, a name or an offset
	SystemTimeZone    string        // an abbreviation, such as CET or CEST
	TimeOffset        time.Duration // of the server's local time from UTC, now
	TimeZoneTables    bool          // named time zones are known
	SQLMode           []string
	StorageEngine     string
	CharacterSet      string
	Collation         string
	InnoDBPageSize    int64
	LowerCaseNames    int
	MaxAllowedPacket  int64
	DefaultsTimestamp string // explicit_defaults_for_timestamp, 1 or 0
	TrustFunctions    bool   // log_bin_trust_function_creators
}

const factsQuery = `SELECT VERSION() AS version, @@server_id AS server_id, @@log_bin AS log_bin,
	@@GLOBAL.binlog_format AS binlog_format, @@GLOBAL.gtid_binlog_pos AS gtid_binlog_pos,
	@@GLOBAL.read_only AS read_only, @@GLOBAL.event_scheduler AS event_scheduler, @@GLOBAL.time_zone AS time_zone,
	@@system_time_zone AS system_time_zone, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS time_offset,
	CONVERT_TZ('2026-01-01 00:00:00', 'UTC', 'Europe/Amsterdam') IS NOT NULL AS time_zone_tables,
	@@GLOBAL.sql_mode AS sql_mode, @@GLOBAL.default_storage_engine AS storage_engine,
	@@GLOBAL.character_set_server AS character_set, @@GLOBAL.collation_server AS collation,
	@@GLOBAL.innodb_page_size AS page_size, @@lower_case_table_names AS lower_case,
	@@GLOBAL.log_bin_trust_function_creators AS trust,
	@@GLOBAL.max_allowed_packet AS max_packet, @@GLOBAL.explicit_defaults_for_timestamp AS defaults_timestamp`

// Facts asks for the settings; it needs no privilege.
func (s *Server) Facts(ctx context.Context) (Facts, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	m, err := one(ctx, s.db, factsQuery)
	if err != nil {
		return Facts{}, fmt.Errorf("read settings of %s: %w", s.opts.where(), err)
	}
	version, err := versionNumber(m["version"])
	if err != nil {
		return Facts{}, fmt.Errorf("read settings of %s: %w", s.opts.where(), err)
	}
	pos, err := binlog.ParsePosition(m["gtid_binlog_pos"])
	if err != nil {
		return Facts{}, fmt.Errorf("read settings of %s: %w", s.opts.where(), err)
	}
	return Facts{
		Version: m["version"], VersionNumber: version, ServerID: uint32(number(m["server_id"])),
		LogBin: m["log_bin"] == "1", BinlogFormat: m["binlog_format"], GTIDBinlogPos: pos,
		ReadOnly: readOnly(m["read_only"]), EventScheduler: m["event_scheduler"],
		TimeZone: m["time_zone"], SystemTimeZone: m["system_time_zone"],
		TimeOffset:     time.Duration(number(m["time_offset"])) * time.Second,
		TimeZoneTables: m["time_zone_tables"] == "1",
		SQLMode:        strings.FieldsFunc(m["sql_mode"], func(r rune) bool { return r == ',' }),
		StorageEngine:  m["storage_engine"], CharacterSet: m["character_set"], Collation: m["collation"],
		InnoDBPageSize: number(m["page_size"]), LowerCaseNames: int(number(m["lower_case"])),
		MaxAllowedPacket: number(m["max_packet"]), DefaultsTimestamp: m["defaults_timestamp"],
		TrustFunctions: m["trust"] == "1",
	}, nil
}

// readOnly reads @@read_only: a number, and since 11.8 one of OFF, ON, NO_LOCK and NO_LOCK_NO_ADMIN.
func readOnly(v string) bool { return v != "" && v != "0" && v != "OFF" }

var versionText = regexp.MustCompile(`^(?:5\.5\.5-)?(\d{1,3})\.(\d{1,2})\.(\d{1,2})-?.*(?i:mariadb)`)

// versionNumber reads 10.11.19-MariaDB-… as 101119. Servers put 5.5.5- before it for old replicas.
func versionNumber(v string) (int, error) {
	m := versionText.FindStringSubmatch(v)
	if m == nil {
		return 0, fmt.Errorf("%w: it calls itself %.60q", ErrNotMariaDB, v)
	}
	n := 0
	for _, part := range m[1:] {
		k, err := strconv.Atoi(part)
		if err != nil {
			return 0, err
		}
		n = 100*n + k
	}
	return n, nil
}
