package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func segmentsExperiment() experiment {
	return experiment{
		name: "segments", run: measureSegments,
		rows: []row{{
			key: "start-warm", what: "start with 10,000 segments, page cache warm", aim: atMost(2), unit: "s",
			method: "An archive of 10,000 sealed segments of a few groups each is opened by a new process.",
		}, {
			key: "start-cold", what: "the same, page cache empty", aim: atMost(2), unit: "s",
			method: "The same, after all clean pages, directory entries and inodes were dropped " +
				"(/proc/sys/vm/drop_caches, which only root may do).",
		}, {
			key: "lookup", what: "GTID lookup in 10,000 segments", aim: atMost(50), unit: "ms",
			method: "In that archive: from asking for what follows a random GTID to having the first event of that group; " +
				"the slowest of 1,000.",
		}},
	}
}

func measureSegments(ctx context.Context, e *env, rec *recorder) error {
	dir := e.path("g")
	last, err := makeSegments(ctx, dir, e.scale.segments)
	if err != nil {
		return fmt.Errorf("make segments: %w", err)
	}
	e.later(func() error { return os.RemoveAll(dir) })
	// The archive finds the files without their seals and makes them, as it does after a loss of the seals.
	e.say("  %d segments are made; sealing them", e.scale.segments)
	a, err := archive.Open(archive.Options{Dir: dir})
	if err != nil {
		return err
	}
	whole := a.Published().Reached(binlog.Position{last.Domain: last})
	if err := a.Close(); err != nil {
		return err
	}
	if !whole {
		return fmt.Errorf("the archive did not accept the segments up to %s", last)
	}
	c := openConfig{Archive: dir, Segments: e.scale.segments}
	for range e.scale.lookups {
		// What follows a GTID must be there, so the last one is not asked for.
		c.After = append(c.After, binlog.GTID{Server: last.Server, Seq: 1 + rand.Uint64N(last.Seq-1)}.String())
	}
	for round := range e.rounds {
		cold, err := e.dropCaches()
		if err != nil {
			return err
		}
		if cold {
			took, err := e.openSegments(ctx, openConfig{Archive: dir, Segments: c.Segments})
			if err != nil {
				return err
			}
			rec.single("start-cold", took.Open.Seconds())
			e.say("  round %d/%d  cold: open %s s", round+1, e.rounds, number(took.Open.Seconds()))
		}
		c.Profile = e.profile("segments")
		took, err := e.openSegments(ctx, c)
		if err != nil {
			return err
		}
		rec.single("start-warm", took.Open.Seconds())
		rec.single("lookup", float64(took.Slowest)/1e6)
		rec.note("lookup", "the median lookup took %s ms", number(float64(took.Median)/1e6))
		rec.note("start-warm", "%.0f MiB of memory", float64(took.Peak)/(1<<20))
		e.say("  round %d/%d  warm: open %s s, slowest lookup %s ms", round+1, e.rounds, number(took.Open.Seconds()),
			number(float64(took.Slowest)/1e6))
	}
	return nil
}

func (e *env) openSegments(ctx context.Context, c openConfig) (openAnswer, error) {
	var a openAnswer
	child, err := e.startChild(ctx, RoleOpen, c)
	if err != nil {
		return a, err
	}
	err = child.ask(nil, &a, 5*time.Minute)
	return a, errors.Join(err, child.close())
}

// dropCaches empties the page cache, which the whole machine feels, and says whether it could.
func (e *env) dropCaches() (bool, error) {
	if !e.scale.steady {
		return false, nil
	}
	if err := e.settle(); err != nil {
		return false, err
	}
	err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3\n"), 0)
	if err != nil {
		e.say("  the page cache stays warm: %v", err)
	}
	return err == nil, nil
}
