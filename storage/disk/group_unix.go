//go:build unix

package disk

import (
	"io/fs"
	"syscall"
)

// groupOf is the group of a file, and whether that is known.
func groupOf(info fs.FileInfo) (int64, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int64(s.Gid), true
}
