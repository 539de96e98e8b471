package app

import (
	"context"
	"fmt"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/replicator"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
)

// seed fills the foundation's MariaDB, or says what that would do.
func (d *daemon) seed(ctx context.Context, c control.Call, in api.SeedRequest,
	progress func(api.SeedProgress)) (api.SeedReport, error) {
	db, err := d.named(c)
	if err != nil {
		return api.SeedReport{}, err
	}
	if in.DryRun {
		plan, err := db.PlanSeed(ctx)
		if err != nil {
			return api.SeedReport{}, told(err)
		}
		return seedPlan(plan), nil
	}
	report, err := db.Seed(ctx, replicator.SeedRequest{Replace: in.Replace, Confirm: in.Confirm, Who: c.Peer.String()},
		func(p mariadb.Progress) { progress(seedProgress(p)) })
	if err != nil {
		return api.SeedReport{}, told(err)
	}
	return seedReport(report), nil
}

func seedProgress(p mariadb.Progress) api.SeedProgress {
	return api.SeedProgress{Phase: p.Phase, Done: p.Done, Total: p.Total}
}

func seedPlan(p mariadb.Plan) api.SeedReport {
	r := api.SeedReport{DryRun: true, Databases: orEmpty(p.Databases), Tables: p.Tables, Bytes: p.Bytes,
		Existing: orEmpty(p.Existing), Accounts: []api.Account{}}
	r.Refusals, r.Warnings = findings(p.Findings)
	r.Warnings = append(r.Warnings, notInnoDB(p.Others)...)
	return r
}

func seedReport(s mariadb.SeedReport) api.SeedReport {
	r := api.SeedReport{GTID: s.GTID.String(), Databases: orEmpty(s.Databases), Tables: s.Tables, Bytes: s.Bytes,
		Seconds: s.Finished.Sub(s.Started).Seconds(), Existing: []string{}, Accounts: []api.Account{}}
	r.Refusals, r.Warnings = findings(s.Findings)
	r.Warnings = append(r.Warnings, notInnoDB(s.Others)...)
	for _, table := range s.Changed {
		r.Warnings = append(r.Warnings, "changed while it was copied; if replication stops at it, seed again: "+table)
	}
	for _, e := range s.Events {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the event %s.%s (%s at the supplier) does not run here",
			e.Database, e.Name, e.Status))
	}
	for _, account := range s.Orphans {
		r.Warnings = append(r.Warnings, "views, routines, triggers or events act for an account that is not here: "+account)
	}
	if s.AccountsError != "" {
		r.Warnings = append(r.Warnings, "the supplier's accounts could not be listed: "+s.AccountsError)
	}
	for _, a := range s.Accounts {
		r.Accounts = append(r.Accounts, api.Account{User: a.User, Host: a.Host, Role: a.Role, Grants: orEmpty(a.Grants)})
	}
	return r
}

func findings(all []mariadb.Finding) (refusals, warnings []string) {
	refusals, warnings = []string{}, []string{}
	for _, f := range all {
		text := f.Reason
		if f.Hint != "" {
			text += "; " + f.Hint
		}
		if f.Severity == mariadb.Refuse {
			refusals = append(refusals, text)
		} else {
			warnings = append(warnings, text)
		}
	}
	return refusals, warnings
}

func notInnoDB(tables []mariadb.Table) []string {
	var warnings []string
	for _, t := range tables {
		warnings = append(warnings, fmt.Sprintf(
			"%s is in %s, not InnoDB: it is copied as it is when its turn comes, and not safe in a crash", t, t.Engine))
	}
	return warnings
}

// orEmpty makes a list that is never null in JSON.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
