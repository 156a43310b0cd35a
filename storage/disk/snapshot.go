package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// WriteSnapshot makes data the content of the file path, in a directory that is made where it is missing. Whoever reads
// the file, at any time and after a crash at any point, finds all of an earlier content or all of data; what a crash left
// goes with the next call. It is for what network's allocators return from Snapshot. One goroutine at a time may write a
// file. Nothing is synced: like the pods that it tells of, it does not outlast the end of its machine.
func WriteSnapshot(path string, data []byte) error {
	return writeSnapshot(path, data, func(string, string) error { return nil })
}

func writeSnapshot(path string, data []byte, step func(op, name string) error) error {
	dir, err := openArea(filepath.Dir(path), step)
	if err != nil {
		return fmt.Errorf("snapshot %q: %w", path, err)
	}
	defer dir.Close()
	name := filepath.Base(path)
	coming := comingPrefix + name
	err = dir.create(coming, data, 0o600, nil)
	if errors.Is(err, fs.ErrExist) {
		if err = dir.remove(coming); err == nil {
			err = dir.create(coming, data, 0o600, nil)
		}
	}
	if err == nil {
		err = dir.rename(coming, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("snapshot %q: %w", path, err), dir.removeTree(coming))
	}
	return nil
}
