package configs

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"order of databases", func(c *Config) { slices.Reverse(c.Databases) }, nil},
		{"live but for the reserve", func(c *Config) {
			c.Log.Level = LogDebug
			one := &c.Databases[0]
			one.Archive.Keep = Duration{40 * day}
			one.Archive.MaxSize = 500 * GiB
			one.Archive.Reserve = 10 * GiB
			one.Guard.Hold = []Hold{HoldTruncate, HoldAccount}
		}, []string{
			"log.level: info → debug",
			"databases[one].archive.keep: 1s → 40d",
			"databases[one].archive.max_size: 1MiB → 500GiB",
			"databases[one].archive.reserve: 1MiB → 10GiB (needs a restart)",
			"databases[one].guard.hold: [account] → [truncate account]",
		}},
		{"restart", func(c *Config) {
			c.Foundation.AllowedCountries = []Country{"NL", "BE"}
			c.Metrics.AllowRemote = true
			c.Databases[1].Supplier.Address = "[::1]:3306"
			c.Databases[1].Supplier.ServerID = 9
			c.Databases[1].Replica.ParallelThreads = 8
			c.Databases[1].Replica.PasswordFile = "foundation-db"
		}, []string{
			"foundation.allowed_countries: [NL] → [NL BE] (needs a restart)",
			"metrics.allow_remote: false → true (needs a restart)",
			"databases[two].supplier.address: localhost:3306 → [::1]:3306 (needs a restart)",
			"databases[two].supplier.server_id: 1809368009 → 9 (needs a restart)",
			"databases[two].replica.password_file: (none) → foundation-db (needs a restart)",
			"databases[two].replica.parallel_threads: 4 → 8 (needs a restart)",
		}},
		{"another name", func(c *Config) { c.Databases[0].Name = "three" }, []string{
			"databases[three]: absent → present (needs a restart)",
			"databases[one]: present → absent (needs a restart)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, changed := load(t, "testdata/good/local.yaml"), load(t, "testdata/good/local.yaml")
			c.change(changed)
			var got []string
			for _, change := range Diff(old, changed) {
				got = append(got, change.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A field that is renamed must not silently stop being live.
func TestLiveFieldsExist(t *testing.T) {
	var all []string
	for _, s := range settings(new(Config), "") {
		all = append(all, s.field)
	}
	for _, s := range settings(new(Database), "databases[]") {
		all = append(all, s.field)
	}
	for _, field := range liveFields() {
		if !slices.Contains(all, field) {
			t.Errorf("there is no %s among %v", field, all)
		}
	}
}
