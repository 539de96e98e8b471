package mariadbd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// ensureDataDir fills the datadir from the template if nothing is there yet.
func ensureDataDir(template, data string, owner *proc.Account) error {
	entries, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	there := err == nil
	for _, e := range entries {
		if e.Name() != partial {
			return nil
		}
	}
	if there {
		// The folder itself may be a subvolume or a mount point, which a rename cannot replace: fill a folder
		// inside, then move its entries up, system tables last. A crash in between leaves a datadir without
		// them, which the server refuses; it does not start on half of one.
		return fillExisting(template, data, owner)
	}
	tmp := data + "." + partial
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := copyTree(template, tmp, owner); err != nil {
		return err
	}
	return os.Rename(tmp, data)
}

const partial = "wcde-partial"

func fillExisting(template, data string, owner *proc.Account) error {
	if err := owner.Own(data); err != nil {
		return err
	}
	tmp := filepath.Join(data, partial)
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := copyTree(template, tmp, owner); err != nil {
		return err
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	const last = "mysql"
	for _, e := range entries {
		if e.Name() == last {
			continue
		}
		if err := os.Rename(filepath.Join(tmp, e.Name()), filepath.Join(data, e.Name())); err != nil {
			return err
		}
	}
	if err := os.Rename(filepath.Join(tmp, last), filepath.Join(data, last)); err != nil {
		return err
	}
	return os.Remove(tmp)
}

// copyTree copies folders and regular files. Within one file system that can share blocks it does so: io.Copy
// between files uses copy_file_range(2).
func copyTree(from, to string, owner *proc.Account) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			err = os.Mkdir(target, 0o700)
		case d.Type().IsRegular():
			err = copyFile(path, target)
		default:
			err = fmt.Errorf("copy %s: neither a file nor a folder", path)
		}
		if err != nil {
			return err
		}
		return owner.Own(target)
	})
	if err != nil {
		return fmt.Errorf("copy datadir: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o660)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
