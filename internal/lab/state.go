package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/lab/ports"
	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// stateFormat is raised when an older lab cannot be operated any more; Down works with every format.
const stateFormat = 1

// state is DIR/state.json.
type state struct {
	Format  int    `json:"format"`
	MadeDir bool   `json:"made_dir"` // Down removes DIR itself
	Owner   string `json:"owner"`    // proc.ID of the process with which an attached lab dies
	Detach  bool   `json:"detach"`
	// Account is whom the servers run as; "": root.
	Account  string   `json:"account"`
	BinDir   string   `json:"bin_dir"`
	Wcded    string   `json:"wcded"`
	WcdedEnv []string `json:"wcded_env"`
	Without  []string `json:"without"`
	Ports    portSet  `json:"ports"`

	SupplierSettings   map[string]string `json:"supplier_settings"`
	FoundationSettings map[string]string `json:"foundation_settings"`
}

// portSet are the lab's ports on 127.0.0.1.
type portSet struct {
	SupplierDB   int `json:"supplier_db"`
	SupplierSSH  int `json:"supplier_ssh"`
	Portal       int `json:"portal"`
	LinkDB       int `json:"link_db"`
	LinkSSH      int `json:"link_ssh"`
	FoundationDB int `json:"foundation_db"`
	Binlog       int `json:"binlog"`
	Metrics      int `json:"metrics"`
}

// choosePorts finds a free port for everything, no two the same.
func choosePorts() (portSet, error) {
	var p portSet
	var taken []int
	for _, slot := range []*int{&p.SupplierDB, &p.SupplierSSH, &p.Portal, &p.LinkDB, &p.LinkSSH, &p.FoundationDB,
		&p.Binlog, &p.Metrics} {
		for *slot == 0 {
			port, err := ports.Free()
			if err != nil {
				return p, err
			}
			if !slices.Contains(taken, port) {
				*slot = port
				taken = append(taken, port)
			}
		}
	}
	return p, nil
}

func statePath(dir string) string { return filepath.Join(dir, "state.json") }

// claim makes the directory and the state of a new lab. It refuses one that is in use.
func claim(o Options) (*Lab, error) {
	made, err := makeDir(o.Dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(o.Dir, unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	l, err := claimLocked(o, made)
	if err != nil {
		unlock()
		return nil, err
	}
	l.unlock = unlock
	return l, nil
}

func claimLocked(o Options, made bool) (*Lab, error) {
	if err := checkUnused(o.Dir); err != nil {
		return nil, err
	}
	owner, err := proc.Find(os.Getpid())
	if err != nil {
		return nil, err
	}
	p, err := choosePorts()
	if err != nil {
		return nil, err
	}
	st := state{Format: stateFormat, MadeDir: made, Owner: owner.String(), Detach: o.Detach,
		Account: account(o), BinDir: o.BinDir, Wcded: o.Wcded, WcdedEnv: o.WcdedEnv, Without: o.Without, Ports: p,
		SupplierSettings: o.SupplierSettings, FoundationSettings: o.FoundationSettings}
	if err := writeJSON(statePath(o.Dir), st); err != nil {
		return nil, err
	}
	return newLab(o.Dir, st)
}

// account is whom the lab's servers run as: not root if that account can reach what it needs.
func account(o Options) string {
	const name = "mysql"
	if _, err := proc.LookupAccount(name); err != nil {
		return ""
	}
	if !proc.Reachable(o.Dir) || !proc.Reachable(filepath.Join(o.BinDir, "wcde-lab")) {
		return ""
	}
	return name
}

func makeDir(dir string) (made bool, err error) {
	err = os.Mkdir(dir, 0o711)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return false, err
		}
		return true, os.Mkdir(dir, 0o711)
	}
	return false, err
}

// checkUnused refuses a directory that holds a lab or anything else.
func checkUnused(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", dir, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	switch {
	case slices.Contains(names, "state.json") && slices.Contains(names, "lab.json") && len(processes(dir)) > 0:
		return refuse("a lab is up in %s already; `wcde-lab down --dir %s` ends it", dir, dir)
	case slices.Contains(names, "state.json"):
		return refuse("%s holds what is left of a lab; `wcde-lab down --dir %s` removes it", dir, dir)
	case len(names) > 0:
		return refuse("%s is not empty (%s, …): a lab wants a directory of its own", dir, names[0])
	}
	return nil
}

// lock keeps others from bringing the lab up or down (LOCK_EX) while one works on it (LOCK_SH also lets several
// operate its parts). The kernel lets go of it when this process ends, however it ends.
func lock(dir string, how int) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, refuse("another wcde-lab is at work in %s", dir)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() { f.Close() }, nil
}
