package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/podlife/podlife/pod"
)

// Open opens what a mount shows: the place subPath in a volume of a mounted pod, or the volume itself where subPath is
// empty. A subPath that does not exist is made, as directories of the volume's own mode. Links are followed as long as
// they stay in the volume; nothing that a container does while Open runs leads it outside.
//
// A runtime that mounts this for a container that it does not trust mounts the open file (/proc/self/fd/N), not a path,
// because a path can be changed between the check and the mount (CVE-2017-1002101, CVE-2021-25741).
func (d *Driver) Open(uid pod.UID, volume, subPath string) (*os.File, error) {
	at, err := d.Path(uid, volume)
	if err != nil {
		return nil, err
	}
	f, err := openBelow(at, subPath)
	if err != nil {
		return nil, fmt.Errorf("failed to prepare subPath for volumeMount %q of pod %q: %w", volume, uid, err)
	}
	return f, nil
}

// SubPath returns the path of what Open opens, after opening and closing it. What was true then a container may have
// changed since: use it for containers that share the caller's rights anyway.
func (d *Driver) SubPath(uid pod.UID, volume, subPath string) (string, error) {
	f, err := d.Open(uid, volume, subPath)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	at, err := d.Path(uid, volume)
	return filepath.Join(at, subPath), err
}

func openBelow(volume, subPath string) (*os.File, error) {
	if subPath == "" {
		return os.OpenFile(volume, openFlags, 0)
	}
	root, err := os.OpenRoot(volume)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(subPath, openFlags, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	like, err := root.Stat(".")
	if err != nil {
		return nil, err
	}
	if err := root.MkdirAll(subPath, like.Mode().Perm()); err != nil {
		return nil, err
	}
	return root.OpenFile(subPath, openFlags, 0)
}

// ReadFile returns what is in a file of a volume. See storage.Contents.
func (d *Driver) ReadFile(uid pod.UID, volume, name string) ([]byte, error) {
	root, err := d.volume(uid, volume)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readRegular(f, name, -1)
}

// WriteFile replaces a file of a volume or makes it. See storage.Contents.
func (d *Driver) WriteFile(uid pod.UID, volume, name string, data []byte) error {
	root, err := d.volume(uid, volume)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	return root.WriteFile(name, data, 0o666)
}

// volume opens a volume that is a directory. Links in it are followed as long as they stay in it.
func (d *Driver) volume(uid pod.UID, volume string) (*os.Root, error) {
	at, err := d.Path(uid, volume)
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(at)
}

// readRegular returns the content of a regular file. Where it has more than most bytes, and most is not negative, that
// is an error.
func readRegular(f *os.File, name string, most int64) ([]byte, error) {
	at, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !at.Mode().IsRegular():
		return nil, fmt.Errorf("file %q has the type %v, expected a regular file", name, at.Mode().Type())
	case most >= 0 && at.Size() > most:
		return nil, fmt.Errorf("file %q has %d bytes, expected at most %d", name, at.Size(), most)
	}
	return io.ReadAll(f)
}
