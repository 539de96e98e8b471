package binlogserver

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// globalChecksum is our @@global.binlog_checksum: what the first event of a stream is to a client that asks for it.
// Files with and without checksums are served as they are.
const globalChecksum = "CRC32"

// HandleQuery implements server.Handler. It answers what replicas, mariadb-binlog and a curious operator ask.
func (s *session) HandleQuery(q string) (*mysql.Result, error) {
	list, ok := tokens(q)
	if !ok || list[0].quoted {
		return nil, s.refuse(q)
	}
	var res *mysql.Result
	var err error
	switch list[0].text {
	case "set":
		err = s.set(list[1:])
	case "select":
		res, err = s.selectValues(list[1:])
	case "show":
		res, err = s.show(list[1:])
	case "kill":
		err = mysql.NewError(mysql.ER_NO_SUCH_THREAD, "Unknown thread id: "+shorten(phrase(list[1:])))
	default:
		err = errSyntax
	}
	if err == errSyntax {
		err = s.refuse(q)
	}
	return res, err
}

// errSyntax stands for ER_PARSE_ERROR until refuse completes it.
var errSyntax = mysql.NewError(mysql.ER_PARSE_ERROR, "")

// refuse returns the error for a statement that is not understood, and logs it the first time.
func (s *session) refuse(q string) error {
	q = shorten(q)
	if s.srv.unknown.first(q) {
		s.srv.log.Warn("statement not understood", "statement", q, "client", s.raw.RemoteAddr().String())
	}
	return mysql.NewError(mysql.ER_PARSE_ERROR, fmt.Sprintf("this is a binlog server, it does not know: %s", q))
}

func (s *session) unknownVariable(name string) error {
	if s.srv.unknown.first(name) {
		s.srv.log.Info("variable not known", "variable", shorten(name), "client", s.raw.RemoteAddr().String())
	}
	return mysql.NewError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, fmt.Sprintf("Unknown system variable '%s'", shorten(name)))
}

// maxRemembered bounds onceEach.
const maxRemembered = 100

// onceEach tells what it was not asked before.
type onceEach struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

func (o *onceEach) first(what string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.seen[what]; ok || len(o.seen) == maxRemembered {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]struct{}{}
	}
	o.seen[what] = struct{}{}
	return true
}

// selectValues answers SELECT of constants, variables and some functions.
func (s *session) selectValues(list []token) (*mysql.Result, error) {
	for i, t := range list {
		if t.text == "limit" && !t.quoted {
			list = list[:i]
			break
		}
	}
	var names []string
	var row []any
	for _, expr := range split(list, ",") {
		name := phrase(expr)
		if n := len(expr); n > 2 && expr[n-2] == (token{text: "as"}) {
			name, expr = expr[n-1].text, expr[:n-2]
		}
		v, err := s.value(expr)
		if err != nil {
			return nil, err
		}
		names, row = append(names, name), append(row, v)
	}
	return rows(names, [][]any{row})
}

// value returns a string, or nil for NULL.
func (s *session) value(expr []token) (any, error) {
	text := phrase(expr)
	switch text {
	case "1":
		return "1", nil
	case "unix_timestamp ( )":
		return strconv.FormatInt(time.Now().Unix(), 10), nil
	case "version ( )":
		return s.srv.serverVersion(), nil
	case "connection_id ( )":
		return strconv.FormatUint(uint64(s.client.get().ID), 10), nil
	case "user ( )", "current_user ( )":
		return s.client.get().User, nil
	case "database ( )":
		return nil, nil
	case "@master_binlog_checksum":
		if s.vars.checksum == "" {
			return nil, nil
		}
		return s.vars.checksum, nil
	}
	if strings.HasPrefix(text, "binlog_gtid_pos (") {
		return nil, nil // for replicas that don't use GTIDs, and go on without an answer
	}
	if name, ok := strings.CutPrefix(text, "@@"); ok {
		name = strings.TrimPrefix(strings.TrimPrefix(name, "global."), "session.")
		for _, v := range s.variables() {
			if v[0] == name {
				return v[1], nil
			}
		}
		return nil, s.unknownVariable(name)
	}
	return nil, errSyntax
}

// variables are our system variables, as SHOW VARIABLES shows them.
func (s *session) variables() [][2]string {
	published := s.srv.opts.Archive.Published().String()
	return [][2]string{
		{"binlog_checksum", globalChecksum},
		{"gtid_binlog_pos", published},
		{"gtid_current_pos", published},
		{"gtid_domain_id", "0"},
		{"log_bin", "ON"},
		{"max_allowed_packet", strconv.Itoa(maxCommand)},
		{"read_only", "ON"},
		// We are not: the archive's own semi-sync is towards the supplier.
		{"rpl_semi_sync_master_enabled", "OFF"},
		{"server_id", strconv.FormatUint(uint64(s.srv.opts.ServerID), 10)},
		{"version", s.srv.serverVersion()},
		{"version_comment", "wcded binlog server"},
	}
}

// show answers SHOW.
func (s *session) show(list []token) (*mysql.Result, error) {
	if len(list) > 0 && (list[0].text == "global" || list[0].text == "session") {
		list = list[1:]
	}
	switch phrase(list) {
	case "variables":
		return s.showVariables("")
	case "master status", "binlog status":
		return s.showMasterStatus()
	case "binary logs", "master logs":
		return s.showBinaryLogs()
	case "warnings":
		return rows([]string{"Level", "Code", "Message"}, nil)
	}
	n := len(list)
	if n >= 3 && list[0].text == "variables" && list[n-1].quoted {
		switch phrase(list[1 : n-1]) {
		case "like", "where variable_name =":
			return s.showVariables(list[n-1].text)
		}
	}
	return nil, errSyntax
}

// showVariables shows the one that is named, or all. Wildcards are not known: clients name what they want to know.
func (s *session) showVariables(name string) (*mysql.Result, error) {
	var values [][]any
	for _, v := range s.variables() {
		if name == "" || name == "%" || strings.EqualFold(v[0], name) {
			values = append(values, []any{v[0], v[1]})
		}
	}
	return rows([]string{"Variable_name", "Value"}, values)
}

func (s *session) showMasterStatus() (*mysql.Result, error) {
	names := []string{"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB"}
	segments := s.srv.opts.Archive.Segments()
	if len(segments) == 0 {
		return rows(names, nil)
	}
	last := segments[len(segments)-1]
	return rows(names, [][]any{{last.Name, size(last), "", ""}})
}

func (s *session) showBinaryLogs() (*mysql.Result, error) {
	var values [][]any
	for _, seg := range s.srv.opts.Archive.Segments() {
		values = append(values, []any{seg.Name, size(seg)})
	}
	return rows([]string{"Log_name", "File_size"}, values)
}

func size(s archive.Segment) string { return strconv.FormatInt(s.Size, 10) }

func rows(names []string, values [][]any) (*mysql.Result, error) {
	rs, err := mysql.BuildSimpleTextResultset(names, values)
	if err != nil {
		return nil, fmt.Errorf("build result: %w", err)
	}
	return mysql.NewResult(rs), nil
}

// set answers SET.
func (s *session) set(list []token) error {
	if len(list) > 1 && (list[0].text == "names" || list[0].text == "character") {
		return nil
	}
	for _, part := range split(list, ",") {
		if len(part) > 1 && (part[0].text == "session" || part[0].text == "local") {
			part = part[1:]
		}
		if len(part) < 3 || part[0].quoted || part[1] != (token{text: "="}) {
			return errSyntax
		}
		if err := s.setVariable(part[0].text, part[2:]); err != nil {
			return err
		}
	}
	return nil
}

// setVariable sets one. User variables that mean nothing to us are accepted, as by a primary that is older than the
// replica.
func (s *session) setVariable(name string, value []token) error {
	text, v := value[0].text, &s.vars
	bad := mysql.NewError(mysql.ER_WRONG_VALUE_FOR_VAR,
		fmt.Sprintf("Variable '%s' can't be set to the value of '%s'", shorten(name), shorten(phrase(value))))
	if len(value) != 1 {
		return bad
	}
	var err error
	switch name {
	case "@master_heartbeat_period":
		var ns uint64
		ns, err = strconv.ParseUint(text, 10, 63)
		v.heartbeat = time.Duration(ns)
		if ns > 0 {
			v.heartbeat = max(v.heartbeat, minHeartbeat)
		}
	case "@master_binlog_checksum":
		switch strings.ToUpper(text) {
		case "@@GLOBAL.BINLOG_CHECKSUM", globalChecksum:
			v.checksum = globalChecksum
		case "NONE":
			v.checksum = "NONE"
		default:
			return bad
		}
	case "@mariadb_slave_capability":
		v.capability, err = strconv.ParseUint(text, 10, 32)
	case "@slave_connect_state":
		v.from, err = binlog.ParsePosition(text)
	case "@slave_until_gtid":
		v.to, err = binlog.ParsePosition(text)
	case "@slave_gtid_strict_mode":
		v.strict = text != "0"
	case "autocommit", "wait_timeout", "net_read_timeout", "net_write_timeout":
	default:
		if strings.HasPrefix(name, "@@") || !strings.HasPrefix(name, "@") {
			return s.unknownVariable(name)
		}
	}
	if err != nil {
		return bad
	}
	return nil
}
