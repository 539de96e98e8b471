package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/replicator/binlog/binlogtest"
)

// TestSegmentsAreTheSuppliersFiles archives everything that a real server writes.
func TestSegmentsAreTheSuppliersFiles(t *testing.T) {
	files := supplierFiles(t)
	dir := t.TempDir()
	a := open(t, Options{Dir: dir, Logger: testLog(t)})
	store(t, a, files...)
	segs := a.Segments()
	if len(segs) != len(files) {
		t.Fatalf("%d segments of %d files", len(segs), len(files))
	}
	for i, f := range files {
		want := binlogtest.Read(t, f)
		sum := sha256.Sum256(want)
		s := segs[i]
		if s.Name != filepath.Base(f) || s.Status != StatusSealed || s.SHA256 != hex.EncodeToString(sum[:]) ||
			s.Size != int64(len(want)) {
			t.Errorf("%s: %+v, its SHA-256 is %x", f, s, sum)
		}
		if got, err := os.ReadFile(s.Path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs, %v", s.Path, err)
		}
		if i > 0 && segs[i-1].End != s.Start {
			t.Errorf("%s begins at %s, the one before it ends at %s", s.Name, s.Start, segs[i-1].End)
		}
		if err := a.Verify(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	published := a.Published()
	if published.String() != pos(t, lastOf(segs[len(segs)-1].End)).String() {
		t.Errorf("published %s, the last segment ends at %s", published, segs[len(segs)-1].End)
	}
	read, err := readAll(a, oldest(t, a))
	if err != nil || len(read) != len(files) {
		t.Fatal(len(read), err)
	}
	for _, f := range files {
		if !bytes.Equal(read[filepath.Base(f)], binlogtest.Read(t, f)) {
			t.Errorf("what a reader sees of %s differs", f)
		}
	}
	closed(t, a)
	a = open(t, Options{Dir: dir, Logger: testLog(t)})
	if diff := cmp.Diff(segs, a.Segments()); diff != "" {
		t.Errorf("segments after opening again:\n%s", diff)
	}
	if !a.Published().Equal(published) {
		t.Errorf("published %s after opening again, was %s", a.Published(), published)
	}
}

// lastOf returns the position of a state.
func lastOf(state string) string {
	list, err := parseList(state)
	if err != nil {
		return err.Error()
	}
	return list.state().Position().String()
}
