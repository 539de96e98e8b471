package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

// processes finds every process of the lab in dir: those that carry its marker or are named in one of its pid files,
// and all of their descendants. Never this process.
func processes(dir string) []proc.ID {
	var recorded []proc.ID
	for _, host := range []string{"supplier", "foundation"} {
		parts, _ := os.ReadDir(filepath.Join(dir, host)) // not there yet, or not any more
		for _, p := range parts {
			if id, err := proc.ReadFile(filepath.Join(dir, host, p.Name(), "server.pid")); err == nil {
				recorded = append(recorded, id)
			}
		}
	}
	found := map[int]proc.ID{}
	children := map[int][]proc.ID{}
	for _, id := range proc.All() {
		children[id.Parent] = append(children[id.Parent], id.ID)
		if slices.Contains(recorded, id.ID) || marked(id.PID, dir) {
			found[id.PID] = id.ID
		}
	}
	queue := make([]proc.ID, 0, len(found))
	for _, id := range found {
		queue = append(queue, id)
	}
	for len(queue) > 0 {
		for _, child := range children[queue[0].PID] {
			if _, known := found[child.PID]; !known {
				found[child.PID] = child
				queue = append(queue, child)
			}
		}
		queue = queue[1:]
	}
	delete(found, os.Getpid())
	all := make([]proc.ID, 0, len(found))
	for _, id := range found {
		all = append(all, id)
	}
	return all
}

// marked tells whether a process was started by the lab in dir. sshd overwrites its environment, but not the name
// of its configuration.
func marked(pid int, dir string) bool {
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	environ, err := os.ReadFile(filepath.Join(folder, "environ"))
	if err == nil {
		for entry := range bytes.SplitSeq(environ, []byte{0}) {
			if string(entry) == marker(dir) {
				return true
			}
		}
	}
	cmdline, err := os.ReadFile(filepath.Join(folder, "cmdline"))
	return err == nil && bytes.HasPrefix(cmdline, []byte("sshd: ")) &&
		bytes.Contains(cmdline, []byte(" "+filepath.Join(dir, "supplier/ssh/sshd_config")+" "))
}

// endProcesses kills the lab's processes until none is found: what is removed needs no orderly end.
func endProcesses(ctx context.Context, dir string) (int, error) {
	ended := 0
	err := poll(ctx, 30*time.Second, func() (bool, error) {
		all := processes(dir)
		for _, id := range all {
			if err := id.Kill(); err != nil {
				return false, err
			}
			ended++
		}
		return len(all) == 0, nil
	})
	if errors.Is(err, errPollTimeout) {
		return ended, fmt.Errorf("end the lab's processes: there are always more of them")
	}
	return ended, err
}
