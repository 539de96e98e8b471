package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/app"
	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

const within = 20 * time.Second // for what has to happen at all; nothing asserts how long it took

// buffer is a log that a test may read while it is written.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// site is a folder with a configuration in which neither the supplier nor the foundation's MariaDB is there: the
// daemon has to run all the same.
type site struct {
	dir    string
	config string // path
}

func newSite(t *testing.T) site {
	t.Helper()
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := site{dir: dir, config: filepath.Join(dir, "wcded.yaml")}
	s.write(t, nil)
	return s
}

// write makes the configuration, with each key of replace replaced by its value.
func (s site) write(t *testing.T, replace map[string]string) {
	t.Helper()
	text := strings.ReplaceAll(`foundation: {name: Test, site: {name: lab, country: NL}, allowed_countries: [NL]}
state_dir: DIR/state
log: {level: info}
metrics: {listen: "127.0.0.1:0"}
control: {socket: DIR/run/operators.sock}
databases:
  - name: one
    supplier: {address: DIR/supplier.sock, user: wcde_repl, password_file: DIR/secret, tls: {mode: "off"}}
    archive: {dir: DIR/archive, keep: 35d, reserve: 1MiB}
    serve: {listen: "127.0.0.1:0", password_file: DIR/secret}
    replica: {socket: DIR/foundation.sock}
`, "DIR", s.dir)
	for old, with := range replace {
		if !strings.Contains(text, old) {
			t.Fatalf("the configuration has no %q", old)
		}
		text = strings.ReplaceAll(text, old, with)
	}
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// instance is a running daemon.
type instance struct {
	t      *testing.T
	client *control.Client
	at     app.Addresses
	log    *buffer
	level  *slog.LevelVar
	reload chan struct{}
	told   func() []string // what the service manager was told
	stop   func() error    // stops it and returns what Run returned; later calls return the same
}

func start(t *testing.T, s site) *instance {
	t.Helper()
	i := &instance{t: t, log: &buffer{}, level: new(slog.LevelVar), reload: make(chan struct{})}
	var mu sync.Mutex
	var told []string
	i.told = func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(told)
	}
	ctx, cancel := context.WithCancel(context.Background())
	started := make(chan app.Addresses, 1)
	done := make(chan error, 1)
	go func() {
		done <- app.Run(ctx, app.Options{
			ConfigPath: s.config, Level: i.level, Reload: i.reload, Watchdog: 300 * time.Millisecond,
			Logger:  slog.New(slog.NewTextHandler(i.log, &slog.HandlerOptions{Level: i.level})),
			Started: func(a app.Addresses) { started <- a },
			Notify: func(state string) error {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, state)
				return nil
			},
		})
	}()
	i.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(time.Minute):
			return errors.New("the daemon does not stop")
		}
	})
	t.Cleanup(func() {
		if err := i.stop(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	select {
	case i.at = <-started:
	case err := <-done:
		cancel()
		t.Fatalf("the daemon did not start: %v\n%s", err, i.log)
	case <-time.After(within):
		t.Fatalf("the daemon is not up:\n%s", i.log)
	}
	i.client = control.NewClient(i.at.Socket)
	t.Cleanup(i.client.Close)
	return i
}

func (i *instance) status() api.Status {
	i.t.Helper()
	s, err := control.Get[api.Status](i.t.Context(), i.client, string(api.StatusPath))
	if err != nil {
		i.t.Fatal(err)
	}
	return s
}

func (i *instance) scrape() string {
	i.t.Helper()
	resp, err := http.Get("http://" + i.at.Metrics + "/metrics")
	if err != nil {
		i.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		i.t.Fatalf("scrape: %s, %v\n%s", resp.Status, err, text)
	}
	return string(text)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestRunsWithoutSupplierAndStopsCleanly(t *testing.T) {
	s := newSite(t)
	i := start(t, s)
	eventually(t, "the supplier is known to be gone", func() bool {
		return i.status().Databases[0].State == "supplier_gone"
	})
	status := i.status()
	db := status.Databases[0]
	if status.State != api.Standby || !status.Degraded() || db.Connected || db.Seeded || len(db.Problems) == 0 {
		t.Errorf("status = %+v, want standby, degraded, and problems of the database", status)
	}
	c := status.Components
	if len(c) != 1 || c[0].Name != "database/one" || c[0].State != "running" || c[0].Restarts != 0 {
		t.Errorf("components = %+v, want one that runs", c)
	}
	if err := i.stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if _, err := os.Lstat(i.at.Socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if conn, err := net.Dial("tcp", i.at.Metrics); err == nil {
		conn.Close()
		t.Error("the metrics are still served")
	}
	again := start(t, s)
	if got := again.status().Databases[0].Name; got != "one" {
		t.Errorf("after a second start the database is %q", got)
	}
}

func TestStatusJSONIsTheContract(t *testing.T) {
	i := start(t, newSite(t))
	m, err := control.Get[map[string]any](t.Context(), i.client, string(api.StatusPath))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"databases", "volumes", "backups", "drills", "motions"} {
		if _, ok := m[list].([]any); !ok {
			t.Errorf("%s is no list in %s", list, text)
		}
	}
	if until, ok := m["term"].(map[string]any)["until"]; !ok || until != nil {
		t.Errorf("term.until is not null in %s", text)
	}
	db := m["databases"].([]any)[0].(map[string]any)
	for _, key := range []string{"name", "connected", "semi_sync", "received_gtid", "archived_gtid", "applied_gtid",
		"lag_seconds", "supplier_last_seen", "held", "problems", "clients"} {
		if _, ok := db[key]; !ok {
			t.Errorf("databases[0] lacks %s in %s", key, text)
		}
	}
}

func TestTwoInstancesSideBySide(t *testing.T) {
	one, two := start(t, newSite(t)), start(t, newSite(t))
	if err := one.stop(); err != nil {
		t.Error(err)
	}
	if got := two.status().State; got != api.Standby {
		t.Errorf("after the first was stopped the second is %q", got)
	}
}

func TestMetricsPassPromtool(t *testing.T) {
	i := start(t, newSite(t))
	text := i.scrape()
	lint := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	lint.Stdin = strings.NewReader(text)
	if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	for _, want := range []string{
		"wcde_build_info{version=", "wcde_start_timestamp_seconds ", `wcde_state{state="standby"} 1`,
		`wcde_component_running{component="database/one"} 1`, `wcde_component_restarts_total{component="database/one"} 0`,
		`wcde_database_replica_reachable{database="one"} 0`, "go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the scrape lacks %s", want)
		}
	}
	for line := range strings.Lines(text) {
		name := strings.FieldsFunc(line, func(r rune) bool { return r == '{' || r == ' ' })[0]
		if name != "#" && !slices.ContainsFunc([]string{"wcde_", "go_", "process_", "promhttp_"}, func(prefix string) bool {
			return strings.HasPrefix(name, prefix)
		}) {
			t.Errorf("the metric %s has no prefix of ours", name)
		}
	}
}

func TestTellsTheServiceManager(t *testing.T) {
	i := start(t, newSite(t))
	eventually(t, "the watchdog is fed", func() bool {
		n := 0
		for _, state := range i.told() {
			if state == "WATCHDOG=1" {
				n++
			}
		}
		return n >= 3
	})
	i.reload <- struct{}{}
	eventually(t, "the reload is over", func() bool {
		told := i.told()
		at := slices.IndexFunc(told, func(s string) bool { return strings.HasPrefix(s, "RELOADING=1\nMONOTONIC_USEC=") })
		return at >= 0 && slices.Contains(told[at:], "READY=1")
	})
	if err := i.stop(); err != nil {
		t.Error(err)
	}
	told := i.told()
	if told[0] != "READY=1" || !strings.HasPrefix(told[len(told)-1], "STOPPING=1") {
		t.Errorf("the service manager was told %q; want READY first and STOPPING last", told)
	}
	if !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "STATUS=standby; one ") }) {
		t.Errorf("the service manager was told %q; want a status line", told)
	}
}

func TestReload(t *testing.T) {
	s := newSite(t)
	i := start(t, s)
	mention := func(what string) bool {
		return slices.ContainsFunc(i.status().Problems, func(p api.Problem) bool {
			return strings.Contains(p.Message, what) && p.Hint != ""
		})
	}
	reload := func(replace map[string]string) {
		t.Helper()
		s.write(t, replace)
		i.reload <- struct{}{} // taken only when the reload before it is over
	}

	reload(map[string]string{"level: info": "level: debug", "keep: 35d": "keep: 7d",
		s.dir + "/foundation.sock": "/elsewhere.sock"})
	eventually(t, "what needs a restart is a problem", func() bool { return mention("databases[one].replica.socket") })
	if i.level.Level() != slog.LevelDebug {
		t.Errorf("the log level is %s, want debug", i.level.Level())
	}
	if mention("archive.keep") || mention("log.level") {
		t.Errorf("problems %+v name what was taken over", i.status().Problems)
	}
	for _, want := range []string{"databases[one].archive.keep: 35d → 7d", "log.level: info → debug",
		"databases[one].replica.socket", "needs a restart"} {
		if !strings.Contains(i.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, i.log)
		}
	}

	reload(map[string]string{"keep: 35d": "keep: soon"})
	eventually(t, "a bad file is a problem", func() bool { return mention(`"soon" is not a duration`) })
	if i.level.Level() != slog.LevelDebug {
		t.Errorf("after a bad file the log level is %s, want it left at debug", i.level.Level())
	}

	reload(map[string]string{"name: one": "name: two"})
	eventually(t, "a new database is a problem", func() bool {
		return mention("databases[two]: absent → present") && mention("databases[one]: present → absent")
	})

	reload(nil)
	eventually(t, "nothing is wrong any more", func() bool { return len(i.status().Problems) == 0 })
	if i.level.Level() != slog.LevelInfo {
		t.Errorf("the log level is %s, want info again", i.level.Level())
	}
}

func TestFailsToStart(t *testing.T) {
	fails := func(s site) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		err := app.Run(ctx, app.Options{ConfigPath: s.config, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			t.Error("Run returned nil, want an error")
			return errors.New("")
		}
		return err
	}
	s := newSite(t)
	i := start(t, s)
	if err := fails(s); !errors.Is(err, control.ErrInUse) {
		t.Errorf("a second daemon on the same socket: %v, want ErrInUse", err)
	}
	if got := i.status().State; got != api.Standby {
		t.Errorf("after that the first is %q", got)
	}

	taken := newSite(t)
	taken.write(t, map[string]string{`metrics: {listen: "127.0.0.1:0"}`: fmt.Sprintf("metrics: {listen: %q}",
		i.at.Metrics)})
	if err := fails(taken); !strings.Contains(err.Error(), "serve metrics: ") {
		t.Errorf("metrics on a port that is taken: %v", err)
	}
	bad := newSite(t)
	bad.write(t, map[string]string{"keep: 35d": "keep: 35"})
	var mistakes configs.Errors
	if err := fails(bad); !errors.As(err, &mistakes) {
		t.Errorf("a bad configuration: %v, want configs.Errors", err)
	}
	blocked := newSite(t)
	if err := os.WriteFile(filepath.Join(blocked.dir, "state"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fails(blocked); !strings.Contains(err.Error(), "state_dir") {
		t.Errorf("a file in place of state_dir: %v", err)
	}
}

func TestCheck(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	s := newSite(t)
	if err := app.Check(s.config, log); err != nil {
		t.Errorf("Check = %v", err)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("Check left %v, %v; want only the configuration and the secret", entries, err)
	}
	i := start(t, s) // a check before a reload runs beside the daemon
	if err := app.Check(s.config, log); err != nil {
		t.Errorf("Check beside a running daemon = %v", err)
	}
	if err := i.stop(); err != nil {
		t.Error(err)
	}
	s.write(t, map[string]string{s.dir + "/secret": s.dir + "/none"})
	if err := app.Check(s.config, log); err == nil || !strings.Contains(err.Error(), s.dir+"/none") {
		t.Errorf("Check with a missing secret = %v, want its path", err)
	}
}

func TestVerbsOfAnAbsentDatabase(t *testing.T) {
	i := start(t, newSite(t))
	eventually(t, "the database is up", func() bool { return i.status().Databases[0].State == "supplier_gone" })
	get := func(path string) error {
		_, err := control.Get[any](t.Context(), i.client, path)
		return err
	}
	post := func(path string, in any) error {
		_, err := control.Post[any](t.Context(), i.client, path, in)
		return err
	}
	seed := func(in api.SeedRequest) error {
		_, err := control.Follow[api.SeedReport](t.Context(), i.client, api.SeedPath.With("one"), in,
			func(api.SeedProgress) {})
		return err
	}
	for _, tt := range []struct {
		name string
		err  error
		code control.Code
		want string
	}{
		{"another database", get(api.DatabasePath.With("two")), control.Usage, `there is no database "two"`},
		{"segments of another", get(api.SegmentsPath.With("two")), control.Usage, `there is no database "two"`},
		{"no GTID", post(api.ReleasePath.With("one"), api.Decision{GTID: "1-2"}), control.Usage, "parse GTID"},
		{"release", post(api.ReleasePath.With("one"), api.Decision{GTID: "0-1-2"}), control.Refused, "not held"},
		{"skip", post(api.SkipPath.With("one"), api.Decision{GTID: "0-1-2"}), control.Refused, "not held"},
		{"adopt", post(api.AdoptPath.With("one"), api.AdoptRequest{DryRun: true}), control.Refused, "adopt"},
		{"seed from nobody", seed(api.SeedRequest{}), control.Failed, ""},
	} {
		var e *control.Error
		if !errors.As(tt.err, &e) || e.Code != tt.code || !strings.Contains(e.Message, tt.want) {
			t.Errorf("%s: %v (%+v), want %s and %q", tt.name, tt.err, e, tt.code, tt.want)
		}
	}
	held, err := control.Get[[]api.Held](t.Context(), i.client, api.HeldPath.With("one"))
	if err != nil || held == nil || len(held) != 0 {
		t.Errorf("held = %v, %v; want an empty list", held, err)
	}
	report, err := control.Follow[api.VerifyReport](t.Context(), i.client, api.VerifyPath.With("one"), struct{}{},
		func(api.VerifyProgress) {})
	if err != nil || report.Damaged == nil || len(report.Damaged) != 0 {
		t.Errorf("verify = %+v, %v; want nothing damaged", report, err)
	}
	checks, err := control.Get[[]api.Check](t.Context(), i.client, string(api.DoctorPath))
	if err != nil {
		t.Fatal(err)
	}
	ok := map[string]bool{}
	for _, c := range checks {
		ok[c.Name] = c.OK
		if !c.OK && c.Detail == "" {
			t.Errorf("check %+v says nothing", c)
		}
	}
	if !ok["state space"] || !ok["database/one"] || ok["one"] {
		t.Errorf("checks = %+v, want space and component in order, and the database not", checks)
	}
}
