//go:build !unix

package disk

import "io/fs"

// groupOf is the group of a file, and whether that is known.
func groupOf(fs.FileInfo) (int64, bool) { return 0, false }
