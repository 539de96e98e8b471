package archive

import (
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Status tells how complete a segment is.
type Status string

const (
	// StatusOpen segments are being written.
	StatusOpen Status = "open"
	// StatusSealed segments are complete and have the bytes of the supplier's file.
	StatusSealed Status = "sealed"
	// StatusTorn segments end at their last whole group, because the supplier crashed while it wrote the file.
	StatusTorn Status = "torn"
	// StatusDamaged segments have other bytes on our disk than were written, or are missing. They are never served.
	StatusDamaged Status = "damaged"
)

// Segment describes one file of the archive.
type Segment struct {
	Stream   int       `json:"stream"`
	Name     string    `json:"name"`
	Path     string    `json:"path"`
	Size     int64     `json:"size"` // bytes on disk that readers may see
	Status   Status    `json:"status"`
	Reason   string    `json:"reason,omitempty"` // why torn or damaged
	SHA256   string    `json:"sha256,omitempty"`
	Start    string    `json:"start"`         // state before its first group
	End      string    `json:"end,omitempty"` // state behind its last group, once complete
	Created  time.Time `json:"created"`       // by the supplier's clock
	SealedAt time.Time `json:"sealed_at,omitzero"`
}

// segment is what the archive keeps in memory of each file.
type segment struct {
	stream int
	name   string
	path   string
	// visible is the size that readers may see. It grows only while the segment is open.
	visible atomic.Int64
	// complete is set, after the last change of visible, when nothing more will come.
	complete atomic.Bool

	// The rest is guarded by Archive.mu, once the archive is open.
	head     head
	seal     *seal
	damage   *DamagedError
	replaced int  // how often Replace put other bytes into its place
	verified bool // its SHA-256 was found right since we started
	deleting bool // retention is removing its file, or has
	next     *segment
	forks    bool // it begins another history than that of the one before it

	beside bool // cut off or damaged bytes are kept beside it; used by the writer, Replace and retention
}

// setDamage notes that the segment cannot be served.
func (s *segment) setDamage(at int64, cause error) {
	s.damage = &DamagedError{Stream: s.stream, Segment: s.name, Offset: at, Cause: cause}
	s.complete.Store(true)
}

func (s *segment) describe() Segment {
	d := Segment{
		Stream: s.stream, Name: s.name, Path: s.path, Size: s.visible.Load(), Status: StatusOpen,
		Start: s.head.start.String(), Created: s.head.created,
	}
	if s.seal != nil {
		d.Status, d.SHA256, d.End, d.SealedAt = StatusSealed, s.seal.SHA256, s.seal.end.String(), s.seal.SealedAt
		if s.seal.Torn != "" {
			d.Status, d.Reason = StatusTorn, s.seal.Torn
		}
	}
	if s.damage != nil {
		d.Status, d.Reason = StatusDamaged, s.damage.Error()
	}
	return d
}

// logName accepts what MariaDB gives its binary logs: a base name and a number. A hostile supplier chooses these
// names, and they become file names here: no separators, no leading dot, nothing that is a suffix of ours.
var logName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,150}\.[0-9]{6,10}$`)

// ValidName tells whether name can be the name of a binary log file.
func ValidName(name string) bool { return logName.MatchString(name) }

// FileNumber returns the number at the end of a binary log file's name.
func FileNumber(name string) int64 {
	n, err := strconv.ParseInt(name[strings.LastIndexByte(name, '.')+1:], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// baseName returns a binary log file's name without its number.
func baseName(name string) string { return name[:strings.LastIndexByte(name, '.')+1] }
