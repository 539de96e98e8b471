package app

import (
	"context"
	"slices"
	"strings"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/replicator"
)

// verbs is everything that operators can ask for.
func (d *daemon) verbs() []control.Verb {
	return []control.Verb{
		control.Read(api.StatusPath, func(context.Context, control.Call) (api.Status, error) { return d.status(), nil }),
		control.Read(api.DoctorPath, d.doctor),
		control.Read(api.DatabasePath, of(d, func(_ context.Context, db *replicator.Database) (api.Database, error) {
			return database(db.Status()), nil
		})),
		control.Read(api.SegmentsPath, of(d, func(_ context.Context, db *replicator.Database) ([]api.Segment, error) {
			all, err := db.Segments()
			return segments(all), told(err)
		})),
		control.Read(api.HeldPath, of(d, func(_ context.Context, db *replicator.Database) ([]api.Held, error) {
			all, err := db.Held()
			return held(all), told(err)
		})),
		control.Read(api.ExposurePath, of(d, func(_ context.Context, db *replicator.Database) ([]api.Exposure, error) {
			all, err := db.Exposure()
			return exposure(all), told(err)
		})),
		control.Change(api.ReleasePath, d.decide(replicator.Release)),
		control.Change(api.SkipPath, d.decide(replicator.Skip)),
		control.Change(api.AdoptPath, d.adopt),
		control.Long(api.SeedPath, d.seed),
		control.Long(api.VerifyPath, d.verify),
	}
}

// named returns the database that the path of a call names.
func (d *daemon) named(c control.Call) (*replicator.Database, error) {
	var all []string
	for _, db := range d.databases {
		if db.Name() == c.Value("name") {
			return db, nil
		}
		all = append(all, db.Name())
	}
	slices.Sort(all)
	hint := "the configuration has no databases"
	if len(all) > 0 {
		hint = "there is " + strings.Join(all, ", ")
	}
	return nil, control.Errorf(control.Usage, hint, "there is no database %q", c.Value("name"))
}

// of makes a verb's function from one that looks at the database which the path names.
func of[Out any](d *daemon, look func(context.Context, *replicator.Database) (Out, error)) func(
	context.Context, control.Call) (Out, error) {
	return func(ctx context.Context, c control.Call) (out Out, err error) {
		db, err := d.named(c)
		if err != nil {
			return out, err
		}
		return look(ctx, db)
	}
}
