package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// Lab is a lab in a directory. Its methods may be called from several goroutines, but one part is operated by one
// of them at a time.
type Lab struct {
	// Supplier and Foundation are the two MariaDB servers.
	Supplier, Foundation *mariadbd.Server

	dir    string
	state  state
	user   *proc.Account // nil: root
	unlock func()        // while Up is at work
}

// Open returns the lab in dir, which may have been brought up by another process. ErrNoLab if there is none.
func Open(dir string) (*Lab, error) {
	dir, err := realPath(dir)
	if err != nil {
		return nil, err
	}
	var st state
	if err := readJSON(statePath(dir), &st); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open %s: %w; `wcde-lab up --dir %s` makes one", dir, ErrNoLab, dir)
		}
		return nil, err
	}
	if st.Format != stateFormat {
		return nil, refuse("the lab in %s was made by another version of wcde-lab: bring it down and up again", dir)
	}
	return newLab(dir, st)
}

func newLab(dir string, st state) (*Lab, error) {
	l := &Lab{dir: dir, state: st}
	var err error
	if st.Account != "" {
		if l.user, err = proc.LookupAccount(st.Account); err != nil {
			return nil, err
		}
	}
	if l.Supplier, err = mariadbd.Attach(l.supplierServer()); err != nil {
		return nil, err
	}
	l.Foundation, err = mariadbd.Attach(l.foundationServer())
	return l, err
}

// Dir is the lab's directory, absolute and without symbolic links.
func (l *Lab) Dir() string { return l.dir }

// path is one below DIR.
func (l *Lab) path(elem ...string) string { return filepath.Join(append([]string{l.dir}, elem...)...) }

// marker is the environment that every process of a lab carries.
func marker(dir string) string { return "WCDE_LAB=" + dir }

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// Info returns what lab.json says.
func (l *Lab) Info() (Info, error) {
	var i Info
	err := readJSON(l.path("lab.json"), &i)
	return i, err
}

// Wcdectl runs wcdectl on the lab's control socket and returns its standard output. The error holds what it wrote
// to standard error, and is an *exec.ExitError with its exit code.
func (l *Lab) Wcdectl(ctx context.Context, args ...string) ([]byte, error) {
	args = append([]string{"--socket", l.controlSocket()}, args...)
	cmd := exec.CommandContext(ctx, filepath.Join(l.state.BinDir, "wcdectl"), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // and not "signal: killed"
		}
		return stdout.Bytes(), fmt.Errorf("wcdectl %s: %w: %s", args[2], err, tail(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}

// tail is the end of a program's output, for an error.
func tail(b []byte) []byte {
	const most = 2000
	b = bytes.TrimSpace(b)
	return b[max(0, len(b)-most):]
}

// run runs a program to its end, with the lab's marker, and returns its output as part of an error.
func (l *Lab) run(ctx context.Context, name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(cmd.Environ(), marker(l.dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("run %s: %w: %s", name, err, tail(out))
	}
	return nil
}
