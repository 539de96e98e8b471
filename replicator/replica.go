package replicator

import (
	"context"
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

const (
	replicaEvery = time.Second
	// lagEvery is how often the replica is asked for its position while groups wait; it bounds how exact lag is.
	lagEvery = 5 * time.Millisecond
	// idleEvery is how long we wait for a group to arrive before we say that the loop lives.
	idleEvery = time.Second
	// enginesEvery is how often the tables that are not InnoDB are listed: on many tables that takes a while.
	enginesEvery = 5 * time.Minute
)

// ReplicaStatus is how the foundation's MariaDB is.
type ReplicaStatus struct {
	Known      bool // it has answered since we were started
	Reachable  bool
	Version    string
	ReadOnly   bool
	Seeded     bool
	Applied    binlog.Position
	IORunning  bool
	SQLRunning bool
	Error      string   // its last replication error, or why it does not answer
	Others     []string // tables that are not InnoDB: a crash there may repeat a change
	Problems   []Problem
}

// openReplica prepares connections to the foundation's MariaDB.
func (d *Database) openReplica(cfg configs.Replica) (*mariadb.Server, error) {
	o := mariadb.Options{Socket: cfg.Socket, User: cfg.User, Logger: d.log}
	if cfg.PasswordFile != "" {
		var err error
		if o.Password, err = cfg.PasswordFile.Read(); err != nil {
			return nil, fmt.Errorf("replica.password_file: %w", err)
		}
	}
	return mariadb.OpenLater(o)
}

// binlogServer says where the replica replicates from.
func (d *Database) binlogServer(r *running) (mariadb.Upstream, error) {
	cfg := d.config()
	password, err := cfg.Serve.PasswordFile.Read()
	if err != nil {
		return mariadb.Upstream{}, err
	}
	return mariadb.Upstream{
		Address: r.address, User: cfg.Serve.User, Password: password, Threads: cfg.Replica.ParallelThreads, Archive: r.archive,
	}, nil
}

// watchReplica looks at the foundation's MariaDB once a second and repairs what can be repaired without losing or
// repeating a change. It is not disturbed while it is being seeded.
func (d *Database) watchReplica(ctx context.Context, r *running, alive func(string)) error {
	tick := time.NewTicker(replicaEvery)
	defer tick.Stop()
	var listed time.Time
	for {
		alive("replica")
		d.observeReplica(ctx, r)
		if time.Since(listed) > enginesEvery {
			if others, err := r.replica.NonTransactional(ctx); err == nil {
				listed = time.Now()
				d.mu.Lock()
				d.replica.Others = others
				d.mu.Unlock()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// observeReplica asks once, and acts.
func (d *Database) observeReplica(ctx context.Context, r *running) {
	st, err := r.replica.ReplicaStatus(ctx)
	if ctx.Err() != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.replica.Reachable, d.replica.IORunning, d.replica.SQLRunning, d.replica.Error = false, false, false, err.Error()
		d.replica.Problems = []Problem{{
			"the foundation's MariaDB does not answer: " + err.Error(), "check its service; archiving goes on without it",
		}}
		return
	}
	if v := versionNumber(st.Version); v != d.version {
		d.version = v
		d.setGuardLocked()
	}
	others := d.replica.Others
	d.replica = ReplicaStatus{
		Known: true, Reachable: true, Version: st.Version, ReadOnly: st.ReadOnly, Seeded: st.Seed.State == mariadb.Seeded,
		Applied: st.Applied, IORunning: st.IORunning, SQLRunning: st.SQLRunning, Others: others,
	}
	switch {
	case st.SQLError != "":
		d.replica.Error = st.SQLError
	case st.IOError != "":
		d.replica.Error = st.IOError
	}
	switch {
	case d.seeding:
		d.replica.Problems = []Problem{{"the foundation's MariaDB is being seeded", "wait for it"}}
	case !d.replica.Seeded:
		d.replica.Problems = []Problem{{
			"the foundation's MariaDB is not seeded (" + string(st.Seed.State) + ")",
			fmt.Sprintf("run `wcdectl database seed %s`", d.name),
		}}
	default:
		d.diagnoseLocked(ctx, r, st)
	}
}

// diagnoseLocked repairs or explains.
func (d *Database) diagnoseLocked(ctx context.Context, r *running, st mariadb.ReplicaStatus) {
	problem := func(message, hint string) {
		if message != "" {
			d.replica.Problems = append(d.replica.Problems, Problem{message, hint})
		}
	}
	d.mu.Unlock()
	u, err := d.binlogServer(r)
	d.mu.Lock()
	if err != nil {
		problem("serve.password_file: "+err.Error(), "")
		return
	}
	diagnosis := mariadb.Diagnose(st, u)
	problem(diagnosis.Problem, diagnosis.Hint)
	if diagnosis.Action == mariadb.Nothing {
		return
	}
	d.log.Info("repairing the replica", "action", string(diagnosis.Action))
	d.mu.Unlock()
	err = r.replica.Repair(ctx, diagnosis.Action, u)
	d.mu.Lock()
	if err != nil && ctx.Err() == nil {
		problem("the replica could not be repaired: "+err.Error(), "see MariaDB's error log")
	}
}

// measureLag watches the replica pass the groups that have arrived.
func (d *Database) measureLag(ctx context.Context, r *running, alive func(string)) error {
	for {
		alive("lag")
		if !d.lag.behind() {
			idle := time.NewTimer(idleEvery)
			select {
			case <-ctx.Done():
				idle.Stop()
				return nil
			case <-d.lag.wake:
			case <-idle.C:
			}
			idle.Stop()
			continue
		}
		pause := lagEvery
		if at, err := r.replica.AppliedGTID(ctx); err == nil {
			d.lag.applied(at, time.Now())
		} else {
			pause = idleEvery
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

// sleep waits, and tells whether ctx still goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// disownReplica stops replication and marks the replica as not seeded, because its GTIDs are about to mean something
// else.
func (d *Database) disownReplica(ctx context.Context, r *running, why string) error {
	st, err := r.replica.ReplicaStatus(ctx)
	if err != nil {
		return err
	}
	if st.Pointed {
		if err := r.replica.StopReplica(ctx); err != nil {
			return err
		}
	}
	if st.Seed.State == mariadb.NotSeeded {
		return nil
	}
	st.Seed.State, st.Seed.Note = mariadb.Seeding, why
	return r.replica.RecordSeed(ctx, st.Seed)
}

// versionNumber turns 10.11.19-MariaDB into 101119; 0 if it is none.
func versionNumber(text string) int {
	var major, minor, patch int
	if _, err := fmt.Sscanf(text, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return 0
	}
	return major*10000 + minor*100 + patch
}
