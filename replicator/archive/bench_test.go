package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// bulk makes one file of about n bytes, in groups of three events, the rows of about 1 KB.
func bulk(b *testing.B, n int) [][]byte {
	b.Helper()
	m := makeFile(b, 1, "")
	for seq := uint64(1); m.size < n; seq++ {
		m.begin(0, seq).rows(1000).commit()
	}
	return m.rotate("x.000002").events
}

// BenchmarkAppend archives 500 MB, synced to disk.
func BenchmarkAppend(b *testing.B) {
	const size = 500 << 20
	events := bulk(b, size)
	b.SetBytes(size)
	for b.Loop() {
		a := open(b, Options{Dir: b.TempDir()})
		w := writer(b, a)
		if err := errors.Join(w.Begin("x.000001", Continue, ""), send(w, events, 0), w.Seal("")); err != nil {
			b.Fatal(err)
		}
		closed(b, a)
	}
}

// BenchmarkNext reads 500 MB, every checksum compared.
func BenchmarkNext(b *testing.B) {
	const size = 500 << 20
	a := open(b, Options{Dir: b.TempDir()})
	w := writer(b, a)
	if err := errors.Join(w.Begin("x.000001", Continue, ""), send(w, bulk(b, size), 0), w.Seal("")); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		r, err := a.ReadFromGTID(nil)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := drain(r); !errors.Is(err, ErrEnd) || n < size/2000 {
			b.Fatal(n, err)
		}
		_ = r.Close()
	}
}

// BenchmarkCommits has sessions that each wait until their small transaction is on disk before they send the next.
func BenchmarkCommits(b *testing.B) {
	for _, sessions := range []int{1, 8} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) {
			var confirmed atomic.Uint64
			wake := make(chan struct{}, 1)
			a := open(b, Options{Dir: b.TempDir()})
			w, err := a.Writer(func(mark uint64) {
				confirmed.Store(mark)
				select {
				case wake <- struct{}{}:
				default:
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			m := makeFile(b, 1, "")
			if err := errors.Join(w.Begin("x.000001", Continue, ""), send(w, m.take(), 0)); err != nil {
				b.Fatal(err)
			}
			waiting := make([]uint64, sessions) // the mark that each session waits for
			since := make([]time.Time, sessions)
			var took []time.Duration
			seq := uint64(0)
			for b.Loop() {
				s := 0
				for waiting[s] > confirmed.Load() {
					if s++; s == sessions {
						<-wake
						s = 0
					}
				}
				if !since[s].IsZero() {
					took = append(took, time.Since(since[s]))
				}
				seq++
				since[s] = time.Now()
				for _, ev := range m.begin(0, seq).rows(400).commit().take() {
					if waiting[s], err = w.Append(ev); err != nil {
						b.Fatal(err)
					}
				}
			}
			if slices.Sort(took); len(took) > 0 {
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			}
		})
	}
}

// tenThousand makes an archive of 10,000 small sealed segments, and returns its directory and the last sequence number.
func tenThousand(b *testing.B) (dir string, last uint64) {
	b.Helper()
	dir = b.TempDir()
	stream := filepath.Join(dir, "stream-000001")
	if err := os.MkdirAll(stream, 0o700); err != nil {
		b.Fatal(err)
	}
	a := &Archive{opts: Options{Now: time.Now, write: os.WriteFile}} // nothing is synced
	for n := range uint64(10_000) {
		start := ""
		if n > 0 {
			start = fmt.Sprintf("0-2-7,0-1-%d,5-1-9", n)
		}
		m := makeFile(b, 1, start).group(n + 1)
		m.rotate("x")
		s := &segment{path: filepath.Join(stream, fmt.Sprintf("x.%06d", n+1))}
		if err := os.WriteFile(s.path, m.bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		list, err := parseList(fmt.Sprintf("0-2-7,0-1-%d,5-1-9", n+1))
		if err != nil {
			b.Fatal(err)
		}
		sum, err := hashFile(s.path, int64(m.size))
		if err != nil {
			b.Fatal(err)
		}
		if err := a.writeSeal(s, a.newSeal(&progress{boundary: int64(m.size), state: list.state()}, sum, "")); err != nil {
			b.Fatal(err)
		}
		last = n + 1
	}
	return dir, last
}

func BenchmarkOpen10000(b *testing.B) {
	dir, _ := tenThousand(b)
	for b.Loop() {
		a := open(b, Options{Dir: dir})
		if n := len(a.Segments()); n != 10_000 {
			b.Fatal(n)
		}
		closed(b, a)
	}
}

func BenchmarkFind10000(b *testing.B) {
	dir, last := tenThousand(b)
	a := open(b, Options{Dir: dir})
	for b.Loop() {
		r, err := a.ReadFromGTID(binlog.Position{0: {Server: 1, Seq: last / 7}, 5: {Domain: 5, Server: 1, Seq: 9}})
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
	}
}
