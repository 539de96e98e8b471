package binlogserver

import (
	"strings"
	"sync"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// fallbackVersion is what clients see as long as the archive is empty.
const fallbackVersion = "10.11.0-MariaDB"

// versionCache remembers the version that the newest segment's format description names.
type versionCache struct {
	mu      sync.Mutex
	segment archive.Segment
	version string
}

// serverVersion returns the supplier's server version.
func (s *Server) serverVersion() string {
	if s.opts.Version != "" {
		return s.opts.Version
	}
	segments := s.opts.Archive.Segments()
	if len(segments) == 0 {
		return fallbackVersion
	}
	last := segments[len(segments)-1]
	c := &s.version
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != "" && c.segment.Stream == last.Stream && c.segment.Name == last.Name {
		return c.version
	}
	v, err := readVersion(s.opts.Archive, last)
	if err != nil || !presentable(v) {
		s.log.Warn("segment tells no server version", "segment", last.Name, "stream", last.Stream, "err", err)
		return fallbackVersion
	}
	c.segment, c.version = last, v
	return v
}

func readVersion(src Source, seg archive.Segment) (string, error) {
	r, err := src.ReadFromFile(seg.Stream, seg.Name, binlog.MagicSize)
	if err != nil {
		return "", err
	}
	defer r.Close()
	ev, err := r.Next()
	if err != nil {
		return "", err
	}
	f, err := binlog.ParseFormat(ev.Raw)
	return f.ServerVersion, err
}

// presentable tells whether v can be shown to clients: a replica reads a number at its start, and the supplier could
// have written anything.
func presentable(v string) bool {
	if v == "" || v[0] < '1' || v[0] > '9' {
		return false
	}
	return !strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' })
}

// greeting puts before a version what MariaDB puts there in the handshake, so that old clients find a 5; MariaDB's own
// take it away again.
func greeting(version string) string {
	if strings.HasPrefix(version, "5.") {
		return version
	}
	return "5.5.5-" + version
}
