package mariadb

import (
	"context"
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/replicator/mariadb/sqldump"
)

// waitingQuery finds statements that wait for a lock as a reader of tables may hold it: a definition's (behind which
// every other statement queues), a table's of MyISAM or Aria, or one that FLUSH TABLES or a backup waits for.
const waitingQuery = "SELECT QUERY_ID AS id, STATE AS state, LEFT(INFO, 1000) AS info" +
	" FROM information_schema.PROCESSLIST WHERE COMMAND <> 'Sleep' AND (STATE LIKE 'Waiting for % metadata lock'" +
	" OR STATE IN ('Waiting for table level lock', 'Waiting for table flush', 'Waiting for global read lock'," +
	" 'Waiting for backup lock'))"

// watchdog looks who waits at the supplier while it is copied. It cannot tell whether they wait for the copy or for
// somebody else, and gives way in any case.
type watchdog struct {
	server *Server
	limit  time.Duration
	since  map[string]time.Time // by statement: when it was first seen waiting
}

// run looks until ctx ends. It returns a *BlockedError when one statement was seen waiting for longer than the
// limit, another error when it could not look for that long.
func (w *watchdog) run(ctx context.Context) error {
	seen := time.Now()
	tick := time.NewTicker(max(w.limit/10, 10*time.Millisecond))
	defer tick.Stop()
	for {
		blocked, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case blocked != nil:
			return blocked
		case err == nil:
			seen = time.Now()
		case time.Since(seen) > max(w.limit, dialTimeout):
			return fmt.Errorf("watch who waits at the supplier: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (w *watchdog) look(ctx context.Context) (*BlockedError, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	now := time.Now()
	since := map[string]time.Time{}
	var found *BlockedError
	err := each(ctx, w.server.db, waitingQuery, func(m map[string]string) error {
		first, again := w.since[m["id"]]
		if !again {
			first = now
		}
		since[m["id"]] = first
		if waited := now.Sub(first); waited >= w.limit && (found == nil || waited > found.Waited) {
			found = &BlockedError{Statement: sqldump.Shorten([]byte(m["info"])), State: m["state"], Waited: waited}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.since = since
	return found, nil
}
