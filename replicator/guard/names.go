package guard

import "bytes"

// schema is a database that belongs to the server and not to an application.
type schema uint8

const (
	schemaNone schema = iota
	schemaMySQL
	schemaSys
	schemaInformation
	schemaPerformance
	schemaOurs
)

// mysql50 begins a name that MariaDB takes for a folder's name as it is: `#mysql50#mysql` is another name of the
// schema mysql (sql/sql_table.cc, tablename_to_filename).
const mysql50 = "#mysql50#"

// schemaOf returns which system schema the name means, in any case: whether MariaDB tells MYSQL from mysql depends
// on lower_case_table_names.
func schemaOf(name []byte) schema {
	switch {
	case len(name) > 0 && name[0] == '#':
		if hasMySQL50(name) {
			return schemaMySQL
		}
	case isName(name, "mysql"):
		return schemaMySQL
	case isName(name, "sys"):
		return schemaSys
	case isName(name, "information_schema"):
		return schemaInformation
	case isName(name, "performance_schema"):
		return schemaPerformance
	case isName(name, "wcde"): // where we write whether the copy is whole
		return schemaOurs
	}
	return schemaNone
}

func (s schema) String() string {
	return [...]string{"no schema", "mysql", "sys", "information_schema", "performance_schema", "wcde"}[s]
}

func hasMySQL50(name []byte) bool {
	return len(name) >= len(mysql50) && isName(name[:len(mysql50)], mysql50)
}

// isName compares in any case. Letters like ſ and K fold to s and k, as they do in MariaDB's collations; each
// takes at most two bytes more than the letter that it folds to.
func isName(name []byte, want string) bool {
	if len(name) < len(want) || len(name) > 3*len(want) || len(name) > len(want) && isASCII(name) {
		return false
	}
	if c := name[0]; c < 0x80 && c|0x20 != want[0]|0x20 {
		return false
	}
	return bytes.EqualFold(name, []byte(want))
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// callKind is a function of MariaDB that no replicated statement may call.
type callKind uint8

const (
	callNone callKind = iota
	callFile
	callBlocking
)

const maxCallName = len("wsrep_sync_wait_upto_gtid")

// lower writes b into buf in lower case. It returns false if b is too long to be one of the names that are looked
// for.
func lower(buf []byte, b []byte) ([]byte, bool) {
	if len(b) > len(buf) {
		return nil, false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	return buf[:len(b)], true
}

// callOf returns what calling the function name would do.
func callOf(name []byte) callKind {
	var buf [maxCallName]byte
	b, ok := lower(buf[:], name)
	if !ok {
		return callNone
	}
	switch string(b) {
	case "load_file":
		return callFile
	case "sleep", "benchmark", "get_lock", "master_pos_wait", "master_gtid_wait", "wsrep_sync_wait_upto_gtid":
		return callBlocking
	}
	return callNone
}

// nativeSchema tells whether functions can be called as name.function and still are MariaDB's own.
func nativeSchema(name []byte) bool {
	var buf [len("mariadb_schema")]byte
	b, ok := lower(buf[:], name)
	if !ok {
		return false
	}
	switch string(b) {
	case "mariadb_schema", "oracle_schema", "maxdb_schema":
		return true
	}
	return false
}

// engine says whether a table's storage engine may be asked for.
type engine uint8

const (
	engineOther  engine = iota // not known: held where an engine is expected
	engineLocal                // keeps its rows in the datadir, or nowhere
	engineRemote               // reaches other servers or files elsewhere
)

const maxEngineName = len("performance_schema")

// engineOf judges an engine's name.
//
// The local ones keep to the datadir: InnoDB, MyISAM, Aria, MEMORY, CSV, ARCHIVE, RocksDB, Mroonga and ColumnStore
// store rows there, BLACKHOLE and SEQUENCE store none, and MERGE names other tables, whose schemas are judged like
// those of any other table.
func engineOf(name []byte) engine {
	var buf [maxEngineName]byte
	b, ok := lower(buf[:], name)
	if !ok {
		return engineOther
	}
	switch string(b) {
	case "innodb", "innobase", "myisam", "aria", "maria", "memory", "heap", "csv", "archive", "blackhole", "merge",
		"mrg_myisam", "sequence", "rocksdb", "mroonga", "columnstore", "tokudb", "partition":
		return engineLocal
	case "federated", "federatedx", "connect", "spider", "s3", "sphinx", "cassandra", "oqgraph", "ndb", "ndbcluster",
		"example", "performance_schema":
		return engineRemote
	}
	return engineOther
}

// mayPrefix tells whether the session variable name may be set for one statement (SET STATEMENT name=… FOR …).
// They are limits, buffers, optimizer switches and what changes the values of functions. Missing are variables that
// change how statements are read (sql_mode, character sets), where rows go (default_storage_engine), what is logged
// and everything about replication.
func mayPrefix(name []byte) bool {
	var buf [64]byte
	b, ok := lower(buf[:], name)
	if !ok {
		return false
	}
	switch string(b) {
	case "max_statement_time", "lock_wait_timeout", "innodb_lock_wait_timeout", "idle_transaction_timeout",
		"idle_write_transaction_timeout", "idle_readonly_transaction_timeout", "net_read_timeout", "net_write_timeout",
		"sort_buffer_size", "join_buffer_size", "join_buffer_space_limit", "join_cache_level", "read_buffer_size",
		"read_rnd_buffer_size", "mrr_buffer_size", "tmp_table_size", "tmp_memory_table_size", "max_heap_table_size",
		"bulk_insert_buffer_size", "aria_sort_buffer_size", "myisam_sort_buffer_size", "aria_repair_threads",
		"myisam_repair_threads", "group_concat_max_len", "max_sort_length", "max_length_for_sort_data",
		"max_seeks_for_key", "max_join_size", "sql_select_limit", "sql_big_selects", "sql_buffer_result",
		"max_recursive_iterations", "max_rowid_filter_size", "optimizer_switch", "optimizer_search_depth",
		"optimizer_prune_level", "optimizer_use_condition_selectivity", "optimizer_selectivity_sampling_limit",
		"optimizer_trace", "optimizer_trace_max_mem_size", "optimizer_max_sel_arg_weight", "use_stat_tables",
		"histogram_size", "histogram_type", "expensive_subquery_limit", "in_predicate_conversion_threshold",
		"eq_range_index_dive_limit", "long_query_time", "log_slow_query_time", "slow_query_log", "log_slow_query",
		"log_slow_verbosity", "log_slow_rate_limit", "log_slow_filter", "min_examined_row_limit",
		"log_slow_min_examined_row_limit", "foreign_key_checks", "unique_checks", "check_constraint_checks",
		"sql_safe_updates", "low_priority_updates", "updatable_views_with_limit", "sql_notes", "sql_warnings",
		"note_verbosity", "alter_algorithm", "innodb_strict_mode", "innodb_table_locks", "innodb_compression_default",
		"div_precision_increment", "default_week_format", "lc_time_names", "time_zone", "timestamp", "insert_id",
		"last_insert_id", "rand_seed1", "rand_seed2", "auto_increment_increment", "auto_increment_offset",
		"tx_isolation", "transaction_isolation", "system_versioning_alter_history", "system_versioning_asof",
		"system_versioning_insert_history", "column_compression_threshold", "column_compression_zlib_level",
		"column_compression_zlib_strategy", "column_compression_zlib_wrap", "progress_report_time",
		"query_cache_type", "query_prealloc_size", "query_alloc_block_size", "explicit_defaults_for_timestamp",
		"preload_buffer_size", "sql_auto_is_null", "binlog_row_image", "binlog_annotate_row_events",
		"skip_parallel_replication":
		return true
	}
	return false
}

// mustNotSet tells whether a stored routine may not set the session variable name. Others change nothing but the
// session that runs it.
func mustNotSet(name []byte) bool {
	var buf [32]byte
	b, ok := lower(buf[:], name)
	if !ok {
		return false
	}
	switch string(b) {
	case "sql_log_bin", "gtid_domain_id", "gtid_seq_no", "skip_replication", "pseudo_slave_mode",
		"default_storage_engine", "default_tmp_storage_engine", "storage_engine", "enforce_storage_engine", "debug",
		"debug_dbug", "wsrep_on":
		return true
	}
	return false
}
