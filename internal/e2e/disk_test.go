package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/lab"
)

// A full disk stops archiving before its reserve, loudly; the supplier goes on, and so do we when there is space again.
func TestDiskFullAndBack(t *testing.T) {
	w := up(t, func(o *lab.Options) {
		o.Without, o.NoSeed = append(o.Without, lab.Wcded), true
		o.SupplierSettings = map[string]string{"binlog_format": "ROW"}
	})
	// The archive on a file system of its own, small enough to be filled. The lab unmounts what lies below it.
	dir := w.info.Foundation.ArchiveDir
	w.must(os.MkdirAll(dir, 0o750))
	w.must(unix.Mount("tmpfs", dir, "tmpfs", 0, "size=640M,mode=0750"))
	w.must(w.Start(t.Context(), lab.Wcded))
	w.protected()
	_, err := w.Wcdectl(t.Context(), "database", "seed", name, "--yes")
	w.must(err)
	l := w.write(2)
	w.growing(l, 20)

	ballast := filepath.Join(dir, "ballast")
	var st unix.Statfs_t
	w.must(unix.Statfs(dir, &st))
	f, err := os.Create(ballast)
	w.must(err)
	w.must(unix.Fallocate(int(f.Fd()), 0, 0, int64(st.Bavail)*st.Bsize-1<<20))
	w.must(f.Close())
	w.until("the disk is full", func(d api.Database) bool { return d.State == "disk_full" && !d.SemiSync })
	w.growing(l, 20) // the supplier does not wait for us
	w.must(os.Remove(ballast))
	w.protected()
	w.growing(l, 20)
	l.end()
	w.complete(l)
	w.same()
}

// Memory stays bounded by the largest event, not by the transaction or the archive.
func TestMemoryWithLargeEvents(t *testing.T) {
	const event = 32 << 20
	w := up(t, func(o *lab.Options) {
		o.Wcded = filepath.Join(plain, "wcded") // the race detector multiplies memory
		o.SupplierSettings = map[string]string{"binlog_format": "ROW", "max_allowed_packet": "128M"}
		o.FoundationSettings = map[string]string{"max_allowed_packet": "128M", "slave_max_allowed_packet": "1G"}
	})
	w.protected()
	w.exec(w.Supplier, "CREATE TABLE portal.big (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)")
	for range 5 {
		w.exec(w.Supplier, "INSERT INTO portal.big (b) VALUES (REPEAT('b', %d))", event)
	}
	w.applied()
	pid, err := w.PID(lab.Wcded)
	w.must(err)
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	w.must(err)
	const limit = 64<<10 + 3*event>>10
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			peak, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
			w.must(err)
			t.Logf("peak memory %d KiB, events of %d KiB", peak, event>>10)
			if peak > limit {
				t.Errorf("peak memory %d KiB, at most %d are allowed", peak, limit)
			}
			return
		}
	}
	t.Fatal("the kernel does not say how much memory was used")
}

// A segment that the disk changed is found, named, never served, and fetched again.
func TestDamagedSegmentIsMended(t *testing.T) {
	w := up(t, nil)
	w.protected()
	l := w.write(1)
	w.growing(l, 30)
	l.end()
	w.exec(w.Supplier, "FLUSH BINARY LOGS")
	w.applied()
	var first api.Segment
	w.eventually("a segment is sealed", func() (bool, string) {
		out, err := w.Wcdectl(t.Context(), "--json", "database", "segments", name)
		w.must(err)
		var list []api.Segment
		w.must(json.Unmarshal(out, &list))
		first = list[0]
		return first.Status == "sealed", string(out)
	})
	f, err := os.OpenFile(first.Path, os.O_RDWR, 0)
	w.must(err)
	b := make([]byte, 1)
	_, err = f.ReadAt(b, first.Size/2)
	w.must(err)
	_, err = f.WriteAt([]byte{b[0] ^ 0x20}, first.Size/2)
	w.must(err)
	w.must(f.Close())
	out, status := w.wcdectl("database", "verify", name)
	if status == 0 || !strings.Contains(out, first.Name) {
		t.Errorf("verify exits with %d and says %q", status, out)
	}
	w.eventually("it is mended", func() (bool, string) {
		out, status := w.wcdectl("database", "verify", name)
		return status == 0, out
	})
	w.sealedAreExact()
}
