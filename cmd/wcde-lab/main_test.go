package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab"
)

func TestWrongUsage(t *testing.T) {
	for _, args := range []string{"up", "down", "status", "kill --dir /x", "kill a b --dir /x", "nonsense",
		"up --nonsense", "cut wcded --dir", "write --rate -1 --dir /x",
		"relay --control /tmp/x --link odd", "up extra --dir /x"} {
		var stdout, stderr bytes.Buffer
		if code := run(strings.Fields(args), &stdout, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d, %s", args, code, stderr.String())
		}
		if !strings.HasPrefix(stderr.String(), "wcde-lab: ") || stdout.Len() > 0 {
			t.Errorf("%s: said %q and %q", args, stdout.String(), stderr.String())
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"", "--help", "up --help"} {
		var stdout, stderr bytes.Buffer
		if code := run(strings.Fields(args), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("%q: exit code %d, %s", args, code, stderr.String())
		}
		if !strings.Contains(stdout.String(), "--dir") {
			t.Errorf("%q: %s", args, stdout.String())
		}
	}
}

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		0:           nil,
		exitFailed:  fmt.Errorf("open: %w", lab.ErrNoLab),
		exitUsage:   fmt.Errorf("kill: %w", &lab.PartError{Part: "x", Why: "is not there"}),
		exitRefused: errors.Join(errors.New("other"), lab.ErrRefused),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: exit code %d, want %d", err, got, want)
		}
	}
}
