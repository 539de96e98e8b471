package upstream

import (
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Status returns what is known now.
func (f *Follower) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Received = f.received.Clone()
	return s
}

// enter notes a new state and logs the change.
func (f *Follower) enter(s State, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	if f.status.State == s && f.status.Detail == detail {
		return
	}
	if f.status.State != s {
		f.status.Since = time.Now()
	}
	f.status.State, f.status.Detail = s, detail
	if s != Streaming {
		f.status.SemiSync = false
	}
	f.log.Warn("supplier", "state", string(s), "err", err, "hint", s.Hint())
}

// streaming notes that events are coming.
func (f *Follower) streaming(st start, offset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if st.kind != "" {
		f.received = binlog.Position{}
	} else {
		f.received = f.opts.Archive.Published()
	}
	f.adopt, f.torn = "", ""
	f.status.State, f.status.Detail, f.status.Since = Streaming, "", time.Now()
	f.status.File, f.status.Offset = st.name, offset
	f.status.Reconnect++
	f.log.Info("supplier", "state", string(Streaming), "file", st.name, "offset", offset)
}

func (f *Follower) know(k facts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.ServerID, f.status.Version, f.status.LastSeen = k.serverID, k.version, time.Now()
}

func (f *Follower) seen(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.LastSeen = time.Now()
	f.status.Bytes += uint64(n)
}

func (f *Follower) at(name string, offset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.File, f.status.Offset = name, offset
}

func (f *Follower) arrived(g binlog.GTID, name string, offset int64) {
	now := time.Now()
	f.mu.Lock()
	f.received.Advance(g)
	f.status.File, f.status.Offset = name, offset
	f.mu.Unlock()
	if f.opts.Arrived != nil {
		f.opts.Arrived(g, now)
	}
}

func (f *Follower) synced() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Syncs++
}

func (f *Follower) acked() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Acks++
}

func (f *Follower) alive() {
	if f.opts.Alive != nil {
		f.opts.Alive()
	}
}
