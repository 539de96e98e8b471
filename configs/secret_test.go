package configs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// secretFile writes a file with exactly this mode.
func secretFile(t *testing.T, path, content string, mode fs.FileMode) SecretRef {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return SecretRef(path)
}

func TestSecretContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for _, c := range []struct{ content, want string }{
		{"hunter2", "hunter2"},
		{"hunter2\n", "hunter2"},
		{"hunter2\r\n", "hunter2"},
		{"hunter2\n\n", "hunter2\n"},
		{" hunter2 ", " hunter2 "},
		{strings.Repeat("x", MaxSecretSize), strings.Repeat("x", MaxSecretSize)},
	} {
		if got, err := secretFile(t, path, c.content, 0o600).Read(); err != nil || got != c.want {
			t.Errorf("Read of %.20q = %.20q, %v", c.content, got, err)
		}
	}
	for _, content := range []string{"", "\n", "\r\n", strings.Repeat("x", MaxSecretSize+1)} {
		if got, err := secretFile(t, path, content, 0o600).Read(); err == nil {
			t.Errorf("Read of %.20q = %.20q, want an error", content, got)
		}
	}
}

func TestSecretPermissions(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	for mode, fine := range map[fs.FileMode]bool{
		0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o602: false,
	} {
		s := secretFile(t, path, "hunter2", mode)
		_, err := s.Read()
		var se *SecretError
		if fine && err != nil || !fine && (!errors.As(err, &se) || !errors.Is(err, errExposed) || se.Hint == "") {
			t.Errorf("mode %#o: %v", mode, err)
		}
	}
	// In the credentials directory, systemd is in charge, whichever way the file is named.
	s := secretFile(t, path, "hunter2", 0o440)
	t.Setenv("CREDENTIALS_DIRECTORY", dir+"/")
	for _, ref := range []SecretRef{s, "secret"} {
		if got, err := ref.Read(); err != nil || got != "hunter2" {
			t.Errorf("Read of %s in the credentials directory = %q, %v", ref, got, err)
		}
	}
	// A directory whose name merely begins in the same way is not the credentials directory.
	if err := os.Mkdir(dir+"-not", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir + "-not") })
	if _, err := secretFile(t, dir+"-not/secret", "hunter2", 0o440).Read(); !errors.Is(err, errExposed) {
		t.Errorf("beside the credentials directory: %v", err)
	}
}

func TestExposed(t *testing.T) {
	const self = 1000
	for _, c := range []struct {
		mode  fs.FileMode
		owner int
		want  string
	}{
		{0o600, self, ""},
		{0o400, 0, ""},
		{0o700, 0, ""},
		{0o600, 1001, "others may read or change the file: it belongs to user id 1001"},
		{0o640, 0, "others may read or change the file: its mode is 0640"},
		{0o601, self, "others may read or change the file: its mode is 0601"},
	} {
		got := ""
		if err := exposed(c.mode, c.owner, self); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("mode %#o, owner %d: got %q, want %q", c.mode, c.owner, got, c.want)
		}
	}
}

func TestSecretThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	credentials := filepath.Join(dir, "credentials")
	if err := os.Mkdir(credentials, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ref         SecretRef
		credentials string
		want        string
	}{
		{"supplier-db", "", "read secret supplier-db: " +
			"there is no credentials directory ($CREDENTIALS_DIRECTORY is not set); " +
			"add LoadCredential=supplier-db:FILE to the unit, or write an absolute path in the configuration"},
		{"supplier-db", credentials, "read secret supplier-db: " +
			"open " + credentials + "/supplier-db: no such file or directory; add LoadCredential=supplier-db:FILE to the unit"},
		{SecretRef(dir + "/none"), "", "read secret " + dir + "/none: open " + dir + "/none: no such file or directory"},
		{SecretRef(dir), "", "read secret " + dir + ": it is not a regular file"},
		{SecretRef(fifo), "", "read secret " + fifo + ": it is not a regular file"},
		{"", credentials, "read secret: the reference is neither a name nor an absolute path"},
		{"../hunter2", credentials, "read secret: the reference is neither a name nor an absolute path"},
		{"..", credentials, "read secret: the reference is neither a name nor an absolute path"},
		{SecretRef(credentials + "/../hunter2"), credentials,
			"read secret: the reference is neither a name nor an absolute path"},
	} {
		t.Setenv("CREDENTIALS_DIRECTORY", c.credentials)
		got, err := c.ref.Read()
		if err == nil || err.Error() != c.want {
			t.Errorf("Read of %q = %q\n got %v\nwant %v", c.ref, got, err, c.want)
		}
	}
}

// A configuration that has been used still shows only where the secrets lie.
func TestSecretsAreNeverShown(t *testing.T) {
	c := load(t, "testdata/good/minimal.yaml")
	s := secretFile(t, filepath.Join(t.TempDir(), "secret"), "hunter2", 0o600)
	c.Databases[0].Supplier.PasswordFile = s
	if got, err := s.Read(); err != nil || got != "hunter2" {
		t.Fatalf("Read = %q, %v", got, err)
	}
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(js), fmt.Sprintf("%v", *c), fmt.Sprintf("%#v", *c)} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, string(s)) {
			t.Errorf("shows the secret or not its place: %s", shown)
		}
	}
}
