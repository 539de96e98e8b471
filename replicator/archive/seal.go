package archive

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
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
	end      *binlog.State
}

func (s *seal) write(path string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write seal: %w", err)
	}
	return durable.WriteFile(path+sealSuffix, append(data, '\n'), 0o640)
}

func readSeal(path string) (*seal, error) {
	data, err := os.ReadFile(path + sealSuffix)
	if err != nil {
		return nil, err
	}
	s := &seal{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("read seal: %w", err)
	}
	if s.end, err = parseState(s.End); err != nil {
		return nil, fmt.Errorf("read seal: %w", err)
	}
	return s, nil
}
