package mariadb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
)

func healthy() (ReplicaStatus, Upstream) {
	u := Upstream{Address: "127.0.0.1:3307", User: "r", Threads: 4}
	return ReplicaStatus{Seed: SeedRecord{State: Seeded}, ReadOnly: true, Pointed: true, Primary: u.Address, User: "r",
		UsingGTID: "Slave_Pos", ConnectRetry: 1, Heartbeat: time.Second, Threads: 4, ParallelMode: "optimistic",
		IORunning: true, IOState: "Yes", SQLRunning: true, EventScheduler: "OFF"}, u
}

func TestDiagnose(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*ReplicaStatus)
		action  Action
		healthy bool
		says    string // in the problem or hint
	}{
		"healthy":         {func(*ReplicaStatus) {}, Nothing, true, ""},
		"not seeded":      {func(s *ReplicaStatus) { s.Seed.State = NotSeeded }, Nothing, false, "seed it"},
		"broken seed":     {func(s *ReplicaStatus) { s.Seed.State, s.Seed.Note = Seeding, "disk full" }, Nothing, false, "disk full"},
		"writable":        {func(s *ReplicaStatus) { s.ReadOnly = false }, Repoint, false, "read_only=1"},
		"not pointed":     {func(s *ReplicaStatus) { s.Pointed = false }, Repoint, false, ""},
		"elsewhere":       {func(s *ReplicaStatus) { s.Primary = "supplier:3306" }, Repoint, false, ""},
		"other user":      {func(s *ReplicaStatus) { s.User = "root" }, Repoint, false, ""},
		"no GTID":         {func(s *ReplicaStatus) { s.UsingGTID = "No" }, Repoint, false, ""},
		"current_pos":     {func(s *ReplicaStatus) { s.UsingGTID = "Current_Pos" }, Repoint, false, ""},
		"other threads":   {func(s *ReplicaStatus) { s.Threads = 1 }, Repoint, false, ""},
		"slow retry":      {func(s *ReplicaStatus) { s.ConnectRetry = 60 }, Repoint, false, ""},
		"skips":           {func(s *ReplicaStatus) { s.Skips = "slave_skip_errors=all" }, Nothing, false, "slave_skip_errors=all"},
		"events":          {func(s *ReplicaStatus) { s.EventScheduler = "ON" }, Nothing, false, "event_scheduler=OFF"},
		"second primary":  {func(s *ReplicaStatus) { s.OtherPrimaries = []string{"x"} }, Nothing, false, "elsewhere: x"},
		"stopped":         {func(s *ReplicaStatus) { s.IORunning, s.IOState, s.SQLRunning = false, "No", false }, Restart, false, ""},
		"applier stopped": {func(s *ReplicaStatus) { s.SQLRunning = false }, Restart, false, ""},
		"connecting":      {func(s *ReplicaStatus) { s.IORunning, s.IOState = false, "Connecting" }, Nothing, true, ""},
		"duplicate":       {sqlStopped(1062), Nothing, false, "seed again"},
		"row missing":     {sqlStopped(1032), Nothing, false, "seed again"},
		"table exists":    {sqlStopped(1050), Nothing, false, "seed again"},
		"time zone":       {sqlStopped(1298), Nothing, false, "mariadb-tzinfo-to-sql"},
		"orphan definer":  {sqlStopped(1449), Restart, false, "CREATE USER"},
		"deadlock":        {sqlStopped(1213), Restart, false, "tried again"},
		"disk full":       {sqlStopped(1021), Restart, false, "make room"},
		"relay log":       {sqlStopped(1594), Renew, false, "relay log"},
		"unknown":         {sqlStopped(9999), Nothing, false, "nothing is skipped"},
		"nobody there":    {ioStopped("Connecting", 2003, "x"), Nothing, false, "2003"},
		"password":        {ioStopped("Connecting", 1045, "x"), Renew, false, "password"},
		"purged":          {ioStopped("No", 1236, "binary logs have been purged"), Restart, false, "seed it again"},
		"ahead":           {ioStopped("No", 1236, "which is not in the master's binlog"), Restart, false, "ahead of the archive"},
		"heartbeat":       {ioStopped("No", 1623, "x"), Renew, false, "archive"},
		"same server_id":  {ioStopped("No", 1593, "equal MySQL server ids"), Restart, false, "server_id"},
		"relay disk":      {ioStopped("No", 1595, "x"), Restart, false, "full"},
	} {
		t.Run(name, func(t *testing.T) {
			s, u := healthy()
			c.change(&s)
			d := Diagnose(s, u)
			if d.Action != c.action || d.Healthy != c.healthy || !strings.Contains(d.Problem+d.Hint, c.says) {
				t.Errorf("got %+v", d)
			}
			if !d.Healthy && d.Action == Nothing && (d.Problem == "" || d.Hint == "") {
				t.Errorf("neither repaired nor explained: %+v", d)
			}
		})
	}
}

func sqlStopped(errno int) func(*ReplicaStatus) {
	return func(s *ReplicaStatus) { s.SQLRunning, s.SQLErrno, s.SQLError = false, errno, "text" }
}

func ioStopped(state string, errno int, text string) func(*ReplicaStatus) {
	return func(s *ReplicaStatus) { s.IORunning, s.IOState, s.IOErrno, s.IOError = false, state, errno, text }
}

func same() Facts {
	return Facts{Version: "10.11.19-MariaDB", VersionNumber: 101119, ServerID: 1, LogBin: true, BinlogFormat: "MIXED",
		ReadOnly: true, EventScheduler: "OFF", TimeZone: "SYSTEM", SystemTimeZone: "CET", TimeOffset: time.Hour,
		TimeZoneTables: true, SQLMode: []string{"STRICT_TRANS_TABLES", "NO_ENGINE_SUBSTITUTION"}, StorageEngine: "InnoDB",
		CharacterSet: "utf8mb4", Collation: "utf8mb4_general_ci", InnoDBPageSize: 16384, MaxAllowedPacket: 1 << 24,
		DefaultsTimestamp: "1"}
}

func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		change func(supplier, foundation *Facts)
		want   string // setting and severity of the only finding
	}{
		"equal":              {func(s, f *Facts) {}, ""},
		"our own mode":       {func(s, f *Facts) { f.SQLMode = append(f.SQLMode, "NO_DIR_IN_CREATE") }, ""},
		"order of modes":     {func(s, f *Facts) { f.SQLMode = []string{f.SQLMode[1], f.SQLMode[0]} }, ""},
		"newer patch":        {func(s, f *Facts) { f.VersionNumber++ }, ""},
		"older patch":        {func(s, f *Facts) { f.VersionNumber-- }, ""},
		"newer":              {func(s, f *Facts) { f.VersionNumber = 110402 }, "version warn"},
		"older":              {func(s, f *Facts) { f.VersionNumber = 100619 }, "version refuse"},
		"same server":        {func(s, f *Facts) { f.ServerID = s.ServerID }, "server_id refuse"},
		"no binary log":      {func(s, f *Facts) { s.LogBin = false }, "log_bin refuse"},
		"statements":         {func(s, f *Facts) { s.BinlogFormat = "STATEMENT" }, "binlog_format warn"},
		"names":              {func(s, f *Facts) { s.LowerCaseNames = 1 }, "lower_case_table_names refuse"},
		"page size":          {func(s, f *Facts) { s.InnoDBPageSize = 65536 }, "innodb_page_size refuse"},
		"engine":             {func(s, f *Facts) { f.StorageEngine = "MyISAM" }, "default_storage_engine refuse"},
		"offset":             {func(s, f *Facts) { f.TimeOffset, f.SystemTimeZone = 0, "UTC" }, "time_zone refuse"},
		"other name":         {func(s, f *Facts) { f.SystemTimeZone = "WAT" }, "time_zone warn"},
		"no zones here":      {func(s, f *Facts) { f.TimeZoneTables = false }, "time_zone tables refuse"},
		"no zones there":     {func(s, f *Facts) { s.TimeZoneTables = false }, ""},
		"mode missing":       {func(s, f *Facts) { s.SQLMode = append(s.SQLMode, "ANSI_QUOTES") }, "sql_mode warn"},
		"mode added":         {func(s, f *Facts) { f.SQLMode = append(f.SQLMode, "ORACLE") }, "sql_mode warn"},
		"collation":          {func(s, f *Facts) { f.Collation = "utf8mb4_bin" }, "collation_server warn"},
		"small packets":      {func(s, f *Facts) { f.MaxAllowedPacket = 1 }, "max_allowed_packet warn"},
		"large packets":      {func(s, f *Facts) { f.MaxAllowedPacket = 1 << 30 }, ""},
		"timestamps":         {func(s, f *Facts) { f.DefaultsTimestamp = "0" }, "explicit_defaults_for_timestamp warn"},
		"events run":         {func(s, f *Facts) { f.EventScheduler = "ON" }, "event_scheduler refuse"},
		"events run there":   {func(s, f *Facts) { s.EventScheduler = "ON" }, ""},
		"writable":           {func(s, f *Facts) { f.ReadOnly = false }, "read_only warn"},
		"functions":          {func(s, f *Facts) { s.TrustFunctions = true }, "log_bin_trust_function_creators refuse"},
		"functions, no log":  {func(s, f *Facts) { s.TrustFunctions, f.LogBin = true, false }, ""},
		"functions, allowed": {func(s, f *Facts) { s.TrustFunctions, f.TrustFunctions = true, true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			supplier, foundation := same(), same()
			foundation.ServerID = 2
			c.change(&supplier, &foundation)
			all := Compare(supplier, foundation)
			got := ""
			for _, f := range all {
				got = strings.TrimPrefix(got+", "+f.Setting+" "+string(f.Severity), ", ")
				if f.Reason == "" || f.Hint == "" {
					t.Errorf("finding without reason or hint: %+v", f)
				}
			}
			if got != c.want || Refused(all) != strings.Contains(c.want, "refuse") {
				t.Errorf("findings %q, want %q", got, c.want)
			}
		})
	}
}

func TestCompareProposesModes(t *testing.T) {
	supplier, foundation := same(), same()
	foundation.ServerID, foundation.SQLMode = 2, []string{"ORACLE"}
	all := Compare(supplier, foundation)
	if len(all) != 1 || all[0].Hint != "set sql_mode=STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_DIR_IN_CREATE on our server" {
		t.Errorf("findings %+v", all)
	}
}

func TestVersionNumber(t *testing.T) {
	for v, want := range map[string]int{"10.11.19-MariaDB-0+deb12u1-log": 101119, "5.5.5-10.6.1-MariaDB": 100601,
		"11.4.2-MariaDB": 110402, "12.0.1-mariadb": 120001, "8.0.36": 0, "": 0, "MariaDB": 0} {
		got, err := versionNumber(v)
		if got != want || (err == nil) != (want > 0) || err != nil && !errors.Is(err, ErrNotMariaDB) {
			t.Errorf("%q: %d, %v; want %d", v, got, err, want)
		}
	}
}

func TestRedactGrant(t *testing.T) {
	for line, want := range map[string]string{
		"GRANT USAGE ON *.* TO `a`@`%`": "GRANT USAGE ON *.* TO `a`@`%`",
		"GRANT ALL ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*00FF' WITH GRANT OPTION":                                        "GRANT ALL ON *.* TO `a`@`%` WITH GRANT OPTION",
		"GRANT ALL ON *.* TO `a`@`%` IDENTIFIED VIA x USING ' WITH h' OR y USING 'i' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 1": "GRANT ALL ON *.* TO `a`@`%` REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 1",
		"GRANT ALL ON ` IDENTIFIED `.* TO ` IDENTIFIED ``x`@`%` IDENTIFIED BY PASSWORD 'it\\' WITH '":                         "GRANT ALL ON ` IDENTIFIED `.* TO ` IDENTIFIED ``x`@`%`",
	} {
		if got := redactGrant(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

func FuzzRedactGrant(f *testing.F) {
	f.Add("a", "*00FF")
	f.Add("` IDENTIFIED ", "' REQUIRE ")
	f.Fuzz(func(t *testing.T, user, hash string) {
		head := "GRANT USAGE ON *.* TO " + quoteName(user) + "@`%`"
		if got := redactGrant(head + " IDENTIFIED BY PASSWORD " + quoteString(hash) + " WITH GRANT OPTION"); got != head+" WITH GRANT OPTION" {
			t.Errorf("got %q", got)
		}
	})
}

func TestGlobalPrivileges(t *testing.T) {
	for line, want := range map[string][]string{
		"GRANT SELECT, SHOW VIEW ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD 'x'": {"SELECT", "SHOW VIEW"},
		"GRANT SELECT ON `app`.* TO `a`@`%`":                                   nil,
		"GRANT `role` TO `a`@`%`":                                              nil,
		"SET DEFAULT ROLE x":                                                   nil,
	} {
		if d := cmp.Diff(want, globalPrivileges(line)); d != "" {
			t.Errorf("%s: %s", line, d)
		}
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err, want error
	}{
		{&mysql.MySQLError{Number: 1045}, ErrAccessDenied},
		{&mysql.MySQLError{Number: 1227}, ErrAccessDenied},
		{&mysql.MySQLError{Number: 1040}, ErrUnreachable},
		{mysql.ErrInvalidConn, ErrUnreachable},
		{context.DeadlineExceeded, ErrUnreachable},
		{fmt.Errorf("x: %w", io.EOF), ErrUnreachable},
		{context.Canceled, context.Canceled},
	} {
		if err := classify(c.err); !errors.Is(err, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v became %v, want %v", c.err, err, c.want)
		}
	}
	if err := classify(&mysql.MySQLError{Number: 1064}); errors.Is(err, ErrUnreachable) || errors.Is(err, ErrAccessDenied) {
		t.Errorf("a syntax error became %v", err)
	}
}

func TestChanged(t *testing.T) {
	table := func(name, engine, created string) Table { return Table{"d", name, engine, 0, created} }
	before := map[string]Table{"a": table("a", "InnoDB", "1"), "b": table("b", "InnoDB", "1"), "c": table("c", "InnoDB", "1"), "x": table("x", "InnoDB", "1")}
	after := map[string]Table{"a": table("a", "InnoDB", "1"), "b": table("b", "InnoDB", "2"), "c": table("c", "Aria", "1"), "n": table("n", "InnoDB", "1")}
	if d := cmp.Diff([]string{"d.b", "d.c", "d.n", "d.x"}, changed(before, after)); d != "" {
		t.Error(d)
	}
}

func TestOptionFile(t *testing.T) {
	secure := &tls.Config{}
	for name, c := range map[string]struct {
		o    Options
		want string // "": refused
	}{
		"socket": {Options{Socket: "/s", User: "u", Password: `p"\#`},
			"user=\"u\"\npassword=\"p\"\\\\#\"\nprotocol=\"socket\"\nsocket=\"/s\"\nssl=\"0\"\n"},
		"address": {Options{Address: "[::1]:3306", User: "u"},
			"user=\"u\"\npassword=\"\"\nprotocol=\"tcp\"\nhost=\"::1\"\nport=\"3306\"\nssl=\"0\"\n"},
		"TLS": {Options{Address: "db:1", TLS: secure, TLSFiles: TLSFiles{CAFile: "ca", CertFile: "c", KeyFile: "k", ServerName: "db"}},
			"user=\"\"\npassword=\"\"\nprotocol=\"tcp\"\nhost=\"db\"\nport=\"1\"\nssl-ca=\"ca\"\nssl-verify-server-cert=\"1\"\n" +
				"ssl-cert=\"c\"\nssl-key=\"k\"\n"},
		"TLS without files":   {Options{Address: "db:1", TLS: secure}, ""},
		"another server name": {Options{Address: "10.0.0.1:1", TLS: secure, TLSFiles: TLSFiles{CAFile: "ca", ServerName: "db"}}, ""},
		"zero byte":           {Options{Socket: "/s", Password: "a\x00b"}, ""},
	} {
		got, err := c.o.clientLines()
		if err != nil && c.want == "" {
			continue
		}
		if got != "[client]\n"+c.want || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	f, err := Options{Socket: "/s", Password: "secret"}.optionFile([]view{{"d", "v\n[x]"}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := os.ReadFile(fmt.Sprint("/proc/self/fd/", f.Fd()))
	if err != nil || !strings.HasSuffix(string(text), "[mariadb-dump]\nignore-table=\"d.v\\n[x]\"\n") {
		t.Errorf("text %q, %v", text, err)
	}
}
