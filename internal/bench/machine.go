package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control/api"
)

// machine is what the figures depend on.
type machine struct {
	CPU        string
	Cores      int
	Memory     string
	Kernel     string
	FileSystem string // of the scratch folder
	Sync       string // how long the disk takes
	MariaDB    string
	Sysbench   string
	Go         string
	Version    string // of this program
}

// examine looks at the machine, and at the disk below dir.
func examine(ctx context.Context, dir string) (machine, error) {
	m := machine{Cores: runtime.NumCPU(), Go: strings.TrimPrefix(runtime.Version(), "go"), Version: version(ctx)}
	var errs []error
	read := func(path string, parse func([]byte) string) string {
		b, err := os.ReadFile(path)
		errs = append(errs, err)
		return parse(b)
	}
	m.CPU = read("/proc/cpuinfo", func(b []byte) string { return field(b, "model name") })
	m.Memory = read("/proc/meminfo", func(b []byte) string { return gibibytes(field(b, "MemTotal")) })
	m.Kernel = read("/proc/sys/kernel/osrelease", func(b []byte) string { return string(bytes.TrimSpace(b)) })
	m.FileSystem = read("/proc/self/mountinfo", func(b []byte) string { return fileSystem(b, dir) })
	var err error
	m.MariaDB, err = firstLine(ctx, "mariadb", "--version")
	errs = append(errs, err)
	m.Sysbench, err = firstLine(ctx, "sysbench", "--version")
	errs = append(errs, err)
	m.Sync, err = syncTime(dir)
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return m, fmt.Errorf("look at the machine: %w", err)
	}
	return m, nil
}

// version is the stamp of this program or, in a build without one, the commit of the checkout that it runs in.
func version(ctx context.Context) string {
	v := api.Version()
	if strings.HasPrefix(v, "v") {
		return v
	}
	commit, err := firstLine(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12")
	if err != nil {
		return v
	}
	return "commit " + commit
}

// field returns the value of the first line "name: value".
func field(b []byte, name string) string {
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

func gibibytes(kib string) string {
	n, err := strconv.ParseFloat(strings.TrimSuffix(kib, " kB"), 64)
	if err != nil {
		return kib
	}
	return fmt.Sprintf("%.1f GiB", n/(1<<20))
}

// fileSystem returns type and options of the mount that holds dir, by proc_pid_mountinfo(5).
func fileSystem(mountinfo []byte, dir string) string {
	best, found := "", "unknown"
	lines := bufio.NewScanner(bytes.NewReader(mountinfo))
	for lines.Scan() {
		left, right, ok := strings.Cut(lines.Text(), " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 6 || len(r) < 1 {
			continue
		}
		at := strings.ReplaceAll(l[4], `\040`, " ")
		if (dir == at || strings.HasPrefix(dir, strings.TrimSuffix(at, "/")+"/")) && len(at) >= len(best) {
			best, found = at, r[0]+" ("+l[5]+")"
		}
	}
	return found
}

func firstLine(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", name, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line, nil
}

// syncTime appends 4 KiB 200 times to a file in dir, with fdatasync each time.
func syncTime(dir string) (string, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	var took []float64
	for range 200 {
		if _, err := f.Write(block); err != nil {
			return "", err
		}
		begin := time.Now()
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return "", err
		}
		took = append(took, time.Since(begin).Seconds()*1e3)
	}
	return fmt.Sprintf("fdatasync of 4 KiB takes %s ms (median; p99 %s ms)", number(median(took)),
		number(quantile(took, 0.99))), nil
}
