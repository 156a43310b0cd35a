//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package node

import (
	"os"
	"syscall"
)

// lockFile keeps other programs from locking the file, as long as it is open.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
