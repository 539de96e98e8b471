package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/bench"
)

// execute runs the command with args and returns what it printed.
func execute(args ...string) (string, error) {
	var out bytes.Buffer
	c := command(strings.NewReader(""), &out, &out)
	c.SetOut(&out)
	c.SetArgs(args)
	err := c.ExecuteContext(context.Background())
	return out.String(), err
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--fast"}, {"everything"}, {"--rounds", "0"}, {"--rounds", "many"}, {"--only", "speed"}, {"follow", "me"},
	} {
		_, err := execute(args...)
		var usage *usageError
		if !errors.As(err, &usage) {
			t.Errorf("%v: error %v is not about the usage", args, err)
		}
	}
}

func TestFailureIsNotWrongUsage(t *testing.T) {
	_, err := execute("--dir", t.TempDir()+"/missing")
	var usage *usageError
	if err == nil || errors.As(err, &usage) {
		t.Errorf("error %v", err)
	}
	if _, err := execute(bench.RoleOpen); err == nil { // without a configuration
		t.Error("a child without a configuration is happy")
	}
}

func TestHelp(t *testing.T) {
	out, err := execute("--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(bench.Names(), "--rounds", "docs/benchmarks.md", "Exit status") {
		if !strings.Contains(out, want) {
			t.Errorf("help does not say %q:\n%s", want, out)
		}
	}
	for _, hidden := range []string{bench.RoleOpen + " ", "Available Commands"} {
		if strings.Contains(out, hidden) {
			t.Errorf("help says %q", hidden)
		}
	}
}
