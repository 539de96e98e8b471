package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// progress is what is known of a segment up to some event: kept while writing, found again by scanning.
type progress struct {
	format   binlog.Format
	state    *binlog.State
	tracker  binlog.Tracker
	offset   int64 // behind the last event
	boundary int64 // behind the last event that left no group open
	// lastGroup is where the last whole group begins; 0 if there was none in this segment.
	lastGroup  int64
	groupStart int64
	last       binlog.GTID
	maxTime    time.Time
	closed     bool // the last event was a ROTATE or STOP: nothing follows in this file
}

// feed takes the next event of the segment, at p.offset, and returns what it meant.
func (p *progress) feed(h binlog.Header, ev []byte) (binlog.Step, error) {
	if h.Type == replication.FORMAT_DESCRIPTION_EVENT {
		f, err := binlog.ParseFormat(ev)
		if err != nil {
			return 0, err
		}
		p.format = f
	}
	if p.format.Checksum {
		if err := binlog.VerifyChecksum(ev); err != nil {
			return 0, err
		}
	}
	next := p.offset + int64(h.Size)
	// MariaDB 11.4 and newer leave the position at 0 inside of transactions.
	if h.NextPos != 0 && h.NextPos != uint32(next) {
		return 0, fmt.Errorf("%w: event at offset %d says that it ends at %d, it ends at %d",
			binlog.ErrCorrupt, p.offset, h.NextPos, next)
	}
	step, err := p.tracker.Feed(h, ev, p.format.Checksum)
	if err != nil {
		return 0, err
	}
	switch step {
	case binlog.Begins:
		p.groupStart = p.offset
		if t := h.Time(); t.After(p.maxTime) {
			p.maxTime = t
		}
	case binlog.Ends:
		g, _ := p.tracker.Group()
		p.last = g.GTID
		p.state.Update(g.GTID)
		p.lastGroup = p.groupStart
	}
	if h.Type == replication.MARIADB_GTID_LIST_EVENT {
		start, err := binlog.ParseGTIDList(ev, p.format.Checksum)
		if err != nil {
			return 0, err
		}
		p.state = start
	}
	p.offset = next
	if _, open := p.tracker.Group(); !open {
		p.boundary = next
	}
	p.closed = h.Type == replication.ROTATE_EVENT || h.Type == replication.STOP_EVENT
	return step, nil
}

// scanResult is what reading a whole segment found.
type scanResult struct {
	progress
	size int64 // of the file
	bad  error // why the scan stopped before the end of the file, at progress.offset
}

// scanFile reads the segment at path from its head to its end or its first bad event. limit bounds one event's size.
// visit, if not nil, is called for every event; ev is valid during the call only.
func scanFile(path string, limit uint32, visit func(h binlog.Header, ev []byte, at int64) error) (scanResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return scanResult{}, fmt.Errorf("scan segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return scanResult{}, fmt.Errorf("scan segment: %w", err)
	}
	r := scanResult{progress: progress{state: &binlog.State{}}, size: info.Size()}
	br := bufio.NewReaderSize(f, 1<<20)
	magic := make([]byte, binlog.MagicSize)
	if _, err := io.ReadFull(br, magic); err != nil || string(magic) != string(binlog.Magic()) {
		r.bad = fmt.Errorf("%w: not a binary log file", binlog.ErrCorrupt)
		return r, nil
	}
	r.offset, r.boundary = binlog.MagicSize, binlog.MagicSize
	var ev []byte
	for r.offset < r.size {
		var h binlog.Header
		if ev, h, err = readEvent(br, ev, min(int64(limit), r.size-r.offset)); err != nil {
			r.bad = err
			return r, nil
		}
		at := r.offset
		if _, err := r.feed(h, ev); err != nil {
			r.bad = err
			return r, nil
		}
		if visit != nil {
			if err := visit(h, ev, at); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// readEvent reads one event into buf, grown as needed, of at most limit bytes.
func readEvent(br *bufio.Reader, buf []byte, limit int64) ([]byte, binlog.Header, error) {
	if limit < binlog.HeaderSize {
		return buf, binlog.Header{}, fmt.Errorf("%w: %d bytes left, a header needs %d",
			binlog.ErrCorrupt, limit, binlog.HeaderSize)
	}
	peek, err := br.Peek(binlog.HeaderSize)
	if err != nil {
		return buf, binlog.Header{}, unexpected(err)
	}
	h, err := binlog.ParseHeader(peek)
	if err != nil {
		return buf, h, err
	}
	if int64(h.Size) > limit {
		return buf, h, fmt.Errorf("%w: event of %d bytes, at most %d can be there", binlog.ErrCorrupt, h.Size, limit)
	}
	if cap(buf) < int(h.Size) {
		buf = make([]byte, h.Size)
	}
	buf = buf[:h.Size]
	if _, err := io.ReadFull(br, buf); err != nil {
		return buf, h, unexpected(err)
	}
	return buf, h, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// hashFile returns the SHA-256 of the file's first size bytes as a hash that can go on.
func hashFile(path string, size int64) (hash.Hash, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("hash segment: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.CopyN(sum, f, size); err != nil {
		return nil, fmt.Errorf("hash segment: %w", err)
	}
	return sum, nil
}

func hexSum(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// parseState reads the text form of a State.
func parseState(s string) (*binlog.State, error) {
	state := &binlog.State{}
	if s == "" {
		return state, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		g, err := binlog.ParseGTID(part)
		if err != nil {
			return nil, err
		}
		state.Update(g)
	}
	return state, nil
}
