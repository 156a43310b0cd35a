package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Values of system calls that package syscall keeps to itself.
const (
	tmpfsMagic    = 0x01021994 // TMPFS_MAGIC
	unmountNoLink = 8          // UMOUNT_NOFOLLOW
)

// mountMemory mounts a file system in memory at the directory at. It holds size bytes, or half of the machine's memory
// where size is zero. Where this process may not mount, the error wraps errors.ErrUnsupported.
func mountMemory(at string, mode fs.FileMode, size int64) error {
	options := fmt.Sprintf("mode=%o", modeOf(mode))
	if size > 0 {
		options += fmt.Sprintf(",size=%d", size)
	}
	err := syscall.Mount("tmpfs", at, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, options)
	if err == syscall.EPERM || err == syscall.EACCES || err == syscall.ENODEV || err == syscall.ENOSYS {
		return fmt.Errorf("%w: mounting at %q: %w", errors.ErrUnsupported, at, err)
	}
	if err != nil {
		return &fs.PathError{Op: "mount", Path: at, Err: err}
	}
	return nil
}

// unmountMemory ends what mountMemory made; what is in it is lost. That something else is mounted at is an error.
func unmountMemory(at string) error {
	var is syscall.Statfs_t
	if err := syscall.Statfs(at, &is); err != nil {
		return &fs.PathError{Op: "statfs", Path: at, Err: err}
	}
	if is.Type != tmpfsMagic {
		return fmt.Errorf("%q is mounted, and no file system in memory", at)
	}
	if err := syscall.Unmount(at, syscall.MNT_DETACH|unmountNoLink); err != nil {
		return &fs.PathError{Op: "umount", Path: at, Err: err}
	}
	return nil
}

// modeOf turns Go's mode into the system's.
func modeOf(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for _, s := range specialModes {
		if mode&s.mode != 0 {
			bits |= uint32(s.bit)
		}
	}
	return bits
}
