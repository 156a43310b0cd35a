//go:build !podlife_portable

package disk

import (
	"strconv"
	"syscall"
	"unsafe"
)

// Values of system calls that package syscall keeps to itself. They are the same on every Linux that Go runs on.
const (
	removeDirFlag = 0x200    // AT_REMOVEDIR
	noFollowFlag  = 0x100    // AT_SYMLINK_NOFOLLOW
	openPath      = 0x200000 // O_PATH
)

// unlinkat removes name; with removeDirFlag it removes an empty directory.
func unlinkat(at int, name string, flags int) error {
	n, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	_, _, e := syscall.Syscall(syscall.SYS_UNLINKAT, uintptr(at), uintptr(unsafe.Pointer(n)), uintptr(flags))
	return orNil(e)
}

func symlinkat(target string, at int, name string) error {
	t, err := syscall.BytePtrFromString(target)
	if err != nil {
		return err
	}
	n, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	_, _, e := syscall.Syscall(syscall.SYS_SYMLINKAT, uintptr(unsafe.Pointer(t)), uintptr(at), uintptr(unsafe.Pointer(n)))
	return orNil(e)
}

// readlinkat returns the target of a link. What is no link is EINVAL.
func readlinkat(at int, name string) (string, error) {
	n, err := syscall.BytePtrFromString(name)
	if err != nil {
		return "", err
	}
	for size := 128; ; size *= 4 {
		buf := make([]byte, size)
		got, _, e := syscall.Syscall6(syscall.SYS_READLINKAT, uintptr(at), uintptr(unsafe.Pointer(n)),
			uintptr(unsafe.Pointer(&buf[0])), uintptr(size), 0, 0)
		if e != 0 {
			return "", e
		}
		if int(got) < size {
			return string(buf[:got]), nil
		}
	}
}

// chmodat changes the mode of a directory and follows no link. Linux before 6.6 needs a way round.
func chmodat(at int, name string, bits uint32) error {
	err := syscall.Fchmodat(at, name, bits, noFollowFlag)
	if err != syscall.EOPNOTSUPP {
		return err
	}
	fd, err := syscall.Openat(at, name, openPath|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Chmod("/proc/self/fd/"+strconv.Itoa(fd), bits)
}

// orNil makes an error of a system call's number.
func orNil(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}
