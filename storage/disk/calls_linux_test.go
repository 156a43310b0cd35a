package disk

import (
	"syscall"
	"unsafe"
)

// removeDir is AT_REMOVEDIR.
const removeDir = 0x200

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
	if e != 0 {
		return e
	}
	return nil
}

func unlinkat(at int, name string, flags int) error {
	n, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	_, _, e := syscall.Syscall(syscall.SYS_UNLINKAT, uintptr(at), uintptr(unsafe.Pointer(n)), uintptr(flags))
	if e != 0 {
		return e
	}
	return nil
}
