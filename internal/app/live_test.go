package app_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

// What the supplier grants us: reading its binary log, watching semi-sync, and seeding.
const grants = "REPLICATION SLAVE, BINLOG MONITOR, SELECT, SHOW VIEW, TRIGGER, EVENT, PROCESS"

func startMariaDB(t *testing.T, o mariadbd.Options) *mariadbd.Server {
	t.Helper()
	s, err := mariadbd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func run(t *testing.T, s *mariadbd.Server, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if err := s.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// The daemon with a supplier and a foundation that are there: every verb that operators have, once, for real.
func TestOperatorsVerbsOnRealServers(t *testing.T) {
	s := newSite(t)
	supplier := startMariaDB(t, mariadbd.Options{
		Dir: filepath.Join(s.dir, "s"), ServerID: 11, Binlog: true, SemiSync: true,
	})
	foundation := startMariaDB(t, mariadbd.Options{Dir: filepath.Join(s.dir, "f"), ServerID: 21, Replica: true})
	run(t, supplier, "CREATE USER wcde_repl@localhost IDENTIFIED BY 's3cret'",
		"GRANT "+grants+" ON *.* TO wcde_repl@localhost", "FLUSH BINARY LOGS",
		"CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)")
	s.write(t, map[string]string{
		s.dir + "/supplier.sock": supplier.Socket(), s.dir + "/foundation.sock": foundation.Socket(),
	})
	i := start(t, s)
	database := func() api.Database {
		t.Helper()
		d, err := control.Get[api.Database](t.Context(), i.client, api.DatabasePath.With("one"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	eventually(t, "the archive follows", func() bool { d := database(); return d.Connected && d.SemiSync })
	if d := database(); d.Seeded || len(d.Problems) == 0 {
		t.Errorf("before the seed: %+v; want it not seeded, and a problem that says so", d)
	}

	seed := func(in api.SeedRequest) (api.SeedReport, []string, error) {
		var phases []string
		r, err := control.Follow[api.SeedReport](t.Context(), i.client, api.SeedPath.With("one"), in,
			func(p api.SeedProgress) { phases = append(phases, p.Phase) })
		return r, phases, err
	}
	plan, _, err := seed(api.SeedRequest{DryRun: true})
	if err != nil || !plan.DryRun || !slices.Equal(plan.Databases, []string{"shop"}) || len(plan.Refusals) != 0 {
		t.Fatalf("dry run = %+v, %v; want shop to be copied and nothing refused", plan, err)
	}
	report, phases, err := seed(api.SeedRequest{})
	if err != nil || report.GTID == "" || report.Tables != 1 || len(phases) == 0 {
		t.Fatalf("seed = %+v, %v, phases %v", report, err, phases)
	}
	if _, _, err := seed(api.SeedRequest{}); control.AsError(err).Code != control.Refused {
		t.Errorf("a second seed = %v, want it refused", err)
	}

	run(t, supplier, "INSERT INTO shop.t VALUES (2)")
	eventually(t, "the copy follows and nothing is wrong", func() bool {
		s := i.status()
		d := s.Databases[0]
		return !s.Degraded() && d.AppliedGTID != "" && d.AppliedGTID == d.ArchivedGTID && d.LagSeconds != nil
	})
	if n, err := foundation.QueryString(t.Context(), "SELECT COUNT(*) FROM shop.t"); err != nil || n != "2" {
		t.Errorf("the copy has %s rows, %v; want 2", n, err)
	}
	lint := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	lint.Stdin = strings.NewReader(i.scrape())
	if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}

	decideHeld(t, i, supplier, foundation)

	segments, err := control.Get[[]api.Segment](t.Context(), i.client, api.SegmentsPath.With("one"))
	if err != nil || len(segments) == 0 || segments[len(segments)-1].Status != "open" {
		t.Errorf("segments = %+v, %v; want the last one open", segments, err)
	}
	exposure, err := control.Get[[]api.Exposure](t.Context(), i.client, api.ExposurePath.With("one"))
	if err != nil || len(exposure) == 0 || exposure[len(exposure)-1].To == nil {
		t.Errorf("exposure = %+v, %v; want what was before the first connection, ended", exposure, err)
	}
	checks, err := control.Get[[]api.Check](t.Context(), i.client, string(api.DoctorPath))
	if err != nil || slices.ContainsFunc(checks, func(c api.Check) bool { return !c.OK }) {
		t.Errorf("doctor = %+v, %v; want everything in order", checks, err)
	}
}

// decideHeld has the supplier do what is held, and skips one such group and releases another.
func decideHeld(t *testing.T, i *instance, supplier, foundation *mariadbd.Server) {
	t.Helper()
	held := func() []api.Held {
		t.Helper()
		all, err := control.Get[[]api.Held](t.Context(), i.client, api.HeldPath.With("one"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	decide := func(path control.Path) {
		t.Helper()
		eventually(t, "something is held", func() bool { return len(held()) > 0 })
		h := held()[0]
		got, err := control.Post[api.Held](context.Background(), i.client, path.With("one"),
			api.Decision{GTID: h.GTID, Reason: "tested"})
		if err != nil || got.GTID != h.GTID || got.Statement == "" {
			t.Fatalf("%s = %+v, %v", path, got, err)
		}
	}
	run(t, supplier, "CREATE USER mallory@localhost", "CREATE DATABASE other", "DROP DATABASE other",
		"INSERT INTO shop.t VALUES (3)")
	decide(api.SkipPath)    // the account
	decide(api.ReleasePath) // DROP DATABASE
	eventually(t, "the copy goes on", func() bool {
		n, err := foundation.QueryString(t.Context(), "SELECT COUNT(*) FROM shop.t")
		return err == nil && n == "3"
	})
	for query, want := range map[string]string{
		"SELECT COUNT(*) FROM mysql.user WHERE user='mallory'":                       "0",
		"SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name='other'": "0",
	} {
		if got, err := foundation.QueryString(t.Context(), query); err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", query, got, err, want)
		}
	}
	eventually(t, "nothing is held any more", func() bool { return len(held()) == 0 && !i.status().Degraded() })
}
