package mariadb_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

// filled makes a database whose table big is far larger than what fits into the pipes between the servers.
func filled(t *testing.T, s *mariadbd.Server) {
	t.Helper()
	exec(t, s, "CREATE DATABASE app", "CREATE TABLE app.a (a INT PRIMARY KEY)", "INSERT INTO app.a VALUES (1)",
		"CREATE TABLE app.big (a INT PRIMARY KEY, b VARCHAR(2000))",
		"INSERT INTO app.big SELECT seq, REPEAT('x', 2000) FROM app.seq_1_to_15000")
}

func wantSeeding(t *testing.T, s *mariadb.Server, note string) {
	t.Helper()
	r, err := s.SeedState(t.Context())
	if err != nil || r.State != mariadb.Seeding || !r.Finished.IsZero() || !strings.Contains(r.Note, note) {
		t.Errorf("seed record %+v, %v; want seeding, with a note about %q", r, err, note)
	}
}

func dumpsOf(t *testing.T, s *mariadbd.Server) string {
	t.Helper()
	return query(t, s, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SQL_NO_CACHE%' AND ID <> CONNECTION_ID()")
}

// TestSeedGivesWay holds the copy up in the middle of a table and alters that table at the supplier.
func TestSeedGivesWay(t *testing.T) {
	supplier, foundation := pair(t)
	filled(t, supplier)
	o := seedOptions(t, supplier, foundation)
	o.BlockLimit = 300 * time.Millisecond
	db, err := foundation.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	altered := make(chan error, 1)
	began := false
	_, err = mariadb.Seed(t.Context(), o, func(p mariadb.Progress) {
		if p.Table != "a" || began {
			return
		}
		began = true
		// Our server takes no rows any more, so mariadb-dump stays in the middle of its table.
		if _, err := conn.ExecContext(t.Context(), "LOCK TABLES app.a WRITE"); err != nil {
			t.Error(err)
		}
		go func() {
			eventually(t, "the dump reads the big table", func() bool { return dumpsOf(t, supplier) == "1" })
			err := supplier.Exec(t.Context(), "ALTER TABLE app.big ADD COLUMN c INT")
			_, unlocked := conn.ExecContext(t.Context(), "UNLOCK TABLES")
			altered <- errors.Join(err, unlocked)
		}()
	})
	var blocked *mariadb.BlockedError
	if !errors.Is(err, mariadb.ErrBlockedSupplier) || !errors.As(err, &blocked) ||
		!strings.Contains(blocked.Statement, "ALTER TABLE app.big") || blocked.Waited < o.BlockLimit {
		t.Errorf("error %v, want that ALTER was blocked", err)
	}
	if err := <-altered; err != nil {
		t.Error(err)
	}
	wantSeeding(t, o.Foundation, "held up the supplier")
	if n := dumpsOf(t, supplier); n != "0" {
		t.Errorf("%s dumps still run at the supplier", n)
	}

	// What broke off counts as not empty, and can be replaced.
	if _, err := mariadb.Seed(t.Context(), o, nil); !errors.Is(err, mariadb.ErrNotEmpty) {
		t.Errorf("error %v, want ErrNotEmpty", err)
	}
	o.Replace, o.Confirm = true, o.Name

	// It can be cancelled, too.
	ctx, cancel := context.WithCancel(t.Context())
	_, err = mariadb.Seed(ctx, o, func(p mariadb.Progress) {
		if p.Table == "big" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	wantSeeding(t, o.Foundation, "canceled")
	if err := o.Foundation.Point(t.Context(), upstreamOf(t, supplier)); !errors.Is(err, mariadb.ErrNotSeeded) {
		t.Errorf("pointed a half-seeded server: %v", err)
	}
	if _, err := mariadb.Seed(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	compareServers(t, supplier, foundation)
	r, err := o.Foundation.SeedState(t.Context())
	if err != nil || r.State != mariadb.Seeded || r.Note != "" {
		t.Errorf("seed record %+v, %v", r, err)
	}
}

// TestSeedRefuses tries what must not be done or run, each on the same two servers.
func TestSeedRefuses(t *testing.T) {
	supplier, foundation := pair(t)
	exec(t, supplier, "CREATE DATABASE app", "CREATE TABLE app.t (a INT)", "CREATE PROCEDURE app.evil() SELECT 1",
		"CREATE USER poor@localhost", "GRANT SELECT, PROCESS ON *.* TO poor@localhost")
	base := seedOptions(t, supplier, foundation)
	dir := t.TempDir()
	pwned := filepath.Join(dir, "pwned")
	// fake is a program in the place of mariadb-dump; what it prints is what a hostile server might make of it.
	fake := func(name, text string) string {
		path := filepath.Join(dir, name)
		script := "#!/bin/sh\n/bin/cat " + path + ".sql\n"
		if text == "" {
			script = "#!/bin/sh\nexec /bin/sleep 1000\n"
		}
		if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".sql", []byte(strings.ReplaceAll(text, "PWNED", pwned)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const table = "USE `app`;\nCREATE TABLE `t` (`a` int);\n"
	const database = "CREATE DATABASE IF NOT EXISTS `app`;\n" + table
	for i, c := range []struct {
		name   string
		change func(*mariadb.SeedOptions)
		err    error
		text   string
	}{
		{"archive elsewhere", func(o *mariadb.SeedOptions) {
			a := &archive{}
			a.empty.Store(true)
			o.Archive, o.ArchiveWait = a, time.Millisecond
		}, mariadb.ErrNotArchived, "archiving has to run"},
		{"too few privileges", func(o *mariadb.SeedOptions) {
			o.Supplier = openWith(t, mariadb.Options{Socket: supplier.Socket(), User: "poor"})
		}, mariadb.ErrAccessDenied, "GRANT SHOW VIEW, TRIGGER, EVENT ON *.*"},
		{"same server", func(o *mariadb.SeedOptions) { o.Supplier = o.Foundation }, mariadb.ErrIncomparable, "server_id"},
		{"stalls", func(o *mariadb.SeedOptions) {
			o.Binary, o.StallTimeout = fake("stall", ""), 50*time.Millisecond
		}, mariadb.ErrStalled, ""},
		{"checker refuses a table", func(o *mariadb.SeedOptions) {
			o.Check = func(st mariadb.StatementText) error {
				if strings.Contains(string(st.SQL), "TABLE `t`") && st.Database == "app" && st.Charset == "utf8mb4" {
					return errors.New("not this one")
				}
				return nil
			}
		}, mariadb.ErrRefused, "table app.t: "},
		{"checker refuses a routine", func(o *mariadb.SeedOptions) {
			o.Check = func(st mariadb.StatementText) error {
				if strings.Contains(string(st.SQL), "PROCEDURE `evil`") && strings.Contains(st.SQLMode, "STRICT_TRANS_TABLES") {
					return errors.New("not this one")
				}
				return nil
			}
		}, mariadb.ErrRefused, "procedure app.evil: "},
		{"client command", func(o *mariadb.SeedOptions) {
			o.Binary = fake("shell", database+"\\! /bin/touch PWNED\nsystem /bin/touch PWNED;\n")
		}, mariadb.ErrRefused, ""},
		{"into outfile", func(o *mariadb.SeedOptions) {
			o.Binary = fake("outfile", database+"INSERT INTO `t` VALUES ((SELECT 1 INTO OUTFILE 'PWNED'));\n")
		}, mariadb.ErrRefused, ""},
		{"account", func(o *mariadb.SeedOptions) {
			o.Binary = fake("grant", database+"/*!50001 GRANT ALL ON *.* TO pwned@localhost */;\n")
		}, mariadb.ErrRefused, ""},
		{"another database", func(o *mariadb.SeedOptions) { o.Binary = fake("mysql", "USE `mysql`;\n") }, mariadb.ErrRefused, ""},
		{"two statements", func(o *mariadb.SeedOptions) {
			o.Binary = fake("two", database+"CREATE VIEW `v` AS SELECT 1 DELIMITER //\n; GRANT ALL ON *.* TO pwned@localhost //\n;")
		}, nil, ""},
		{"ends too early", func(o *mariadb.SeedOptions) { o.Binary = fake("short", database) }, nil, "did not tell the position"},
		{"ends in a statement", func(o *mariadb.SeedOptions) { o.Binary = fake("torn", database+"INSERT INTO `t`") }, nil, "inside a statement"},
		{"two positions", func(o *mariadb.SeedOptions) {
			o.Binary = fake("positions", "-- SET GLOBAL gtid_slave_pos='0-1-1';\n-- SET GLOBAL gtid_slave_pos='0-1-2';\n")
		}, nil, "both 0-1-1 and 0-1-2"},
		{"our server fails", func(o *mariadb.SeedOptions) {
			o.Binary = fake("fails", database+"INSERT INTO `t` VALUES (1,2);\n")
		}, nil, "table app.t: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := base
			o.Replace, o.Confirm = i > 0, o.Name
			c.change(&o)
			_, err := mariadb.Seed(t.Context(), o, nil)
			if err == nil || c.err != nil && !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %v, want %v with %q", err, c.err, c.text)
			}
			if r, err := o.Foundation.SeedState(t.Context()); err != nil || r.State == mariadb.Seeded {
				t.Errorf("the server says that it is %s, %v", r.State, err)
			}
			if _, err := os.Stat(pwned); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("something ran: %v", err)
			}
			if n := query(t, foundation, "SELECT COUNT(*) FROM mysql.user WHERE User = 'pwned'"); n != "0" {
				t.Error("an account was made")
			}
		})
	}
}

// TestSeedFindsMissingProgram has no mariadb-dump.
func TestSeedFindsMissingProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s, err := mariadb.OpenLater(mariadb.Options{Socket: "/nonexistent", Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o := mariadb.SeedOptions{Name: "db", Supplier: s, Foundation: s, Archive: &archive{}, Check: allowAll}
	if _, err := mariadb.Seed(t.Context(), o, nil); err == nil || !strings.Contains(err.Error(), "mariadb-client") {
		t.Errorf("error %v, want the package's name", err)
	}
}

func TestOpen(t *testing.T) {
	server := start(t, mariadbd.Options{ServerID: 1})
	exec(t, server, "CREATE USER u@localhost IDENTIFIED BY 'right'")
	for name, c := range map[string]struct {
		o    mariadb.Options
		want error
	}{
		"right":          {mariadb.Options{Socket: server.Socket(), User: "u", Password: "right"}, nil},
		"wrong password": {mariadb.Options{Socket: server.Socket(), User: "u", Password: "wrong"}, mariadb.ErrAccessDenied},
		"nobody there":   {mariadb.Options{Socket: server.Socket() + "x", User: "u"}, mariadb.ErrUnreachable},
		"no port":        {mariadb.Options{Address: "127.0.0.1:1", User: "u"}, mariadb.ErrUnreachable},
		"no TLS there": {mariadb.Options{Address: fmt.Sprint("127.0.0.1:", server.Port()), User: "u", Password: "right",
			TLSFiles: mariadb.TLSFiles{CAFile: certificates(t).CAFile}}, errAny},
		"neither":    {mariadb.Options{User: "u"}, errAny},
		"both":       {mariadb.Options{Socket: "x", Address: "y:1"}, errAny},
		"no address": {mariadb.Options{Address: "y"}, errAny},
		"no CA":      {mariadb.Options{Address: "y:1", TLSFiles: mariadb.TLSFiles{CAFile: "/nonexistent"}}, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Logger = quiet()
			s, err := mariadb.Open(t.Context(), c.o)
			if err == nil {
				err = errors.Join(err, s.Close())
			}
			if c.want == errAny && err != nil {
				return
			}
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "wrong") {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
}

var errAny = errors.New("any error")
