package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// usage returns the largest resident set of this process so far, in bytes, and its processor time in seconds. The
// resident set is VmHWM of proc(5): the one of getrusage(2) also counts what the parent had when it forked.
func usage() (peak int64, cpu float64, err error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, fmt.Errorf("read own memory use: %w", err)
	}
	if peak, err = parsePeak(b); err != nil {
		return 0, 0, fmt.Errorf("read own memory use: %w", err)
	}
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, 0, fmt.Errorf("read own processor time: %w", err)
	}
	seconds := func(t unix.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return peak, seconds(u.Utime) + seconds(u.Stime), nil
}

func parsePeak(status []byte) (int64, error) {
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		f := bytes.Fields(lines.Bytes())
		if len(f) == 3 && string(f[0]) == "VmHWM:" && string(f[2]) == "kB" {
			kib, err := strconv.ParseInt(string(f[1]), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.Join(errors.New("no line VmHWM"), lines.Err())
}
