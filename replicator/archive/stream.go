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
)

// StreamKind tells how a segment stands to what the archive already holds.
type StreamKind string

const (
	// Continue is the file that follows in the same supplier's sequence.
	Continue StreamKind = ""
	// Switch is another server with the same history. Its bytes may overlap ours; readers skip by GTID.
	Switch StreamKind = "switch"
	// Fork is another history. What was there stays on disk beside it and is no longer read.
	Fork StreamKind = "fork"
)

const (
	streamPrefix = "stream-"
	forkSuffix   = "-fork" // in the folder's name, so that no index is needed to know it
	streamFile   = "stream.json"
)

// stream is one folder of segments.
type stream struct {
	number int
	fork   bool
}

func (s stream) folder() string {
	name := fmt.Sprintf("%s%06d", streamPrefix, s.number)
	if s.fork {
		name += forkSuffix
	}
	return name
}

func (s stream) dir(archive string) string { return filepath.Join(archive, s.folder()) }

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
		s := stream{number: n, fork: fork}
		if ok && err == nil && n > 0 && e.IsDir() && e.Name() == s.folder() {
			streams = append(streams, s)
		}
	}
	slices.SortFunc(streams, func(a, b stream) int { return a.number - b.number })
	for i := 1; i < len(streams); i++ {
		if streams[i].number == streams[i-1].number {
			return nil, fmt.Errorf("two folders of stream %d", streams[i].number)
		}
	}
	return streams, nil
}

// streamInfo is the contents of stream.json, for people.
type streamInfo struct {
	Began  time.Time  `json:"began"`
	Kind   StreamKind `json:"kind,omitempty"`
	Reason string     `json:"reason"`
}

// makeStream makes the folder of a stream. It means nothing until a segment is in it.
func (a *Archive) makeStream(s stream, kind StreamKind, reason string) error {
	dir := s.dir(a.opts.Dir)
	if err := durable.Mkdir(dir, 0o750); err != nil {
		return err
	}
	data, err := json.Marshal(streamInfo{Began: a.opts.Now().UTC(), Kind: kind, Reason: reason})
	if err != nil {
		return fmt.Errorf("begin stream: %w", err)
	}
	return a.opts.write(filepath.Join(dir, streamFile), append(data, '\n'), 0o640)
}

// removeStream removes the folder of a stream without segments, if nothing but the note is in it.
func removeStream(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != streamFile && !strings.HasSuffix(e.Name(), durable.TempSuffix) {
			return nil
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(dir))
}
