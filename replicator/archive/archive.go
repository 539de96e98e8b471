package archive

import (
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Errors that a caller decides on.
var (
	// ErrLocked is returned by Open when another process has the archive.
	ErrLocked = errors.New("archive is in use by another process")
	// ErrDiskFull is returned by writes when free space would fall below the reserve, or is gone.
	ErrDiskFull = errors.New("disk full")
	// ErrContradiction is returned by writes whose bytes cannot follow those that are already archived.
	ErrContradiction = errors.New("contradicts the archive")
	// ErrEventTooLarge is returned by writes of an event over Options.MaxEvent.
	ErrEventTooLarge = errors.New("event is larger than the configured limit")
	// ErrClosed is returned by writes to a writer that was closed, and by reads of an archive that was.
	ErrClosed = errors.New("archive is closed")
)

// Options configures an archive.
type Options struct {
	Dir      string
	MaxEvent uint32 // bytes of the largest event that is accepted; 0: 1 GiB
	Reserve  int64  // bytes that must stay free on the archive's file system
	Logger   *slog.Logger
	Now      func() time.Time // nil: time.Now

	// Replaced by tests, to make them fail:
	free  func(dir string) (int64, error) // bytes that are free on the directory's file system
	open  func(path string) (file, error) // opens a segment for writing
	write func(path string, data []byte, perm fs.FileMode) error
}

// Archive is an open archive. Its methods may be called concurrently.
type Archive struct {
	opts Options
	log  *slog.Logger
	lock *os.File

	retaining sync.Mutex // held while segments are deleted

	mu         sync.Mutex
	segments   []*segment // in order of streams and file numbers
	lastStream int        // highest number of a stream
	timeline   int        // index of the first segment that readers see: before it lies a history that was given up
	published  binlog.Position
	tail       *progress // of the last segment, as far as it is on disk; nil if there is none
	tailSum    hash.Hash // over the last segment up to tail.boundary; nil if it is not known
	changed    chan struct{}
	writer     *Writer
	closed     bool
}

// Open opens the archive in o.Dir, creating it if there is none, and brings it to the end of its last whole
// group. It takes a lock that Close releases.
func Open(o Options) (*Archive, error) {
	if o.MaxEvent == 0 {
		o.MaxEvent = 1 << 30
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.free == nil {
		o.free = freeBytes
	}
	if o.open == nil {
		o.open = openFile
	}
	if o.write == nil {
		o.write = durable.WriteFile
	}
	if err := durable.Mkdir(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open archive %s: %w", o.Dir, err)
	}
	a := &Archive{opts: o, log: o.Logger, lock: lock, published: binlog.Position{}, changed: make(chan struct{})}
	if err := a.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open archive %s: %w", o.Dir, err), lock.Close())
	}
	return a, nil
}

// Close ends the writer, wakes all waiting readers with ErrClosed and releases the lock.
func (a *Archive) Close() error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	w := a.writer
	a.mu.Unlock()
	var err error
	if w != nil {
		err = w.Close()
	}
	a.mu.Lock()
	a.closed = true
	close(a.changed)
	a.mu.Unlock()
	return errors.Join(err, a.lock.Close())
}

// Dir returns the archive's directory.
func (a *Archive) Dir() string { return a.opts.Dir }

// Published returns the last GTID of each domain that is on disk, whole and visible to readers.
func (a *Archive) Published() binlog.Position {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.published.Clone()
}

// Oldest returns the state before the first group that the archive still holds, nil if it is empty or if that
// cannot be read.
func (a *Archive) Oldest() *binlog.State {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timeline >= len(a.segments) || !a.segments[a.timeline].head.known {
		return nil
	}
	return a.segments[a.timeline].head.start.state()
}

// Holds tells whether every group behind p is, or will be, in the archive, and p itself is published: a server
// that stands at p can go on from here.
func (a *Archive) Holds(p binlog.Position) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timeline >= len(a.segments) || !a.segments[a.timeline].head.known {
		return false
	}
	_, purged := a.segments[a.timeline].head.start.missing(p)
	return !purged && a.published.Reached(p)
}

// Segments lists the archive's files in the order in which they were written.
func (a *Archive) Segments() []Segment {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Segment, len(a.segments))
	for i, s := range a.segments {
		list[i] = s.describe()
	}
	return list
}

// Size returns the bytes of all segments.
func (a *Archive) Size() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	var n int64
	for _, s := range a.segments {
		n += s.visible.Load()
	}
	return n
}

// notifyLocked wakes all waiting readers.
func (a *Archive) notifyLocked() {
	if a.closed {
		return
	}
	close(a.changed)
	a.changed = make(chan struct{})
}
