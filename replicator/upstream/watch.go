package upstream

import (
	"context"
	"strconv"
	"time"
)

const watchEvery = time.Second

// watched is what the supplier said of its semi-sync when it was last asked.
type watched struct {
	enabled   bool
	status    bool
	clients   int
	unacked   int64 // commits that did not wait, since the supplier's start
	connected time.Time
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
	streaming, released, since := f.status.State == Streaming, f.released, f.status.Since
	state := f.status.State
	last := f.watched
	f.mu.Unlock()
	now := time.Now()
	switch {
	case !streaming:
		f.judge(now, "not connected to the supplier: "+string(state))
		return
	case !f.opts.SemiSync:
		f.judge(now, "semi-sync is switched off in our configuration")
		return
	case released:
		f.judge(now, "semi-sync was given up: the archive is over its size limit")
		return
	}
	seen, err := f.askSemiSync(ctx, c)
	if err != nil {
		f.judge(now, "the supplier does not say whether semi-sync holds")
		return
	}
	f.mu.Lock()
	f.watched = seen
	reconnect := seen.enabled && seen.clients == 0 && now.Sub(since) > 2*watchEvery && f.cancel != nil
	if reconnect {
		f.cancel() // it was switched on after we connected: register again
	}
	f.mu.Unlock()
	switch {
	case !seen.enabled:
		f.judge(now, "semi-sync is switched off at the supplier")
	case !seen.status:
		f.judge(now, "the supplier's commits don't wait: its semi-sync timed out")
	case seen.clients == 0:
		f.judge(now, "we are not registered as semi-sync client")
	case seen.clients > 1:
		f.judge(now, "another semi-sync client acknowledges too: "+strconv.Itoa(seen.clients)+" clients")
	case seen.unacked > last.unacked && !last.connected.IsZero():
		f.judge(now, strconv.FormatInt(seen.unacked-last.unacked, 10)+" commits did not wait for us")
	default:
		f.judge(now, "")
	}
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

// askSemiSync reads the supplier's semi-sync status, over a connection that is kept.
func (f *Follower) askSemiSync(ctx context.Context, c **conn) (watched, error) {
	if *c == nil {
		nc, err := f.opts.Supplier.dial(ctx)
		if err != nil {
			return watched{}, err
		}
		*c = nc
	}
	(*c).raw.left.Store(commandBudget)
	rows, err := (*c).rows("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master%'")
	var vars [][]string
	if err == nil {
		vars, err = (*c).rows("SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_master_enabled'")
	}
	if err != nil {
		(*c).close()
		*c = nil
		return watched{}, err
	}
	w := watched{connected: time.Now()}
	for _, r := range rows {
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
	w.enabled = len(vars) == 1 && len(vars[0]) == 2 && vars[0][1] == "ON"
	return w, nil
}

// Exposure returns every interval in which semi-sync did not protect us, oldest first.
func (f *Follower) Exposure() []Exposure { return f.exposure.list() }
