//go:build !linux

package disk

import (
	"errors"
	"io/fs"
)

// mountMemory returns errors.ErrUnsupported: there is no such file system that is mounted in this way.
func mountMemory(at string, mode fs.FileMode, size int64) error { return errors.ErrUnsupported }

// unmountMemory returns errors.ErrUnsupported.
func unmountMemory(at string) error { return errors.ErrUnsupported }
