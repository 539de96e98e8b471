package app

import (
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/replicator"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// buildDatabases makes what the configuration describes and registers its metrics. It starts nothing; its error has
// all that is wrong.
func buildDatabases(c *configs.Config, log *slog.Logger, r prometheus.Registerer) ([]*replicator.Database, error) {
	var all []*replicator.Database
	var errs []error
	for _, cfg := range c.Databases {
		db, err := replicator.New(cfg, replicator.Options{StateDir: c.StateDir, Logger: log})
		if err == nil {
			err = r.Register(db.Collector())
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, db)
	}
	return all, errors.Join(errs...)
}

// database says what a component knows in the words of the contract with operators.
func database(s replicator.Status) api.Database {
	d := api.Database{
		Name:         s.Name,
		Connected:    s.Supplier.State == upstream.Streaming,
		SemiSync:     s.Supplier.SemiSync,
		ReceivedGTID: s.Received.String(),
		ArchivedGTID: s.Archived.String(),
		AppliedGTID:  s.Replica.Applied.String(),
		Held:         held(s.Held),
		State:        string(s.Supplier.State),
		Detail:       s.Supplier.Detail,
		Hint:         s.Supplier.State.Hint(),
		Seeded:       s.Replica.Seeded,
		Segments:     s.Segments,
		ArchiveBytes: s.Bytes,
		Serve:        s.Serve,
		Replica: api.Replica{
			Reachable: s.Replica.Reachable, Version: s.Replica.Version, IORunning: s.Replica.IORunning,
			SQLRunning: s.Replica.SQLRunning, LastError: s.Replica.Error, ReadOnly: s.Replica.ReadOnly,
		},
		Clients:          []api.Client{},
		Problems:         []api.Problem{},
		SupplierLastSeen: orNull(s.Supplier.LastSeen),
	}
	if s.LagKnown {
		seconds := s.Lag.Seconds()
		d.LagSeconds = &seconds
	}
	if s.Exposure != nil {
		d.ExposureSince, d.Exposure = &s.Exposure.From, s.Exposure.Reason
	}
	for _, c := range s.Clients {
		d.Clients = append(d.Clients, api.Client{Address: c.Address, User: c.User, Kind: string(c.Kind), ServerID: c.ServerID,
			State: string(c.State), SentGTID: c.Position.String(), SentBytes: c.Bytes, Since: c.Since, Error: c.Error})
	}
	for _, p := range s.Problems {
		d.Problems = append(d.Problems, api.Problem{Message: p.Message, Hint: p.Hint})
	}
	return d
}

// orNull turns a moment that never was into null.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func held(all []binlogserver.Held) []api.Held {
	list := []api.Held{}
	for _, h := range all {
		list = append(list, oneHeld(h))
	}
	return list
}

func oneHeld(h binlogserver.Held) api.Held {
	return api.Held{GTID: h.GTID.String(), Category: h.Category, Reason: h.Reason, Database: h.Database,
		Statement: h.Statement, Since: h.Since}
}

func segments(all []archive.Segment) []api.Segment {
	list := []api.Segment{}
	for _, s := range all {
		list = append(list, api.Segment{Stream: s.Stream, Name: s.Name, Path: s.Path, Size: s.Size, Status: string(s.Status),
			Reason: s.Reason, SHA256: s.SHA256, Start: s.Start, End: s.End, Created: s.Created, SealedAt: orNull(s.SealedAt)})
	}
	return list
}

func exposure(all []upstream.Exposure) []api.Exposure {
	list := []api.Exposure{}
	for _, e := range all {
		list = append(list, api.Exposure{From: e.From, To: orNull(e.To), Reason: e.Reason})
	}
	return list
}
