package archive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
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
	// StatusDamaged segments have other bytes on our disk than were written. They are never served.
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
	head   head
	// visible is the size that readers may see. It grows only while the segment is open.
	visible atomic.Int64
	// complete is set, after the last change of visible, when nothing more will come.
	complete atomic.Bool
	seal     *seal         // guarded by Archive.mu
	damage   *DamagedError // guarded by Archive.mu
}

// head is what a file says of itself before its first group.
type head struct {
	size    int64 // bytes up to and including the GTID list
	bytes   []byte
	format  binlog.Format
	start   *binlog.State
	created time.Time
}

// maxHead bounds a head: a format description and a GTID list of 65,536 entries fit.
const maxHead = 2 << 20

// baseName accepts what MariaDB gives its binary logs: a base name and a number. A hostile supplier chooses these
// names, and they become file names here: no separators, no leading dot, nothing that is a suffix of ours.
var baseName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,150}\.[0-9]{6,10}$`)

// ValidName tells whether name can be the name of a binary log file.
func ValidName(name string) bool { return baseName.MatchString(name) }

// FileNumber returns the number at the end of a binary log file's name.
func FileNumber(name string) int64 {
	n, err := strconv.ParseInt(name[strings.LastIndexByte(name, '.')+1:], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// errNoHead is returned for a file that ends before its GTID list: it holds no group.
var errNoHead = errors.New("file ends within its head")

// readHead reads a file's magic, format description and GTID list. Between them may lie a START_ENCRYPTION event.
func readHead(path string) (head, error) {
	f, err := os.Open(path)
	if err != nil {
		return head{}, err
	}
	defer f.Close()
	h, err := parseHead(f)
	if err != nil {
		return head{}, fmt.Errorf("read head of %s: %w", filepath.Base(path), err)
	}
	return h, nil
}

func parseHead(r io.Reader) (head, error) {
	br := bufio.NewReaderSize(r, 4096)
	raw := make([]byte, binlog.MagicSize, 1024)
	if _, err := io.ReadFull(br, raw); err != nil {
		return head{}, endOfHead(err)
	}
	if string(raw) != string(binlog.Magic()) {
		return head{}, fmt.Errorf("%w: not a binary log file", binlog.ErrCorrupt)
	}
	var h head
	for first := true; ; first = false {
		start := len(raw)
		raw = append(raw, make([]byte, binlog.HeaderSize)...)
		if _, err := io.ReadFull(br, raw[start:]); err != nil {
			return head{}, endOfHead(err)
		}
		header, err := binlog.ParseHeader(raw[start:])
		if err != nil {
			return head{}, err
		}
		if int64(start)+int64(header.Size) > maxHead {
			return head{}, fmt.Errorf("%w: head of more than %d bytes", binlog.ErrCorrupt, maxHead)
		}
		raw = append(raw, make([]byte, header.Size-binlog.HeaderSize)...)
		if _, err := io.ReadFull(br, raw[start+binlog.HeaderSize:]); err != nil {
			return head{}, endOfHead(err)
		}
		done, err := h.add(header, raw[start:], first)
		if err != nil {
			return head{}, err
		}
		if done {
			h.size, h.bytes = int64(len(raw)), raw
			return h, nil
		}
	}
}

func endOfHead(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNoHead
	}
	return err
}

// add takes the next event of a head and tells whether it was the last.
func (h *head) add(header binlog.Header, ev []byte, first bool) (done bool, err error) {
	if first {
		if header.Type != replication.FORMAT_DESCRIPTION_EVENT {
			return false, fmt.Errorf("%w: %s where the format description should be", binlog.ErrCorrupt, header.Type)
		}
		if h.format, err = binlog.ParseFormat(ev); err != nil {
			return false, err
		}
		h.created = header.Time()
	}
	if h.format.Checksum {
		if err := binlog.VerifyChecksum(ev); err != nil {
			return false, err
		}
	}
	switch header.Type {
	case replication.FORMAT_DESCRIPTION_EVENT, replication.MARIADB_START_ENCRYPTION_EVENT:
		return false, nil
	case replication.MARIADB_GTID_LIST_EVENT:
		h.start, err = binlog.ParseGTIDList(ev, h.format.Checksum)
		return true, err
	}
	return false, fmt.Errorf("%w: %s where the GTID list should be", binlog.ErrCorrupt, header.Type)
}
