package archive

import (
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const sealSuffix = ".seal"

// seal is the contents of a .seal file. Everything in it but SealedAt follows from the segment's bytes.
type seal struct {
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Torn     string    `json:"torn,omitempty"` // why the file ends early; "" for a clean end
	End      string    `json:"end"`            // state behind the last group
	MaxTime  time.Time `json:"max_time"`       // latest timestamp of a group, by the supplier's clock
	SealedAt time.Time `json:"sealed_at"`      // by our clock
	end      gtidList  // End, parsed
}

// readSeal reads the seal of the segment at path. An unreadable one is as good as lost: it can be made again.
func readSeal(path string) (*seal, error) {
	data, err := os.ReadFile(path + sealSuffix)
	if err != nil {
		return nil, err
	}
	s := &seal{}
	err = json.Unmarshal(data, s)
	if err == nil && s.Size < binlog.MagicSize {
		err = fmt.Errorf("size %d", s.Size)
	}
	var list gtidList
	if err == nil {
		list, err = parseList(s.End)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: seal of %s: %w", binlog.ErrCorrupt, filepath.Base(path), err)
	}
	s.end, s.End = listOf(list.state()), ""
	return s, nil
}

// newSeal makes the seal of a segment of which everything up to p.boundary is on disk.
func (a *Archive) newSeal(p *progress, sum hash.Hash, torn string) *seal {
	return &seal{
		Size: p.boundary, SHA256: hexSum(sum), Torn: torn, end: listOf(p.state),
		MaxTime: p.maxTime.UTC(), SealedAt: a.opts.Now().UTC().Truncate(time.Millisecond),
	}
}

// writeSeal puts the seal beside its segment, durably.
func (a *Archive) writeSeal(of *segment, s *seal) error {
	written := *s
	written.End = s.end.String()
	data, err := json.Marshal(written)
	if err != nil {
		return fmt.Errorf("write seal: %w", err)
	}
	if err := a.opts.write(of.path+sealSuffix, append(data, '\n'), 0o640); err != nil {
		return diskError(fmt.Errorf("write seal: %w", err))
	}
	if s.Torn == "" && of.beside {
		return removeBeside(of.path, cutInfix) // it was sent again
	}
	return nil
}

// completeLocked makes a segment complete, and wakes the readers that wait at its end.
func (a *Archive) completeLocked(s *segment, with *seal) {
	s.seal, s.verified = with, true
	s.complete.Store(true)
	a.notifyLocked()
}
