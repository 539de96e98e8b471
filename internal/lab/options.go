package lab

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Options say what lab to bring up.
type Options struct {
	// Dir is the lab's directory: one that does not exist or is empty. Keep it short, sockets lie below it.
	Dir string
	// BinDir holds wcded, wcdectl and wcde-lab; by default the folder of this program.
	BinDir string
	// Progress is told one line per step; nil: nobody.
	Progress io.Writer
	// Detach lets the processes outlive this one. Otherwise they die with it, and Reap removes the rest.
	Detach bool
	// Without names parts that are not started: wcded, supplier-portal, supplier-sshd. Start starts them later.
	Without []string
	// NoSeed leaves the foundation's MariaDB empty.
	NoSeed bool
	// Wcded is another binary to run as wcded; WcdedEnv is added to its environment.
	Wcded    string
	WcdedEnv []string
	// SupplierSettings and FoundationSettings are further settings of the two MariaDB servers.
	SupplierSettings, FoundationSettings map[string]string
	// PoolSize is the size in bytes of the foundation's file system, a sparse file; 0: 8 GiB.
	PoolSize int64
}

// maxDir is how long DIR may be for the longest socket below it to fit into 107 bytes.
const maxDir = 107 - len("/foundation/run/operators.sock")

// check completes o and refuses what cannot work before anything is made.
func (o Options) check() (Options, error) {
	if os.Geteuid() != 0 {
		return o, refuse("a lab mounts file systems and needs root: run it with sudo, or as root in a container")
	}
	if o.Dir == "" {
		return o, errors.New("no directory is given for the lab")
	}
	dir, err := realPath(o.Dir)
	if err != nil {
		return o, err
	}
	if o.Dir = dir; len(dir) > maxDir {
		return o, refuse("%s has %d bytes and sockets lie below it: use a directory of at most %d", dir, len(dir), maxDir)
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.PoolSize == 0 {
		o.PoolSize = 8 << 30
	}
	if o.BinDir == "" {
		self, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find this program's folder: %w", err)
		}
		o.BinDir = filepath.Dir(self)
	}
	if o.BinDir, err = filepath.Abs(o.BinDir); err != nil {
		return o, err
	}
	if o.Wcded == "" {
		o.Wcded = filepath.Join(o.BinDir, "wcded")
	}
	for _, name := range o.Without {
		if !slices.Contains([]string{Wcded, SupplierPortal, SupplierSSHD}, name) {
			return o, &PartError{fmt.Sprintf("%.40q", name), "cannot be left out"}
		}
	}
	return o, nil
}

// checkPrograms names everything that is missing, at once.
func (o Options) checkPrograms() error {
	var missing []error
	for _, p := range []struct{ name, pkg string }{{"mariadb-install-db", "mariadb-server"}, {"mkfs.btrfs", "btrfs-progs"},
		{"btrfs", "btrfs-progs"}, {"mount", "mount"}, {"ssh-keygen", "openssh-client"}, {"sshd", "openssh-server"}} {
		if _, err := program(p.name); err != nil {
			missing = append(missing, fmt.Errorf("%s is not installed (run `make deps`, or: apt-get install %s)", p.name, p.pkg))
		}
	}
	needed := []string{filepath.Join(o.BinDir, "wcde-lab")}
	if !slices.Contains(o.Without, Wcded) {
		needed = append(needed, o.Wcded, filepath.Join(o.BinDir, "wcdectl"))
	}
	for _, path := range needed {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, fmt.Errorf("%s is not there (run `make build`)", path))
		}
	}
	return errors.Join(missing...)
}

// realPath is the absolute path of dir without symbolic links; dir itself need not exist.
func realPath(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		return real, nil
	}
	if !errors.Is(err, fs.ErrNotExist) || dir == "/" {
		return "", err
	}
	parent, err := realPath(filepath.Dir(dir))
	return filepath.Join(parent, filepath.Base(dir)), err
}

// program finds a program in PATH or where Debian keeps those for administrators.
func program(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/bin", "/bin"} {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s is not installed (run `make deps`)", name)
}
