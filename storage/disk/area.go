package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// area is a directory that no name leads out of, where every change is a step that a test can stop.
type area struct {
	*dir
	step func(op, name string) error
}

// entry is what a list tells of one thing in a directory.
type entry struct {
	name string
	dir  bool
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
	top, err := openTop(dir)
	if err != nil {
		return nil, err
	}
	return &area{dir: top, step: step}, nil
}

// sub opens the directory name.
func (a *area) sub(name string) (*area, error) {
	d, err := a.openDir(name)
	if err != nil {
		return nil, err
	}
	return &area{dir: d, step: a.step}, nil
}

func (a *area) mkdir(name string, perm fs.FileMode) error {
	if err := a.step("mkdir", name); err != nil {
		return err
	}
	return a.dir.mkdir(name, perm)
}

func (a *area) chmod(name string, mode fs.FileMode) error {
	if err := a.step("chmod", name); err != nil {
		return err
	}
	return a.dir.chmod(name, mode)
}

func (a *area) symlink(target, name string) error {
	if err := a.step("symlink", name); err != nil {
		return err
	}
	return a.dir.symlink(target, name)
}

func (a *area) rename(from, to string) error {
	if err := a.step("rename", from); err != nil {
		return err
	}
	return a.dir.rename(from, to)
}

func (a *area) remove(name string) error {
	if err := a.step("remove", name); err != nil {
		return err
	}
	return a.dir.remove(name)
}

func (a *area) removeDir(name string) error {
	if err := a.step("remove", name); err != nil {
		return err
	}
	return a.dir.removeDir(name)
}

// openFlags open for reading what may be anything: a pipe that a container left does not block who opens it. They also
// spare the calls that make a file non-blocking.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

// each calls f for every entry of the directory, in no particular order.
func (a *area) each(f func(entry)) error {
	in, err := a.openDir(".")
	if err != nil {
		return err
	}
	defer in.Close()
	l, err := in.list()
	if err != nil {
		return err
	}
	defer l.close()
	for {
		entries, _, err := l.next()
		if len(entries) == 0 || err != nil {
			return err
		}
		for _, e := range entries {
			f(e)
		}
	}
}

// create makes the file name with exactly this content, mode and owner; user nil leaves the owner as it is.
func (a *area) create(name string, data []byte, mode fs.FileMode, user *int64) (err error) {
	if err := a.step("create", name); err != nil {
		return err
	}
	f, err := a.dir.create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := a.step("write", name); err != nil {
		return err
	}
	if err := f.write(data); err != nil {
		return err
	}
	if err := f.chmod(mode); err != nil || user == nil {
		return err
	}
	return f.chown(int(*user))
}

// mkdirs makes the directory name and those above it, where they are missing.
func (a *area) mkdirs(name string, perm fs.FileMode) error {
	if err := a.step("mkdir", name); err != nil {
		return err
	}
	for i := range len(name) + 1 {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if err := a.dir.mkdir(name[:i], perm); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// missing reports whether name does not exist.
func (a *area) missing(name string) (bool, error) {
	switch _, err := a.readlink(name); {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err == nil || errors.Is(err, errNoLink):
		return false, nil
	default:
		return false, err
	}
}

// fileMode turns permission bits of a manifest into Go's.
func fileMode(bits int32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for _, s := range specialModes {
		if bits&s.bit != 0 {
			mode |= s.mode
		}
	}
	return mode
}

// specialModes are the permission bits that Go has elsewhere.
var specialModes = []struct {
	bit  int32
	mode fs.FileMode
}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}}
