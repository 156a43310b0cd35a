package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/podlife/podlife/pod"
)

// maxDepth is how many directories, one inside the other, Usage goes down.
const maxDepth = 512

// namesAtOnce is how many names of a directory Usage holds in memory.
const namesAtOnce = 256

// Usage returns how many bytes of disk a volume takes, the blocks of its directories included, a file of several names
// counted once. Where the machine does not tell blocks, it is the sum of the sizes of files. A tree deeper than 512
// directories is an error. Memory grows only with the number of files that have several names.
func (d *Driver) Usage(uid pod.UID, volume string) (int64, error) {
	root, err := d.volume(uid, volume)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	at, err := root.Lstat(".")
	if err != nil {
		return 0, err
	}
	m := meter{seen: make(map[fileID]bool)}
	m.count(at)
	if err := m.walk(root, 1); err != nil {
		return 0, fmt.Errorf("usage of volume %q of pod %q: %w", volume, uid, err)
	}
	return m.bytes, nil
}

// fileID tells one file from all others of the machine.
type fileID struct{ device, inode uint64 }

type meter struct {
	bytes int64
	seen  map[fileID]bool // files of several names
}

// walk counts what is in dir. What vanishes meanwhile is not counted.
func (m *meter) walk(dir *os.Root, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("directories are nested deeper than %d", maxDepth)
	}
	list, err := dir.OpenFile(".", openFlags, 0)
	if err != nil {
		return err
	}
	defer list.Close()
	for {
		entries, err := list.ReadDir(namesAtOnce)
		for _, e := range entries {
			if err := m.entry(dir, e, depth); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (m *meter) entry(dir *os.Root, e fs.DirEntry, depth int) error {
	at, err := dir.Lstat(e.Name())
	if err != nil {
		return err
	}
	m.count(at)
	if !at.IsDir() {
		return nil
	}
	sub, err := dir.OpenRoot(e.Name())
	if err != nil {
		return err
	}
	defer sub.Close()
	return m.walk(sub, depth+1)
}

func (m *meter) count(at fs.FileInfo) {
	bytes, id, shared := sizeOf(at)
	if shared && m.seen[id] {
		return
	}
	if shared {
		m.seen[id] = true
	}
	m.bytes += bytes
}
