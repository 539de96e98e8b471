package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/wcde-foundation/wcded/internal/durable"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// faults makes operation number at fail, counted from 1, and all after it until it is healed.
type faults struct {
	err error

	mu  sync.Mutex
	at  int
	n   int
	hit string
}

func (f *faults) fails(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if f.at == 0 || f.n < f.at {
		return nil
	}
	if f.hit == "" {
		f.hit = op
	}
	return fmt.Errorf("%s: %w", op, f.err)
}

func (f *faults) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = 0
}

func (f *faults) options(dir string) Options {
	return Options{
		Dir: dir,
		free: func(dir string) (int64, error) {
			if err := f.fails("statfs"); err != nil {
				return 0, err
			}
			return freeBytes(dir)
		},
		open: func(path string) (file, error) {
			if err := f.fails("open"); err != nil {
				return nil, err
			}
			under, err := openFile(path)
			return &faultyFile{under, f}, err
		},
		write: func(path string, data []byte, perm fs.FileMode) error {
			if err := f.fails("write " + filepath.Ext(path)); err != nil {
				return err
			}
			if err := durable.WriteFile(path, data, perm); err != nil {
				return err
			}
			return f.fails("written " + filepath.Ext(path)) // the file is there, and the caller is told that it is not
		},
	}
}

// faultyFile is a file whose failed write leaves half of it.
type faultyFile struct {
	file
	f *faults
}

func (f *faultyFile) WriteAt(b []byte, at int64) (int, error) {
	if err := f.f.fails("write"); err != nil {
		n, _ := f.file.WriteAt(b[:len(b)/2], at)
		return n, err
	}
	return f.file.WriteAt(b, at)
}

func (f *faultyFile) Sync() error {
	if err := f.f.fails("sync"); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.f.fails("truncate"); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func (f *faultyFile) Close() error {
	return errors.Join(f.file.Close(), f.f.fails("close"))
}

// threeMade are three files of an imagined supplier: the second is torn, then it switched to another server.
func threeMade(t testing.TB) []*maker {
	return []*maker{
		makeFile(t, 1, "").group(1).begin(3, 1).rows(70_000).commit().rotate("x.000002"),
		makeFile(t, 1, "0-1-1,3-1-1").group(2).group(3).begin(0, 4).rows(200),
		makeFile(t, 1, "0-1-2,3-1-1").group(3).group(4).rotate("y.000002"),
	}
}

// writeThree brings what is missing of them, as a supplier would that is asked where the archive ends.
func writeThree(a *Archive, files []*maker, durable func(uint64)) error {
	w, err := a.Writer(durable)
	if err != nil {
		return err
	}
	names := []string{"x.000001", "x.000002", "y.000001"}
	tail, ok := a.Tail()
	for i, name := range names {
		from := int64(0)
		kind := Continue
		if i == 2 {
			kind = Switch
		}
		switch {
		case ok && (name < tail.Name || name == tail.Name && tail.Complete):
			continue
		case ok && name == tail.Name:
			from = tail.Offset
		default:
			err = w.Begin(name, kind, "test")
		}
		at := int64(binlog.MagicSize)
		for _, ev := range files[i].events {
			if at >= from && err == nil {
				_, err = w.Append(ev)
			}
			if err == nil {
				err = w.Flush() // one batch for each event, so that operation k is the same one every time
			}
			at += int64(len(ev))
		}
		if err == nil {
			err = w.Seal(map[bool]string{true: "killed"}[i == 1])
		}
		if err != nil {
			return errors.Join(err, w.Close())
		}
	}
	return w.Close()
}

// wantThree checks that the archive holds all three files.
func wantThree(t testing.TB, a *Archive, files []*maker) {
	t.Helper()
	segs := a.Segments()
	if len(segs) != 3 {
		t.Fatalf("%d segments: %+v", len(segs), segs)
	}
	for i, s := range segs {
		want := files[i].bytes()
		status := StatusSealed
		if i == 1 {
			want, status = want[:s.Size], StatusTorn
		}
		got, err := os.ReadFile(s.Path)
		if err != nil || !bytes.Equal(got, want) || s.Status != status {
			t.Fatalf("%s: %d bytes of %d, %+v: %v", s.Name, len(got), len(want), s, err)
		}
		if err := a.Verify(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if segs[1].End != "0-1-3,3-1-1" || a.Published().String() != "0-1-4,3-1-1" {
		t.Fatalf("published %s, %+v", a.Published(), segs)
	}
	wantGroups(t, a, "", "0-1-1 3-1-1 0-1-2 0-1-3 0-1-3 0-1-4")
}

// TestEveryOperationFails lets operation k fail, and all after it, for every k until nothing fails any more. Whatever
// was confirmed is there afterwards, whether the archive goes on, healed, in the same process or is opened again.
func TestEveryOperationFails(t *testing.T) {
	files := threeMade(t)
	for parity, cause := range []error{syscall.EIO, syscall.ENOSPC} {
		t.Run(cause.Error(), func(t *testing.T) {
			hits := map[string]int{}
			for k := 1; ; k++ {
				hit := failAt(t, files, k, cause, k%2 == parity)
				if hit == "" {
					break
				}
				hits[hit]++
			}
			for _, op := range []string{
				"write", "sync", "truncate", "close", "open", "statfs", "write .seal", "written .seal", "written .000001",
			} {
				if hits[op] == 0 {
					t.Errorf("%s never failed: %v", op, hits)
				}
			}
		})
	}
}

// failAt lets operation k fail, and returns which one that was, "" if there are fewer.
func failAt(t *testing.T, files []*maker, k int, cause error, reopen bool) string {
	t.Helper()
	f := &faults{err: cause, at: k}
	dir := memDir(t)
	a := open(t, f.options(dir))
	var mark uint64
	err := writeThree(a, files, func(m uint64) { mark = m })
	if f.hit == "" {
		if err != nil {
			t.Fatal(err)
		}
		return ""
	}
	confirmed := a.Published()
	if err == nil || errors.Is(cause, syscall.ENOSPC) != errors.Is(err, ErrDiskFull) {
		t.Fatalf("operation %d, %s: got %v", k, f.hit, err)
	}
	wantWhole(t, a, files, mark)
	if reopen {
		_ = a.Close() // it fails too
		a = open(t, Options{Dir: dir})
		wantWhole(t, a, files, mark)
	}
	f.heal()
	if !a.Published().Reached(confirmed) {
		t.Fatalf("operation %d, %s: published %s, was %s", k, f.hit, a.Published(), confirmed)
	}
	if err := writeThree(a, files, nil); err != nil {
		t.Fatalf("operation %d, %s, healed: %v", k, f.hit, err)
	}
	wantThree(t, a, files)
	closed(t, a)
	a = open(t, Options{Dir: dir})
	wantThree(t, a, files)
	closed(t, a)
	return f.hit
}

// wantWhole checks that readers see whole groups only, bytes as they were sent, and everything up to mark.
func wantWhole(t testing.TB, a *Archive, files []*maker, mark uint64) {
	t.Helper()
	if len(a.Segments()) == 0 {
		if mark > 0 {
			t.Fatalf("confirmed up to %d, and nothing is there", mark)
		}
		return
	}
	read, err := readAll(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sent uint64
	for i, name := range []string{"x.000001", "x.000002", "y.000001"} {
		want := files[i].bytes()
		got := read[name]
		if !bytes.Equal(got, want[:len(got)]) {
			t.Fatalf("%s: a reader sees other bytes than were sent", name)
		}
		whole := boundaries(t, want)
		if len(got) > 0 && !whole[int64(len(got))] {
			t.Fatalf("%s: a reader sees up to %d, within a group", name, len(got))
		}
		// Marks count events' bytes, from the first file on.
		end := min(int64(mark-min(mark, sent))+binlog.MagicSize, int64(len(want)))
		for end > binlog.MagicSize && !whole[end] {
			end--
		}
		if end > binlog.MagicSize && int64(len(got)) < end {
			t.Fatalf("%s: a reader sees %d bytes, confirmed were %d", name, len(got), end)
		}
		sent += uint64(len(want) - binlog.MagicSize)
	}
}

// TestReserve stops before the reserve is touched, and goes on when there is room again.
func TestReserve(t *testing.T) {
	free := int64(10 << 20)
	o := Options{Dir: t.TempDir(), Reserve: 8 << 20}
	o.free = func(string) (int64, error) { return free, nil }
	a := open(t, o)
	files := threeMade(t)
	free = 8<<20 + 10
	if err := writeThree(a, files, nil); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("got %v, want ErrDiskFull", err)
	}
	if len(a.Segments()) != 0 {
		t.Errorf("%+v", a.Segments())
	}
	free = 10 << 20
	if err := writeThree(a, files, nil); err != nil {
		t.Fatal(err)
	}
	wantThree(t, a, files)
	seg := a.Segments()[0]
	flip(t, seg.Path, seg.Size-80)
	if err := a.Verify(t.Context(), seg); err == nil {
		t.Fatal("damage not found")
	}
	free = 8<<20 + 10
	if err := a.Replace(seg, bytes.NewReader(files[0].bytes())); !errors.Is(err, ErrDiskFull) {
		t.Errorf("mending without room: %v", err)
	}
	free = 10 << 20
	if err := a.Replace(seg, bytes.NewReader(files[0].bytes())); err != nil {
		t.Error(err)
	}
	wantThree(t, a, files)
}

// TestOpenOnFullDisk opens an archive whose last segment was complete and not sealed when a crash came.
func TestOpenOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	m := makeFile(t, 1, "").group(1).rotate("x.000002")
	a := open(t, Options{Dir: dir})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, m)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, a)
	f := &faults{err: syscall.ENOSPC, at: 1}
	a = open(t, f.options(dir))
	wantGroups(t, a, "", "0-1-1")
	if s := a.Segments(); len(s) != 1 || s[0].Status != StatusSealed {
		t.Errorf("%+v", s)
	}
	closed(t, a)
	a = open(t, Options{Dir: dir})
	w = writer(t, a)
	put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-1").group(2))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	wantGroups(t, a, "", "0-1-1 0-1-2")
	if _, err := readSeal(a.Segments()[0].Path); err != nil {
		t.Error(err)
	}
}
