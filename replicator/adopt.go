package replicator

import (
	"context"
	"fmt"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// AdoptConsequences says, in sentences, what Adopt would do now. It is an error if there is nothing to adopt.
func (d *Database) AdoptConsequences() ([]string, error) {
	r, err := d.current()
	if err != nil {
		return nil, err
	}
	s := r.follower.Status()
	what := ""
	switch s.State {
	case upstream.Gap:
		what = "Every change between our last group and the supplier's current binary log is missing here for good."
	case upstream.Diverged:
		what = "Groups that the supplier no longer has stay in our archive, in the old history, and nowhere else."
	case upstream.WrongServer:
		what = "The server that answers now becomes the supplier, although its history does not contain ours."
	default:
		return nil, fmt.Errorf("adopt: %w: the supplier is in state %s", upstream.ErrNothingToDecide, s.State)
	}
	return []string{
		"State: " + string(s.State) + ": " + s.Detail + ".",
		what,
		"The archive begins a new history at the head of the supplier's current file; the old one (up to " +
			orNone(r.archive.Published()) + ") stays on disk beside it and is deleted by age only.",
		"Replication of the foundation's MariaDB stops now, and its contents are marked as not seeded.",
		"The foundation's MariaDB must be seeded again (wcdectl database seed " + d.name + " --replace); until then there is " +
			"no current copy to switch to.",
	}, nil
}

func orNone(p binlog.Position) string {
	if len(p) == 0 {
		return "nothing"
	}
	return p.String()
}

// Adopt decides a gap, a divergence or a wrong server: from now on the supplier's present history is ours. The replica is
// stopped first and marked as not seeded: its GTIDs may name other transactions in the new history.
func (d *Database) Adopt(ctx context.Context, who, reason string) ([]string, error) {
	consequences, err := d.AdoptConsequences()
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, fmt.Errorf("adopt: %w: give a reason, it is recorded", ErrRefused)
	}
	r, err := d.current()
	if err != nil {
		return nil, err
	}
	if err := d.disownReplica(ctx, r, "another history was adopted: "+reason); err != nil {
		return nil, fmt.Errorf("adopt: stop the replica first: %w", err)
	}
	if err := r.follower.Adopt(who + ": " + reason); err != nil {
		return nil, err
	}
	d.lag.forget()
	d.log.Warn("the supplier's history is adopted", "who", who, "reason", reason)
	return consequences, nil
}

// Verify reads all complete segments again and compares them with their seals. It returns what is wrong, one error
// for each damaged segment.
func (d *Database) Verify(ctx context.Context, progress func(segment string, done, total int64)) (n int, bytes int64,
	damaged []error, err error) {
	r, err := d.current()
	if err != nil {
		return 0, 0, nil, err
	}
	total := r.archive.Size()
	for _, s := range r.archive.Segments() {
		progress(s.Name, bytes, total)
		if err := r.archive.Verify(ctx, s); err != nil {
			if ctx.Err() != nil {
				return n, bytes, damaged, ctx.Err()
			}
			damaged = append(damaged, err)
		}
		n, bytes = n+1, bytes+s.Size
	}
	progress("", total, total)
	return n, bytes, damaged, nil
}
