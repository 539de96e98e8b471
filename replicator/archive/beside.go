package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wcde-foundation/wcded/internal/durable"
)

// Names of what is kept beside a segment: its name, one of these, and a time in nanoseconds.
const (
	cutInfix     = ".cut-"
	damagedInfix = ".damaged-"
)

func (a *Archive) besideName(path, infix string) string {
	return path + infix + strconv.FormatInt(a.opts.Now().UnixNano(), 10)
}

// besideOf returns the name of the segment beside which a file of this name is kept, "" for other files. It matches
// exactly: the supplier chooses the segments' names.
func besideOf(name, infix string) string {
	i := strings.LastIndex(name, infix)
	if i < 0 || !ValidName(name[:i]) {
		return ""
	}
	if _, err := strconv.ParseUint(name[i+len(infix):], 10, 64); err != nil {
		return ""
	}
	return name[:i]
}

// removeBeside removes what is kept beside a segment.
func removeBeside(path, infix string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("remove beside segment: %w", err)
	}
	for _, e := range entries {
		if besideOf(e.Name(), infix) != filepath.Base(path) {
			continue
		}
		if err := durable.Remove(filepath.Join(filepath.Dir(path), e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// setAside renames a file that cannot be used, so that its bytes stay for whoever wants to look.
func (a *Archive) setAside(path string) error {
	if err := os.Rename(path, a.besideName(path, damagedInfix)); err != nil {
		return fmt.Errorf("set segment aside: %w", err)
	}
	return durable.SyncDir(filepath.Dir(path))
}

// cut truncates a segment to size bytes and keeps what was behind them until the segment is sealed: should it have
// been damaged rather than torn, nothing is lost by our own hand. Zeros at the end were written ahead: they are
// nothing.
func (a *Archive) cut(s *segment, size int64) error {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("cut segment: %w", err)
	}
	defer func() { _ = f.Close() }() // it was synced, or it is an error anyway
	end, err := endOfData(f, size)
	if err == nil && end > size {
		a.log.Warn("cutting an unfinished segment back to its last whole group", "segment", s.name,
			"stream", s.stream, "from", end, "to", size)
		s.beside = true
		err = keep(a.besideName(s.path, cutInfix), io.NewSectionReader(f, size, end-size))
	}
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return diskError(fmt.Errorf("cut segment: %w", err))
	}
	return durable.SyncDir(filepath.Dir(s.path))
}

// keep writes a new file, durably but for its name.
func keep(path string, from io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// endOfData returns the offset behind the last byte that is not zero, at least from.
func endOfData(f *os.File, from int64) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for end := info.Size(); end > from; {
		begin := max(from, end-int64(len(buf)))
		part := buf[:end-begin]
		if _, err := f.ReadAt(part, begin); err != nil {
			return 0, err
		}
		if rest := bytes.TrimRight(part, "\x00"); len(rest) > 0 {
			return begin + int64(len(rest)), nil
		}
		end = begin
	}
	return from, nil
}
