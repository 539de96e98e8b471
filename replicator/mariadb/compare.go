package mariadb

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says what a finding means for a copy.
type Severity string

const (
	// Warn is for differences that applications may notice once the copy serves them.
	Warn Severity = "warn"
	// Refuse is for differences with which a copy would be wrong, or would stop.
	Refuse Severity = "refuse"
)

// Finding is one difference between two servers, or one setting that does not fit its role.
type Finding struct {
	Severity Severity `json:"severity"`
	Setting  string   `json:"setting"`
	Reason   string   `json:"reason"`
	Hint     string   `json:"hint"` // what to do
}

// Refused tells whether one of the findings forbids a copy.
func Refused(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Severity == Refuse })
}

// foundationModes are those that our server's sql_mode may have beyond the supplier's: NO_DIR_IN_CREATE keeps
// tables in the datadir.
func foundationMode(mode string) bool { return mode == "NO_DIR_IN_CREATE" }

// Compare finds what stands against copying the supplier onto the foundation's server. It is pure.
func Compare(supplier, foundation Facts) []Finding {
	var all []Finding
	add := func(s Severity, setting, hint, reason string, args ...any) {
		all = append(all, Finding{s, setting, fmt.Sprintf(reason, args...), hint})
	}
	sv, fv := supplier.VersionNumber/100, foundation.VersionNumber/100
	switch {
	case fv < sv:
		add(Refuse, "version", "install the supplier's version of MariaDB or a newer one",
			"our server is %s, older than the supplier's %s", foundation.Version, supplier.Version)
	case fv > sv:
		add(Warn, "version", "applications may behave differently; the supplier's own version is safest",
			"our server is %s, newer than the supplier's %s", foundation.Version, supplier.Version)
	}
	if supplier.ServerID == foundation.ServerID {
		add(Refuse, "server_id", "give our server another server_id", "both servers have server_id %d", supplier.ServerID)
	}
	if !supplier.LogBin {
		add(Refuse, "log_bin", "the supplier has to switch its binary log on", "the supplier writes no binary log")
	}
	if supplier.BinlogFormat == "STATEMENT" {
		add(Warn, "binlog_format", "the supplier should set binlog_format to ROW or MIXED",
			"the supplier replicates statements, some of which have another result on a copy")
	}
	if supplier.LowerCaseNames != foundation.LowerCaseNames {
		add(Refuse, "lower_case_table_names", fmt.Sprintf("set up our server anew with lower_case_table_names=%d",
			supplier.LowerCaseNames), "lower_case_table_names is %d here and %d there", foundation.LowerCaseNames,
			supplier.LowerCaseNames)
	}
	if supplier.InnoDBPageSize != foundation.InnoDBPageSize {
		add(Refuse, "innodb_page_size", fmt.Sprintf("set up our server anew with innodb_page_size=%d",
			supplier.InnoDBPageSize), "innodb_page_size is %d here and %d there: rows may not fit",
			foundation.InnoDBPageSize, supplier.InnoDBPageSize)
	}
	if !strings.EqualFold(supplier.StorageEngine, foundation.StorageEngine) {
		add(Refuse, "default_storage_engine", "set default_storage_engine="+supplier.StorageEngine+" on our server",
			"new tables become %s here and %s there", foundation.StorageEngine, supplier.StorageEngine)
	}
	if supplier.TimeOffset != foundation.TimeOffset {
		add(Refuse, "time_zone", "give our server the supplier's time zone (TZ of its unit, or default_time_zone)",
			"local time is %v from UTC here (%s) and %v there (%s)", foundation.TimeOffset, zone(foundation),
			supplier.TimeOffset, zone(supplier))
	} else if zone(supplier) != zone(foundation) {
		add(Warn, "time_zone", "make sure that both change to summer time on the same days",
			"the time zone is called %s here and %s there", zone(foundation), zone(supplier))
	}
	if supplier.TimeZoneTables && !foundation.TimeZoneTables {
		add(Refuse, "time_zone tables", "run: mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql",
			"the supplier knows named time zones and our server doesn't: replication would stop at the first (error 1298)")
	}
	if supplier.TrustFunctions && foundation.LogBin && !foundation.TrustFunctions {
		add(Refuse, "log_bin_trust_function_creators", "set log_bin_trust_function_creators=ON on our server",
			"the supplier may make functions that our server refuses: replication would stop (error 1418)")
	}
	all = append(all, compareModes(supplier, foundation)...)
	if supplier.CharacterSet != foundation.CharacterSet || supplier.Collation != foundation.Collation {
		add(Warn, "collation_server", "set character_set_server="+supplier.CharacterSet+" and collation_server="+
			supplier.Collation+" on our server", "new databases get %s here and %s there", foundation.Collation,
			supplier.Collation)
	}
	if supplier.MaxAllowedPacket > foundation.MaxAllowedPacket {
		add(Warn, "max_allowed_packet", fmt.Sprintf("set max_allowed_packet=%d on our server", supplier.MaxAllowedPacket),
			"applications may send %d bytes at once there and only %d here", supplier.MaxAllowedPacket,
			foundation.MaxAllowedPacket)
	}
	if supplier.DefaultsTimestamp != foundation.DefaultsTimestamp {
		add(Warn, "explicit_defaults_for_timestamp", "set explicit_defaults_for_timestamp as the supplier has it",
			"new timestamp columns get other defaults here")
	}
	if foundation.EventScheduler == "ON" {
		add(Refuse, "event_scheduler", "set event_scheduler=OFF on our server",
			"the event scheduler runs here: the supplier's events would change the copy")
	}
	if !foundation.ReadOnly {
		add(Warn, "read_only", "put read_only=1 into our server's configuration file", "our server is not read-only")
	}
	return all
}

// zone is what the server's local time goes by.
func zone(f Facts) string {
	if f.TimeZone == "SYSTEM" {
		return f.SystemTimeZone
	}
	return f.TimeZone
}

func compareModes(supplier, foundation Facts) []Finding {
	missing := without(supplier.SQLMode, foundation.SQLMode)
	extra := slices.DeleteFunc(without(foundation.SQLMode, supplier.SQLMode), foundationMode)
	if len(missing) == 0 && len(extra) == 0 {
		return nil
	}
	want := append(slices.Clone(supplier.SQLMode), without([]string{"NO_DIR_IN_CREATE"}, supplier.SQLMode)...)
	var parts []string
	if len(missing) > 0 {
		parts = append(parts, "lacks "+strings.Join(missing, ","))
	}
	if len(extra) > 0 {
		parts = append(parts, "adds "+strings.Join(extra, ","))
	}
	return []Finding{{Warn, "sql_mode", "our server's sql_mode " + strings.Join(parts, " and "),
		"set sql_mode=" + strings.Join(want, ",") + " on our server"}}
}

// without returns the elements of a that are not in b.
func without(a, b []string) []string {
	var rest []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			rest = append(rest, s)
		}
	}
	return rest
}
