package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// openConfig is what the role open is given.
type openConfig struct {
	Archive  string   `json:"archive"`
	Segments int      `json:"segments"` // that must be there
	After    []string `json:"after"`    // GTIDs behind which to look
	Profile  string   `json:"profile"`
}

type openAnswer struct {
	failure
	Open    time.Duration `json:"open"`
	Slowest time.Duration `json:"slowest"` // of the lookups; 0 without any
	Median  time.Duration `json:"median"`
	Peak    int64         `json:"peak"`
}

// Open is the child that opens an archive and looks GTIDs up in it.
func Open(in io.Reader, out io.Writer, log *slog.Logger) error {
	var c openConfig
	if err := json.NewDecoder(in).Decode(&c); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	a, err := c.open(log)
	if err != nil {
		a = openAnswer{failure: failure{err.Error()}}
	}
	return json.NewEncoder(out).Encode(a)
}

func (c openConfig) open(log *slog.Logger) (answer openAnswer, err error) {
	stop, err := startProfile(c.Profile)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	begin := time.Now()
	a, err := archive.Open(archive.Options{Dir: c.Archive, Logger: log})
	answer.Open = time.Since(begin)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if n := len(a.Segments()); n != c.Segments {
		return answer, fmt.Errorf("the archive has %d segments, want %d", n, c.Segments)
	}
	var took []float64
	for _, after := range c.After {
		begin := time.Now()
		if err := lookUp(a, after); err != nil {
			return answer, fmt.Errorf("look %s up: %w", after, err)
		}
		took = append(took, float64(time.Since(begin)))
	}
	if len(took) > 0 {
		answer.Slowest, answer.Median = time.Duration(quantile(took, 1)), time.Duration(median(took))
	}
	answer.Peak, _, err = usage()
	return answer, err
}

// lookUp finds the first group behind a GTID and reads on to its first event.
func lookUp(a *archive.Archive, after string) error {
	from, err := binlog.ParsePosition(after)
	if err != nil {
		return err
	}
	r, err := a.ReadFromGTID(from)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		ev, err := r.Next()
		if err != nil {
			return err
		}
		if ev.Header.Type != replication.MARIADB_GTID_EVENT {
			continue
		}
		g, err := binlog.ParseGTIDEvent(ev.Raw)
		if err != nil {
			return err
		}
		if from.Covers(g.GTID) {
			continue
		}
		if g.GTID.Seq != from[0].Seq+1 {
			return fmt.Errorf("found %s", g.GTID)
		}
		return nil
	}
}
