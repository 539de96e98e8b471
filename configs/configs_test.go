package configs

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write what the tests find into testdata, for review with git diff")

// files returns the files in testdata/dir with the extension .yaml, and fails if there are none.
func files(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", dir, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in testdata/%s: %v", dir, err)
	}
	return names
}

func load(t *testing.T, path string) *Config {
	t.Helper()
	c, err := Load(path)
	if err != nil {
		t.Fatalf("Load(%s):\n%v", path, err)
	}
	return c
}

// golden compares got with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestBadFiles(t *testing.T) {
	for _, path := range files(t, "bad") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, err := Load(path)
			var all Errors
			var one *Error
			if c != nil || !errors.As(err, &all) || !errors.As(err, &one) || one != all[0] {
				t.Fatalf("Load: got %v and %T %v, want Errors", c, err, err)
			}
			if len(all) > maxErrors {
				all = all[:maxErrors] // the last one counts the others
			}
			for _, e := range all {
				if e.File != path || e.Line < 1 || e.Msg == "" || e.Hint == "" {
					t.Errorf("incomplete: %+v", e)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the message repeats a secret: %v", err)
			}
			// The files say their own name without the folder, so that they read as an operator sees them.
			got := strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "") + "\n"
			golden(t, strings.TrimSuffix(path, ".yaml")+".err", got)
		})
	}
}

func TestEveryMessageHasItsFile(t *testing.T) {
	messages, err := filepath.Glob("testdata/bad/*.err")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(messages), len(files(t, "bad")); got != want {
		t.Errorf("%d .err files for %d .yaml files", got, want)
	}
}

// A good file's golden is the complete configuration written out, which is itself a file that means the same.
func TestGoodFiles(t *testing.T) {
	for _, path := range files(t, "good") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := load(t, path)
			out, err := yaml.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", string(out))
			again, err := Parse(out)
			if diff := cmp.Diff(c, again); err != nil || diff != "" {
				t.Errorf("the complete configuration does not read back: %v\n%s", err, diff)
			}
			if err := c.Validate(); err != nil {
				t.Errorf("Validate: %v", err)
			}
		})
	}
}

// The sample shows defaults as lines that begin with #; taking the # away must change nothing.
func TestSampleShowsTheDefaults(t *testing.T) {
	sample, err := os.ReadFile("wcded.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^( *)#([a-z_]+: )`)
	full := shown.ReplaceAll(sample, []byte("$1$2"))
	got, err := Parse(full)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(load(t, "wcded.yaml"), got); diff != "" {
		t.Errorf("the defaults in the sample are not the defaults (-real +sample):\n%s", diff)
	}
	// Every key is there, so that the comparison above was about every key.
	var doc yaml.Node
	if err := yaml.Unmarshal(full, &doc); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, doc.Content[0], reflect.TypeFor[Config](), "")
}

func wantKeys(t *testing.T, n *yaml.Node, typ reflect.Type, field string) {
	t.Helper()
	if typ.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode {
		n, typ = n.Content[0], typ.Elem()
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	values := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		values[n.Content[i].Value] = n.Content[i+1]
	}
	for i, key := range keysOf(typ) {
		if values[key] == nil {
			t.Errorf("the sample does not mention %s", join(field, key))
			continue
		}
		wantKeys(t, values[key], typ.Field(i).Type, join(field, key))
	}
}
