package configs

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestFileSize(t *testing.T) {
	minimal, err := os.ReadFile("testdata/good/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "large.yaml")
	for size, want := range map[int]string{
		MaxFileSize:     "",
		MaxFileSize + 1: path + ": the file is larger than 1 MiB; is it the right file?",
	} {
		large := append(bytes.Clone(minimal), "#"+strings.Repeat("x", size-len(minimal)-1)...)
		if err := os.WriteFile(path, large, 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := Load(path); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%d bytes: got %q, want %q", size, got, want)
		}
	}
}

func TestLoadWithoutFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	var es Errors
	if _, err := Load(dir); err == nil || errors.As(err, &es) {
		t.Errorf("a directory: %v, want an error that is not about a line", err)
	}
}

func TestParseHasNoFileName(t *testing.T) {
	_, err := Parse([]byte("foundation: 7\n"))
	const want = "line 1: foundation: is a single value instead of keys with values; " +
		"the keys here are name, site, allowed_countries\n" +
		"line 1: databases: is missing; add at least one database with name, supplier, archive, serve and replica"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Validate finds in a configuration that was made in code what Parse would not have let in.
func TestValidate(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.StateDir = "" },
			"state_dir: is missing; write the directory of wcded's own state, such as /var/lib/wcded"},
		{func(c *Config) { c.Log.Level = "loud" }, `log.level: "loud" is not known here; write debug, info, warn or error`},
		{func(c *Config) { c.Foundation.Site.Country = "XX" },
			`foundation.site.country: "XX" is not a country's code of ISO 3166-1; write two capital letters, such as NL`},
		{func(c *Config) { c.Databases[0].Supplier.ServerID = 0 },
			"databases[0].supplier.server_id: is 0; " +
				"write a number that no other server in this replication has, or remove the line"},
		{func(c *Config) { c.Databases[0].Supplier.TLS.ServerName = "" },
			`databases[0].supplier.tls.server_name: "" is not a host name; write the name in the supplier's certificate`},
		{func(c *Config) { c.Databases[0].Supplier.TLS.Mode = "" },
			`databases[0].supplier.tls.mode: "" is not known here; write required or off`},
		{func(c *Config) { c.Databases[0].Supplier.PasswordFile = "hunter2 " },
			"databases[0].supplier.password_file: is neither the name of a credential nor the absolute path of a file; " +
				"write a name (letters, digits, - _ .) or a path such as /etc/wcde/NAME; never the secret itself"},
		{func(c *Config) { c.Databases[0].Guard.Hold = []Hold{"all"} },
			`databases[0].guard.hold[0]: "all" is not known here; write drop_database, drop_table, truncate or account`},
		{func(c *Config) { c.Databases = nil },
			"databases: is missing; add at least one database with name, supplier, archive, serve and replica"},
	} {
		config := load(t, "testdata/good/minimal.yaml")
		c.change(config)
		got := ""
		if err := config.Validate(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// The supplier's other replicas and our own restarts rely on the id of a name never changing.
func TestDerivedServerID(t *testing.T) {
	for name, want := range map[string]uint32{"ez2xs": 2143211061, "one": 1742427535, "": 1844382181} {
		if got := derivedServerID(name); got != want || got < 1<<30 || got >= 1<<31 {
			t.Errorf("derivedServerID(%q) = %d, want %d", name, got, want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for address, want := range map[string]string{
		"db1.supplier.example:3306": "tcp", "[::1]:3306": "tcp", "/run/mysqld/mysqld.sock": "unix",
	} {
		if network, got := (Supplier{Address: address}).Endpoint(); network != want || got != address {
			t.Errorf("Endpoint of %s = %s %s", address, network, got)
		}
	}
}

func TestLogLevels(t *testing.T) {
	for level, want := range map[LogLevel]slog.Level{
		LogDebug: slog.LevelDebug, LogInfo: slog.LevelInfo, LogWarn: slog.LevelWarn, LogError: slog.LevelError,
	} {
		if got := level.Level(); got != want {
			t.Errorf("%s is %v, want %v", level, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(paths, "wcded.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			var es Errors
			if c != nil || !errors.As(err, &es) || len(es) == 0 || len(es) > maxErrors+1 {
				t.Fatalf("got %v and %T", c, err)
			}
			for _, e := range es[:min(len(es), maxErrors)] {
				if e.Msg == "" || e.Hint == "" || e.Line < 1 && len(data) <= MaxFileSize {
					t.Errorf("incomplete: %+v", e)
				}
				if strings.ContainsAny(e.Error(), "\n\x1b\x00") {
					t.Errorf("would spoil a log: %q", e.Error())
				}
			}
			return
		}
		// What we accept, the library's own strict decoder accepts as well.
		strict := yaml.NewDecoder(bytes.NewReader(data))
		strict.KnownFields(true)
		if err := strict.Decode(new(Config)); err != nil {
			t.Errorf("accepted, but not by KnownFields: %v", err)
		}
		// And it is complete: written out and read again it is the same.
		out, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(out)
		if diff := cmp.Diff(c, again); err != nil || diff != "" {
			t.Errorf("reads back as something else: %v\n%s", err, diff)
		}
		if changes := Diff(c, again); len(changes) > 0 {
			t.Errorf("differs from itself: %v", changes)
		}
	})
}
