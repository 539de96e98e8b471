package proc

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// Account is a user of this machine with its main group.
type Account struct {
	Name     string
	UID, GID uint32
}

// LookupAccount returns the account called name.
func LookupAccount(name string) (*Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("look up account %s: user id %q: %w", name, u.Uid, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("look up account %s: group id %q: %w", name, u.Gid, err)
	}
	return &Account{Name: name, UID: uint32(uid), GID: uint32(gid)}, nil
}

// Own gives a file or folder to the account; nil changes nothing.
func (a *Account) Own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.UID), int(a.GID))
}

// Reachable reports whether every user of the machine may pass through the folders above path, and through path
// itself if it is one.
func Reachable(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	if st, err := os.Stat(path); err != nil || st.IsDir() && st.Mode()&0o001 == 0 {
		return false
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if st, err := os.Stat(dir); err != nil || st.Mode()&0o001 == 0 {
			return false
		}
		if dir == "/" {
			return true
		}
	}
}
