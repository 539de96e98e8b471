package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlog/binlogtest"
)

// boundaries returns the offsets of a file at which no group is open.
func boundaries(t testing.TB, file []byte) map[int64]bool {
	t.Helper()
	at := int64(binlog.MagicSize)
	found := map[int64]bool{}
	var tracker binlog.Tracker
	for _, ev := range binlogtest.Split(t, file) {
		h, err := binlog.ParseHeader(ev)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tracker.Feed(h, ev, true); err != nil {
			t.Fatal(err)
		}
		at += int64(len(ev))
		if _, open := tracker.Group(); !open {
			found[at] = true
		}
	}
	return found
}

// copyTree copies a directory of files and folders.
func copyTree(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, a *Archive, files ...string) {
	t.Helper()
	segs := a.Segments()
	if len(segs) != len(files) {
		t.Fatalf("%d segments of %d files", len(segs), len(files))
	}
	for i, f := range files {
		got, err := os.ReadFile(segs[i].Path)
		if err != nil || !bytes.Equal(got, binlogtest.Read(t, f)) || segs[i].Status != StatusSealed {
			t.Fatalf("%s is not the supplier's file: %+v, %v", f, segs[i], err)
		}
	}
}

// TestCutAtEveryOffset has a crash leave the last file cut off at each of its bytes; at every third, with zeros or
// something else behind.
func TestCutAtEveryOffset(t *testing.T) {
	files := supplierFiles(t)[:3]
	root := memDir(t)
	base := filepath.Join(root, "base")
	a := open(t, Options{Dir: base})
	store(t, a, files[:2]...)
	closed(t, a)
	before := a.Published()
	last := binlogtest.Read(t, files[2])
	whole := boundaries(t, last)
	head, _, err := parseHead(bytes.NewReader(last))
	if err != nil {
		t.Fatal(err)
	}
	for behind, tail := range map[string][]byte{
		"nothing": nil, "zeros": make([]byte, 70_000), "other bytes": bytes.Repeat([]byte{0x13, 0}, 300),
	} {
		t.Run(behind, func(t *testing.T) {
			for n := range int64(len(last) + 1) {
				if len(tail) > 0 && n%3 != int64(len(tail)%3) {
					continue
				}
				dir := filepath.Join(root, "cut", behind)
				copyTree(t, base, dir)
				path := filepath.Join(dir, "stream-000001", filepath.Base(files[2]))
				if err := os.WriteFile(path, append(bytes.Clone(last[:n]), tail...), 0o600); err != nil {
					t.Fatal(err)
				}
				// What lies behind may by chance be what was there.
				right := n
				for right < int64(len(last)) && right-n < int64(len(tail)) && tail[right-n] == last[right] {
					right++
				}
				end := right
				for end > 0 && !whole[end] {
					end--
				}
				a := open(t, Options{Dir: dir})
				at, _ := a.Tail()
				wantName, wantEnd := filepath.Base(path), end
				if right < head.size { // then nothing of it is of use
					wantName, wantEnd = filepath.Base(files[1]), a.Segments()[1].Size
				}
				if at.Name != wantName || at.Offset != wantEnd {
					t.Fatalf("cut at %d: the archive ends at %d of %s, want %d of %s", n, at.Offset, at.Name, wantEnd, wantName)
				}
				if !a.Published().Reached(before) {
					t.Fatalf("cut at %d: published %s, it was %s in the file before", n, a.Published(), before)
				}
				read, err := readAll(a, nil)
				if got := read[filepath.Base(path)]; err != nil || len(got) > 0 && !bytes.Equal(got, last[:end]) {
					t.Fatalf("cut at %d: a reader sees %d bytes, %v", n, len(got), err)
				}
				if err := resume(t, a, files...); err != nil {
					t.Fatalf("cut at %d: %v", n, err)
				}
				same(t, a, files...)
				closed(t, a)
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestCutBytesAreKept looks at what recovery cut off, until it was sent again.
func TestCutBytesAreKept(t *testing.T) {
	files := supplierFiles(t)[:smallFiles]
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	store(t, a, files[0])
	closed(t, a)
	whole := binlogtest.Read(t, files[1])
	path := filepath.Join(dir, "stream-000001", filepath.Base(files[1]))
	torn := whole[:len(whole)-60]
	if err := os.WriteFile(path, append(bytes.Clone(torn), 0, 0, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	a = open(t, Options{Dir: dir, Logger: testLog(t)})
	tail, _ := a.Tail()
	if got, err := os.ReadFile(path); err != nil || len(got) != len(torn)+3 {
		t.Errorf("opening changed the file to %d bytes, %v", len(got), err)
	}
	w := writer(t, a)
	cuts, err := filepath.Glob(path + cutInfix + "*")
	if err != nil || len(cuts) != 1 {
		t.Fatal(cuts, err)
	}
	if got, err := os.ReadFile(cuts[0]); err != nil || !bytes.Equal(got, bytes.TrimRight(torn[tail.Offset:], "\x00")) {
		t.Errorf("kept %d bytes, cut were %d: %v", len(got), len(torn)-int(tail.Offset), err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, a)
	a = open(t, Options{Dir: dir})
	if err := resume(t, a, files[:2]...); err != nil {
		t.Fatal(err)
	}
	if cuts, _ := filepath.Glob(path + cutInfix + "*"); len(cuts) != 0 {
		t.Errorf("left after the segment was sealed: %v", cuts)
	}
	same(t, a, files[:2]...)
}

func TestLostSealsAreMadeAgain(t *testing.T) {
	files := supplierFiles(t)[:smallFiles]
	for name, spoil := range map[string]func(path string) error{
		"lost":      os.Remove,
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"not JSON":  func(path string) error { return os.WriteFile(path, []byte("{\"size\":"), 0o600) },
		"bad state": func(path string) error { return os.WriteFile(path, []byte(`{"size":100,"end":"0-1"}`), 0o600) },
		"bad time":  func(path string) error { return os.WriteFile(path, []byte(`{"size":100,"sealed_at":"x"}`), 0o600) },
		"no size":   func(path string) error { return os.WriteFile(path, []byte(`{}`), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			a := open(t, Options{Dir: dir})
			store(t, a, files...)
			closed(t, a)
			want := a.Segments()
			for _, s := range want {
				if err := spoil(s.Path + sealSuffix); err != nil {
					t.Fatal(err)
				}
			}
			a = open(t, Options{Dir: dir})
			for i, s := range a.Segments() {
				if s.Status != StatusSealed || s.SHA256 != want[i].SHA256 || s.End != want[i].End {
					t.Errorf("got %+v, want %+v", s, want[i])
				}
			}
			if !a.Published().Equal(pos(t, lastOf(want[len(want)-1].End))) {
				t.Errorf("published %s", a.Published())
			}
			closed(t, a)
			for _, s := range want {
				if _, err := readSeal(s.Path); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestUnsealedInTheMiddle has a segment that others follow lose its seal and more.
func TestUnsealedInTheMiddle(t *testing.T) {
	m := makeFile(t, 1, "0-1-10").group(11)
	first := m.size
	m.group(12)
	for name, c := range map[string]struct {
		size   int
		status Status
	}{
		"whole":              {m.size, StatusTorn},
		"shorter by a group": {first, StatusDamaged},
		"in mid-group":       {first + 50, StatusDamaged},
		"within its head":    {100, StatusDamaged},
		"empty":              {0, StatusDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			a := open(t, Options{Dir: dir})
			w := writer(t, a)
			put(t, w, "x.000001", Continue, m)
			mustSeal(t, w, "the supplier crashed")
			put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-12").group(13).rotate("x.000003"))
			mustSeal(t, w, "")
			closed(t, a)
			path := a.Segments()[0].Path
			if err := errors.Join(os.Remove(path+sealSuffix), os.Truncate(path, int64(c.size))); err != nil {
				t.Fatal(err)
			}
			a = open(t, Options{Dir: dir, Logger: testLog(t)})
			if s := a.Segments()[0]; s.Status != c.status || s.Reason == "" {
				t.Errorf("got %+v, want %s", s, c.status)
			}
			if got := a.Published().String(); got != "0-1-13" {
				t.Errorf("published %s", got)
			}
			if read, err := readAll(a, pos(t, "0-1-12")); err != nil || len(read) != 1 {
				t.Errorf("reading behind it: %v", err)
			}
			closed(t, a)
			if _, err := readSeal(path); (err == nil) != (c.status == StatusTorn) {
				t.Errorf("seal: %v", err)
			}
		})
	}
}

func TestMissingFilesAreFound(t *testing.T) {
	files := supplierFiles(t)[:smallFiles]
	base := t.TempDir()
	a := open(t, Options{Dir: base})
	store(t, a, files...)
	closed(t, a)
	segs := a.Segments()
	for n := range files {
		for _, seal := range []bool{true, false} {
			if !seal && (n == 0 || n == len(files)-1) {
				continue // nothing tells that there was an older or a newer one
			}
			dir := filepath.Join(t.TempDir(), "copy")
			copyTree(t, base, dir)
			path := strings.Replace(segs[n].Path, base, dir, 1)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if !seal {
				if err := os.Remove(path + sealSuffix); err != nil {
					t.Fatal(err)
				}
			}
			a := open(t, Options{Dir: dir})
			got := a.Segments()
			if len(got) != len(files) || got[n].Status != StatusDamaged || got[n].Name != segs[n].Name {
				t.Fatalf("file %d missing, seal %v: %+v", n, seal, got)
			}
			var damaged *DamagedError
			_, err := readAll(a, pos(t, lastOf(segs[0].Start)))
			if n > 0 && (!errors.As(err, &damaged) || damaged.Segment != segs[n].Name) {
				t.Errorf("file %d missing, seal %v: reading gives %v", n, seal, err)
			}
			if err := a.Verify(t.Context(), got[n]); !errors.As(err, &damaged) {
				t.Errorf("file %d missing, seal %v: verifying gives %v", n, seal, err)
			}
			if err := a.Replace(got[n], bytes.NewReader(binlogtest.Read(t, files[n]))); err != nil {
				t.Errorf("file %d missing, seal %v: %v", n, seal, err)
			}
			same(t, a, files...)
			if _, err := readAll(a, pos(t, lastOf(segs[0].Start))); err != nil {
				t.Errorf("file %d mended, seal %v: %v", n, seal, err)
			}
			closed(t, a)
		}
	}
}

func TestStrayFilesAreNoSegments(t *testing.T) {
	files := supplierFiles(t)[:2]
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	store(t, a, files[0])
	closed(t, a)
	stream := filepath.Join(dir, "stream-000001")
	for _, name := range []string{
		"README", "mysql-bin.000007.seal.tmp", "mysql-bin.000008.tmp", "mysql-bin.7", ".mysql-bin.000009",
	} {
		if err := os.WriteFile(filepath.Join(stream, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"stream-000002", "stream-000003-fork", "stream-4", "stream-x", "streams"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	a = open(t, Options{Dir: dir})
	if segs := a.Segments(); len(segs) != 1 {
		t.Fatalf("%+v", segs)
	}
	if err := resume(t, a, files...); err != nil {
		t.Fatal(err)
	}
	same(t, a, files...)
	if s := a.Segments()[1]; s.Stream != 1 {
		t.Errorf("a stream that was never begun took %+v", s)
	}
	if _, err := os.Stat(filepath.Join(stream, "mysql-bin.000008.tmp")); !os.IsNotExist(err) {
		t.Error("a file that was never finished is left")
	}
}

func TestOneArchiveOneProcess(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	closed(t, a)
	closed(t, open(t, Options{Dir: dir}))
}
