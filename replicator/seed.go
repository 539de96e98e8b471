package replicator

import (
	"context"
	"errors"
	"fmt"

	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

// SeedRequest asks to fill the foundation's MariaDB from the supplier's.
type SeedRequest struct {
	Replace bool   // destroy what is there
	Confirm string // the database's name, with Replace
	Who     string // for the log
}

// PlanSeed compares both servers and says what Seed would do. It changes nothing.
func (d *Database) PlanSeed(ctx context.Context) (mariadb.Plan, error) {
	r, err := d.current()
	if err != nil {
		return mariadb.Plan{}, err
	}
	o, done, err := d.seedOptions(ctx, r, SeedRequest{})
	if err != nil {
		return mariadb.Plan{}, err
	}
	defer done()
	return o.Plan(ctx)
}

// Seed makes the foundation's MariaDB a copy of the supplier's and lets it replicate from there on. progress is called
// in order by one goroutine.
func (d *Database) Seed(ctx context.Context, q SeedRequest, progress func(mariadb.Progress)) (mariadb.SeedReport, error) {
	r, err := d.current()
	if err != nil {
		return mariadb.SeedReport{}, err
	}
	if err := d.beginSeed(); err != nil {
		return mariadb.SeedReport{}, err
	}
	defer d.endSeed()
	d.log.Warn("seeding the foundation's MariaDB", "who", q.Who, "replace", q.Replace)
	o, done, err := d.seedOptions(ctx, r, q)
	if err != nil {
		return mariadb.SeedReport{}, err
	}
	defer done()
	report, err := mariadb.Seed(ctx, o, progress)
	if err != nil {
		return report, err
	}
	d.lag.forget()
	d.log.Info("seeded", "gtid", report.GTID.String(), "tables", report.Tables, "bytes", report.Bytes)
	u, err := d.binlogServer(r)
	if err != nil {
		return report, err
	}
	if err := r.replica.Point(ctx, u); err != nil {
		return report, fmt.Errorf("seeded, but replication did not start: %w", err)
	}
	d.endSeed()
	d.observeReplica(ctx, r) // so that the status that is asked for next is the new one
	return report, nil
}

func (d *Database) beginSeed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seeding {
		return mariadb.ErrSeedRunning
	}
	d.seeding = true
	return nil
}

func (d *Database) endSeed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seeding = false
}

// seedOptions opens the supplier; done closes it.
func (d *Database) seedOptions(ctx context.Context, r *running, q SeedRequest) (o mariadb.SeedOptions, done func(), err error) {
	cfg := d.config()
	supplier, err := d.openSupplier(ctx)
	if err != nil {
		return o, nil, err
	}
	done = func() {
		if err := supplier.Close(); err != nil {
			d.log.Warn("close connections to the supplier", "err", err)
		}
	}
	return mariadb.SeedOptions{
		Name: cfg.Name, Supplier: supplier, Foundation: r.replica, Archive: r.archive, Check: d.checkStatement,
		Replace: q.Replace, Confirm: q.Confirm,
	}, done, nil
}

func (d *Database) openSupplier(ctx context.Context) (*mariadb.Server, error) {
	cfg := d.config().Supplier
	password, err := cfg.PasswordFile.Read()
	if err != nil {
		return nil, err
	}
	o := mariadb.Options{User: cfg.User, Password: password, Logger: d.log, TLS: d.tls}
	network, address := cfg.Endpoint()
	if network == "unix" {
		o.Socket = address
	} else {
		o.Address = address
	}
	if d.tls != nil {
		o.TLSFiles = mariadb.TLSFiles{CAFile: cfg.TLS.CAFile, CertFile: cfg.TLS.CertFile, ServerName: cfg.TLS.ServerName}
		if cfg.TLS.CertFile != "" {
			o.TLSFiles.KeyFile = cfg.TLS.KeyFile.File()
		}
	}
	return mariadb.Open(ctx, o)
}

// errHeldStatement is the cause when the guard does not let a statement of the dump pass.
var errHeldStatement = errors.New("the guard does not let it pass")

// checkStatement shows what the supplier's dump defines to the guard.
func (d *Database) checkStatement(s mariadb.StatementText) error {
	if v := d.guard.p.Load().Statement(s.SQL, s.Database, s.SQLMode, s.Charset); v.Hold {
		return fmt.Errorf("%w: %s: %s", errHeldStatement, v.Category, v.Reason)
	}
	return nil
}
