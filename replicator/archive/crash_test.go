package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlog/binlogtest"
)

// childEnv tells the test binary to be the process that crashes: the archive's directory and the files to bring.
const childEnv = "WCDED_TEST_ARCHIVE_CHILD"

// appendFiles brings what the archive does not have yet, in small batches, and prints every mark that is confirmed.
func appendFiles() error {
	args := filepath.SplitList(os.Getenv(childEnv))
	a, err := Open(Options{Dir: args[0]})
	if err != nil {
		return err
	}
	w, err := a.Writer(func(mark uint64) { fmt.Println(mark) })
	if err != nil {
		return err
	}
	tail, ok := a.Tail()
	for _, path := range args[1:] {
		name := filepath.Base(path)
		file, err := os.ReadFile(path)
		from := int64(binlog.MagicSize)
		switch {
		case ok && (name < tail.Name || name == tail.Name && tail.Complete):
			continue
		case ok && name == tail.Name:
			from = tail.Offset
		case err == nil:
			err = w.Begin(name, Continue, "test")
		}
		for n := 0; err == nil && from < int64(len(file)); n++ {
			var h binlog.Header
			if h, err = binlog.ParseHeader(file[from:]); err == nil {
				_, err = w.Append(file[from : from+int64(h.Size)])
			}
			from += int64(h.Size)
			if err == nil && n%3 == 2 {
				err = w.Flush()
			}
		}
		if err = errors.Join(err, w.Seal("")); err != nil {
			return err
		}
	}
	return a.Close()
}

// TestCrashPoints kills a process that writes at each of the named points. Afterwards everything that it confirmed is
// there, the archive ends at a whole group, and the next process goes on until the files are the supplier's.
func TestCrashPoints(t *testing.T) {
	files := supplierFiles(t)[:smallFiles]
	bin := filepath.Join(t.TempDir(), "archive.test")
	if out, err := exec.Command("go", "test", "-c", "-tags", "crashpoints", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, point := range []string{
		"before-write", "after-write", "before-fsync", "after-fsync", "after-ack", "before-seal", "after-seal",
	} {
		t.Run(point, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			crashes := 0
			for hit := 1; ; hit++ {
				before := stored(t, dir, files)
				marks, killed := run(t, bin, dir, files, fmt.Sprintf("%s:%d", point, hit))
				after := stored(t, dir, files)
				if confirmed := before + marks; after < wholeAt(t, files, confirmed) {
					t.Fatalf("hit %d: %d bytes are there, confirmed were %d", hit, after, confirmed)
				}
				if !killed {
					break
				}
				crashes++
			}
			if crashes < 2 {
				t.Errorf("%d crashes", crashes)
			}
			a := open(t, Options{Dir: dir})
			same(t, a, files...)
			for _, s := range a.Segments() {
				if err := a.Verify(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// run lets a child write until it is killed or done, and returns the last mark that it confirmed.
func run(t *testing.T, bin, dir string, files []string, crashpoint string) (mark int64, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), bin)
	cmd.Env = append(os.Environ(), "WCDED_CRASHPOINT="+crashpoint,
		childEnv+"="+strings.Join(append([]string{dir}, files...), string(filepath.ListSeparator)))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		killed = exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	}
	if err != nil && !killed {
		t.Fatalf("child at %s: %v\n%s", crashpoint, err, &stderr)
	}
	for line := range strings.Lines(string(out)) {
		if mark, err = strconv.ParseInt(strings.TrimSpace(line), 10, 64); err != nil {
			t.Fatalf("child at %s says %q", crashpoint, line)
		}
	}
	return mark, killed
}

// stored opens the archive, checks that what it holds are the files' bytes up to a whole group, and returns how many
// bytes of events that are.
func stored(t *testing.T, dir string, files []string) (n int64) {
	t.Helper()
	a := open(t, Options{Dir: dir})
	defer closed(t, a)
	if len(a.Segments()) == 0 {
		return 0
	}
	read, err := readAll(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	tail, _ := a.Tail()
	for _, f := range files {
		got, want := read[filepath.Base(f)], binlogtest.Read(t, f)
		if !bytes.Equal(got, want[:len(got)]) {
			t.Fatalf("%s holds other bytes", f)
		}
		if filepath.Base(f) == tail.Name && !boundaries(t, want)[tail.Offset] {
			t.Fatalf("%s ends at %d, within a group", f, tail.Offset)
		}
		n += max(0, int64(len(got))-binlog.MagicSize)
		if len(got) < len(want) {
			return n
		}
	}
	return n
}

// wholeAt returns the largest number of bytes of events, at most n, behind which no group is open.
func wholeAt(t *testing.T, files []string, n int64) (whole int64) {
	t.Helper()
	var before int64
	for _, f := range files {
		b := binlogtest.Read(t, f)
		for at := range boundaries(t, b) {
			if end := before + at - binlog.MagicSize; end <= n {
				whole = max(whole, end)
			}
		}
		before += int64(len(b)) - binlog.MagicSize
	}
	return whole
}
