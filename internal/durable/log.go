package durable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// maxLog bounds what OpenLog reads, so that a damaged disk cannot ask for memory without limit.
const maxLog = 256 << 20

// Log is an append-only file of JSON records, one a line, each on disk before Append returns.
// It is safe for concurrent use.
type Log[T any] struct {
	mu   sync.Mutex
	file *os.File
	err  error // the first failed write: what is on disk is unknown from there on
}

// OpenLog opens or creates the log at path and returns the records that it holds. A last line without its
// newline was torn by a crash before Append returned: it is cut off. Any other line that is not a record is an
// error that names it, since records behind it would otherwise be lost unseen.
func OpenLog[T any](path string) (*Log[T], []T, error) {
	if err := Mkdir(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open log: %w", err)
	}
	records, end, err := readLog[T](f)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open log %s: %w", path, err), f.Close())
	}
	return &Log[T]{file: f}, records, nil
}

func readLog[T any](f *os.File) (records []T, end int64, err error) {
	data, err := io.ReadAll(io.LimitReader(f, maxLog+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > maxLog {
		return nil, 0, fmt.Errorf("larger than %d bytes", maxLog)
	}
	for line := 1; ; line++ {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return records, end, nil
		}
		var record T
		if err := json.Unmarshal(data[:i], &record); err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", line, err)
		}
		records = append(records, record)
		end += int64(i) + 1
		data = data[i+1:]
	}
}

// Append writes one record and returns when it is on disk. After a failed write or sync every further call
// fails: what the kernel kept of the record is not known until the log is opened again.
func (l *Log[T]) Append(record T) error {
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("append record: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		l.err = fmt.Errorf("append record: %w", err)
		return l.err
	}
	if err := l.file.Sync(); err != nil {
		l.err = fmt.Errorf("append record: %w", err)
	}
	return l.err
}

// Close closes the file.
func (l *Log[T]) Close() error { return l.file.Close() }
