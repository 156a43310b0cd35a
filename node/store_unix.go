//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package node

import (
	"os"
	"syscall"
	"time"
)

// lockPatience is how long a lock is waited for: a program that was killed while it was starting another leaves it to that until
// that has begun.
const lockPatience = time.Second

// lockFile keeps other programs from locking the file, as long as it is open.
func lockFile(f *os.File) error {
	until := time.Now().Add(lockPatience)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil || time.Now().After(until) {
			return err
		}
		time.Sleep(lockPatience / 100)
	}
}
