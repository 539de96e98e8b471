package archive

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// groups returns the GTIDs that a reader sees from a position on, in order, and the error at the end.
func groups(a *Archive, from binlog.Position) ([]string, error) {
	r, err := a.ReadFromGTID(from)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var list []string
	for {
		ev, err := r.Next()
		if errors.Is(err, ErrEnd) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		if ev.Header.Type == 162 {
			g, err := binlog.ParseGTIDEvent(ev.Raw)
			if err != nil {
				return list, err
			}
			list = append(list, g.GTID.String())
		}
	}
}

func wantGroups(t testing.TB, a *Archive, from, want string) {
	t.Helper()
	got, err := groups(a, pos(t, from))
	if strings.Join(got, " ") != want || err != nil {
		t.Errorf("from %q: %q, %v; want %q", from, strings.Join(got, " "), err, want)
	}
}

// TestSwitch has the supplier continue on another server whose files overlap ours and have the same names.
func TestSwitch(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, makeFile(t, 1, "").group(1).group(2).rotate("x.000002"))
	mustSeal(t, w, "")
	put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-2").group(3).group(4).begin(0, 5))
	mustSeal(t, w, "the supplier switched")
	m := makeFile(t, 2, "0-1-1")
	m.server = 1 // groups that server 1 wrote first
	m.group(2).group(3)
	put(t, w, "x.000001", Switch, m)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := a.Published().String(); got != "0-1-4" {
		t.Errorf("within the overlap, published is %s", got)
	}
	m.take()
	m.group(4)
	m.server = 2
	if err := send(w, m.group(5).rotate("x.000002").take(), 0); err != nil {
		t.Fatal(err)
	}
	mustSeal(t, w, "")
	for range 2 {
		if got := a.Published().String(); got != "0-2-5" {
			t.Errorf("published %s", got)
		}
		wantGroups(t, a, "", "0-1-1 0-1-2 0-1-3 0-1-4 0-1-2 0-1-3 0-1-4 0-2-5")
		wantGroups(t, a, "0-1-3", "0-1-2 0-1-3 0-1-4 0-2-5")
		for stream, want := range map[int]int{0: 2, 1: 1, 2: 2} {
			r, err := a.ReadFromFile(stream, "x.000001", binlog.MagicSize)
			if err != nil {
				t.Fatal(err)
			}
			if ev, err := r.Next(); err != nil || ev.Stream != want {
				t.Errorf("stream %d: event of stream %d, %v", stream, ev.Stream, err)
			}
			_ = r.Close()
		}
		if got, err := a.PositionAt(m.now.Add(1)); err != nil || got.String() != "0-2-5" {
			t.Errorf("position %s, %v", got, err)
		}
		closed(t, a)
		a = open(t, Options{Dir: dir})
	}
	w = writer(t, a)
	put(t, w, "x.000002", Continue, makeFile(t, 2, "0-1-4,0-2-5").group(6))
	if s := a.Segments(); s[3].Stream != 2 || s[3].Name != "x.000002" {
		t.Errorf("the next file is %+v", s[3])
	}
}

// TestFork has another history adopted: readers of the old one are told, and only the new one is read.
func TestFork(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	w := writer(t, a)
	put(t, w, "x.000001", Continue, makeFile(t, 1, "").group(1).group(2).rotate("x.000002"))
	mustSeal(t, w, "")
	put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-2").group(3).group(4))
	old, err := a.ReadFromGTID(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	mustSeal(t, w, "another history was adopted")
	put(t, w, "x.000001", Fork, makeFile(t, 1, "0-1-2").group(3).rotate("x.000002"))
	mustSeal(t, w, "")
	for err == nil {
		_, err = old.Next()
	}
	if !errors.Is(err, ErrForked) {
		t.Errorf("a reader of the old history ends with %v", err)
	}
	for range 2 {
		if got := a.Published().String(); got != "0-1-3" {
			t.Errorf("published %s", got)
		}
		if got := a.Oldest().String(); got != "0-1-2" {
			t.Errorf("oldest %s", got)
		}
		wantGroups(t, a, "0-1-2", "0-1-3")
		var position *PositionError
		if _, err := groups(a, pos(t, "0-1-1")); !errors.As(err, &position) || !errors.Is(err, ErrPurged) {
			t.Errorf("from before the fork: %v", err)
		}
		if _, err := groups(a, pos(t, "0-1-4")); !errors.As(err, &position) || !errors.Is(err, ErrUnknownGTID) {
			t.Errorf("from the old history: %v", err)
		}
		if _, err := a.ReadFromFile(0, "x.000002", 4); !errors.Is(err, ErrNoSegment) {
			t.Errorf("a file of the old history by name alone: %v", err)
		}
		if r, err := a.ReadFromFile(1, "x.000002", 4); err != nil {
			t.Errorf("a file of the old history: %v", err)
		} else {
			_ = r.Close()
		}
		closed(t, a)
		a = open(t, Options{Dir: dir})
	}
}

// TestStreamThatWasNeverBegun has the folder of a stream made and nothing in it: a crash, or a supplier that sent no
// whole head.
func TestStreamThatWasNeverBegun(t *testing.T) {
	for _, kind := range []StreamKind{Continue, Switch, Fork} {
		t.Run(string(kind), func(t *testing.T) {
			dir := t.TempDir()
			a := open(t, Options{Dir: dir})
			if kind != Continue {
				w := writer(t, a)
				put(t, w, "x.000001", Continue, makeFile(t, 1, "").group(1).rotate("x.000002"))
				mustSeal(t, w, "")
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.makeStream(stream{number: 2, fork: kind == Fork}, kind, "test"); err != nil {
				t.Fatal(err)
			}
			closed(t, a)
			a = open(t, Options{Dir: dir})
			w := writer(t, a)
			start := map[bool]string{true: "0-1-1", false: ""}[kind != Continue]
			put(t, w, "x.000002", Continue, makeFile(t, 1, start).group(2))
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if got := a.Published().String(); got != "0-1-2" {
				t.Errorf("published %s", got)
			}
			if entries, err := os.ReadDir(filepath.Join(dir, "stream-000002-fork")); err == nil {
				t.Errorf("left: %v", entries)
			}
		})
	}
}
