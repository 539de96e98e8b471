package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/control"
)

const within = 10 * time.Second // for what has to happen at all; nothing asserts how long it took

// logBuffer is a log that a test may read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "run", "operators.sock")
}

// serve answers verbs on a socket until the test ends or stop is called, and returns a client.
func serve(t *testing.T, verbs ...control.Verb) (c *control.Client, path string, log *logBuffer, stop func()) {
	t.Helper()
	log = &logBuffer{}
	path = socketPath(t)
	server, err := control.NewServer(slog.New(slog.NewTextHandler(log, nil)), verbs)
	if err != nil {
		t.Fatal(err)
	}
	l, err := control.Listen(path, control.ListenOptions{Mode: 0o660})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	c = control.NewClient(path)
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v", err)
		}
		c.Close()
	})
	t.Cleanup(stop)
	return c, path, log, stop
}

type greeting struct {
	Name  string `json:"name"`
	Times int    `json:"times"`
}

func TestReadAndChange(t *testing.T) {
	var peers []control.Peer
	c, _, log, _ := serve(t,
		control.Read("/v1/names/{name}", func(_ context.Context, call control.Call) (greeting, error) {
			peers = append(peers, call.Peer)
			return greeting{Name: call.Value("name"), Times: 1}, nil
		}),
		control.Change("/v1/names/{name}/greet",
			func(ctx context.Context, call control.Call, in greeting) (greeting, error) {
				p, ok := control.PeerFrom(ctx)
				if !ok || p != call.Peer {
					return greeting{}, errors.New("the context has another peer")
				}
				return greeting{Name: call.Value("name"), Times: in.Times + 1}, nil
			}))

	got, err := control.Get[greeting](t.Context(), c, control.Path("/v1/names/{name}").With("a/b c%2f"))
	if err != nil || got.Name != "a/b c%2f" {
		t.Errorf("Get = %+v, %v; want the name as it was", got, err)
	}
	want := control.Peer{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), PID: int32(os.Getpid())}
	if peers[0] != want {
		t.Errorf("peer = %+v, want %+v", peers[0], want)
	}
	if strings.Contains(log.String(), "change") {
		t.Errorf("a read was logged as a change:\n%s", log)
	}

	got, err = control.Post[greeting](t.Context(), c, "/v1/names/x/greet", greeting{Times: 41})
	if err != nil || got.Times != 42 {
		t.Errorf("Post = %+v, %v; want 42", got, err)
	}
	for _, want := range []string{"change asked for", "verb=/v1/names/x/greet", fmt.Sprintf("uid=%d", os.Getuid()),
		fmt.Sprintf("pid=%d", os.Getpid()), `\"times\":41`, "change made"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "turn it off and on" }

func TestErrors(t *testing.T) {
	fail := func(err error) func(context.Context, control.Call) (greeting, error) {
		return func(context.Context, control.Call) (greeting, error) { return greeting{}, err }
	}
	rule := control.Errorf(control.Refused, "ask the board", "not without a motion")
	c, path, log, _ := serve(t,
		control.Read("/plain", fail(errors.New("boom"))),
		control.Read("/rule", fail(fmt.Errorf("skip 0-1-2: %w", rule))),
		control.Read("/degraded", fail(control.Errorf(control.Degraded, "", "half of it"))),
		control.Read("/hinted", fail(fmt.Errorf("start: %w", hinted{errors.New("stuck")}))),
		control.Read("/panic", func(context.Context, control.Call) (greeting, error) { panic("oh no") }),
		control.Change("/change", func(context.Context, control.Call, greeting) (greeting, error) {
			return greeting{}, rule
		}),
		control.Read("/nan", func(context.Context, control.Call) (any, error) { return func() {}, nil }),
	)
	get := func(path string) error {
		_, err := control.Get[greeting](t.Context(), c, path)
		return err
	}
	post := func(path string, in any) error {
		_, err := control.Post[greeting](t.Context(), c, path, in)
		return err
	}
	for _, tt := range []struct {
		name    string
		err     error
		message string
		hint    string
		code    control.Code
		exit    int
	}{
		{"plain", get("/plain"), "boom", "", control.Failed, 1},
		{"wrapped rule", get("/rule"), "skip 0-1-2: not without a motion", "ask the board", control.Refused, 4},
		{"degraded", get("/degraded"), "half of it", "", control.Degraded, 3},
		{"hint of another type", get("/hinted"), "start: stuck", "turn it off and on", control.Failed, 1},
		{"panic", get("/panic"), "panic: oh no", "", control.Failed, 1},
		{"unknown path", get("/nope"), "wcded does not know GET /nope",
			"are wcdectl and wcded of the same version?", control.Usage, 2},
		{"wrong method", post("/plain", greeting{}), "wcded does not know POST /plain",
			"are wcdectl and wcded of the same version?", control.Usage, 2},
		{"refused change", post("/change", greeting{}), "not without a motion", "ask the board", control.Refused, 4},
		{"unknown member", post("/change", map[string]int{"force": 1}),
			`read request: json: unknown field "force"`, "are wcdectl and wcded of the same version?", control.Usage, 2},
		{"body too large", post("/change", greeting{Name: strings.Repeat("x", 1<<20)}),
			"read request: http: request body too large", "", control.Usage, 2},
		{"answer that cannot be written", get("/nan"),
			"write answer: json: unsupported type: func()", "", control.Failed, 1},
	} {
		var e *control.Error
		if !errors.As(tt.err, &e) {
			t.Errorf("%s: error is %T %v, want a *control.Error", tt.name, tt.err, tt.err)
			continue
		}
		if e.Message != tt.message || e.Advice != tt.hint || e.Code != tt.code || e.Code.ExitCode() != tt.exit {
			t.Errorf("%s: got %+v (exit %d), want %q, hint %q, code %s (exit %d)",
				tt.name, *e, e.Code.ExitCode(), tt.message, tt.hint, tt.code, tt.exit)
		}
	}
	if !strings.Contains(log.String(), "verb panicked") || !strings.Contains(log.String(), "TestErrors") {
		t.Errorf("the log has no stack of the panic:\n%s", log)
	}
	if !strings.Contains(log.String(), "change not made") {
		t.Errorf("the log lacks the refused change:\n%s", log)
	}
	// A body with something behind its object, as no client of ours sends it.
	raw := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", path)
	}}}
	resp, err := raw.Post("http://wcded/change", "application/json", strings.NewReader(`{} {}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var e control.Error
	err = json.NewDecoder(resp.Body).Decode(&e)
	if err != nil || e.Code != control.Usage || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("two values: %s %+v %v; want 400 and usage", resp.Status, e, err)
	}
	raw.CloseIdleConnections()
}

func TestLongVerbTellsProgressAndResult(t *testing.T) {
	seen := make(chan struct{})
	c, _, _, _ := serve(t, control.Long("/long",
		func(ctx context.Context, _ control.Call, in greeting, progress func(int)) (greeting, error) {
			if in.Name == "bad" {
				return greeting{}, control.Errorf(control.Refused, "no", "refused")
			}
			for i := range 1000 { // more than anybody reads: it must not block
				progress(i)
			}
			progress(1000)
			select {
			case <-seen:
				return greeting{Name: "done"}, nil
			case <-ctx.Done():
				return greeting{}, ctx.Err()
			}
		}))
	once := sync.OnceFunc(func() { close(seen) })
	out, err := control.Follow[greeting](t.Context(), c, "/long", greeting{}, func(n int) {
		if n == 1000 {
			once()
		}
	})
	if err != nil || out.Name != "done" {
		t.Errorf("Follow = %+v, %v; want done", out, err)
	}
	_, err = control.Follow[greeting](t.Context(), c, "/long", greeting{Name: "bad"}, func(int) {})
	var e *control.Error
	if !errors.As(err, &e) || e.Code != control.Refused || e.Advice != "no" {
		t.Errorf("Follow = %v, want the refusal with its hint", err)
	}
}

func TestClientThatGoesAwayCancelsTheVerb(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	c, _, log, _ := serve(t, control.Long("/long",
		func(ctx context.Context, _ control.Call, _ greeting, _ func(int)) (greeting, error) {
			close(started)
			<-ctx.Done()
			ended <- ctx.Err()
			return greeting{}, ctx.Err()
		}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	_, err := control.Follow[greeting](ctx, c, "/long", greeting{}, func(int) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Follow = %v, want canceled", err)
	}
	select {
	case <-ended:
	case <-time.After(within):
		t.Fatal("the verb goes on although its client is gone")
	}
	eventually(t, "the log says that the change was not made", func() bool {
		return strings.Contains(log.String(), "change not made")
	})
}

func TestStopEndsVerbsAndSaysSo(t *testing.T) {
	started := make(chan struct{})
	c, path, _, stop := serve(t, control.Long("/long",
		func(ctx context.Context, _ control.Call, _ greeting, _ func(int)) (greeting, error) {
			close(started)
			<-ctx.Done()
			return greeting{}, ctx.Err()
		}))
	go func() {
		<-started
		stop()
	}()
	_, err := control.Follow[greeting](t.Context(), c, "/long", greeting{}, func(int) {})
	var e *control.Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Message, "wcded is stopping") {
		t.Errorf("Follow = %v, want that wcded is stopping", err)
	}
	stop()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there after the stop: %v", err)
	}
	_, err = control.Get[greeting](t.Context(), c, "/x")
	var unreachable *control.UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Hint() != "is wcded running? systemctl status wcded" {
		t.Errorf("Get after the stop = %v, want unreachable with a hint", err)
	}
}

// A server that dies in the middle of a long verb must not look like one that finished.
func TestStreamWithoutItsLastLineIsAnError(t *testing.T) {
	path := socketPath(t)
	l, err := control.Listen(path, control.ListenOptions{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 1024)
		if _, err := conn.Read(buf); err != nil {
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"progress\":1}\n")
	}()
	got := 0
	_, err = control.Follow[greeting](t.Context(), control.NewClient(path), "/long", greeting{}, func(n int) { got = n })
	var e *control.Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, "went away before it answered") || got != 1 {
		t.Errorf("Follow = %v after progress %d, want an error after progress 1", err, got)
	}
}

// A client that asks and then reads nothing must not hold up the verb that it asked for.
func TestClientThatDoesNotReadDoesNotBlockTheVerb(t *testing.T) {
	finished := make(chan struct{})
	big := strings.Repeat("x", 64<<10)
	_, path, _, _ := serve(t, control.Long("/long",
		func(_ context.Context, _ control.Call, _ greeting, progress func(string)) (greeting, error) {
			for range 10_000 {
				progress(big)
			}
			close(finished)
			return greeting{}, nil
		}))
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /long HTTP/1.1\r\nHost: wcded\r\nContent-Length: 2\r\n\r\n{}")
	select {
	case <-finished:
	case <-time.After(within):
		t.Fatal("the verb waits for its client to read")
	}
}

func TestManyClientsWaitTheirTurn(t *testing.T) {
	release := make(chan struct{})
	c, _, _, _ := serve(t, control.Read("/slow", func(ctx context.Context, _ control.Call) (greeting, error) {
		select {
		case <-release:
			return greeting{}, nil
		case <-ctx.Done():
			return greeting{}, ctx.Err()
		}
	}))
	errs := make(chan error)
	for range 100 {
		go func() {
			_, err := control.Get[greeting](t.Context(), c, "/slow")
			errs <- err
		}()
	}
	close(release)
	for range 100 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestDuplicateVerbIsAnError(t *testing.T) {
	v := control.Read("/x", func(context.Context, control.Call) (int, error) { return 0, nil })
	if _, err := control.NewServer(slog.New(slog.DiscardHandler), []control.Verb{v, v}); err == nil {
		t.Error("NewServer took the same verb twice")
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
