package upstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
)

// Exposure is an interval in which a commit that the supplier acknowledged may not have been on our disk.
type Exposure struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero while it lasts
	Reason string    `json:"reason"`
}

// protectedEvery is how often the moment until which we know that we were protected is written to disk. After a
// crash of ours the exposure begins there.
const protectedEvery = 5 * time.Second

// exposureLog remembers the intervals. On disk: exposure.jsonl holds the ended ones, one a line; protected-until
// the last moment known to be protected, as JSON.
type exposureLog struct {
	mu        sync.Mutex
	log       *durable.Log[Exposure]
	ended     []Exposure
	open      *Exposure
	untilPath string
	until     time.Time
	written   time.Time
}

func openExposure(dir string) (*exposureLog, error) {
	log, ended, err := durable.OpenLog[Exposure](filepath.Join(dir, "exposure.jsonl"))
	if err != nil {
		return nil, err
	}
	e := &exposureLog{log: log, ended: ended, untilPath: filepath.Join(dir, "protected-until")}
	data, err := os.ReadFile(e.untilPath)
	switch {
	case err == nil:
		if err := json.Unmarshal(data, &e.until); err != nil {
			return nil, errors.Join(fmt.Errorf("read %s: %w", e.untilPath, err), log.Close())
		}
		e.open = &Exposure{From: e.until, Reason: "wcded was not running"}
	case errors.Is(err, fs.ErrNotExist):
		e.open = &Exposure{From: time.Now(), Reason: "first start"}
		if n := len(ended); n > 0 {
			e.open = &Exposure{From: ended[n-1].To, Reason: "wcded was not running"}
		}
	default:
		return nil, errors.Join(err, log.Close())
	}
	return e, nil
}

// protected notes that every commit up to now waited for us, since since, the last time that this was known.
func (e *exposureLog) protected(now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open != nil {
		ended := *e.open
		ended.To = now
		if err := e.log.Append(ended); err != nil {
			return fmt.Errorf("record exposure: %w", err)
		}
		e.ended, e.open = append(e.ended, ended), nil
	}
	e.until = now
	if now.Sub(e.written) < protectedEvery {
		return nil
	}
	data, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("record exposure: %w", err)
	}
	e.written = now
	return durable.WriteFile(e.untilPath, data, 0o600)
}

// exposed notes that commits may not have waited for us, ever since protection was last known.
func (e *exposureLog) exposed(now time.Time, reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open != nil {
		return
	}
	from := e.until
	if from.IsZero() {
		from = now
	}
	e.open = &Exposure{From: from, Reason: reason}
}

// list returns all intervals, the one that lasts last.
func (e *exposureLog) list() []Exposure {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := append([]Exposure(nil), e.ended...)
	if e.open != nil {
		all = append(all, *e.open)
	}
	return all
}

func (e *exposureLog) close() error { return e.log.Close() }
