package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// Down ends the lab in dir and removes everything that it made. It also works on what a crash left, and does
// nothing if there is no lab. Files in dir that the lab did not make stay, and progress (may be nil) names them.
func Down(ctx context.Context, dir string, progress io.Writer) error {
	if os.Geteuid() != 0 {
		return refuse("a lab belongs to root: run this with sudo")
	}
	if progress == nil {
		progress = io.Discard
	}
	dir, err := realPath(dir)
	if err != nil {
		return err
	}
	if gone, err := nothingThere(dir); gone || err != nil {
		return err
	}
	unlock, err := lock(dir, unix.LOCK_EX)
	switch {
	case err == nil:
		defer unlock()
	case !errors.Is(err, fs.ErrNotExist): // somebody removed the folder, the processes run on
		return err
	}
	return tearDown(ctx, dir, progress)
}

// nothingThere tells whether there is neither a lab in dir nor anything of one that lost its state.
func nothingThere(dir string) (bool, error) {
	if _, err := os.Stat(statePath(dir)); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	mounts, err := mountsBelow(dir)
	return len(mounts) == 0 && len(processes(dir)) == 0 && len(loopsBelow(dir)) == 0, err
}

// Reap takes down every lab right below parent whose processes were to die with a process that is gone: what a
// killed test leaves behind.
func Reap(ctx context.Context, parent string) error {
	states, err := filepath.Glob(filepath.Join(parent, "*", "state.json"))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range states {
		var st state
		if err := readJSON(path, &st); err != nil || st.Detach {
			continue // not a lab's, or one that is meant to stay
		}
		if owner, err := proc.Parse(st.Owner); err == nil && !owner.Alive() {
			errs = append(errs, Down(ctx, filepath.Dir(path), nil))
		}
	}
	return errors.Join(errs...)
}

// tearDown is Down with the lock held.
func tearDown(ctx context.Context, dir string, progress io.Writer) error {
	began := time.Now()
	n, err := endProcesses(ctx, dir)
	if err != nil {
		return err
	}
	say(progress, began, fmt.Sprintf("ended %d processes", n))
	if err := unmountBelow(ctx, dir); err != nil {
		return err
	}
	if err := detachLoops(ctx, dir); err != nil {
		return fmt.Errorf("detach loop devices: %w", err)
	}
	left, err := removeFiles(dir)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		say(progress, began, fmt.Sprintf("left in %s, because the lab did not make it: %s", dir, strings.Join(left, ", ")))
	}
	say(progress, began, "down")
	return nil
}

// removeFiles removes what the lab made, its state last so that an interrupted Down can be repeated. It returns
// what else is there.
func removeFiles(dir string) (left []string, err error) {
	var st state
	if err := readJSON(statePath(dir), &st); err != nil {
		st = state{} // damaged: then the folder itself stays
	}
	// Nothing is mounted below dir any more: RemoveAll cannot walk into anything that is not the lab's.
	for _, name := range []string{"lab.json", "lab.json.tmp", "supplier", "supplier.img", "foundation", "foundation.img",
		"datacentre", "state.json.tmp"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() != "state.json" {
			left = append(left, e.Name())
		}
	}
	if err := os.Remove(statePath(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if st.MadeDir && left == nil {
		return nil, os.Remove(dir)
	}
	return left, nil
}
