//go:build !linux

package bench

// storageCases are none: the bare system calls are written out for Linux.
func storageCases() []Case { return nil }
