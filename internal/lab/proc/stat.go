package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

type stat struct {
	state  byte
	parent int
	start  uint64
}

// readStat reads /proc/PID/stat. The command's name in it is in parentheses and may itself hold parentheses and
// spaces, so fields are counted from the last ')'.
func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return stat{}, ErrGone
	}
	if err != nil {
		return stat{}, err
	}
	i := bytes.LastIndexByte(b, ')')
	f := strings.Fields(string(b[i+1:]))
	if i < 0 || len(f) < 20 {
		return stat{}, fmt.Errorf("read state of process %d: unexpected format", pid)
	}
	parent, err := strconv.Atoi(f[1])
	if err != nil {
		return stat{}, fmt.Errorf("read parent of process %d: %w", pid, err)
	}
	start, err := strconv.ParseUint(f[19], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("read start of process %d: %w", pid, err)
	}
	return stat{state: f[0][0], parent: parent, start: start}, nil
}

func bootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("read the machine's boot id: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// Listed is a process as All found it.
type Listed struct {
	ID
	Parent int // process id
}

// All lists the processes of this machine, without zombies.
func All() []Listed {
	boot, err := bootID()
	if err != nil {
		return nil
	}
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is a good one
	var all []Listed
	for _, f := range folders {
		pid, err := strconv.Atoi(filepath.Base(f))
		if err != nil {
			continue
		}
		st, err := readStat(pid)
		if err != nil || st.state == 'Z' {
			continue // it ended meanwhile
		}
		all = append(all, Listed{ID{PID: pid, Start: st.start, Boot: boot}, st.parent})
	}
	return all
}
