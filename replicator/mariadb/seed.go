package mariadb

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Archive is what seeding asks of the foundation's archive.
type Archive interface {
	// Holds tells whether a server that stands at p can go on from the archive: p itself is archived, and
	// everything behind it is or will be.
	Holds(p binlog.Position) bool
}

// SeedOptions say what to copy where. The zero durations mean the defaults.
type SeedOptions struct {
	Name       string // of the database in our configuration; what Confirm repeats
	Supplier   *Server
	Foundation *Server
	Archive    Archive
	// Check sees every statement from the supplier that defines something, before it runs. See sqldump for those
	// that it does not see.
	Check StatementChecker
	// Replace destroys what is on the foundation's server. It needs Confirm to be Name as well.
	Replace bool
	Confirm string

	Binary string // mariadb-dump; "": from PATH
	// ArchiveWait is how long the archive may take to reach the supplier's position; 1 minute.
	ArchiveWait time.Duration
	// BlockLimit is how long anybody at the supplier may wait for a lock while the copy runs; 5 seconds.
	BlockLimit time.Duration
	// StallTimeout is how long mariadb-dump may write nothing while we read; 10 minutes.
	StallTimeout time.Duration
}

// SeedReport says what was copied.
type SeedReport struct {
	GTID             binlog.Position // the copy is the supplier as of this position
	SupplierServerID uint32
	Databases        []string
	Tables           int
	Bytes            int64 // read from mariadb-dump
	Started          time.Time
	Finished         time.Time
	Findings         []Finding
	// Others are tables that are not in InnoDB: copied as they were when their turn came, not as of GTID.
	Others []Table
	// Changed are tables that appeared, vanished or got another definition while the copy ran. If replication
	// stops with an error about one of them, seed again.
	Changed []string
	Events  []Event
	// Broken are views that cannot be made because something that they refer to is not there, as it is at the
	// supplier. Views that say so stand in for them, so that replication can drop or replace them.
	Broken []string
	// Definers are the accounts on whose behalf views, routines, triggers and events act. Orphans among them don't
	// exist on our server: what they define fails until they do. A supplier that replicates statements (MIXED, the
	// default, or STATEMENT) stops replication with error 1449 when one of these statements fires a trigger or calls
	// a function of an orphan.
	Definers []string
	Orphans  []string
	Accounts []Account
	// AccountsError says why the accounts could not be listed; "" if they were.
	AccountsError string
}

const archivePoll = 100 * time.Millisecond

var errArchiveLate = errors.New("the archive is late")

// Seed makes the foundation's server a copy of the supplier's, to which replication can be added. progress may be
// nil; it is called in order, by one goroutine.
//
// It refuses with a *ComparisonError when the settings don't fit and with ErrNotEmpty when the server holds
// something that may not be replaced. It gives up with ErrBlockedSupplier rather than keep the supplier waiting, with
// ErrRefused when a statement must not run here, with ErrNotArchived when the archive does not hold the copy's
// position. After an error or a crash the server's SeedState is Seeding, and the next seed needs Replace.
//
// With TLS, the supplier's certificate has to be for the address that is dialled: mariadb-dump knows no other name.
//
// Memory: the statement under way, up to three times; that is one row of the supplier or about 1 MB.
func Seed(ctx context.Context, o SeedOptions, progress func(Progress)) (SeedReport, error) {
	o, err := o.complete()
	if err != nil {
		return SeedReport{}, fmt.Errorf("seed %s: %w", o.Name, err)
	}
	s := &seeding{SeedOptions: o, meter: newMeter(progress), report: SeedReport{Started: time.Now()}}
	if err := s.run(ctx); err != nil {
		return s.report, fmt.Errorf("seed %s: %w", o.Name, err)
	}
	return s.report, nil
}

func (o SeedOptions) complete() (SeedOptions, error) {
	if o.Supplier == nil || o.Foundation == nil || o.Archive == nil || o.Check == nil || o.Name == "" {
		return o, errors.New("name, supplier, foundation, archive and statement checker are needed")
	}
	if o.Binary == "" {
		path, err := exec.LookPath(dumpBinary)
		if err != nil {
			return o, fmt.Errorf("find %s (package mariadb-client): %w", dumpBinary, err)
		}
		o.Binary = path
	}
	for _, d := range []struct {
		is *time.Duration
		by time.Duration
	}{{&o.ArchiveWait, time.Minute}, {&o.BlockLimit, 5 * time.Second}, {&o.StallTimeout, 10 * time.Minute}} {
		if *d.is == 0 {
			*d.is = d.by
		}
	}
	return o, nil
}

// seeding is one seed under way.
type seeding struct {
	SeedOptions
	meter  *meter
	report SeedReport
	plan   Plan
	views  []view // of the supplier, before the copy
	loader *loader
}

func (s *seeding) run(ctx context.Context) (err error) {
	s.meter.phase(PhaseCompare)
	if s.plan, err = s.SeedOptions.plan(ctx); err != nil {
		return err
	}
	s.meter.plan(s.plan)
	s.report.Findings, s.report.Others, s.report.Databases = s.plan.Findings, s.plan.Others, s.plan.Databases
	s.report.SupplierServerID = s.plan.supplier.ServerID
	if Refused(s.plan.Findings) {
		return &ComparisonError{s.plan.Findings}
	}
	if err := s.mayReplace(); err != nil {
		return err
	}
	// Nothing is touched before the archive is seen to follow the supplier.
	if err := s.waitArchived(ctx, s.plan.supplier.GTIDBinlogPos); err != nil {
		return err
	}
	if s.loader, err = newLoader(ctx, s.Foundation, s.plan.foundation.VersionNumber, s.Check); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.loader.close()) }()
	record := SeedRecord{State: Seeding, Started: s.report.Started, SupplierServerID: s.report.SupplierServerID}
	if err := recordSeed(ctx, s.loader.conn, record); err != nil {
		return err
	}
	if err := s.fill(ctx, &record); err != nil {
		s.note(record, err)
		return err
	}
	s.aftermath(ctx)
	s.report.Finished = time.Now()
	return nil
}

// mayReplace refuses to destroy what is there without being told twice.
func (s *seeding) mayReplace() error {
	if len(s.plan.Existing) == 0 && s.plan.Seed.State == NotSeeded || s.Replace && s.Confirm == s.Name {
		return nil
	}
	if s.Replace {
		return fmt.Errorf("%w (%d databases, state %s), and the confirmation does not repeat the name %q",
			ErrNotEmpty, len(s.plan.Existing), s.plan.Seed.State, s.Name)
	}
	return fmt.Errorf("%w: it has %d databases and its state is %s; replacing them has to be asked for and confirmed",
		ErrNotEmpty, len(s.plan.Existing), s.plan.Seed.State)
}

// fill does what may break off half-way.
func (s *seeding) fill(ctx context.Context, record *SeedRecord) error {
	s.meter.phase(PhaseEmpty)
	if err := s.loader.forgetSource(ctx); err != nil {
		return err
	}
	if err := s.loader.empty(ctx, s.plan.Existing); err != nil {
		return err
	}
	s.meter.phase(PhaseCopy)
	var err error
	if s.views, err = s.Supplier.views(ctx, s.plan.Databases); err != nil {
		return err
	}
	if len(s.plan.Databases) == 0 {
		// There is nothing to read, and mariadb-dump would not run.
		record.GTID = s.plan.supplier.GTIDBinlogPos
	} else if record.GTID, err = s.copyTables(ctx); err != nil {
		return err
	}
	s.meter.copied()
	s.meter.phase(PhaseObjects)
	if err := s.copyObjects(ctx); err != nil {
		return err
	}
	s.meter.phase(PhaseFinish)
	if err := s.waitArchived(ctx, record.GTID); err != nil {
		return err
	}
	s.report.GTID = record.GTID
	return s.loader.finish(ctx, *record)
}

// copyObjects copies what has no rows: views may call functions, and triggers come when all rows are in. All of it
// is read after the snapshot of the tables was made, so that no later change gets lost in between: what is read too
// new stops replication, loudly.
func (s *seeding) copyObjects(ctx context.Context) error {
	for _, list := range []lister{(*definitions).routines, nil, (*definitions).triggers, (*definitions).events} {
		if list == nil {
			var err error
			if s.report.Broken, err = s.loader.copyViews(ctx, s.Supplier, s.views); err != nil {
				return err
			}
			continue
		}
		for _, database := range s.plan.Databases {
			if err := s.loader.copyAll(ctx, s.Supplier, database, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// note records why the seed broke off, if the server can still be reached.
func (s *seeding) note(record SeedRecord, cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	record.GTID, record.Note = nil, shorten(cause.Error(), 1000)
	if err := s.Foundation.RecordSeed(ctx, record); err != nil {
		s.Foundation.log.Warn("Reason of the broken seed not recorded", "database", s.Name, "err", err)
	}
}

// aftermath completes the report. The copy is whole by now: what fails here is said and does not undo it.
func (s *seeding) aftermath(ctx context.Context) {
	s.report.Events = s.loader.events
	for d := range s.loader.definers {
		s.report.Definers = append(s.report.Definers, d)
	}
	slices.Sort(s.report.Definers)
	if ours, err := s.Foundation.Accounts(ctx); err == nil {
		s.report.Orphans = slices.DeleteFunc(slices.Clone(s.report.Definers), func(d string) bool {
			return slices.ContainsFunc(ours, func(a Account) bool {
				return d == a.User+"@"+a.Host || a.Role && d == a.User
			})
		})
	}
	after, err := s.Supplier.tables(ctx, s.plan.Databases)
	if err != nil {
		s.Foundation.log.Warn("Changes of tables during the seed are not known", "database", s.Name, "err", err)
	} else {
		s.report.Changed = changed(s.plan.tables, after)
	}
	if s.report.Accounts, err = s.Supplier.Accounts(ctx); err != nil {
		s.report.AccountsError = err.Error()
	}
}

// changed lists the tables that are not the same in both, sorted.
func changed(before, after map[string]Table) []string {
	var all []string
	for key, t := range before {
		if a, ok := after[key]; !ok || a.created != t.created || a.Engine != t.Engine {
			all = append(all, t.String())
		}
	}
	for key, t := range after {
		if _, ok := before[key]; !ok {
			all = append(all, t.String())
		}
	}
	slices.Sort(all)
	return all
}

// shorten cuts s to at most n bytes of valid text.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
