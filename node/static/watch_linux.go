package static

import (
	"context"
	"os"
	"syscall"
)

// watchFolder has the kernel say when something in a folder changes.
func watchFolder(ctx context.Context, dir string, changed func()) error {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("inotify_init1", err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	defer f.Close()
	const what = syscall.IN_CLOSE_WRITE | syscall.IN_MOVED_TO | syscall.IN_MOVED_FROM | syscall.IN_DELETE | syscall.IN_ATTRIB |
		syscall.IN_MODIFY | syscall.IN_DELETE_SELF | syscall.IN_MOVE_SELF | syscall.IN_ONLYDIR
	if _, err := syscall.InotifyAddWatch(fd, dir, what); err != nil {
		return &os.PathError{Op: "watch", Path: dir, Err: err}
	}
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	return follow(ctx, f, dir, changed)
}

// follow reads what the kernel says, until the folder itself is no longer there.
func follow(ctx context.Context, f *os.File, dir string, changed func()) error {
	var buffer [4096]byte
	changed()
	for {
		if _, err := f.Read(buffer[:]); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		changed()
		if _, err := os.Stat(dir); err != nil {
			return err
		}
	}
}
