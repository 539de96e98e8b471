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
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// progress is what is known of a segment up to some event: kept while writing, found again by scanning.
type progress struct {
	checksum bool
	listed   bool // the GTID list, which ends the head, was there
	state    *binlog.State
	tracker  binlog.Tracker
	offset   int64 // behind the last event
	boundary int64 // behind the last event that left no group open
	// lastGroup is where the last whole group begins; 0 if there was none in this segment.
	lastGroup  int64
	groupStart int64
	groupTime  time.Time
	maxTime    time.Time // latest timestamp of a whole group
	closed     bool      // the last event was a ROTATE or STOP: nothing follows in this file
}

// begun returns what is known behind a segment's head.
func begun(h head) progress {
	return progress{checksum: h.checksum, listed: true, state: h.start.state(), offset: h.size, boundary: h.size}
}

// feed takes the next event of the segment, at p.offset, and returns what it meant. After an error p is of no use, but
// p.state is as it was.
func (p *progress) feed(h binlog.Header, ev []byte) (binlog.Step, error) {
	if err := p.place(h, ev); err != nil {
		return 0, err
	}
	if p.checksum {
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
	step, err := p.tracker.Feed(h, ev, p.checksum)
	if err != nil {
		return 0, err
	}
	if step == binlog.Begins {
		p.groupStart, p.groupTime = p.offset, h.Time()
	}
	if step == binlog.Ends {
		g, _ := p.tracker.Group()
		if p.state.Len() >= binlog.MaxGTIDs && !p.state.Contains(binlog.GTID{Domain: g.GTID.Domain, Server: g.GTID.Server}) {
			return 0, fmt.Errorf("%w: groups of more than %d domains and servers", binlog.ErrCorrupt, binlog.MaxGTIDs)
		}
		p.state.Update(g.GTID)
		p.lastGroup = p.groupStart
		if p.groupTime.After(p.maxTime) {
			p.maxTime = p.groupTime
		}
	}
	p.offset = next
	if _, open := p.tracker.Group(); !open {
		p.boundary = next
	}
	return step, nil
}

// inFile refuses events that are made for a connection.
func inFile(h binlog.Header) error {
	if h.Artificial() || h.Type == replication.HEARTBEAT_EVENT {
		return fmt.Errorf("%w: %s was made for a connection and lies in no file", binlog.ErrCorrupt, h.Type)
	}
	return nil
}

// place checks that an event may stand where it does. A second format description or GTID list would change how
// everything behind it is read.
func (p *progress) place(h binlog.Header, ev []byte) (err error) {
	if p.closed {
		return fmt.Errorf("%w: %s behind the event that ends the file", binlog.ErrCorrupt, h.Type)
	}
	if err := inFile(h); err != nil {
		return err
	}
	first, last := false, false
	switch h.Type {
	case replication.FORMAT_DESCRIPTION_EVENT:
		first = true
		format, err := binlog.ParseFormat(ev)
		if err != nil {
			return err
		}
		p.checksum = format.Checksum
	case replication.MARIADB_GTID_LIST_EVENT:
		last = true
		if p.state, err = binlog.ParseGTIDList(ev, p.checksum); err != nil {
			return err
		}
	case replication.ROTATE_EVENT, replication.STOP_EVENT:
		p.closed = true
	}
	inHead := first || last || h.Type == replication.MARIADB_START_ENCRYPTION_EVENT
	if inHead == p.listed || first != (p.offset == binlog.MagicSize) {
		return fmt.Errorf("%w: %s at offset %d", binlog.ErrCorrupt, h.Type, p.offset)
	}
	p.listed = p.listed || last
	return nil
}

// scanResult is what reading a whole segment found.
type scanResult struct {
	progress
	size int64 // of the file
	bad  error // why the scan stopped before the end of the file, at progress.offset
}

// maxOnDisk bounds the size of an event that a scan believes. It is MariaDB's largest packet, whatever the limit
// for new events is: a limit that was lowered must not make old segments look damaged.
const maxOnDisk = 1 << 30

// scanFile reads the segment at path from its head to its end or its first bad event.
func scanFile(path string, limit uint32) (scanResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return scanResult{}, fmt.Errorf("scan segment: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
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
	r.read(br, max(int64(limit), maxOnDisk))
	if r.bad != nil {
		end, err := endOfData(f, r.offset)
		if err != nil {
			return scanResult{}, fmt.Errorf("scan segment: %w", err)
		}
		if end == r.offset {
			r.bad, r.size = nil, end // zeros that were written ahead
		}
	}
	return r, nil
}

// read feeds the file's events until its end or the first bad one.
func (r *scanResult) read(br *bufio.Reader, limit int64) {
	var ev []byte
	for r.offset < r.size {
		var h binlog.Header
		var err error
		if ev, h, err = readEvent(br, ev, min(limit, r.size-r.offset)); err != nil {
			r.bad = err
			return
		}
		p := r.progress
		if _, err := p.feed(h, ev); err != nil {
			r.bad = err
			return
		}
		r.progress = p
	}
}

// readEvent reads one event into buf, grown as needed, of at most limit bytes.
func readEvent(br *bufio.Reader, buf []byte, limit int64) ([]byte, binlog.Header, error) {
	peek, err := br.Peek(int(min(limit, binlog.HeaderSize)))
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
	defer func() { _ = f.Close() }() // only read from
	sum := sha256.New()
	if _, err := io.CopyN(sum, f, size); err != nil {
		return nil, fmt.Errorf("hash segment: %w", err)
	}
	return sum, nil
}

func hexSum(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }
