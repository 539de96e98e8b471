package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Files keeps the content of attachments, see the package comment.
type Files struct{ root *os.Root }

// OpenFiles uses a folder, which must exist. Names from outside cannot lead out of it. Close it.
func OpenFiles(dir string) (*Files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open portal's files: %w", err)
	}
	return &Files{root}, nil
}

// Close gives the folder up.
func (f *Files) Close() error { return f.root.Close() }

// Put stores what r holds, up to most bytes, for a beneficiary, and returns its size and SHA-256.
func (f *Files) Put(beneficiary string, r io.Reader, most int64) (size int64, sum []byte, err error) {
	wrap := func(err error) error { return fmt.Errorf("store attachment: %w", err) }
	if err := f.root.Mkdir(beneficiary, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return 0, nil, wrap(err)
	}
	tmp, out, err := f.create(beneficiary)
	if err != nil {
		return 0, nil, wrap(err)
	}
	defer func() {
		if err != nil {
			_ = f.root.Remove(tmp)
		}
	}()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(out, hash), io.LimitReader(r, most+1))
	if err == nil && size > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, nil, wrap(err)
	}
	sum = hash.Sum(nil)
	if err := f.root.Rename(tmp, path(beneficiary, sum)); err != nil {
		return 0, nil, wrap(err)
	}
	return size, sum, nil
}

// Open opens the content of an attachment.
func (f *Files) Open(beneficiary string, sum []byte) (*os.File, error) {
	file, err := f.root.Open(path(beneficiary, sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("content of attachment: %w", ErrNotFound)
	}
	return file, err
}

// create makes an empty file with a name of its own.
func (f *Files) create(beneficiary string) (string, *os.File, error) {
	for i := 0; ; i++ {
		name := filepath.Join(beneficiary, fmt.Sprintf("upload.%d", i))
		out, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return name, out, err
		}
	}
}

func path(beneficiary string, sum []byte) string {
	return filepath.Join(beneficiary, hex.EncodeToString(sum))
}
