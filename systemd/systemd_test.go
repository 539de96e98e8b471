// Package systemd_test holds the units against systemd's own judgement.
package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// maxExposure is the figure of `systemd-analyze security` that no unit may reach; 10 is unconfined.
const maxExposure = 3.0

// units returns the units of this folder, copied to where their executables seem to be installed.
func units(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.service")
	if err != nil || len(names) == 0 {
		t.Fatalf("found units %v, %v", names, err)
	}
	binary := regexp.MustCompile(`/usr/bin/wcde?[a-z-]*`)
	var paths []string
	for _, name := range names {
		unit, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, binary.ReplaceAll(unit, []byte("/bin/true")), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestVerify(t *testing.T) {
	for _, unit := range units(t) {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", unit).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify %s: %v\n%s", filepath.Base(unit), err, out)
		}
	}
}

func TestExposure(t *testing.T) {
	level := regexp.MustCompile(`Overall exposure level for .*: ([0-9.]+)`)
	for _, unit := range units(t) {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", unit).
			CombinedOutput()
		if err != nil {
			t.Fatalf("systemd-analyze security %s: %v\n%s", filepath.Base(unit), err, out)
		}
		m := level.FindSubmatch(out)
		if m == nil {
			t.Fatalf("no exposure level in:\n%s", out)
		}
		exposure, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: exposure %.1f", filepath.Base(unit), exposure)
		if exposure >= maxExposure {
			t.Errorf("%s: exposure %.1f, want less than %.1f:\n%s", filepath.Base(unit), exposure, maxExposure, out)
		}
	}
}

// What the daemon counts on, beyond what makes a unit valid.
func TestUnitSays(t *testing.T) {
	unit, err := os.ReadFile("wcded.service")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(unit), "\n")
	for _, want := range []string{
		"Type=notify", "Restart=on-failure", "WatchdogSec=5min",
		"ExecStartPre=/usr/bin/wcded --check-config /etc/wcde/wcded.yaml",
		"ExecStart=/usr/bin/wcded --config /etc/wcde/wcded.yaml",
		"ExecReload=/bin/kill -HUP $MAINPID",
		"RuntimeDirectory=wcded", "StateDirectory=wcded", "CapabilityBoundingSet=", "NoNewPrivileges=yes",
	} {
		found := false
		for _, line := range lines {
			found = found || line == want
		}
		if !found {
			t.Errorf("wcded.service lacks the line %s", want)
		}
	}
}
