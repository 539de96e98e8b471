package archive

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// StreamKind tells how a segment stands to what the archive already holds.
type StreamKind string

const (
	// Continue: the file that follows in the same supplier's sequence.
	Continue StreamKind = ""
	// Switch: another server with the same history. Its bytes may overlap ours; readers skip by GTID.
	Switch StreamKind = "switch"
	// Fork: another history. What was there stays on disk beside it and is no longer read.
	Fork StreamKind = "fork"
)

const (
	streamPrefix = "stream-"
	forkSuffix   = "-fork" // in the folder's name, so that no index is needed to know it
)

// stream is one folder of segments.
type stream struct {
	number int
	fork   bool
}

func (s stream) dir(archive string) string {
	name := fmt.Sprintf("%s%06d", streamPrefix, s.number)
	if s.fork {
		name += forkSuffix
	}
	return filepath.Join(archive, name)
}

func listStreams(dir string) ([]stream, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var streams []stream
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), streamPrefix)
		digits, fork := strings.CutSuffix(rest, forkSuffix)
		n, err := strconv.Atoi(digits)
		if ok && err == nil && n > 0 && e.IsDir() {
			streams = append(streams, stream{number: n, fork: fork})
		}
	}
	slices.SortFunc(streams, func(a, b stream) int { return a.number - b.number })
	return streams, nil
}

// streamInfo is the contents of stream.json, for people.
type streamInfo struct {
	Began  time.Time  `json:"began"`
	Kind   StreamKind `json:"kind,omitempty"`
	Reason string     `json:"reason"`
}

func (a *Archive) newest() stream {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stream
}

// newStream makes the folder of the next stream.
func (a *Archive) newStream(kind StreamKind, reason string) error {
	a.mu.Lock()
	s := stream{number: a.stream.number + 1, fork: kind == Fork}
	a.mu.Unlock()
	dir := s.dir(a.opts.Dir)
	if err := durable.Mkdir(dir, 0o750); err != nil {
		return err
	}
	data, err := json.Marshal(streamInfo{Began: a.opts.Now().UTC(), Kind: kind, Reason: reason})
	if err != nil {
		return fmt.Errorf("begin stream: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(dir, "stream.json"), append(data, '\n'), 0o640); err != nil {
		return err
	}
	a.mu.Lock()
	a.stream = s
	a.mu.Unlock()
	return nil
}

// beginStreamLocked notes the first segment of a stream: a fork replaces what readers see.
func (a *Archive) beginStreamLocked(first *segment) {
	if a.stream.fork {
		a.timeline = len(a.segments) - 1
		a.published = binlog.Position{}
	}
	for _, g := range first.head.start.Position() {
		if a.published[g.Domain].Seq < g.Seq {
			a.published.Advance(g)
		}
	}
}
