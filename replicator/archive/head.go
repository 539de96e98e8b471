package archive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// head is what a file says of itself before its first group.
type head struct {
	known    bool
	size     int64 // bytes up to and including the GTID list
	checksum bool  // events end with a CRC-32
	start    gtidList
	created  time.Time
}

// maxHead bounds a head: a format description and the longest GTID list that is accepted fit.
const maxHead = 1 << 20

// errNoHead is returned for a file that ends before its GTID list: it holds no group.
var errNoHead = errors.New("file ends within its head")

// readHead reads a file's magic, format description and GTID list, and returns what they say and their bytes.
func readHead(path string) (head, []byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return head{}, nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	h, raw, err := parseHead(f)
	if err != nil {
		return head{}, nil, fmt.Errorf("read head of %s: %w", filepath.Base(path), err)
	}
	return h, raw, nil
}

func parseHead(r io.Reader) (head, []byte, error) {
	br := bufio.NewReaderSize(r, 4096)
	b := newHeadBuilder()
	magic := make([]byte, binlog.MagicSize)
	if _, err := io.ReadFull(br, magic); err != nil {
		return head{}, nil, endOfHead(err)
	}
	if string(magic) != string(binlog.Magic()) {
		return head{}, nil, fmt.Errorf("%w: not a binary log file", binlog.ErrCorrupt)
	}
	for {
		ev, h, err := readEvent(br, nil, maxHead)
		if err != nil {
			return head{}, nil, endOfHead(err)
		}
		done, err := b.add(h, ev)
		if err != nil {
			return head{}, nil, err
		}
		if done {
			return b.head, b.raw, nil
		}
	}
}

func endOfHead(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNoHead
	}
	return err
}

// headBuilder puts a head together from its events.
type headBuilder struct {
	head head
	raw  []byte
}

func newHeadBuilder() headBuilder { return headBuilder{raw: binlog.Magic()} }

// add takes the next event of a head and tells whether it was the last. Between the format description and the
// GTID list may lie a START_ENCRYPTION event.
func (b *headBuilder) add(h binlog.Header, ev []byte) (done bool, err error) {
	if len(b.raw)+len(ev) > maxHead {
		return false, fmt.Errorf("%w: head of more than %d bytes", binlog.ErrCorrupt, maxHead)
	}
	if err := inFile(h); err != nil {
		return false, err
	}
	first := len(b.raw) == binlog.MagicSize
	if first != (h.Type == replication.FORMAT_DESCRIPTION_EVENT) {
		return false, fmt.Errorf("%w: %s in the place of another event of a file's head", binlog.ErrCorrupt, h.Type)
	}
	if first {
		format, err := binlog.ParseFormat(ev)
		if err != nil {
			return false, err
		}
		b.head.checksum, b.head.created = format.Checksum, h.Time()
	}
	if b.head.checksum {
		if err := binlog.VerifyChecksum(ev); err != nil {
			return false, err
		}
	}
	b.raw = append(b.raw, ev...)
	if h.NextPos != 0 && h.NextPos != uint32(len(b.raw)) {
		return false, fmt.Errorf("%w: %s says that it ends at %d, it ends at %d",
			binlog.ErrCorrupt, h.Type, h.NextPos, len(b.raw))
	}
	switch h.Type {
	case replication.FORMAT_DESCRIPTION_EVENT, replication.MARIADB_START_ENCRYPTION_EVENT:
		return false, nil
	case replication.MARIADB_GTID_LIST_EVENT:
		start, err := binlog.ParseGTIDList(ev, b.head.checksum)
		if err != nil {
			return false, err
		}
		b.head.known, b.head.size, b.head.start = true, int64(len(b.raw)), listOf(start)
		return true, nil
	}
	return false, fmt.Errorf("%w: %s where the GTID list should be", binlog.ErrCorrupt, h.Type)
}
