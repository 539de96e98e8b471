package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// FuzzScan opens an archive whose only file holds any bytes. What it says of them holds for a second look, too.
func FuzzScan(f *testing.F) {
	f.Add(makeFile(f, 1, "0-1-1").group(2).rotate("x.000002").bytes())
	f.Add(makeFile(f, 1, "").group(2).begin(0, 3).bytes())
	f.Add(withoutChecksums(f, "0-1-1,0-2-5,7-1-1").group(2).bytes())
	f.Add(append(withoutChecksums(f, "").group(2).bytes(), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := memDir(t)
		path := filepath.Join(dir, "stream-000001", "x.000001")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		a := open(t, Options{Dir: dir})
		tail, ok := a.Tail()
		if !ok {
			return
		}
		if tail.Offset > int64(len(b)) || !bytes.Equal(tail.Head, b[:len(tail.Head)]) {
			t.Fatalf("%+v of %d bytes", tail, len(b))
		}
		read, err := readAll(a, oldest(t, a))
		if err != nil || !bytes.Equal(read["x.000001"], b[:tail.Offset]) {
			t.Fatalf("a reader sees %d bytes of %d: %v", len(read["x.000001"]), tail.Offset, err)
		}
		if err := writer(t, a).Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, b[:tail.Offset]) {
			t.Fatalf("the writer left %d bytes of %d: %v", len(got), tail.Offset, err)
		}
		published := a.Published()
		closed(t, a)
		a = open(t, Options{Dir: dir})
		again, _ := a.Tail()
		if again.Offset != tail.Offset || !again.State.Equal(tail.State) || !a.Published().Equal(published) {
			t.Fatalf("ends at %d, %s; before at %d, %s", again.Offset, again.State, tail.Offset, tail.State)
		}
		closed(t, a)
	})
}

// FuzzSeal puts any bytes into the place of a seal.
func FuzzSeal(f *testing.F) {
	f.Add([]byte(`{"size":10,"sha256":"00","end":"0-1-1","max_time":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"size":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := memDir(t)
		if err := os.WriteFile(filepath.Join(dir, "x.000001"+sealSuffix), b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := readSeal(filepath.Join(dir, "x.000001"))
		if err != nil {
			if !isDamage(err) {
				t.Errorf("an unreadable seal is %v: the archive would not open", err)
			}
			return
		}
		if s.Size < binlog.MagicSize || len(s.end) > 0 && !listOf(s.end.state()).state().Equal(s.end.state()) {
			t.Errorf("%+v", s)
		}
	})
}

// FuzzAppend sends any bytes as events. Whatever was taken is what an archive that is opened again finds.
func FuzzAppend(f *testing.F) {
	f.Add(makeFile(f, 1, "0-1-1").group(2).rotate("x.000002").bytes()[binlog.MagicSize:])
	f.Add(withoutChecksums(f, "0-1-1,0-2-5,7-1-1").group(2).begin(0, 3).rows(50).bytes()[binlog.MagicSize:])
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := memDir(t)
		a := open(t, Options{Dir: dir})
		w := writer(t, a)
		if err := w.Begin("x.000001", Continue, ""); err != nil {
			t.Fatal(err)
		}
		want := binlog.Magic()
		for rest := b; len(rest) > 0; {
			h, err := binlog.ParseHeader(rest)
			n := len(rest)
			if err == nil {
				n = min(n, int(h.Size))
			}
			if _, err := w.Append(rest[:n]); err != nil {
				break
			}
			want = append(want, rest[:n]...)
			rest = rest[n:]
		}
		_ = w.Flush() // it fails if an event was refused; what came before is on disk all the same
		_ = w.Close()
		published, before := a.Published(), a.Segments()
		closed(t, a)
		a = open(t, Options{Dir: dir})
		after := a.Segments()
		if len(before) != len(after) || !a.Published().Equal(published) {
			t.Fatalf("published %s, before %s", a.Published(), published)
		}
		if len(after) == 0 {
			return
		}
		got, err := os.ReadFile(after[0].Path)
		if err != nil || !bytes.HasPrefix(want, got) || after[0].Size != before[0].Size || int64(len(got)) != after[0].Size {
			t.Fatalf("%d bytes of %d, %+v, before %+v: %v", len(got), len(want), after[0], before[0], err)
		}
	})
}
