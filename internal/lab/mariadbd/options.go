package mariadbd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// NoTCP as Options.Port means that the server listens on its unix socket only.
const NoTCP = -1

// maxSocketPath is what fits into sockaddr_un.sun_path with its terminating zero, unix(7).
const maxSocketPath = 107

// ErrNotInstalled is returned when MariaDB's server is not on this machine.
var ErrNotInstalled = errors.New("MariaDB is not installed (run `make deps`, or: apt-get install mariadb-server)")

// Options say what kind of server to run. Everything but Dir may be left zero.
type Options struct {
	// Dir holds data/, tmp/, my.cnf, mysqld.sock, error.log; created if missing. Keep it short: the path of a
	// unix socket has at most 107 bytes.
	Dir string
	// DataDir puts the datadir elsewhere than Dir/data. It may exist if it is empty (a fresh subvolume, say).
	DataDir  string
	ServerID uint32 // 0 means 1
	// Port is the TCP port on 127.0.0.1. 0: a free one is chosen and kept for later starts. NoTCP: none.
	Port int
	// Binlog switches the binary log on, in the datadir, with base name mysql-bin.
	Binlog bool
	// SemiSync makes the server a semi-synchronous primary that waits for at most 1000 ms, and only while a
	// semi-synchronous replica is attached.
	SemiSync bool
	// Replica adds the hardened settings of the foundation's server, see config.go.
	Replica bool
	// Settings are further lines of the [mariadbd] section and win over everything else. The value "" means a
	// bare word.
	Settings map[string]string
	// Binary is the server; by default mariadbd from PATH or /usr/sbin.
	Binary string
	// User is the account that the server runs as, if this process is root; by default root itself, because
	// folders like those of mktemp -d can be entered by nobody else.
	User string
	// Detach lets the server outlive this process; see Attach.
	Detach bool
	// Env is added to the server's environment.
	Env []string
}

// account is whom the server runs as; nil: this process's own user.
func (o Options) account() (*proc.Account, error) {
	if o.User == "" {
		return nil, nil
	}
	a, err := proc.LookupAccount(o.User)
	if err != nil {
		return nil, fmt.Errorf("run mariadbd: %w", err)
	}
	return a, nil
}

// check completes o with absolute paths and defaults.
func (o Options) check() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("run mariadbd: Options.Dir is empty")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, err
	}
	o.Dir = dir
	if n := len(o.path("mysqld.sock")); n > maxSocketPath {
		return o, fmt.Errorf("run mariadbd: socket path %s has %d bytes, a unix socket may have %d: use a shorter directory",
			o.path("mysqld.sock"), n, maxSocketPath)
	}
	if o.DataDir == "" {
		o.DataDir = o.path("data")
	}
	if o.ServerID == 0 {
		o.ServerID = 1
	}
	if o.Port < NoTCP || o.Port > 65535 {
		return o, fmt.Errorf("run mariadbd: port %d is not a TCP port", o.Port)
	}
	if o.Binary == "" {
		o.Binary, err = findBinary("mariadbd")
	}
	return o, err
}

func (o Options) path(name string) string { return filepath.Join(o.Dir, name) }

// findBinary looks in PATH and then where Debian puts servers, which is not in everybody's PATH.
func findBinary(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/bin"} {
		p := filepath.Join(dir, name)
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return p, nil
		}
	}
	return "", fmt.Errorf("find %s: %w", name, ErrNotInstalled)
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
