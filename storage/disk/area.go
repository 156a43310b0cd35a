package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// area is a directory that no name leads out of, where every change is a step that a test can stop.
type area struct {
	*os.Root
	step func(op, name string) error
}

// openArea makes dir where it is missing and opens it.
func openArea(dir string, step func(op, name string) error) (*area, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &area{Root: root, step: step}, nil
}

// sub opens the directory name.
func (a *area) sub(name string) (*area, error) {
	root, err := a.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &area{Root: root, step: a.step}, nil
}

func (a *area) mkdir(name string, perm fs.FileMode) error {
	if err := a.step("mkdir", name); err != nil {
		return err
	}
	return a.Mkdir(name, perm)
}

func (a *area) chmod(name string, mode fs.FileMode) error {
	if err := a.step("chmod", name); err != nil {
		return err
	}
	return a.Chmod(name, mode)
}

func (a *area) symlink(target, name string) error {
	if err := a.step("symlink", name); err != nil {
		return err
	}
	return a.Symlink(target, name)
}

func (a *area) rename(from, to string) error {
	if err := a.step("rename", from); err != nil {
		return err
	}
	return a.Rename(from, to)
}

func (a *area) remove(name string) error {
	if err := a.step("remove", name); err != nil {
		return err
	}
	return a.Remove(name)
}

// batch is how many entries of a directory are held in memory at once.
const batch = 256

// openFlags open for reading what may be anything: a pipe that a container left does not block who opens it. They also
// spare the calls that make a file non-blocking.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

// list opens the directory itself, to read what is in it.
func (a *area) list() (*os.File, error) { return a.OpenFile(".", openFlags, 0) }

// each calls f for every entry of the directory, in no particular order.
func (a *area) each(f func(fs.DirEntry)) error {
	dir, err := a.list()
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(batch)
		for _, e := range entries {
			f(e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// create makes the file name with exactly this content, mode and owner; user nil leaves the owner as it is.
func (a *area) create(name string, data []byte, mode fs.FileMode, user *int64) error {
	if err := a.step("create", name); err != nil {
		return err
	}
	f, err := a.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	err = a.finish(f, name, data, mode, user)
	return errors.Join(err, f.Close())
}

// finish gives an open file its content, mode and owner.
func (a *area) finish(f *os.File, name string, data []byte, mode fs.FileMode, user *int64) error {
	if err := a.step("write", name); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if user == nil {
		return nil
	}
	return f.Chown(int(*user), -1)
}

// mkdirs makes the directory name and those above it, where they are missing.
func (a *area) mkdirs(name string, perm fs.FileMode) error {
	if err := a.step("mkdir", name); err != nil {
		return err
	}
	return a.MkdirAll(name, perm)
}

// missing reports whether name does not exist. No link is followed.
func (a *area) missing(name string) (bool, error) {
	_, err := a.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// fileMode turns permission bits of a manifest into Go's.
func fileMode(bits int32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for _, special := range []struct {
		bit  int32
		mode fs.FileMode
	}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}} {
		if bits&special.bit != 0 {
			mode |= special.mode
		}
	}
	return mode
}
