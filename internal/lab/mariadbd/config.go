package mariadbd

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
)

// setting is one line of an option file; the value "" means a bare word.
type setting struct{ key, value string }

// settings are the lines for o, in order. Of two lines with one key the server obeys the later.
func (o Options) settings(port int) []setting {
	s := []setting{
		{"datadir", o.DataDir},
		{"tmpdir", o.path("tmp")},
		{"socket", o.path("mysqld.sock")},
		{"pid_file", o.path("mariadbd.pid")},
		{"server_id", strconv.FormatUint(uint64(o.ServerID), 10)},
		{"skip_name_resolve", ""},
		{"max_connections", "200"},
		{"max_allowed_packet", "64M"},
		{"character_set_server", "utf8mb4"},
		{"innodb_buffer_pool_size", "64M"},
		{"innodb_log_file_size", "32M"},
		{"innodb_buffer_pool_dump_at_shutdown", "OFF"},
		{"innodb_buffer_pool_load_at_startup", "OFF"},
		{"aria_pagecache_buffer_size", "8M"},
		{"key_buffer_size", "8M"},
		{"performance_schema", "OFF"},
	}
	if os.Geteuid() == 0 && o.User == "" {
		// The server refuses to be root by accident; this is on purpose, see Options.User.
		s = append(s, setting{"user", "root"})
	}
	if port > 0 {
		s = append(s, setting{"bind_address", "127.0.0.1"}, setting{"port", strconv.Itoa(port)})
	} else {
		s = append(s, setting{"skip_networking", ""})
	}
	if o.Binlog {
		s = append(s, setting{"log_bin", "mysql-bin"})
	}
	if o.SemiSync {
		// With wait_no_slave=ON, the default, every commit would wait for the whole timeout while no replica
		// is attached: our absence would cost the supplier more than one timeout.
		s = append(s, setting{"rpl_semi_sync_master_enabled", "ON"},
			setting{"rpl_semi_sync_master_timeout", "1000"},
			setting{"rpl_semi_sync_master_wait_no_slave", "OFF"})
	}
	if o.Replica {
		s = append(s, o.hardened()...)
	}
	keys := make([]string, 0, len(o.Settings))
	for k := range o.Settings {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		s = append(s, setting{k, o.Settings[k]})
	}
	return s
}

// hardened are the settings of a server that applies what a hostile supplier sent.
func (o Options) hardened() []setting {
	return []setting{
		{"read_only", "ON"},
		// The defaults of 10.11 plus NO_DIR_IN_CREATE: DATA DIRECTORY in replicated DDL would put tables
		// outside the datadir, where no snapshot has them and where a clone would open the live ones.
		{"sql_mode", "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER," +
			"NO_ENGINE_SUBSTITUTION,NO_DIR_IN_CREATE"},
		// Neither INTO OUTFILE nor LOAD DATA INFILE nor LOAD_FILE(). An *empty value* would mean "anywhere", so
		// it is a folder of its own that stays empty.
		{"secure_file_priv", o.path("nofiles")},
		{"local_infile", "OFF"},
		{"skip_symbolic_links", ""},
		// FEDERATED, CONNECT and SPIDER, which reach other machines and files, are plugins: none is loaded,
		// and one that is not stable could not be. plugin_dir stays the distribution's, which root owns.
		{"plugin_maturity", "stable"},
		{"event_scheduler", "OFF"},
		{"log_slave_updates", "OFF"},
		{"gtid_strict_mode", "OFF"},
		{"relay_log", "relay-bin"},
		{"slave_parallel_mode", "optimistic"},
		// Heartbeats come at half of this; from our own binlog server a silence of 10 s is a fault.
		{"slave_net_timeout", "10"},
		// wcded starts replication. A server that came back by itself in the middle of a switch must not.
		{"skip_slave_start", "ON"},
	}
}

// render writes an option file.
func render(settings []setting) (string, error) {
	var b strings.Builder
	b.WriteString("# Written at every start; changes here are lost.\n[mariadbd]\n")
	for _, s := range settings {
		if strings.ContainsAny(s.key+s.value, "\r\n\x00") {
			return "", fmt.Errorf("write my.cnf: setting %q has a line break", s.key)
		}
		b.WriteString(s.key)
		if s.value != "" {
			// Quotes keep '#' and spaces; inside them only quote and backslash need care.
			b.WriteString(` = "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s.value) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
