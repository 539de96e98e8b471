package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

// binary is the real wcdectl, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "wcdectl")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "wcdectl")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build wcdectl: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// daemon is a control server that answers from its fields, as wcded would.
type daemon struct {
	status   api.Status
	socket   string
	requests []any
	seed     func(ctx context.Context, in api.SeedRequest, progress func(api.SeedProgress)) (api.SeedReport, error)
}

func (d *daemon) database(name string) (api.Database, error) {
	for _, db := range d.status.Databases {
		if db.Name == name {
			return db, nil
		}
	}
	return api.Database{}, control.Errorf(control.Usage, "there is ez2xs", "there is no database %q", name)
}

func (d *daemon) verbs() []control.Verb {
	decide := func(_ context.Context, c control.Call, in api.Decision) (api.Held, error) {
		d.requests = append(d.requests, in)
		db, err := d.database(c.Value("name"))
		if err != nil {
			return api.Held{}, err
		}
		for _, h := range db.Held {
			if h.GTID == in.GTID {
				return h, nil
			}
		}
		return api.Held{}, control.Errorf(control.Refused, "see what is held", "%s is not held", in.GTID)
	}
	return []control.Verb{
		control.Read(api.StatusPath, func(context.Context, control.Call) (api.Status, error) { return d.status, nil }),
		control.Read(api.DatabasePath, func(_ context.Context, c control.Call) (api.Database, error) {
			return d.database(c.Value("name"))
		}),
		control.Read(api.HeldPath, func(_ context.Context, c control.Call) ([]api.Held, error) {
			db, err := d.database(c.Value("name"))
			return db.Held, err
		}),
		control.Read(api.SegmentsPath, func(context.Context, control.Call) ([]api.Segment, error) {
			sealed := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			return []api.Segment{
				{Stream: 1, Name: "mysql-bin.000001", Size: 1 << 20, Status: "sealed", Start: "0-1-0",
					SHA256: strings.Repeat("ab", 32), SealedAt: &sealed},
				{Stream: 1, Name: "mysql-bin.000002", Size: 512, Status: "torn", Reason: "the supplier\x1b[2J crashed"},
			}, nil
		}),
		control.Read(api.ExposurePath, func(context.Context, control.Call) ([]api.Exposure, error) {
			from := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			to := from.Add(90 * time.Second)
			return []api.Exposure{{From: from, To: &to, Reason: "semi-sync was off"}}, nil
		}),
		control.Read(api.DoctorPath, func(context.Context, control.Call) ([]api.Check, error) {
			return []api.Check{{Name: "free space", Detail: "1 GiB left", Hint: "add space"}}, nil
		}),
		control.Change(api.ReleasePath, decide),
		control.Change(api.SkipPath, decide),
		control.Change(api.AdoptPath, func(_ context.Context, _ control.Call, in api.AdoptRequest) (api.AdoptReport, error) {
			d.requests = append(d.requests, in)
			return api.AdoptReport{DryRun: in.DryRun, Consequences: []string{"a new stream begins"}}, nil
		}),
		control.Long(api.SeedPath, func(ctx context.Context, _ control.Call, in api.SeedRequest,
			progress func(api.SeedProgress)) (api.SeedReport, error) {
			d.requests = append(d.requests, in)
			return d.seed(ctx, in, progress)
		}),
		control.Long(api.VerifyPath, func(context.Context, control.Call, struct{}, func(api.VerifyProgress)) (
			api.VerifyReport, error) {
			return api.VerifyReport{Segments: 2, Bytes: 1024, Damaged: []string{"mysql-bin.000002 at 100"}}, nil
		}),
	}
}

// healthy returns a status in which nothing is wrong.
func healthy() api.Status {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	seen, lag := now.Add(-800*time.Millisecond), 0.012
	return api.Status{
		State: api.Standby, Foundation: "Stichting WCDE", Site: "ams-1", Version: "v1.2.3",
		Started: now.Add(-76 * time.Hour), Now: now, Problems: []api.Problem{}, Components: []api.Component{},
		Databases: []api.Database{{
			Name: "ez2xs", Connected: true, SemiSync: true, ReceivedGTID: "0-1-42", ArchivedGTID: "0-1-42",
			AppliedGTID: "0-1-41", LagSeconds: &lag, SupplierLastSeen: &seen, Held: []api.Held{}, State: "streaming",
			Seeded: true, Segments: 2, ArchiveBytes: 3 << 20, Clients: []api.Client{}, Problems: []api.Problem{},
			Replica: api.Replica{Reachable: true, Version: "10.11.19", IORunning: true, SQLRunning: true, ReadOnly: true},
		}},
		Volumes: []struct{}{}, Backups: []struct{}{}, Drills: []struct{}{}, Motions: []struct{}{},
	}
}

// degraded returns a status with a hostile statement that is held.
func degraded() api.Status {
	s := healthy()
	d := &s.Databases[0]
	d.State = "supplier_gone"
	d.Connected = false
	d.ExposureSince = d.SupplierLastSeen
	d.Exposure = "the link is down"
	d.Problems = []api.Problem{{Message: "the supplier is gone", Hint: "check the link"}, {Message: "1 group is held"}}
	d.Held = []api.Held{{GTID: "0-1-42", Category: "account", Reason: "changes accounts",
		Statement: "GRANT ALL\n\x1b]0;owned\x07 ON *.* TO evil", Since: s.Now.Add(-time.Minute)}}
	return s
}

func start(t *testing.T, d *daemon) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d.socket = filepath.Join(dir, "s")
	server, err := control.NewServer(slog.New(slog.DiscardHandler), d.verbs())
	if err != nil {
		t.Fatal(err)
	}
	l, err := control.Listen(d.socket, control.ListenOptions{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return d
}

type result struct {
	code           int
	stdout, stderr string
}

// ctl runs wcdectl without a terminal.
func ctl(t *testing.T, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "HOME="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run wcdectl: %v", err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func TestStatusText(t *testing.T) {
	d := start(t, &daemon{status: healthy()})
	got := ctl(t, "--socket", d.socket, "status")
	want := `Stichting WCDE on ams-1: standby   wcded v1.2.3, up 3 d 4 h

✓ everything is as it should be

database ez2xs  streaming
  supplier   connected, last heard 2026-11-23 11:59:59 (800 ms ago)
  protection semi-sync: what the supplier has committed is here
  received   0-1-42
  archived   0-1-42  3.0 MiB in 2 segments
  applied    0-1-41  lag 12 ms
  replica    MariaDB 10.11.19, IO running, SQL running
  held       none
`
	if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}

	d = start(t, &daemon{status: degraded()})
	got = ctl(t, "--socket", d.socket, "status")
	want = `Stichting WCDE on ams-1: standby, degraded   wcded v1.2.3, up 3 d 4 h

✗ ez2xs: the supplier is gone
  → check the link
✗ ez2xs: 1 group is held

database ez2xs  supplier_gone
  supplier   not connected, last heard 2026-11-23 11:59:59 (800 ms ago)
  protection exposed since 2026-11-23 11:59:59 (800 ms ago): the link is down
  received   0-1-42
  archived   0-1-42  3.0 MiB in 2 segments
  applied    0-1-41  lag 12 ms
  replica    MariaDB 10.11.19, IO running, SQL running
  held       waiting for a decision: 1 group, wcdectl database held ez2xs
    0-1-42 account: GRANT ALL �]0;owned� ON *.* TO evil
`
	if diff := cmp.Diff(result{3, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("degraded status (-want +got):\n%s", diff)
	}
}

// The contract that others read.
func TestStatusJSON(t *testing.T) {
	for name, s := range map[string]api.Status{"healthy": healthy(), "degraded": degraded()} {
		d := start(t, &daemon{status: s})
		got := ctl(t, "--socket", d.socket, "--json", "status")
		if want := map[string]int{"healthy": 0, "degraded": 3}[name]; got.code != want || got.stderr != "" {
			t.Errorf("%s: exit code %d, stderr %q; want %d and nothing", name, got.code, got.stderr, want)
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(got.stdout), &m); err != nil {
			t.Fatal(err)
		}
		if m["state"] != "standby" {
			t.Errorf("%s: state = %v", name, m["state"])
		}
		for _, list := range []string{"databases", "volumes", "backups", "drills", "motions"} {
			if _, ok := m[list].([]any); !ok {
				t.Errorf("%s: %s = %v, want a list", name, list, m[list])
			}
		}
		if term, ok := m["term"].(map[string]any); !ok || len(term) != 1 || term["until"] != nil {
			t.Errorf("%s: term = %v, want until null", name, m["term"])
		}
		database := m["databases"].([]any)[0].(map[string]any)
		for _, key := range []string{"name", "connected", "semi_sync", "received_gtid", "archived_gtid", "applied_gtid",
			"lag_seconds", "supplier_last_seen", "held"} {
			if _, ok := database[key]; !ok {
				t.Errorf("%s: databases[0] lacks %s", name, key)
			}
		}
	}
}

func TestWrongUsage(t *testing.T) {
	d := start(t, &daemon{status: healthy()})
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"bogus"}, `unknown command "bogus" of wcdectl`},
		{[]string{}, "which command?"},
		{[]string{"database"}, "which command?"},
		{[]string{"databas", "seed"}, "did you mean database?"},
		{[]string{"database", "segmets", "ez2xs"}, "did you mean segments?"},
		{[]string{"status", "--bogus"}, "unknown flag: --bogus"},
		{[]string{"status", "now"}, "wcdectl status takes no arguments"},
		{[]string{"status", "--watch", "--interval", "1ms"}, "--interval 1ms is less than 100ms"},
		{[]string{"database", "seed"}, "wcdectl database seed needs NAME"},
		{[]string{"database", "skip", "ez2xs"}, "needs NAME and GTID"},
		{[]string{"database", "status", "nope"}, `there is no database "nope"`},
		{[]string{"database", "seed", "ez2xs", "--replace"}, "say --confirm ez2xs if you mean it"},
		{[]string{"database", "seed", "ez2xs", "--replace", "--confirm", "ez2xs"}, "say --yes if you are sure"},
		{[]string{"database", "adopt", "ez2xs"}, "say --yes if you are sure"},
	} {
		got := ctl(t, append([]string{"--socket", d.socket}, tt.args...)...)
		if got.code != 2 || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("wcdectl %v: exit code %d, %q; want 2 and %q", tt.args, got.code, got.stderr, tt.want)
		}
	}
	if len(d.requests) != 1 || d.requests[0] != (api.AdoptRequest{DryRun: true}) {
		t.Errorf("the daemon was asked for %+v; want only adopt's dry run", d.requests)
	}
}

func TestNobodyThere(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "nobody.sock")
	got := ctl(t, "--socket", socket, "status")
	want := "wcdectl: connect to wcded on " + socket + ": no such file or directory\n" +
		"  → is wcded running? systemctl status wcded\n"
	if got.code != 1 || got.stdout != "" || got.stderr != want {
		t.Errorf("got %+v, want exit code 1 and %q", got, want)
	}
	got = ctl(t, "--socket", socket, "--json", "status")
	var e control.Error
	err := json.Unmarshal([]byte(got.stderr), &e)
	if err != nil || e.Code != control.Failed || e.Advice == "" || got.code != 1 {
		t.Errorf("with --json got %+v (%v), want an error object with a hint and exit code 1", got, err)
	}
}

func TestLists(t *testing.T) {
	d := start(t, &daemon{status: degraded()})
	got := ctl(t, "--socket", d.socket, "database", "segments", "ez2xs")
	want := `STREAM  SEGMENT           SIZE     STATUS  SHA-256            BEGINS AFTER
1       mysql-bin.000001  1.0 MiB  sealed  abababababababab…  0-1-0
1       mysql-bin.000002  512 B    torn    –                  –

2 segments, 1.0 MiB
mysql-bin.000002 is torn: the supplier�[2J crashed
`
	if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	got = ctl(t, "--socket", d.socket, "database", "exposure", "ez2xs")
	want = `FROM                 TO                   FOR         WHY
2026-11-23 10:00:00  2026-11-23 10:01:30  1 min 30 s  semi-sync was off

1 interval, 1 min 30 s together
`
	if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("exposure (-want +got):\n%s", diff)
	}
	got = ctl(t, "--socket", d.socket, "database", "held", "ez2xs")
	if got.code != 3 || !strings.Contains(got.stdout, "wcdectl database release ez2xs 0-1-42") ||
		!strings.Contains(got.stdout, "GRANT ALL") || strings.Contains(got.stdout, "\x1b") {
		t.Errorf("held: %+v; want exit code 3, the statement without its escapes, and what to do", got)
	}
	got = ctl(t, "--socket", d.socket, "--json", "database", "verify", "ez2xs")
	if got.code != 3 || !strings.Contains(got.stdout, `"mysql-bin.000002 at 100"`) {
		t.Errorf("verify: %+v; want exit code 3 and the damaged segment", got)
	}
	got = ctl(t, "--socket", d.socket, "doctor")
	if got.code != 3 || !strings.Contains(got.stdout, "✗ free space       1 GiB left\n") ||
		!strings.Contains(got.stdout, "→ add space") || !strings.Contains(got.stdout, "✓ socket") {
		t.Errorf("doctor: %+v; want exit code 3 and what fails, with its hint", got)
	}
}

func TestDecisions(t *testing.T) {
	d := start(t, &daemon{status: degraded()})
	got := ctl(t, "--socket", d.socket, "database", "release", "ez2xs", "0-1-42", "--reason", "agreed by phone")
	if got.code != 0 || got.stdout != "0-1-42 released\n" {
		t.Errorf("release: %+v", got)
	}
	got = ctl(t, "--socket", d.socket, "database", "skip", "ez2xs", "0-1-43", "--yes")
	if got.code != 4 || !strings.Contains(got.stderr, "0-1-43 is not held") {
		t.Errorf("skip of what is not held: %+v; want exit code 4", got)
	}
	got = ctl(t, "--socket", d.socket, "database", "adopt", "ez2xs", "--yes", "--reason", "rebuilt")
	if got.code != 0 || !strings.Contains(got.stdout, "a new stream begins") {
		t.Errorf("adopt: %+v", got)
	}
	want := []any{
		api.Decision{GTID: "0-1-42", Reason: "agreed by phone"}, api.Decision{GTID: "0-1-43"},
		api.AdoptRequest{DryRun: true, Reason: "rebuilt"}, api.AdoptRequest{Reason: "rebuilt"},
	}
	if diff := cmp.Diff(want, d.requests); diff != "" {
		t.Errorf("the daemon was asked (-want +got):\n%s", diff)
	}
}

func TestSeed(t *testing.T) {
	d := start(t, &daemon{status: healthy(), seed: func(_ context.Context, in api.SeedRequest,
		progress func(api.SeedProgress)) (api.SeedReport, error) {
		if !in.Replace {
			return api.SeedReport{}, control.Errorf(control.Refused, "use --replace", "the server is not empty")
		}
		progress(api.SeedProgress{Phase: "dump", Done: 1 << 20, Total: 4 << 20})
		return api.SeedReport{GTID: "0-1-7", Databases: []string{"shop"}, Tables: 3, Bytes: 4 << 20, Seconds: 61,
			Warnings: []string{"shop.log is Aria"}, Accounts: []api.Account{{User: "app", Host: "%"}}}, nil
	}})
	got := ctl(t, "--socket", d.socket, "database", "seed", "ez2xs")
	if got.code != 4 || !strings.Contains(got.stderr, "→ use --replace") {
		t.Errorf("seed of a server that is not empty: %+v; want exit code 4 and the hint", got)
	}
	got = ctl(t, "--socket", d.socket, "database", "seed", "ez2xs", "--replace", "--confirm", "ez2xs", "--yes")
	want := "✓ ez2xs is seeded: 3 tables of 1 database, 4.0 MiB in 1 min 1 s, at 0-1-7\n! shop.log is Aria\n" +
		"Accounts at the supplier that were not copied; review them for the day of the switch " +
		"(--json has their grants):\n  'app'@'%'\n"
	if got.code != 0 || got.stdout != want {
		t.Errorf("seed: %+v; want\n%s", got, want)
	}
	got = ctl(t, "--socket", d.socket, "--json", "database", "seed", "ez2xs", "--replace", "--confirm", "ez2xs", "--yes")
	var report api.SeedReport
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || report.GTID != "0-1-7" || got.stderr != "" {
		t.Errorf("seed --json: %+v (%v); want the report alone", got, err)
	}
}

// Ctrl-C must reach the daemon, which then gives up the seed.
func TestInterruptedSeedIsCancelled(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	d := start(t, &daemon{status: healthy(), seed: func(ctx context.Context, _ api.SeedRequest,
		_ func(api.SeedProgress)) (api.SeedReport, error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return api.SeedReport{}, ctx.Err()
	}})
	cmd := exec.CommandContext(t.Context(), binary, "--socket", d.socket, "database", "seed", "ez2xs")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-started
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	err := cmd.Wait()
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("wcdectl ended with %v, %q; want exit code 1 and interrupted", err, stderr.String())
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the daemon goes on seeding")
	}
}

func TestWatch(t *testing.T) {
	d := start(t, &daemon{status: healthy()})
	cmd := exec.CommandContext(t.Context(), binary, "--socket", d.socket, "--json", "status", "--watch",
		"--interval", "100ms")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(out)
	for range 3 {
		var s api.Status
		if err := dec.Decode(&s); err != nil || s.State != api.Standby {
			t.Fatalf("watch printed %+v, %v", s, err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Errorf("watch ended with %v, want exit code 0 after an interrupt", err)
	}
}

func TestHelpVersionCompletionAndMan(t *testing.T) {
	if got := ctl(t, "database", "seed", "--help"); got.code != 0 || !strings.Contains(got.stdout, "Exit status:") ||
		!strings.Contains(got.stdout, "4  refused by a rule") {
		t.Errorf("help: %+v; want the exit status explained", got)
	}
	if got := ctl(t, "--json", "version"); got.code != 0 || !strings.Contains(got.stdout, `"version":`) {
		t.Errorf("version: %+v", got)
	}
	if got := ctl(t, "completion", "bash"); got.code != 0 || !strings.Contains(got.stdout, "wcdectl") {
		t.Errorf("completion: exit code %d", got.code)
	}
	d := start(t, &daemon{status: healthy()})
	got := ctl(t, "__complete", "--socket", d.socket, "database", "seed", "")
	if !strings.HasPrefix(got.stdout, "ez2xs\n") {
		t.Errorf("completion of a database: %+v", got)
	}
	dir := t.TempDir()
	if got := ctl(t, "man", dir); got.code != 0 {
		t.Fatalf("man: %+v", got)
	}
	for _, page := range []string{"wcdectl.1", "wcdectl-status.1", "wcdectl-database-seed.1"} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil || !bytes.Contains(text, []byte(".TH")) {
			t.Errorf("%s: %v", page, err)
		}
	}
}
