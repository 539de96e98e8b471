package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// pool is a BTRFS file system in a sparse file, mounted through a loop device.
type pool struct {
	image, mount string
	size         int64 // bytes
}

// makePool makes the file, the file system and the mount.
func (l *Lab) makePool(ctx context.Context, p pool) error {
	f, err := os.OpenFile(p.image, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = f.Truncate(p.size)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", p.image, err)
	}
	if err := l.run(ctx, "mkfs.btrfs", "--quiet", p.image); err != nil {
		return err
	}
	if err := os.MkdirAll(p.mount, 0o755); err != nil {
		return err
	}
	// mount(8) asks for a loop device that detaches itself: nothing is left when mount or this program dies here.
	err = l.run(ctx, "mount", "-o", "loop,noatime,nosuid,nodev,noexec", "-t", "btrfs", p.image, p.mount)
	if err != nil {
		return hintMount(err)
	}
	return os.Chmod(p.mount, 0o755)
}

// hintMount says what to do about the usual reasons.
func hintMount(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "loop device"):
		return fmt.Errorf("%w; there is no free loop device: try `modprobe loop`, look at `losetup --list`, "+
			"or give the container /dev/loop-control", err)
	case strings.Contains(text, "unknown filesystem type"):
		return fmt.Errorf("%w; this kernel has no BTRFS: try `modprobe btrfs`", err)
	case strings.Contains(text, "permission denied"), strings.Contains(text, "must be superuser"):
		return fmt.Errorf("%w; mounting is not allowed here: a container needs CAP_SYS_ADMIN", err)
	}
	return err
}

// makeSubvolume makes a subvolume that belongs to the account of the lab's servers.
func (l *Lab) makeSubvolume(ctx context.Context, p pool, name string) error {
	path := filepath.Join(p.mount, name)
	if err := l.run(ctx, "btrfs", "subvolume", "create", path); err != nil {
		return err
	}
	return l.user.Own(path)
}

func (l *Lab) supplierPool() pool {
	return pool{image: l.path("supplier.img"), mount: l.path("supplier/pool"), size: 512 << 20}
}

func (l *Lab) foundationPool(size int64) pool {
	return pool{image: l.path("foundation.img"), mount: l.path("foundation/pool"), size: size}
}
