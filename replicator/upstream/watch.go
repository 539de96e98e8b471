package upstream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const watchEvery = time.Second

// watched is what the supplier said when it was last asked.
type watched struct {
	at      time.Time
	enabled bool   // rpl_semi_sync_master_enabled
	status  bool   // commits do wait
	clients int    // semi-sync clients
	unacked int64  // commits that did not wait, since the supplier's start
	file    string // that it writes
	offset  int64  // in that file
	reached binlog.Position
}

// watch asks the supplier once a second, on a connection of its own, whether semi-sync holds, and keeps the exposure
// log. It never disturbs the stream.
func (f *Follower) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var c *conn
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	for {
		f.observe(ctx, &c)
		select {
		case <-ctx.Done():
			f.exposure.exposed(time.Now(), "wcded was stopped")
			return
		case <-tick.C:
		}
	}
}

// observe asks once and draws the conclusions.
func (f *Follower) observe(ctx context.Context, c **conn) {
	f.mu.Lock()
	state, since, last := f.status.State, f.status.Since, f.watched
	file, offset := f.status.File, f.status.Offset
	f.mu.Unlock()
	now := time.Now()
	if state != Streaming {
		f.judge(now, "not connected to the supplier: "+string(state))
		return
	}
	seen, err := f.look(ctx, c)
	if err != nil {
		f.judge(now, "the supplier does not say whether semi-sync holds")
		return
	}
	f.mu.Lock()
	f.watched = seen
	f.status.Supplier = seen.reached
	cancel, released, semi := f.cancel, f.released, f.semi
	f.mu.Unlock()
	why := seen.reconnect(file, offset)
	if why == "" && f.opts.SemiSync && !released && seen.uncounted(last, since) {
		why = "semi-sync is on at the supplier, and we are not registered"
		if semi {
			why = "the supplier does not count us as semi-sync replica any more"
			f.silent()
		}
	}
	if why != "" && cancel != nil {
		f.log.Warn("connecting to the supplier again", "reason", why)
		cancel()
	}
	f.judge(now, f.exposedBy(seen, last, released))
}

// reconnect says why the stream cannot go on as it is, "" if it can. file and offset are what had been read before the
// supplier was asked.
func (w watched) reconnect(file string, offset int64) string {
	ours, theirs := archive.FileNumber(file), archive.FileNumber(w.file)
	if theirs < ours || theirs == ours && w.offset < offset {
		// A stream of a binary log that was reset just falls silent.
		return fmt.Sprintf("the supplier writes %s at %d, we had read %s up to %d", w.file, w.offset, file, offset)
	}
	return ""
}

// uncounted tells whether the supplier has semi-sync on and no replica for it, twice in a row: a moment after a
// connection it may not have counted that yet.
func (w watched) uncounted(last watched, since time.Time) bool {
	return w.enabled && w.clients == 0 && last.enabled && last.clients == 0 && last.at.After(since)
}

// exposedBy says why commits may not have waited for us, "" if they have.
func (f *Follower) exposedBy(seen, last watched, released bool) string {
	switch {
	case !f.opts.SemiSync:
		return "semi-sync is switched off in our configuration"
	case released:
		return "semi-sync was given up: the archive is over its size limit"
	case !seen.enabled:
		return "semi-sync is switched off at the supplier"
	case !seen.status:
		return "the supplier's commits don't wait: its semi-sync timed out"
	case seen.clients == 0:
		return "we are not registered as semi-sync client"
	case seen.clients > 1:
		return "another semi-sync client acknowledges too: " + strconv.Itoa(seen.clients) + " clients"
	case seen.unacked > last.unacked && !last.at.IsZero():
		return strconv.FormatInt(seen.unacked-last.unacked, 10) + " commits did not wait for us"
	}
	return ""
}

// judge notes whether semi-sync protects us; reason says why not.
func (f *Follower) judge(now time.Time, reason string) {
	f.mu.Lock()
	f.status.SemiSync = reason == "" && f.status.State == Streaming
	f.mu.Unlock()
	if reason != "" {
		f.exposure.exposed(now, reason)
		return
	}
	if err := f.exposure.protected(now); err != nil {
		f.log.Error("exposure log", "err", err)
	}
}

// look asks the supplier, over a connection that is kept.
func (f *Follower) look(ctx context.Context, c **conn) (watched, error) {
	if *c == nil {
		nc, err := f.opts.Supplier.dial(ctx)
		if err != nil {
			return watched{}, err
		}
		*c = nc
	}
	w, err := (*c).look()
	if err != nil {
		(*c).close()
		*c = nil
	}
	return w, err
}

func (c *conn) look() (watched, error) {
	c.raw.left.Store(commandBudget)
	w := watched{at: time.Now()}
	status, err := c.rows("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master%'")
	if err != nil {
		return w, err
	}
	for _, r := range status {
		if len(r) != 2 {
			continue
		}
		n, _ := strconv.ParseInt(r[1], 10, 64) // ON and OFF are no numbers
		switch r[0] {
		case "Rpl_semi_sync_master_status":
			w.status = r[1] == "ON"
		case "Rpl_semi_sync_master_clients":
			w.clients = int(n)
		case "Rpl_semi_sync_master_no_tx":
			w.unacked = n
		}
	}
	vars, err := c.rows("SELECT @@global.rpl_semi_sync_master_enabled, @@global.gtid_binlog_pos")
	if err != nil {
		return w, err
	}
	if len(vars) == 1 && len(vars[0]) == 2 {
		w.enabled = vars[0][0] == "1"
		if w.reached, err = binlog.ParsePosition(vars[0][1]); err != nil {
			return w, err
		}
	}
	master, err := c.rows("SHOW MASTER STATUS")
	if err != nil {
		return w, err
	}
	if len(master) == 1 && len(master[0]) >= 2 {
		w.file = master[0][0]
		w.offset, err = strconv.ParseInt(master[0][1], 10, 64)
	}
	return w, err
}

// Exposure returns every interval in which semi-sync did not protect us, oldest first.
func (f *Follower) Exposure() []Exposure { return f.exposure.list() }
