package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/internal/supervise"
	"github.com/wcde-foundation/wcded/replicator"
)

const (
	// loopBound is how long a component's loop may be silent before it is named and the watchdog is starved. The unit's
	// WatchdogSec comes on top of it.
	loopBound = time.Minute
	// startWithin is how long a component may take until its first loop reports: an archive that lost its index reads
	// all segments again.
	startWithin = 2 * time.Hour
	// socketMode lets root and the socket's group in.
	socketMode = 0o660
	// statusEvery is how often the line for `systemctl status` is made anew.
	statusEvery = 5 * time.Second
	// stopWithin bounds the teardown of what is not a component; each component has a bound of its own.
	stopWithin = 10 * time.Second
)

// Options says what Run needs from the process that it runs in. Only ConfigPath and Logger are required.
type Options struct {
	ConfigPath string // read at the start and at each reload
	Logger     *slog.Logger
	Level      *slog.LevelVar           // follows the configuration's log.level
	Notify     func(state string) error // tells the service manager: sd_notify(3)
	Watchdog   time.Duration            // how often the service manager wants to hear from us; 0: never
	Reload     <-chan struct{}          // each value asks to read the configuration again
	Started    func(Addresses)          // called once, when everything has been started
}

// Addresses says where a running daemon listens.
type Addresses struct {
	Socket  string // operators' unix socket
	Metrics string // host:port
}

// daemon is one running instance.
type daemon struct {
	log        *slog.Logger
	options    Options
	started    time.Time
	databases  []*replicator.Database
	supervisor *supervise.Supervisor
	notify     notifier

	mu      sync.Mutex
	config  *configs.Config // in force
	onDisk  []string        // what the file says that is not in force, since the last reload
	badFile error           // why the file could not be read at the last reload
}

// Run starts the daemon and blocks until ctx ends and everything is stopped, or until something without which it
// cannot go on fails: the control socket or the metrics' listener, at any time.
func Run(ctx context.Context, o Options) (err error) {
	config, err := configs.Load(o.ConfigPath)
	if err != nil {
		return err
	}
	d := &daemon{log: o.Logger, options: o, started: time.Now(), config: config,
		notify: notifier{send: o.Notify, log: o.Logger}}
	d.setLevel(config)

	var teardown supervise.Teardown
	defer func() { err = errors.Join(err, teardown.Run()) }()
	if err := durable.Mkdir(config.StateDir, 0o700); err != nil {
		return fmt.Errorf("make state_dir: %w", err)
	}
	registry := newRegistry(d.started)
	if d.databases, err = buildDatabases(config, o.Logger, registry); err != nil {
		return err
	}
	if err := d.supervise(registry); err != nil {
		return err
	}

	fatal := make(chan error, 2)
	metrics, err := serveMetrics(config.Metrics.Listen, registry, o.Logger, fatal)
	if err != nil {
		return err
	}
	teardown.Add("metrics", stopWithin, metrics.stop)
	// The socket is taken before the components start: it also keeps a second daemon from running beside us.
	listener, err := control.Listen(config.Control.Socket, control.ListenOptions{Mode: socketMode})
	if err != nil {
		return err
	}
	teardown.Add("control socket", stopWithin, func(context.Context) error { return listener.Close() })
	server, err := control.NewServer(o.Logger, d.verbs())
	if err != nil {
		return err
	}
	teardown.Add("components", d.supervisor.StopBound(), inBackground(d.supervisor.Run, nil))
	teardown.Add("control server", stopWithin,
		inBackground(func(ctx context.Context) error { return server.Serve(ctx, listener) }, fatal))

	o.Logger.Info("wcded is up", "socket", config.Control.Socket, "metrics", metrics.listener.Addr().String(),
		"databases", len(d.databases))
	d.notify.ready()
	if o.Started != nil {
		o.Started(Addresses{Socket: config.Control.Socket, Metrics: metrics.listener.Addr().String()})
	}
	err = d.attend(ctx, fatal)
	d.notify.stopping()
	o.Logger.Info("wcded is stopping", "err", err)
	return err
}

// inBackground runs f and returns what stops it and waits for it. An error that f returns before that goes to fatal.
func inBackground(f func(context.Context) error, fatal chan<- error) func(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := supervise.Protect(func() error { return f(ctx) })
		if err != nil && ctx.Err() == nil && fatal != nil {
			fatal <- err
			err = nil // it is told once
		}
		done <- err
	}()
	return func(context.Context) error {
		cancel()
		return <-done
	}
}

func (d *daemon) supervise(registry *prometheus.Registry) (err error) {
	var components []supervise.Component
	for _, db := range d.databases {
		components = append(components, supervise.Component{
			Name: "database/" + db.Name(), Run: db.Run, LoopBound: loopBound, StartWithin: startWithin,
		})
	}
	d.supervisor, err = supervise.New(supervise.Options{Components: components, Logger: d.log})
	if err != nil {
		return err
	}
	return registry.Register(newComponentCollector(d.supervisor.Status))
}

// attend does what is to be done while the components run, until ctx ends (nil) or something fatal happens.
func (d *daemon) attend(ctx context.Context, fatal <-chan error) error {
	status := time.NewTicker(statusEvery)
	defer status.Stop()
	var watchdog <-chan time.Time
	if d.options.Watchdog > 0 {
		t := time.NewTicker(d.options.Watchdog / 3)
		defer t.Stop()
		watchdog = t.C
		d.notify.watchdog(d.supervisor.Late())
	}
	d.notify.say(d.summary())
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-fatal:
			return err
		case <-d.options.Reload:
			d.reload()
		case <-watchdog:
			d.notify.watchdog(d.supervisor.Late())
		case <-status.C:
			if len(d.supervisor.Late()) == 0 {
				d.notify.say(d.summary())
			}
		}
	}
}

// Check reads a configuration and builds everything that Run would, without starting it.
func Check(path string, log *slog.Logger) error {
	config, err := configs.Load(path)
	if err != nil {
		return err
	}
	_, err = buildDatabases(config, log, newRegistry(time.Now()))
	return err
}
