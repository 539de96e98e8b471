package binlogserver_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlogserver"
)

// threeFiles fills a supplier's binary log: one file ends in ROTATE, one in STOP, one is being written.
func threeFiles(t testing.TB) (*mariadbd.Server, *archive.Archive, *feeder) {
	t.Helper()
	sup := startSupplier(t, nil)
	exec1(t, sup, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT)")
	fillRows(t, sup, 20)
	exec1(t, sup, "FLUSH BINARY LOGS")
	fillRows(t, sup, 20)
	if err := sup.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sup.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	fillRows(t, sup, 20)
	a := openArchive(t)
	f := newFeeder(t, a, sup.BinlogDir())
	f.catchUp()
	return sup, a, f
}

func fillRows(t testing.TB, s *mariadbd.Server, n int) {
	t.Helper()
	for i := range n {
		exec1(t, s, fmt.Sprintf("INSERT INTO d.t (b) VALUES ('%d')", i))
	}
}

// sameFiles compares raw copies with the archive's segments, which have the supplier's bytes.
func sameFiles(t testing.TB, dir string, segments []archive.Segment) {
	t.Helper()
	for _, seg := range segments {
		want, err := os.ReadFile(seg.Path)
		if err != nil {
			t.Fatal(err)
		}
		want = want[:seg.Size] // a segment that is being written has room behind its end
		got, err := os.ReadFile(filepath.Join(dir, seg.Name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes are not the %d of the archive", seg.Name, len(got), len(want))
		}
	}
}

func TestRawCopyIsIdentical(t *testing.T) {
	t.Parallel()
	_, a, _ := threeFiles(t)
	s := serve(t, a, holdText(""))
	segments := a.Segments()
	if len(segments) != 3 {
		t.Fatalf("%d segments, want 3", len(segments))
	}
	dir := t.TempDir() + "/"
	for _, seg := range segments { // each by itself
		if out, err := mariadbBinlog(t, t.Context(), s, "--raw", "-r"+dir, seg.Name).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	sameFiles(t, dir, segments)
	dir = t.TempDir() + "/"
	cmd := mariadbBinlog(t, t.Context(), s, "--raw", "--to-last-log", "-r"+dir, segments[0].Name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sameFiles(t, dir, segments)
}

func TestRawCopyFollows(t *testing.T) {
	t.Parallel()
	sup, a, f := threeFiles(t)
	s := serve(t, a, holdText(""))
	dir := t.TempDir() + "/"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := mariadbBinlog(t, ctx, s, "--raw", "--stop-never", "-r"+dir, a.Segments()[0].Name)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exec1(t, sup, "FLUSH BINARY LOGS")
	fillRows(t, sup, 5)
	f.catchUp()
	segments := a.Segments()
	eventually(t, "copy is complete", func() bool {
		for _, seg := range segments {
			info, err := os.Stat(filepath.Join(dir, seg.Name))
			if err != nil || info.Size() != seg.Size {
				return false
			}
		}
		return true
	})
	sameFiles(t, dir, segments)
	st := s.Status()
	if len(st) != 1 || st[0].Kind != binlogserver.KindReader || st[0].State != binlogserver.StateWaiting {
		t.Errorf("status %+v", st)
	}
	cancel()
	_ = cmd.Wait()
}

func TestReadFromGTID(t *testing.T) {
	t.Parallel()
	_, a, _ := threeFiles(t)
	s := serve(t, a, holdText(""))
	last := a.Published()[0]
	for start := uint64(1); start < last.Seq; start += 9 {
		from := fmt.Sprintf("0-1-%d", start)
		out, err := mariadbBinlog(t, t.Context(), s, "--start-position="+from, "--to-last-log", "-vv",
			a.Segments()[0].Name).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			if _, g, ok := strings.Cut(line, "GTID 0-1-"); ok && strings.HasPrefix(line, "#") {
				got = append(got, strings.Fields(g)[0])
			}
		}
		if len(got) != int(last.Seq-start) || got[0] != fmt.Sprint(start+1) {
			t.Errorf("from %s: %d groups %v, want %d to %d", from, len(got), got, start+1, last.Seq)
		}
	}
}

func TestReadFromOffset(t *testing.T) {
	t.Parallel()
	_, a, _ := threeFiles(t)
	s := serve(t, a, holdText(""))
	seg := a.Segments()[1]
	// Every event of the file as a reader sees it.
	r, err := a.ReadFromFile(seg.Stream, seg.Name, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	type place struct {
		at    int64
		group bool // a group begins here, or nothing that belongs to one
	}
	var places []place
	inGroup := false
	for {
		ev, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if ev.Segment != seg.Name {
			break
		}
		begins := ev.Header.Type == 162
		places = append(places, place{ev.Offset, begins || !inGroup})
		inGroup = begins || inGroup && ev.Header.Type != 16
	}
	for _, p := range places[1:20] {
		c := dial(t, s.port)
		c.prepare("none")
		c.dump(seg.Name, uint32(p.at), nonBlock|annotate, 0)
		list, err := c.all()
		_ = c.Close()
		switch {
		case !p.group:
			if err == errEOF || len(list) != 0 {
				t.Errorf("offset %d inside of a group: %d events, then %v", p.at, len(list), err)
			}
		case err != errEOF || len(list) < 3:
			t.Errorf("offset %d: %d events, then %v", p.at, len(list), err)
		case list[1].NextPos != 0 || int64(list[2].NextPos)-int64(list[2].Size) != p.at:
			t.Errorf("offset %d: format ends at %d, first event begins at %d", p.at, list[1].NextPos,
				int64(list[2].NextPos)-int64(list[2].Size))
		}
	}
	for _, at := range []uint32{0, 3, 5, uint32(places[3].at) + 1, uint32(seg.Size) + 100} {
		c := dial(t, s.port)
		c.prepare("none")
		c.dump(seg.Name, at, nonBlock, 0)
		if _, err := c.all(); err == nil || !strings.Contains(err.Error(), "impossible position") {
			t.Errorf("offset %d: %v", at, err)
		}
	}
	c := dial(t, s.port)
	c.prepare("none")
	c.dump("mysql-bin.999999", 4, nonBlock, 0)
	if _, err := c.all(); err == nil || !strings.Contains(err.Error(), "Could not find first log file name") {
		t.Errorf("unknown file: %v", err)
	}
	for _, seg := range a.Segments() {
		if seg.Status == archive.StatusDamaged {
			t.Errorf("%s was called damaged: %s", seg.Name, seg.Reason)
		}
	}
}
