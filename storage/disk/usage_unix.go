//go:build unix

package disk

import (
	"io/fs"
	"syscall"
)

// blockSize is the unit that Stat_t counts blocks in.
const blockSize = 512

// sizeOf returns the bytes of disk that a file takes, which file it is, and whether it has several names.
func sizeOf(at fs.FileInfo) (bytes int64, id fileID, shared bool) {
	st, ok := at.Sys().(*syscall.Stat_t)
	if !ok {
		return at.Size(), fileID{}, false
	}
	return int64(st.Blocks) * blockSize, fileID{uint64(st.Dev), uint64(st.Ino)}, !at.IsDir() && st.Nlink > 1
}
