package archive

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const (
	manyFiles     = 60
	groupsPerFile = 15
)

// TestEverythingAtOnce has a writer that is closed and opened in the midst of groups, four readers that follow it,
// retention that deletes what all of them have read, and somebody who looks.
func TestEverythingAtOnce(t *testing.T) {
	a := open(t, Options{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reached [4]atomic.Uint64
	needs := func() []Need {
		var list []Need
		for i := range reached {
			p := binlog.Position{}
			if seq := reached[i].Load(); seq > 0 {
				p.Advance(binlog.GTID{Server: 1, Seq: seq})
			}
			list = append(list, Need{Who: fmt.Sprint("reader ", i), At: p})
		}
		return list
	}
	begun := make(chan struct{})
	var wg sync.WaitGroup
	for i := range reached {
		wg.Go(func() {
			<-begun
			if err := follow(ctx, a, &reached[i], i%2 == 0); err != nil {
				t.Errorf("reader %d behind group %d: %v", i, reached[i].Load(), err)
			}
		})
	}
	var looking sync.WaitGroup
	done := make(chan struct{})
	looking.Go(func() {
		<-begun
		for {
			select {
			case <-done:
				return
			default:
			}
			if err := a.Retain(a.PlanRetention(Retention{MaxSize: 1}, needs(), time.Now())); err != nil {
				t.Error(err)
			}
			for _, s := range a.Segments() {
				err := a.Verify(ctx, s)
				if err != nil && !errors.Is(err, ErrNoSegment) && !errors.Is(err, ErrPurged) {
					t.Error(err)
				}
			}
			tail, _ := a.Tail()
			_, _ = a.Size(), a.Holds(tail.State.Position())
		}
	})
	writeMany(t, a, func() { close(begun) })
	wg.Wait()
	close(done)
	looking.Wait()
	if err := a.Retain(a.PlanRetention(Retention{MaxSize: 1}, needs(), time.Now())); err != nil {
		t.Error(err)
	}
	if n := len(a.Segments()); n != alwaysKept {
		t.Errorf("%d segments are left of %d", n, manyFiles)
	}
}

// writeMany writes all files, with a new writer every few groups, once it stands within a group.
func writeMany(t *testing.T, a *Archive, begun func()) {
	t.Helper()
	w := writer(t, a)
	seq := uint64(0)
	for n := range manyFiles {
		start := ""
		if seq > 0 {
			start = fmt.Sprintf("0-1-%d", seq)
		}
		m := makeFile(t, 1, start)
		put(t, w, fmt.Sprintf("x.%06d", n+1), Continue, m)
		m.take()
		if n == 0 {
			begun()
		}
		for range groupsPerFile {
			seq++
			size := m.size
			events := m.group(seq).take()
			if seq%11 == 0 {
				if err := send(w, events[:2], 0); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if tail, _ := a.Tail(); tail.Offset != int64(size) {
					t.Fatalf("tail %d, want %d", tail.Offset, size)
				}
				w = writer(t, a)
			}
			if err := send(w, events, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := send(w, m.rotate(fmt.Sprintf("x.%06d", n+2)).take(), 0); err != nil {
			t.Fatal(err)
		}
		mustSeal(t, w, "")
	}
}

// follow reads until the last group, each exactly once and in order. again has it open a new reader now and then.
func follow(ctx context.Context, a *Archive, reached *atomic.Uint64, again bool) error {
	for {
		p := binlog.Position{}
		if seq := reached.Load(); seq > 0 {
			p.Advance(binlog.GTID{Server: 1, Seq: seq})
		}
		r, err := a.ReadFromGTID(p)
		if err != nil {
			return err
		}
		done, err := followReader(ctx, r, reached, again)
		if err := errors.Join(err, r.Close()); err != nil || done {
			return err
		}
	}
}

func followReader(ctx context.Context, r *Reader, reached *atomic.Uint64, again bool) (done bool, err error) {
	for n := 0; reached.Load() < manyFiles*groupsPerFile; n++ {
		ev, err := r.Next()
		if errors.Is(err, ErrEnd) {
			if err := r.Wait(ctx); err != nil {
				return false, err
			}
			continue
		}
		if err != nil {
			return false, err
		}
		if ev.Header.Type != replication.MARIADB_GTID_EVENT {
			continue
		}
		g, err := binlog.ParseGTIDEvent(ev.Raw)
		if err != nil {
			return false, err
		}
		switch have := reached.Load(); {
		case g.GTID.Seq <= have:
		case g.GTID.Seq == have+1:
			reached.Store(g.GTID.Seq)
		default:
			return false, fmt.Errorf("group %d after %d", g.GTID.Seq, have)
		}
		if again && n > 100 {
			return false, nil
		}
	}
	return true, nil
}

// TestCloseAtAnyMoment closes the writer, or the archive, from another goroutine while files are brought. What is
// published then is what an archive that is opened again holds.
func TestCloseAtAnyMoment(t *testing.T) {
	files := threeMade(t)
	for n := range 60 {
		dir := memDir(t)
		a := open(t, Options{Dir: dir})
		first := make(chan struct{})
		var once sync.Once
		var over atomic.Bool
		done := make(chan error)
		go func() {
			err := ErrClosed
			for errors.Is(err, ErrClosed) && !over.Load() {
				err = writeThree(a, files, func(uint64) { once.Do(func() { close(first) }) })
			}
			done <- err
		}()
		if n > 0 {
			<-first
		}
		for range n % 7 {
			runtime.Gosched()
		}
		a.mu.Lock()
		w := a.writer
		a.mu.Unlock()
		if w != nil && n%2 == 0 {
			_ = w.Close()
		}
		over.Store(true)
		_ = a.Close()
		if err := <-done; err != nil && !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
		published := a.Published()
		a = open(t, Options{Dir: dir})
		if !a.Published().Equal(published) {
			t.Fatalf("round %d: published %s, before %s", n, a.Published(), published)
		}
		if err := writeThree(a, files, nil); err != nil {
			t.Fatal(err)
		}
		wantThree(t, a, files)
		closed(t, a)
	}
}
