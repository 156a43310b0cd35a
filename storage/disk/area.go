package disk

import (
	"io"
	"io/fs"
	"os"
)

// area is a directory that no name leads out of, where every change is a step that a test can stop.
type area struct {
	*os.Root
	step func(op, name string) error
}

// openArea makes dir where it is missing and opens it.
func openArea(dir string, step func(op, name string) error) (*area, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if step == nil {
		step = func(string, string) error { return nil }
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

// each calls f for every entry of the directory, in no particular order.
func (a *area) each(f func(fs.DirEntry)) error {
	dir, err := a.Open(".")
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
