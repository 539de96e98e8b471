package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/supervise"
	"github.com/wcde-foundation/wcded/replicator"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

// stateReserve is what the state folder's file system has to have free: journals and decisions are small.
const stateReserve = 256 << 20

// compareWithin bounds how long the settings of a database's two servers may be looked at.
const compareWithin = 20 * time.Second

// doctor looks at what the status shows and at what it doesn't: free space, the servers' settings and the parts of
// the daemon itself.
func (d *daemon) doctor(ctx context.Context, _ control.Call) ([]api.Check, error) {
	config := d.inForce()
	checks := []api.Check{checkSpace("state", config.StateDir, stateReserve)}
	for _, db := range config.Databases {
		// What archiving stops at, and as much again to have time to act.
		checks = append(checks, checkSpace(db.Name, db.Archive.Dir, 2*uint64(db.Archive.Reserve)))
	}
	for _, s := range d.supervisor.Status() {
		checks = append(checks, checkComponent(s))
	}
	status := d.status()
	for _, p := range status.Problems {
		checks = append(checks, api.Check{Name: "wcded", Detail: p.Message, Hint: p.Hint})
	}
	for _, db := range status.Databases {
		for _, p := range db.Problems {
			checks = append(checks, api.Check{Name: db.Name, Detail: p.Message, Hint: p.Hint})
		}
		if len(db.Problems) == 0 {
			checks = append(checks, api.Check{Name: db.Name, OK: true, Detail: "the copy is as it should be"})
		}
	}
	for _, db := range d.databases {
		checks = append(checks, checkSettings(ctx, db)...)
	}
	return checks, nil
}

// checkSettings compares the supplier's server with ours.
func checkSettings(ctx context.Context, db *replicator.Database) []api.Check {
	ctx, cancel := context.WithTimeout(ctx, compareWithin)
	defer cancel()
	name := db.Name() + " settings"
	plan, err := db.PlanSeed(ctx)
	if err != nil {
		told := control.AsError(told(err))
		return []api.Check{{Name: name, Detail: "compare the servers: " + told.Message, Hint: told.Advice}}
	}
	var checks []api.Check
	for _, f := range plan.Findings {
		refused := f.Severity == mariadb.Refuse
		checks = append(checks, api.Check{Name: name, OK: !refused, Notice: !refused, Detail: f.Setting + ": " + f.Reason,
			Hint: f.Hint})
	}
	for _, warning := range notInnoDB(plan.Others) {
		checks = append(checks, api.Check{Name: name, OK: true, Notice: true, Detail: warning})
	}
	if len(checks) == 0 {
		checks = []api.Check{{Name: name, OK: true, Detail: "those of the two servers fit"}}
	}
	return checks
}

// checkSpace looks at the file system that path is, or will be, on.
func checkSpace(name, path string, want uint64) api.Check {
	check := api.Check{Name: name + " space"}
	existing := path
	for {
		if _, err := os.Stat(existing); err == nil || existing == filepath.Dir(existing) {
			break
		}
		existing = filepath.Dir(existing)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(existing, &fs); err != nil {
		check.Detail = fmt.Sprintf("look at %s: %v", path, err)
		return check
	}
	free := fs.Bavail * uint64(fs.Bsize)
	check.OK = free >= want
	check.Detail = fmt.Sprintf("%s free on the file system of %s", humanize.IBytes(free), path)
	if !check.OK {
		check.Detail += ", less than " + humanize.IBytes(want)
		check.Hint = "add space, or lower archive.keep or archive.max_size and reload"
	}
	return check
}

func checkComponent(s supervise.Status) api.Check {
	check := api.Check{Name: s.Name, OK: s.State == supervise.Running, Detail: string(s.State)}
	if s.Restarts > 0 {
		check.Detail += fmt.Sprintf(", restarted %d times", s.Restarts)
	}
	if s.LastError != nil {
		check.Detail += ", last because of: " + s.LastError.Error()
	}
	if !check.OK {
		check.Hint = "see the log: journalctl -u wcded"
	}
	return check
}
