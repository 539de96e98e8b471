package app

import (
	"context"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
)

// decide makes the verb that releases or skips a held group.
func (d *daemon) decide(what binlogserver.Decision) func(
	context.Context, control.Call, api.Decision) (api.Held, error) {
	return func(_ context.Context, c control.Call, in api.Decision) (api.Held, error) {
		db, err := d.named(c)
		if err != nil {
			return api.Held{}, err
		}
		gtid, err := binlog.ParseGTID(in.GTID)
		if err != nil {
			return api.Held{}, control.Errorf(control.Usage, "", "%v", err)
		}
		h, err := db.Decide(gtid, what, c.Peer.String(), in.Reason)
		if err != nil {
			return api.Held{}, told(err)
		}
		return oneHeld(h), nil
	}
}

// adopt says what adopting the supplier's history does, and does it unless that is all that was asked for.
func (d *daemon) adopt(ctx context.Context, c control.Call, in api.AdoptRequest) (api.AdoptReport, error) {
	report := api.AdoptReport{DryRun: in.DryRun}
	db, err := d.named(c)
	if err != nil {
		return report, err
	}
	if in.DryRun {
		report.Consequences, err = db.AdoptConsequences()
	} else {
		report.Consequences, err = db.Adopt(ctx, c.Peer.String(), in.Reason)
	}
	return report, told(err)
}

// verify reads the whole archive of a database again.
func (d *daemon) verify(ctx context.Context, c control.Call, _ struct{},
	progress func(api.VerifyProgress)) (api.VerifyReport, error) {
	report := api.VerifyReport{Damaged: []string{}}
	db, err := d.named(c)
	if err != nil {
		return report, err
	}
	n, size, damaged, err := db.Verify(ctx, func(segment string, done, total int64) {
		progress(api.VerifyProgress{Segment: segment, Done: done, Total: total})
	})
	report.Segments, report.Bytes = n, size
	for _, e := range damaged {
		report.Damaged = append(report.Damaged, e.Error())
	}
	return report, told(err)
}
