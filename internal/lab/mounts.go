package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// mountsBelow lists mount points below dir, deepest first. /proc/self/mountinfo, proc(5): the fifth field is the
// mount point, with blanks and backslashes as octal escapes.
func mountsBelow(dir string) ([]string, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var found []string
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		if p := unescape.Replace(f[4]); strings.HasPrefix(p, dir+"/") {
			found = append(found, p)
		}
	}
	slices.Reverse(found) // later mounts first
	slices.SortStableFunc(found, func(a, b string) int { return len(b) - len(a) })
	return found, nil
}

// unmountBelow unmounts everything below dir. A mount that stays in use is an error that names who uses it.
func unmountBelow(ctx context.Context, dir string) error {
	mounts, err := mountsBelow(dir)
	if err != nil {
		return err
	}
	for _, p := range mounts {
		// What was just killed lets go of its files a moment later.
		err := poll(ctx, 10*time.Second, func() (bool, error) {
			err := unix.Unmount(p, unix.UMOUNT_NOFOLLOW)
			if errors.Is(err, unix.EBUSY) {
				return false, nil
			}
			return true, err
		})
		if errors.Is(err, errPollTimeout) {
			return refuse("%s is still in use by %s: end that and try again", p, strings.Join(users(p), ", "))
		}
		if err != nil {
			return fmt.Errorf("unmount %s: %w", p, err)
		}
	}
	return nil
}

// users names the processes that have their working directory, root or an open file below a path.
func users(path string) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is a good one
	for _, pattern := range []string{"/proc/[0-9]*/root", "/proc/[0-9]*/fd/*"} {
		more, _ := filepath.Glob(pattern)
		links = append(links, more...)
	}
	var names []string
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || target != path && !strings.HasPrefix(target, path+"/") {
			continue
		}
		pid := strings.Split(link, "/")[2]
		comm, _ := os.ReadFile(filepath.Join("/proc", pid, "comm"))
		name := fmt.Sprintf("process %s (%s)", pid, strings.TrimSpace(string(comm)))
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names == nil {
		names = []string{"somebody in another mount namespace"}
	}
	return names
}

// loopsBelow lists loop devices whose file is below dir, also if it was deleted.
func loopsBelow(dir string) []string {
	files, _ := filepath.Glob("/sys/block/loop*/loop/backing_file") // the pattern is a good one
	var devices []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil && strings.HasPrefix(string(b), dir+"/") {
			devices = append(devices, "/dev/"+filepath.Base(filepath.Dir(filepath.Dir(file))))
		}
	}
	return devices
}

// detachLoops waits until the loop devices below dir have detached themselves, and detaches those that do not.
func detachLoops(ctx context.Context, dir string) error {
	err := poll(ctx, 2*time.Second, func() (bool, error) { return len(loopsBelow(dir)) == 0, nil })
	if err == nil || !errors.Is(err, errPollTimeout) {
		return err
	}
	for _, dev := range loopsBelow(dir) {
		f, err := os.Open(dev)
		if err != nil {
			return err
		}
		_, err = unix.IoctlRetInt(int(f.Fd()), unix.LOOP_CLR_FD)
		f.Close()
		if err != nil && !errors.Is(err, unix.ENXIO) {
			return fmt.Errorf("detach %s: %w", dev, err)
		}
	}
	return poll(ctx, 5*time.Second, func() (bool, error) { return len(loopsBelow(dir)) == 0, nil })
}
