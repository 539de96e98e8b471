package archive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlog/binlogtest"
)

// three archives three files of two groups each, the last one open, and returns the writer.
func three(t testing.TB, o Options) (*Archive, *Writer) {
	t.Helper()
	a := open(t, o)
	w := writer(t, a)
	for n := range uint64(3) {
		m := makeFile(t, 1, map[bool]string{true: fmt.Sprintf("0-1-%d", 2*n)}[n > 0])
		m.now = m.now.Add(time.Duration(n) * time.Minute)
		m.group(2*n + 1)
		m.now = m.now.Add(30 * time.Second)
		m.group(2*n + 2)
		if n < 2 {
			m.rotate(fmt.Sprintf("x.%06d", n+2))
		}
		put(t, w, fmt.Sprintf("x.%06d", n+1), Continue, m)
		if n < 2 {
			mustSeal(t, w, "")
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return a, w
}

func TestReadFromGTID(t *testing.T) {
	a, _ := three(t, Options{Dir: t.TempDir()})
	for from, want := range map[string]string{
		"": "0-1-1 0-1-2 0-1-3 0-1-4 0-1-5 0-1-6", "0-1-1": "0-1-1 0-1-2 0-1-3 0-1-4 0-1-5 0-1-6",
		"0-1-2": "0-1-3 0-1-4 0-1-5 0-1-6",
		"0-9-3": "0-1-3 0-1-4 0-1-5 0-1-6", "0-1-4": "0-1-5 0-1-6", "0-1-6": "0-1-5 0-1-6", "0-1-4,7-7-7": "0-1-5 0-1-6",
	} {
		wantGroups(t, a, from, want)
	}
	var position *PositionError
	if _, err := a.ReadFromGTID(pos(t, "0-1-7")); !errors.As(err, &position) || position.GTID.String() != "0-1-7" ||
		!errors.Is(err, ErrUnknownGTID) {
		t.Errorf("from the future: %v", err)
	}
	if _, err := open(t, Options{Dir: t.TempDir()}).ReadFromGTID(nil); !errors.Is(err, ErrNoSegment) {
		t.Errorf("from an empty archive: %v", err)
	}
}

func TestHolds(t *testing.T) {
	a, _ := three(t, Options{Dir: t.TempDir()})
	if open(t, Options{Dir: t.TempDir()}).Holds(nil) {
		t.Error("an empty archive holds something")
	}
	if p := a.PlanRetention(Retention{MaxSize: 1}, nil, time.Now()); a.Retain(p) != nil || len(a.Segments()) != 2 {
		t.Fatalf("%+v", p)
	}
	for p, want := range map[string]bool{
		"": false, "0-1-1": false, "0-1-2": true, "0-1-6": true, "0-1-7": false, "0-1-3,1-1-1": false,
	} {
		if got := a.Holds(pos(t, p)); got != want {
			t.Errorf("holds %q: %v", p, got)
		}
	}
}

// TestBadOffset asks for offsets at which no event begins: that is the asker's mistake, and no damage.
func TestBadOffset(t *testing.T) {
	a, _ := three(t, Options{Dir: t.TempDir()})
	seg := a.Segments()[0]
	begins := map[int64]bool{binlog.MagicSize: true}
	at := int64(binlog.MagicSize)
	for _, ev := range binlogtest.Split(t, binlogtest.Read(t, seg.Path)) {
		at += int64(len(ev))
		begins[at] = true
	}
	for offset := int64(-1); offset < seg.Size+20; offset++ {
		r, err := a.ReadFromFile(0, seg.Name, offset)
		if err == nil {
			_, err = r.Next()
			_ = r.Close()
		}
		if begins[offset] != (err == nil) || err != nil && !errors.Is(err, ErrBadOffset) {
			t.Errorf("offset %d: %v", offset, err)
		}
	}
	if s := a.Segments()[0]; s.Status != StatusSealed {
		t.Errorf("after bad offsets: %+v", s)
	}
	if _, err := a.ReadFromFile(0, "x.000009", 4); !errors.Is(err, ErrNoSegment) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := a.ReadFromFile(7, "x.000001", 4); !errors.Is(err, ErrNoSegment) {
		t.Errorf("unknown stream: %v", err)
	}
	flip(t, seg.Path, seg.Size-60)
	for offset := range begins {
		r, err := a.ReadFromFile(0, seg.Name, offset)
		for err == nil {
			_, err = r.Next()
		}
		var damaged *DamagedError
		if errors.Is(err, ErrBadOffset) || offset < seg.Size-60 && !errors.As(err, &damaged) {
			t.Errorf("damaged, from %d: %v", offset, err)
		}
	}
}

// TestWait has a reader follow the writer over files' ends, and be woken by what ends the waiting.
func TestWait(t *testing.T) {
	dir := t.TempDir()
	a, w := three(t, Options{Dir: dir})
	r, err := a.ReadFromGTID(pos(t, "0-1-6"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := drain(r); !errors.Is(err, ErrEnd) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a context that is over: %v", err)
	}
	m := makeFile(t, 1, "0-1-4").group(5).group(6)
	m.take()
	waited := make(chan error)
	for _, do := range []func(){
		func() { _ = send(w, m.group(7).take(), 0) },
		func() { _ = send(w, m.begin(0, 8).rows(100).commit().take(), 0) },
		func() {
			_ = send(w, m.rotate("x.000004").take(), 0)
			_ = w.Seal("")
			_ = w.Begin("x.000004", Continue, "")
			_ = send(w, makeFile(t, 1, "0-1-8").events, 0)
		},
	} {
		go func() { waited <- r.Wait(t.Context()) }()
		do()
		if err := <-waited; err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if n, err := drain(r); n == 0 || !errors.Is(err, ErrEnd) {
			t.Errorf("woken for %d events, %v", n, err)
		}
	}
	go func() { waited <- r.Wait(t.Context()) }()
	closed(t, a)
	if err := <-waited; !errors.Is(err, ErrClosed) {
		t.Errorf("waiting while the archive is closed: %v", err)
	}
}

func TestReaderOfPurgedSegment(t *testing.T) {
	a, w := three(t, Options{Dir: t.TempDir()})
	first, second := reader(t, a), reader(t, a)
	purge := func(left int) {
		t.Helper()
		if err := a.Retain(a.PlanRetention(Retention{MaxSize: 1}, nil, time.Now())); err != nil || len(a.Segments()) != left {
			t.Fatal(a.Segments(), err)
		}
	}
	purge(2)
	if n, err := drain(first); !errors.Is(err, ErrEnd) || n != 26 {
		t.Errorf("its own segment deleted: after %d events: %v", n, err)
	}
	m := makeFile(t, 1, "0-1-4").group(5).group(6)
	m.take()
	if err := send(w, m.rotate("x.000004").take(), 0); err != nil {
		t.Fatal(err)
	}
	mustSeal(t, w, "")
	put(t, w, "x.000004", Continue, makeFile(t, 1, "0-1-6"))
	purge(2)
	if n, err := drain(second); !errors.Is(err, ErrPurged) || n != 9 {
		t.Errorf("the next segment deleted too: after %d events: %v", n, err)
	}
	var position *PositionError
	if _, err := a.ReadFromGTID(nil); !errors.As(err, &position) || !errors.Is(err, ErrPurged) {
		t.Errorf("from before the oldest segment: %v", err)
	}
}

func reader(t testing.TB, a *Archive) *Reader {
	t.Helper()
	r, err := a.ReadFromGTID(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// drain reads until an error and returns how many events there were.
func drain(r *Reader) (n int, err error) {
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	return n - 1, err
}

func TestPositionAt(t *testing.T) {
	dir := t.TempDir()
	a, _ := three(t, Options{Dir: dir})
	begin := makeFile(t, 1, "").now
	for range 2 {
		for after, want := range map[time.Duration]string{
			0: "0-1-1", time.Second: "0-1-1", 29 * time.Second: "0-1-1", 30 * time.Second: "0-1-2", 59 * time.Second: "0-1-2",
			60 * time.Second: "0-1-3", 90 * time.Second: "0-1-4", 149 * time.Second: "0-1-5", 150 * time.Second: "0-1-6",
			time.Hour: "0-1-6",
		} {
			if got, err := a.PositionAt(begin.Add(after)); err != nil || got.String() != want {
				t.Errorf("after %v: %s, %v; want %s", after, got, err, want)
			}
		}
		if _, err := a.PositionAt(begin.Add(-time.Second)); !errors.Is(err, ErrPurged) {
			t.Errorf("before everything: %v", err)
		}
		closed(t, a)
		a = open(t, Options{Dir: dir})
	}
	if got, err := open(t, Options{Dir: t.TempDir()}).PositionAt(begin); err != nil || len(got) != 0 {
		t.Errorf("of an empty archive: %s, %v", got, err)
	}
	// What is damaged matters only to moments that lie in it.
	flip(t, a.Segments()[0].Path, a.Segments()[0].Size-50)
	_ = a.Verify(t.Context(), a.Segments()[0])
	if got, err := a.PositionAt(begin.Add(90 * time.Second)); err != nil || got.String() != "0-1-4" {
		t.Errorf("behind a damaged segment: %s, %v", got, err)
	}
	var damaged *DamagedError
	if got, err := a.PositionAt(begin); !errors.As(err, &damaged) {
		t.Errorf("within a damaged segment: %s, %v", got, err)
	}
}

// TestPositionAtWithDisorder has timestamps go back and forth, as clients may set them.
func TestPositionAtWithDisorder(t *testing.T) {
	a := open(t, Options{Dir: t.TempDir()})
	w := writer(t, a)
	m := makeFile(t, 1, "")
	begin := m.now
	for i, s := range []int{10, 50, 20, 60, 5} {
		m.now = begin.Add(time.Duration(s) * time.Second)
		m.group(uint64(i + 1))
	}
	put(t, w, "x.000001", Continue, m)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[int]string{9: "", 10: "0-1-1", 49: "0-1-1", 50: "0-1-3", 59: "0-1-3", 60: "0-1-5"} {
		if got, err := a.PositionAt(begin.Add(time.Duration(after) * time.Second)); err != nil || got.String() != want {
			t.Errorf("after %d s: %s, %v; want %s", after, got, err, want)
		}
	}
}

// TestReaderRandomly reads a large segment from random events on, to cover the read-ahead's edges.
func TestReaderRandomly(t *testing.T) {
	a := open(t, Options{Dir: t.TempDir()})
	w := writer(t, a)
	m := makeFile(t, 1, "")
	rng := rand.New(rand.NewPCG(1, 2))
	for seq := range uint64(60) {
		n := 100 + rng.IntN(2000)
		switch seq % 10 {
		case 3:
			n = readAhead - 50 + rng.IntN(100)
		case 7:
			n = 2*readAhead + rng.IntN(readAhead)
		case 9:
			n = maxPending - 20 + rng.IntN(40)
		}
		m.begin(0, seq+1).rows(n).commit()
	}
	put(t, w, "x.000001", Continue, m)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	whole := m.bytes()
	at, offsets := binlog.MagicSize, []int{}
	for _, ev := range m.events {
		offsets = append(offsets, at)
		at += len(ev)
	}
	for range 40 {
		from := offsets[rng.IntN(len(offsets))]
		r, err := a.ReadFromFile(0, "x.000001", int64(from))
		if err != nil {
			t.Fatal(err)
		}
		for {
			ev, err := r.Next()
			if errors.Is(err, ErrEnd) {
				break
			}
			if err != nil || ev.Offset != int64(from) || string(ev.Raw) != string(whole[from:from+len(ev.Raw)]) {
				t.Fatalf("at %d: offset %d, %v", from, ev.Offset, err)
			}
			from += len(ev.Raw)
		}
		if from != len(whole) {
			t.Errorf("ended at %d of %d", from, len(whole))
		}
		_ = r.Close()
	}
	if got, err := os.ReadFile(a.Segments()[0].Path); err != nil || string(got[:len(whole)]) != string(whole) {
		t.Errorf("the file differs, %v", err)
	}
}

// TestBigEventsCostNoCopies bounds what large events cost: the writer takes them from where they lie, and a reader
// holds one at a time.
func TestBigEventsCostNoCopies(t *testing.T) {
	const size, count = 48 << 20, 4
	a := open(t, Options{Dir: t.TempDir()})
	w := writer(t, a)
	m := makeFile(t, 1, "")
	put(t, w, "x.000001", Continue, m)
	m.take()
	spent := func(do func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	big := m.begin(0, 1).rows(size).commit().take()
	if n := spent(func() {
		if err := errors.Join(send(w, big, 0), w.Flush()); err != nil {
			t.Error(err)
		}
	}); n > size/8 {
		t.Errorf("archiving an event of %d bytes allocated %d", size, n)
	}
	for seq := range uint64(count - 1) {
		if err := send(w, m.begin(0, seq+2).rows(size).commit().take(), 0); err != nil {
			t.Fatal(err)
		}
	}
	r, err := a.ReadFromFile(0, "x.000001", binlog.MagicSize)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if n := spent(func() {
		for err == nil {
			_, err = r.Next()
		}
	}); n > (count+1)*size {
		t.Errorf("reading %d events of %d bytes allocated %d", count, size, n)
	}
	if !errors.Is(err, ErrEnd) {
		t.Error(err)
	}
}
