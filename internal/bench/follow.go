package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
	"github.com/wcde-foundation/wcded/replicator/guard"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// followConfig is what the role follow is given: the parts of the copy of one database, wired as the daemon wires
// them.
type followConfig struct {
	Archive  string `json:"archive"`
	State    string `json:"state"`
	Supplier string `json:"supplier"` // host:port to follow; "": none
	SemiSync bool   `json:"semi_sync"`
	Serve    bool   `json:"serve"` // serve the archive on a port of 127.0.0.1
	User     string `json:"user"`
	Password string `json:"password"`
	Profile  string `json:"profile"` // file for a processor profile; "": none
}

// followRequest is one of: wait until the archive has published Reach (for at most Limit), or tell usage.
type followRequest struct {
	Reach string        `json:"reach,omitempty"`
	Limit time.Duration `json:"limit,omitempty"`
}

// followAnswer is also the first message, without a request: the child is ready.
type followAnswer struct {
	failure
	Port  int     `json:"port,omitempty"`
	Bytes int64   `json:"bytes"` // of the archive
	Peak  int64   `json:"peak"`  // bytes of the largest resident set so far
	CPU   float64 `json:"cpu"`   // seconds of processor time so far
	Syncs uint64  `json:"syncs"`
	Acks  uint64  `json:"acks"`
}

// Follow is the child that follows a supplier into an archive, and serves it.
func Follow(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) (err error) {
	var c followConfig
	requests := json.NewDecoder(in)
	if err := requests.Decode(&c); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	stopProfile, err := startProfile(c.Profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	a, err := archive.Open(archive.Options{Dir: c.Archive, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()

	ctx, cancel := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	defer func() {
		cancel()
		err = errors.Join(err, g.Wait())
	}()
	f := &follower{archive: a, answers: json.NewEncoder(out)}
	if c.Supplier != "" {
		if f.upstream, err = c.follower(a, log); err != nil {
			return err
		}
		g.Go(func() error { return errors.Join(f.upstream.Run(ctx), f.upstream.Close()) })
	}
	if c.Serve {
		decisions, err := binlogserver.OpenDecisions(filepath.Join(c.State, "decisions.jsonl"), log)
		if err != nil {
			return err
		}
		defer decisions.Close() // nobody decides anything here
		if f.port, err = c.serve(ctx, g, a, decisions, log); err != nil {
			return err
		}
	}
	return f.converse(ctx, requests)
}

func (c followConfig) follower(a *archive.Archive, log *slog.Logger) (*upstream.Follower, error) {
	return upstream.New(upstream.Options{
		Archive: a, ServerID: followerID, SemiSync: c.SemiSync, Heartbeat: 5 * time.Second, ReadTimeout: 15 * time.Second,
		MaxEvent: 1 << 30, StateDir: c.State, Logger: log,
		Supplier: upstream.Supplier{
			Network: "tcp", Address: c.Supplier, User: c.User,
			Password: func() (string, error) { return c.Password, nil },
		},
	})
}

// serve runs a binlog server in g and returns its port.
func (c followConfig) serve(ctx context.Context, g *errgroup.Group, a *archive.Archive, d *binlogserver.Decisions,
	log *slog.Logger) (port int, err error) {
	s, err := binlogserver.New(binlogserver.Options{
		Archive: a, Guard: guard.New(guard.Policy{}), Decisions: d, User: c.User, Password: c.Password,
		ServerID: servingID, Logger: log,
	})
	if err != nil {
		return 0, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	g.Go(func() error { return s.Serve(ctx, l) })
	return l.Addr().(*net.TCPAddr).Port, nil
}

// follower answers the parent.
type follower struct {
	archive  *archive.Archive
	upstream *upstream.Follower // nil: none
	port     int
	answers  *json.Encoder
}

// converse answers until the parent closes its end.
func (f *follower) converse(ctx context.Context, requests *json.Decoder) error {
	answer, err := f.answer()
	for {
		if err != nil {
			answer = followAnswer{failure: failure{err.Error()}}
		}
		if err := f.answers.Encode(answer); err != nil {
			return err
		}
		var r followRequest
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		if err = f.reach(ctx, r); err == nil {
			answer, err = f.answer()
		}
	}
}

// reach waits as r asks.
func (f *follower) reach(ctx context.Context, r followRequest) error {
	want, err := binlog.ParsePosition(r.Reach)
	if err != nil || len(want) == 0 {
		return err
	}
	err = until(ctx, "the archive has "+r.Reach, r.Limit, time.Millisecond, func() (bool, error) {
		return f.archive.Published().Reached(want), nil
	})
	if err != nil && f.upstream != nil {
		s := f.upstream.Status()
		err = fmt.Errorf("%w (supplier: %s %s; published %s)", err, s.State, s.Detail, f.archive.Published())
	}
	return err
}

func (f *follower) answer() (followAnswer, error) {
	a := followAnswer{Port: f.port, Bytes: f.archive.Size()}
	if f.upstream != nil {
		s := f.upstream.Status()
		a.Syncs, a.Acks = s.Syncs, s.Acks
	}
	var err error
	a.Peak, a.CPU, err = usage()
	return a, err
}

// startProfile begins a processor profile in a file; stop ends it.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
