package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// MaxSecretSize is the size in bytes above which a secret's file is refused; passwords and private keys are small.
const MaxSecretSize = 64 << 10

// SecretRef says where a secret lies; it never holds the secret. A bare name is a file in the directory that systemd
// hands to the service in $CREDENTIALS_DIRECTORY (LoadCredential= and SetCredentialEncrypted= of systemd.exec(5)),
// an absolute path is a file anywhere. The zero value refers to nothing.
type SecretRef string

// SecretError says why a secret can't be read. It never contains any of the secret.
type SecretError struct {
	Ref  SecretRef
	Err  error
	Hint string // what the operator can do; may be empty
}

func (e *SecretError) Error() string {
	s := "read secret"
	if e.Ref != "" {
		s += " " + string(e.Ref)
	}
	s += ": " + e.Err.Error()
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *SecretError) Unwrap() error { return e.Err }

// UnmarshalText accepts a bare name or a clean absolute path. Its error doesn't repeat what was written: it may be
// a password that someone put in the wrong place.
func (s *SecretRef) UnmarshalText(text []byte) error {
	ref := SecretRef(text)
	if !ref.bare() && !ref.path() {
		return &Error{Msg: "is neither the name of a credential nor the absolute path of a file",
			Hint: "write a name (letters, digits, - _ .) or a path such as /etc/wcde/NAME; never the secret itself"}
	}
	*s = ref
	return nil
}

var credentialName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

func (s SecretRef) bare() bool {
	return credentialName.MatchString(string(s))
}

func (s SecretRef) path() bool {
	return filepath.IsAbs(string(s)) && filepath.Clean(string(s)) == string(s) && s != "/"
}

// Read returns the secret as it is now: the file's content without one newline at its end. The caller keeps it out
// of logs. The file must be a regular one that is not empty, and unless it lies in the credentials directory it must
// belong to root or to us and be closed to everybody else. Errors are a *SecretError.
func (s SecretRef) Read() (string, error) {
	credentials := os.Getenv("CREDENTIALS_DIRECTORY")
	path, protected := string(s), false
	switch {
	case s.bare() && credentials == "":
		return "", &SecretError{s, errors.New("there is no credentials directory ($CREDENTIALS_DIRECTORY is not set)"),
			fmt.Sprintf("add LoadCredential=%s:FILE to the unit, or write an absolute path in the configuration", s)}
	case s.bare():
		path, protected = filepath.Join(credentials, path), true
	case s.path():
		protected = credentials != "" && strings.HasPrefix(path, filepath.Clean(credentials)+"/")
	default:
		return "", &SecretError{"", errors.New("the reference is neither a name nor an absolute path"), ""}
	}
	secret, err := readSecret(path, protected)
	if err == nil {
		return secret, nil
	}
	hint := ""
	switch {
	case errors.Is(err, os.ErrNotExist) && s.bare():
		hint = fmt.Sprintf("add LoadCredential=%s:FILE to the unit", s)
	case errors.Is(err, errExposed):
		hint = "use chmod 0600 and chown root"
	}
	return "", &SecretError{s, err, hint}
}

// errExposed is returned when others than root and we could read or replace a secret.
var errExposed = errors.New("others may read or change the file")

func readSecret(path string, protected bool) (string, error) {
	// Without O_NONBLOCK a FIFO would hold us here for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("it is not a regular file")
	}
	if !protected {
		// systemd's directory is closed to others already, and may show its files as group-readable.
		owner := info.Sys().(*syscall.Stat_t).Uid
		if err := exposed(info.Mode().Perm(), int(owner), os.Geteuid()); err != nil {
			return "", err
		}
	}
	content, err := io.ReadAll(io.LimitReader(f, MaxSecretSize+1))
	if err != nil {
		return "", err
	}
	if len(content) > MaxSecretSize {
		return "", fmt.Errorf("it is larger than %d bytes", MaxSecretSize)
	}
	content = bytes.TrimSuffix(bytes.TrimSuffix(content, []byte("\n")), []byte("\r"))
	if len(content) == 0 {
		return "", errors.New("it is empty")
	}
	return string(content), nil
}

// exposed returns errExposed, with the reason, when others than root and the user self can open such a file.
func exposed(mode fs.FileMode, owner, self int) error {
	switch {
	case mode&0o077 != 0:
		return fmt.Errorf("%w: its mode is %#o", errExposed, mode)
	case owner != 0 && owner != self:
		return fmt.Errorf("%w: it belongs to user id %d", errExposed, owner)
	}
	return nil
}

// File returns where the secret lies, for programs that read it themselves.
func (s SecretRef) File() string {
	if s.bare() {
		return filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), string(s))
	}
	return string(s)
}
