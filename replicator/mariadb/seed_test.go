package mariadb_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

// grants are what doc.go says that the supplier has to grant.
const grants = "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, PROCESS ON *.* TO "

// nasty is a password that has to survive an option file and a program that reads it.
const nasty = `p#a"s's\w ;$(id)` + "\t!é"

// TestSeedCopiesEverything seeds over TLS, as a user that has nothing but the documented privileges.
func TestSeedCopiesEverything(t *testing.T) {
	files := certificates(t)
	supplier := start(t, mariadbd.Options{ServerID: 1, Binlog: true, Settings: map[string]string{
		"log_bin_trust_function_creators": "ON", "ssl_ca": files.CAFile, "ssl_cert": files.CertFile, "ssl_key": files.KeyFile}})
	foundation := start(t, mariadbd.Options{ServerID: 2, Binlog: true, Replica: true,
		// The row in app.huge does not fit, unless seeding raises the limit.
		Settings: map[string]string{"log_bin_trust_function_creators": "ON", "max_allowed_packet": "1M"}})
	short, err := os.MkdirTemp("/tmp", "p") // it becomes part of names, which have at most 64 characters
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	pwned := filepath.Join(short, "x")
	script(t, supplier, "everything.sql", pwned)
	exec(t, supplier, "CREATE USER copier@'%' IDENTIFIED BY "+quote(nasty)+" REQUIRE SSL", grants+"copier@'%'",
		"CREATE USER `nob``ody`@localhost", "GRANT ALL ON app.* TO `nob``ody`@localhost", "CREATE ROLE clerks", "GRANT SELECT ON app.* TO clerks")
	var seen []string
	o := mariadb.SeedOptions{Name: "db", Foundation: open(t, foundation), Archive: &archive{},
		Supplier: openWith(t, mariadb.Options{Address: fmt.Sprint("127.0.0.1:", supplier.Port()), User: "copier",
			Password: nasty, TLSFiles: mariadb.TLSFiles{CAFile: files.CAFile}}),
		Check: func(st mariadb.StatementText) error {
			seen = append(seen, string(st.SQL))
			return nil
		},
	}
	own := query(t, foundation, "SELECT @@gtid_binlog_pos")
	var progress []mariadb.Progress
	report, err := mariadb.Seed(t.Context(), o, func(p mariadb.Progress) { progress = append(progress, p) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(pwned); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a client command out of a name ran: %v", err)
	}
	compareServers(t, supplier, foundation)
	if got := query(t, foundation, "SELECT @@gtid_binlog_pos"); got != own {
		t.Errorf("seeding wrote to our own binary log: from %s to %s", own, got)
	}
	if got := query(t, foundation, "SELECT @@GLOBAL.max_allowed_packet"); got != "1048576" {
		t.Errorf("max_allowed_packet is %s afterwards", got)
	}

	want := query(t, supplier, "SELECT @@gtid_binlog_pos")
	if report.GTID.String() != want || query(t, foundation, "SELECT @@gtid_slave_pos") != want {
		t.Errorf("position %s, in the server %s; want %s", report.GTID, query(t, foundation, "SELECT @@gtid_slave_pos"), want)
	}
	state, err := o.Foundation.SeedState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if state.State != mariadb.Seeded || state.GTID.String() != want || state.SupplierServerID != 1 ||
		state.Finished.Before(state.Started) || time.Since(state.Started) > time.Hour {
		t.Errorf("seed record %+v", state)
	}
	wantEvents := []mariadb.Event{{Database: "app", Name: "e_delimiter", Status: "ENABLED"}, {Database: "app", Name: "e_off", Status: "DISABLED"},
		{Database: "app", Name: "e_on", Status: "ENABLED"}, {Database: "app", Name: "e_slave", Status: "SLAVESIDE_DISABLED"}}
	if d := cmp.Diff(wantEvents, report.Events); d != "" {
		t.Error(d)
	}
	if got := query(t, foundation, "SELECT GROUP_CONCAT(EVENT_NAME, ' ', STATUS ORDER BY 1) FROM information_schema.EVENTS"); got !=
		"e_delimiter SLAVESIDE_DISABLED,e_off DISABLED,e_on SLAVESIDE_DISABLED,e_slave DISABLED" {
		t.Errorf("events are %s", got)
	}
	if d := cmp.Diff([]string{"nob`ody@localhost", "nobody@%", "root@localhost"}, report.Definers); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"nob`ody@localhost", "nobody@%"}, report.Orphans); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]mariadb.Table{{Database: "app", Name: "ar", Engine: "Aria"}, {Database: "app", Name: "my", Engine: "MyISAM"}},
		report.Others, cmpopts.IgnoreUnexported(mariadb.Table{}), cmpopts.IgnoreFields(mariadb.Table{}, "Bytes")); d != "" {
		t.Error(d)
	}
	if report.AccountsError != "" || !slices.ContainsFunc(report.Accounts, func(a mariadb.Account) bool {
		return a.User == "copier" && a.Host == "%" && cmp.Equal(a.Grants,
			[]string{"GRANT SELECT, PROCESS, SHOW VIEW, EVENT, TRIGGER ON *.* TO `copier`@`%` REQUIRE SSL"})
	}) || !slices.ContainsFunc(report.Accounts, func(a mariadb.Account) bool { return a.User == "clerks" && a.Role }) {
		t.Errorf("accounts: %+v %s", report.Accounts, report.AccountsError)
	}
	if strings.Contains(fmt.Sprintf("%+v", report), "*") && strings.Contains(fmt.Sprintf("%+v", report), "IDENTIFIED") {
		t.Error("a password's hash is in the report")
	}
	if len(report.Changed) != 0 || report.Tables == 0 || report.Bytes == 0 {
		t.Errorf("changed %q, %d tables, %d bytes", report.Changed, report.Tables, report.Bytes)
	}
	if d := cmp.Diff([]string{"app.broken", "app.broken_too"}, report.Broken); d != "" {
		t.Error(d)
	}
	if got := query(t, foundation, "SELECT * FROM app.broken_too"); got != "this view is broken at the supplier" {
		t.Errorf("the broken view says %q", got)
	}
	checkProgress(t, progress)
	for _, part := range []string{"CREATE TABLE `kinds`", "CREATE SEQUENCE `numbers`", "CREATE DATABASE", "VIEW `v1`", "TRIGGER", "EVENT `e_on`",
		`PACKAGE BODY "pk"`, "FUNCTION `half`", `PROCEDURE "p2"`} {
		if !slices.ContainsFunc(seen, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("the checker did not see %s", part)
		}
	}

	// The copy is a good start for replication.
	u := upstreamOf(t, supplier)
	if err := o.Foundation.Point(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	exec(t, supplier, "INSERT INTO app.kinds (a) VALUES ('later')", "INSERT INTO app.parts VALUES (5, 5)",
		"UPDATE app.history SET x = 3", "DROP TRIGGER app.t_second", "DROP VIEW app.broken",
		"CREATE OR REPLACE VIEW app.broken_too AS SELECT 1", "DELETE FROM app.kinds WHERE id = 77",
		"ALTER EVENT app.e_off ENABLE", "CREATE EVENT app.e_new ON SCHEDULE EVERY 1 DAY DO SELECT 1")
	// The supplier replicated the statement that fires a trigger, and the trigger's definer does not exist here.
	var st mariadb.ReplicaStatus
	eventually(t, "applying stops at the orphan", func() bool {
		st, err = o.Foundation.ReplicaStatus(t.Context())
		return err == nil && st.SQLErrno == 1449 && !st.SQLRunning
	})
	if d := mariadb.Diagnose(st, u); d.Healthy || d.Action != mariadb.Restart || !strings.Contains(d.Hint, "CREATE USER") {
		t.Errorf("diagnosis %+v", d)
	}
	exec(t, foundation, "SET SESSION sql_log_bin=0; CREATE USER `nob``ody`@localhost ACCOUNT LOCK;"+
		"GRANT ALL ON app.* TO `nob``ody`@localhost; SET SESSION sql_log_bin=1")
	if err := o.Foundation.Repair(t.Context(), mariadb.Restart, u); err != nil {
		t.Fatal(err)
	}
	waitFor(t, o.Foundation, supplier)
	compareServers(t, supplier, foundation)
	if got := query(t, foundation, "SELECT GROUP_CONCAT(EVENT_NAME, ' ', STATUS ORDER BY 1) FROM information_schema.EVENTS"); got !=
		"e_delimiter SLAVESIDE_DISABLED,e_new SLAVESIDE_DISABLED,e_off SLAVESIDE_DISABLED,e_on SLAVESIDE_DISABLED,e_slave DISABLED" {
		t.Errorf("events are %s", got)
	}

	// A second seed destroys only when it is told twice, also while it replicates.
	for name, c := range map[string]func(*mariadb.SeedOptions){
		"not asked for":    func(*mariadb.SeedOptions) {},
		"not confirmed":    func(o *mariadb.SeedOptions) { o.Replace = true },
		"wrong name":       func(o *mariadb.SeedOptions) { o.Replace, o.Confirm = true, "DB" },
		"only the name":    func(o *mariadb.SeedOptions) { o.Confirm = o.Name },
		"another's binary": func(o *mariadb.SeedOptions) { o.Binary = "/nonexistent" },
	} {
		again := o
		c(&again)
		if _, err := mariadb.Seed(t.Context(), again, nil); !errors.Is(err, mariadb.ErrNotEmpty) {
			t.Errorf("%s: error %v, want ErrNotEmpty", name, err)
		}
	}
	compareServers(t, supplier, foundation)
	exec(t, foundation, "CREATE DATABASE stray", "CREATE TABLE stray.t (a INT)")
	o.Replace, o.Confirm = true, "db"
	if _, err := mariadb.Seed(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	compareServers(t, supplier, foundation)
	if st, err := o.Foundation.ReplicaStatus(t.Context()); err != nil || st.Pointed {
		t.Errorf("still replicates after a new seed: %+v, %v", st, err)
	}
}

func checkProgress(t *testing.T, all []mariadb.Progress) {
	t.Helper()
	var phases []string
	var last mariadb.Progress
	for _, p := range all {
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
		if p.Done < last.Done || p.Done > p.Total || p.Bytes < last.Bytes {
			t.Errorf("progress goes from %+v to %+v", last, p)
		}
		last = p
	}
	if d := cmp.Diff([]string{mariadb.PhaseCompare, mariadb.PhaseEmpty, mariadb.PhaseCopy, mariadb.PhaseObjects,
		mariadb.PhaseFinish}, phases); d != "" {
		t.Error(d)
	}
	if last.Done != last.Total || last.Total == 0 {
		t.Errorf("ends at %d of %d", last.Done, last.Total)
	}
}

// compareServers compares all rows, with history, and all definitions but the state of events.
func compareServers(t *testing.T, a, b *mariadbd.Server) {
	t.Helper()
	if d := cmp.Diff(contents(t, a), contents(t, b)); d != "" {
		t.Errorf("the servers differ (-supplier +foundation):\n%s", d)
	}
}

func contents(t *testing.T, s *mariadbd.Server) map[string]string {
	t.Helper()
	all := map[string]string{}
	sums, err := open(t, s).Checksums(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for table, sum := range sums {
		all["checksum "+table] = fmt.Sprint(sum)
	}
	db, err := s.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const user = " NOT IN ('mysql','sys','information_schema','performance_schema','wcde')"
	for kind, list := range map[string]string{
		"DATABASE":  "SELECT SCHEMA_NAME, '' FROM information_schema.SCHEMATA WHERE SCHEMA_NAME" + user,
		"TABLE":     "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME NOT LIKE 'broken%' AND TABLE_SCHEMA" + user,
		"PROCEDURE": "SELECT db, name FROM mysql.proc WHERE type='PROCEDURE' AND db" + user,
		"FUNCTION":  "SELECT db, name FROM mysql.proc WHERE type='FUNCTION' AND db" + user,
		"PACKAGE":   "SELECT db, name FROM mysql.proc WHERE type='PACKAGE' AND db" + user,
		"TRIGGER":   "SELECT TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA" + user,
		"EVENT":     "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA" + user,
	} {
		for _, n := range rowsOf(t, db, list) {
			name := "`" + strings.ReplaceAll(n[0], "`", "``") + "`"
			if n[1] != "" {
				name += ".`" + strings.ReplaceAll(n[1], "`", "``") + "`"
			}
			for _, row := range rowsOf(t, db, "SHOW CREATE "+kind+" "+name) {
				if kind == "TRIGGER" {
					row = row[:len(row)-1] // when it was created
				}
				text := strings.Join(row, "|")
				for _, status := range []string{" DISABLE ON SLAVE", " DISABLE", " ENABLE"} {
					text = strings.ReplaceAll(text, status+" ", " ")
				}
				if kind == "EVENT" {
					text = strings.Replace(text, "NO_DIR_IN_CREATE,", "", 1) // replication adds what the server has
				}
				all[kind+" "+name] = text
			}
		}
	}
	for name, q := range map[string]string{
		"history":  "SELECT *, row_start, row_end FROM app.history FOR SYSTEM_TIME ALL ORDER BY id, row_start",
		"bytes":    "SELECT id, HEX(a), HEX(b), HEX(txt), HEX(bin), hidden, ts+0 FROM app.kinds ORDER BY id",
		"mixed":    "SELECT HEX(a), HEX(b), HEX(c), HEX(d) FROM app.mixed",
		"sequence": "SELECT next_not_cached_value, increment, cycle_count FROM app.numbers",
		"order":    "SELECT TRIGGER_NAME, ACTION_ORDER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='app' ORDER BY EVENT_OBJECT_TABLE, ACTION_ORDER",
		"view":     "SELECT * FROM app.v1",
		"across":   "SELECT * FROM app.across",
		"routine":  "SELECT app.half(8), (SELECT app.agg(id) FROM app.parts)",
		"proc":     "SELECT db, name, type, sql_mode, definer, character_set_client, collation_connection, db_collation, HEX(body) FROM mysql.proc WHERE db='app' ORDER BY 1,2,3",
	} {
		if _, ok := sums["app.kinds"]; ok {
			all[name] = fmt.Sprint(rowsOf(t, db, q))
		}
	}
	return all
}

func rowsOf(t *testing.T, db *sql.DB, q string) [][]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for rows.Next() {
		row := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		text := make([]string, len(row))
		for i, v := range row {
			text[i] = v.String
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return all
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `''`).Replace(s) + "'"
}

// certificates makes a CA that is also the server's certificate, for 127.0.0.1.
func certificates(t *testing.T) mariadb.TLSFiles {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := write("cert.pem", "CERTIFICATE", der)
	return mariadb.TLSFiles{CAFile: ca, CertFile: ca, KeyFile: write("key.pem", "PRIVATE KEY", private)}
}

func upstreamOf(t *testing.T, s *mariadbd.Server) mariadb.Upstream {
	t.Helper()
	exec(t, s, "CREATE USER IF NOT EXISTS repl@'%' IDENTIFIED BY "+quote(nasty), "GRANT REPLICATION SLAVE ON *.* TO repl@'%'")
	return mariadb.Upstream{Address: fmt.Sprint("127.0.0.1:", s.Port()), User: "repl", Password: nasty, Threads: 2}
}

// waitFor waits until the foundation has applied all that the supplier wrote.
func waitFor(t *testing.T, foundation *mariadb.Server, supplier *mariadbd.Server) {
	t.Helper()
	facts, err := open(t, supplier).Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := foundation.Wait(ctx, facts.GTIDBinlogPos); err != nil {
		st, _ := foundation.ReplicaStatus(t.Context())
		t.Fatalf("%v; status %+v", err, st)
	}
	if at, err := foundation.AppliedGTID(ctx); err != nil || !at.Reached(facts.GTIDBinlogPos) {
		t.Fatalf("applied %s, %v", at, err)
	}
}
