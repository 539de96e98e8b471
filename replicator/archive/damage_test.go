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

// flip changes one byte of a file in place, without changing its times' meaning for anybody.
func flip(t testing.TB, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x41
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestEveryDamagedByteIsFound damages each byte of a sealed segment in turn, once while the archive is open and once
// while it is closed: the damage is found and named, and no reader ever sees a byte that was not the supplier's.
func TestEveryDamagedByteIsFound(t *testing.T) {
	real := supplierFiles(t)[1]
	made := filepath.Join(t.TempDir(), "x.000001")
	m := withoutChecksums(t, "").group(1).group(2).rotate("x.000002")
	if err := os.WriteFile(made, m.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"with checksums": real, "without": made} {
		bare := file == made
		t.Run(name, func(t *testing.T) {
			want := binlogtest.Read(t, file)
			dir := filepath.Join(memDir(t), "archive")
			a := open(t, Options{Dir: dir})
			store(t, a, file)
			for at := range int64(len(want)) {
				for _, opened := range []bool{true, false} {
					if opened == bare || !opened && !bare && at%7 != 0 {
						continue // without checksums, only the SHA-256 tells, once after the archive was opened
					}
					seg := a.Segments()[0]
					flip(t, seg.Path, at)
					if !opened {
						closed(t, a)
						a = open(t, Options{Dir: dir})
					}
					damageIsFound(t, a, want, at, bare)
					if err := a.Replace(a.Segments()[0], bytes.NewReader(want)); err != nil {
						t.Fatalf("byte %d: %v", at, err)
					}
					same(t, a, file)
					if read, err := readAll(a, oldest(t, a)); err != nil || !bytes.Equal(read[seg.Name], want) {
						t.Fatalf("byte %d, mended: %v", at, err)
					}
					if err := removeBeside(seg.Path, damagedInfix); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

func damageIsFound(t testing.TB, a *Archive, want []byte, at int64, bare bool) {
	t.Helper()
	name := a.Segments()[0].Name
	r, err := a.ReadFromFile(0, name, binlog.MagicSize)
	for err == nil {
		var ev Event
		if ev, err = r.Next(); err == nil && !bytes.Equal(ev.Raw, want[ev.Offset:ev.Offset+int64(len(ev.Raw))]) {
			t.Fatalf("byte %d: a reader was given wrong bytes at %d", at, ev.Offset)
		}
	}
	var damaged *DamagedError
	switch {
	case errors.Is(err, ErrEnd) && at < binlog.MagicSize: // no event is wrong
	case !errors.As(err, &damaged) || damaged.Segment != name || !bare && damaged.Offset > at:
		t.Fatalf("byte %d: reading gives %v", at, err)
	}
	if err := a.Verify(t.Context(), a.Segments()[0]); !errors.As(err, &damaged) || damaged.Segment != name {
		t.Fatalf("byte %d: verifying gives %v", at, err)
	}
	if s := a.Segments()[0]; s.Status != StatusDamaged || !strings.Contains(s.Reason, name) {
		t.Fatalf("byte %d: %+v", at, s)
	}
	if _, err := a.ReadFromFile(0, name, binlog.MagicSize); !errors.As(err, &damaged) {
		t.Fatalf("byte %d: a new reader of the damaged segment: %v", at, err)
	}
}

func TestReplaceRefusesOtherBytes(t *testing.T) {
	m := makeFile(t, 1, "0-1-10").group(11).group(12).rotate("x.000002")
	whole := m.bytes()
	other := makeFile(t, 1, "0-1-10").group(11).group(13).rotate("x.000002").bytes()
	dir := t.TempDir()
	a := open(t, Options{Dir: dir, Logger: testLog(t)})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, m)
	mustSeal(t, w, "")
	put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-12").group(13).rotate("x.000003"))
	mustSeal(t, w, "")
	seg := a.Segments()[0]
	if err := a.Replace(seg, bytes.NewReader(whole)); err == nil {
		t.Error("a sound segment was replaced")
	}
	flip(t, seg.Path, 400)
	if err := a.Verify(t.Context(), seg); err == nil {
		t.Fatal("damage not found")
	}
	refuse := func() {
		t.Helper()
		for name, b := range map[string][]byte{
			"nothing": nil, "shorter": whole[:len(whole)-1], "longer": append(bytes.Clone(whole), 1), "other": other,
			"no binary log": bytes.Repeat([]byte{7}, len(whole)), "damaged": append(bytes.Clone(whole[:500]), whole[501:]...),
		} {
			if err := a.Replace(seg, bytes.NewReader(b)); !errors.Is(err, ErrNotTheSame) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s := a.Segments()[0]; s.Status != StatusDamaged {
			t.Errorf("after refused bytes: %+v", s)
		}
	}
	refuse()
	entries, err := os.ReadDir(filepath.Dir(seg.Path))
	if err != nil || len(entries) != 5 { // two segments, two seals, the stream's note
		t.Errorf("left behind: %v, %v", entries, err)
	}
	closed(t, a)
	// Without its seal the segments around it tell what it must hold.
	if err := os.Remove(seg.Path + sealSuffix); err != nil {
		t.Fatal(err)
	}
	a = open(t, Options{Dir: dir, Logger: testLog(t)})
	refuse()
	if err := a.Replace(seg, bytes.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	if s := a.Segments()[0]; s.Status != StatusSealed || s.SHA256 != seg.SHA256 || s.End != "0-1-12" {
		t.Errorf("mended: %+v", s)
	}
	closed(t, a)
	a = open(t, Options{Dir: dir})
	if read, err := readAll(a, pos(t, "0-1-10")); err != nil || !bytes.Equal(read["x.000001"], whole) {
		t.Errorf("after opening again: %v", err)
	}
}

// TestReplaceTorn mends a segment whose file goes on at the supplier behind what was archived.
func TestReplaceTorn(t *testing.T) {
	m := makeFile(t, 1, "").group(1).group(2)
	want := m.bytes()
	m.begin(0, 3).rows(100)
	a := open(t, Options{Dir: t.TempDir()})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, m)
	mustSeal(t, w, "the supplier crashed")
	seg := a.Segments()[0]
	flip(t, seg.Path, 350)
	if err := a.Verify(t.Context(), seg); err == nil {
		t.Fatal("damage not found")
	}
	if err := a.Replace(seg, bytes.NewReader(m.bytes())); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(seg.Path); err != nil || !bytes.Equal(got, want) || a.Segments()[0].Status != StatusTorn {
		t.Errorf("%d bytes, want %d, %+v: %v", len(got), len(want), a.Segments()[0], err)
	}
}

// TestReaderOfReplacedBytes has a reader come upon the damaged bytes of a file that was replaced meanwhile.
func TestReaderOfReplacedBytes(t *testing.T) {
	m := makeFile(t, 1, "").group(1).group(2).rotate("x.000002")
	a := open(t, Options{Dir: t.TempDir()})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, m)
	mustSeal(t, w, "")
	seg := a.Segments()[0]
	flip(t, seg.Path, int64(m.size-100))
	r, err := a.ReadFromFile(0, seg.Name, binlog.MagicSize)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if err := a.Verify(t.Context(), seg); err == nil {
		t.Fatal("damage not found")
	}
	if err := a.Replace(seg, bytes.NewReader(m.bytes())); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	for err == nil {
		_, err = r.Next()
	}
	if !errors.As(err, &damaged) {
		t.Errorf("the reader of the old file ends with %v", err)
	}
	if s := a.Segments()[0]; s.Status != StatusSealed {
		t.Errorf("the mended segment is %+v", s)
	}
}

// TestDamageWhileWriting finds wrong bytes in the segment that is being written: the next writer goes back before them.
func TestDamageWhileWriting(t *testing.T) {
	m := makeFile(t, 1, "").group(1)
	first := int64(m.size)
	a := open(t, Options{Dir: t.TempDir(), Logger: testLog(t)})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, m.group(2).group(3))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	flip(t, a.Segments()[0].Path, first+50)
	var damaged *DamagedError
	if _, err := readAll(a, nil); !errors.As(err, &damaged) || damaged.Offset < first {
		t.Errorf("reading gives %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = writer(t, a)
	if tail, _ := a.Tail(); tail.Offset != first || tail.State.String() != "0-1-1" {
		t.Fatalf("the archive ends at %d, %s; want %d", tail.Offset, tail.State, first)
	}
	events := makeFile(t, 1, "").group(1).group(2).group(3).rotate("x.000002")
	if err := send(w, events.events, first); err != nil {
		t.Fatal(err)
	}
	mustSeal(t, w, "")
	if read, err := readAll(a, nil); err != nil || !bytes.Equal(read["x.000001"], events.bytes()) {
		t.Errorf("after it was sent again: %v", err)
	}
	if err := a.Verify(t.Context(), a.Segments()[0]); err != nil {
		t.Error(err)
	}
}
