package replicator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
	"github.com/wcde-foundation/wcded/replicator/guard"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// serverID is what our binlog server calls itself; every replica must have another one.
const serverID = 4_100_000_001

// Options says what a Database needs besides its configuration.
type Options struct {
	StateDir string // below it, databases/NAME is ours
	Logger   *slog.Logger
}

// Database is the live copy of one supplier's database. Its methods may be called concurrently; Run once at a time.
type Database struct {
	name  string
	state string // directory
	log   *slog.Logger
	tls   *tls.Config
	guard switchable
	lag   *lag
	stats *stats

	mu      sync.Mutex
	cfg     configs.Database
	running *running // nil while Run is not running
	replica ReplicaStatus
	limit   bool // the archive is over its size limit, and nothing may be deleted
	seeding bool
	version int    // of the foundation's MariaDB, such as 101119; 0: not known
	clock   string // what is wrong with the wall clock, "" if nothing is
}

// running is what exists only while Run runs.
type running struct {
	archive   *archive.Archive
	follower  *upstream.Follower
	decisions *binlogserver.Decisions
	server    *binlogserver.Server
	replica   *mariadb.Server
	address   string // of the binlog server
}

// switchable is a guard that can be exchanged while streams use it.
type switchable struct{ p atomic.Pointer[guard.Guard] }

// Event judges as the current guard does.
func (s *switchable) Event(h binlog.Header, raw []byte, checksum bool) guard.Verdict {
	return s.p.Load().Event(h, raw, checksum)
}

// New builds the database from its configuration and reads its secrets, so that what is wrong with them is said
// here. It starts nothing and writes nothing.
func New(cfg configs.Database, o Options) (*Database, error) {
	t, err := supplierTLS(cfg.Supplier.TLS)
	if err != nil {
		return nil, fmt.Errorf("database %s: supplier: %w", cfg.Name, err)
	}
	for what, secret := range map[string]configs.SecretRef{
		"supplier.password_file": cfg.Supplier.PasswordFile,
		"serve.password_file":    cfg.Serve.PasswordFile,
	} {
		if _, err := secret.Read(); err != nil {
			return nil, fmt.Errorf("database %s: %s: %w", cfg.Name, what, err)
		}
	}
	d := &Database{
		name: cfg.Name, cfg: cfg, tls: t, log: o.Logger.With("database", cfg.Name),
		state: filepath.Join(o.StateDir, "databases", cfg.Name), stats: newStats(cfg.Name),
	}
	d.lag = newLag(d.stats.applied)
	d.setGuardLocked() // nobody else knows d yet
	return d, nil
}

// setGuardLocked makes the guard that the configuration asks for. The version of the foundation's MariaDB, 0 while it is
// not known, tells how it will read what it gets.
func (d *Database) setGuardLocked() {
	d.guard.p.Store(guard.New(guardPolicy(d.cfg.Guard, d.version)))
}

func guardPolicy(g configs.Guard, version int) guard.Policy {
	return guard.Policy{
		ServerVersion: version,
		DropDatabase:  g.Holds(configs.HoldDropDatabase), DropTable: g.Holds(configs.HoldDropTable),
		Truncate: g.Holds(configs.HoldTruncate),
	}
}

// Name returns the database's name in the configuration.
func (d *Database) Name() string { return d.name }

// config returns the current configuration.
func (d *Database) config() configs.Database {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cfg
}

// Run keeps the copy until ctx ends, then stops in the order of the data: nothing is acknowledged that is not on
// disk, and the replica is left to finish what it has. alive is called by each loop, by name, at least every few seconds. An
// error means that something of ours is broken, such as the archive's disk; the caller starts Run again.
func (d *Database) Run(ctx context.Context, alive func(loop string)) (err error) {
	r, closeAll, err := d.open(alive)
	if err != nil {
		return fmt.Errorf("database %s: %w", d.name, err)
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	cfg := d.config()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Serve.Listen)
	if err != nil {
		return fmt.Errorf("database %s: serve.listen: %w", d.name, err)
	}
	r.address = listener.Addr().String()
	d.mu.Lock()
	d.running = r
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.running = nil
		d.mu.Unlock()
	}()
	d.log.Info("database is being followed", "archive", cfg.Archive.Dir, "serve", r.address)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.follower.Run(ctx) })
	g.Go(func() error { return r.server.Serve(ctx, listener) })
	g.Go(func() error { return d.watchReplica(ctx, r, alive) })
	g.Go(func() error { return d.measureLag(ctx, r, alive) })
	g.Go(func() error { return d.housekeep(ctx, r, alive) })
	return g.Wait()
}

// open opens what Run needs; closeAll releases it, last first.
func (d *Database) open(alive func(string)) (r *running, closeAll func() error, err error) {
	cfg := d.config()
	var closers []func() error
	closeAll = func() error {
		var errs []error
		for i := len(closers) - 1; i >= 0; i-- {
			errs = append(errs, closers[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	r = &running{}
	if r.archive, err = archive.Open(archive.Options{
		Dir: cfg.Archive.Dir, MaxEvent: uint32(cfg.Supplier.MaxEventSize), Reserve: int64(cfg.Archive.Reserve), Logger: d.log,
	}); err != nil {
		return nil, nil, err
	}
	closers = append(closers, r.archive.Close)
	network, address := cfg.Supplier.Endpoint()
	if r.follower, err = upstream.New(upstream.Options{
		Archive: r.archive, ServerID: cfg.Supplier.ServerID, SemiSync: cfg.Supplier.SemiSync,
		Heartbeat: cfg.Supplier.Heartbeat.Duration, ReadTimeout: cfg.Supplier.ReadTimeout.Duration,
		MaxEvent: uint32(cfg.Supplier.MaxEventSize), StateDir: d.state, Logger: d.log,
		Supplier: upstream.Supplier{
			Network: network, Address: address, User: cfg.Supplier.User, Password: cfg.Supplier.PasswordFile.Read, TLS: d.tls,
		},
		Arrived: func(g binlog.GTID, at time.Time) { d.lag.arrived(g, at) },
		Alive:   func() { alive("upstream") },
	}); err != nil {
		return nil, nil, err
	}
	closers = append(closers, r.follower.Close)
	if r.decisions, err = binlogserver.OpenDecisions(filepath.Join(d.state, "decisions.jsonl"), d.log); err != nil {
		return nil, nil, err
	}
	closers = append(closers, r.decisions.Close)
	if r.replica, err = d.openReplica(cfg.Replica); err != nil {
		return nil, nil, err
	}
	closers = append(closers, r.replica.Close)
	password, err := cfg.Serve.PasswordFile.Read()
	if err != nil {
		return nil, nil, err
	}
	r.server, err = binlogserver.New(binlogserver.Options{
		Archive: r.archive, Guard: &d.guard, Decisions: r.decisions, User: cfg.Serve.User, Password: password,
		ServerID: serverID, Logger: d.log,
	})
	if err != nil {
		return nil, nil, err
	}
	return r, closeAll, nil
}

// ErrNotRunning is returned by verbs while the database is being started or has failed.
var ErrNotRunning = errors.New("database is not running")

// current returns what is running, or ErrNotRunning.
func (d *Database) current() (*running, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running == nil {
		return nil, fmt.Errorf("database %s: %w", d.name, ErrNotRunning)
	}
	return d.running, nil
}

// Reload takes over what can change while running: what the archive keeps, and what the guard holds. The caller has
// refused every other difference.
func (d *Database) Reload(cfg configs.Database) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cfg.Archive.Keep, d.cfg.Archive.MaxSize = cfg.Archive.Keep, cfg.Archive.MaxSize
	d.cfg.Guard = cfg.Guard
	d.setGuardLocked()
}
