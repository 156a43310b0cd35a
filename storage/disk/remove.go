package disk

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"syscall"
)

// maxOpen is how many directories, one inside the other, a removal holds open.
const maxOpen = 16

// flatPrefix starts the names of directories that were too deep and were moved up.
const flatPrefix = "..flat-"

// removal deletes one tree in bounded memory and with a bounded number of open files, however wide and deep it is: a
// directory at maxOpen levels is renamed to the top of the tree and deleted from there. No link is followed.
type removal struct {
	top   *area
	flats int
}

// removeTree deletes the entry name and all that is below it. That there is none is no error. What cannot be deleted,
// such as a directory that is a mount point, does not keep the rest from being deleted; the first such error is
// returned.
func (a *area) removeTree(name string) error {
	err := a.remove(name)
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil
	case !notEmpty(err):
		return err
	}
	return a.removeFull(name)
}

// removeFull is removeTree for a directory that is not expected to be empty. That it is missing is no error.
func (a *area) removeFull(name string) error {
	top, err := a.enter(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer top.Close()
	r := &removal{top: top}
	return r.drain(a, name, top, "")
}

// enter opens the directory name, and makes it accessible first where it is not.
func (a *area) enter(name string) (*area, error) {
	sub, err := a.sub(name)
	if !errors.Is(err, fs.ErrPermission) {
		return sub, err
	}
	if err := a.chmod(name, 0o700); err != nil {
		return nil, err
	}
	return a.sub(name)
}

// drain empties dir, whose path from the top is at, and removes it from its parent, where it is called name. It goes
// through dir again until it is empty or nothing more can be deleted.
func (r *removal) drain(parent *area, name string, dir *area, at string) error {
	list, err := dir.list()
	if err != nil {
		return err
	}
	defer list.close()
	for {
		removed, first, err := r.pass(list, dir, at)
		if err != nil {
			return err
		}
		if first == nil {
			if first = parent.removeDir(name); !notEmpty(first) {
				return first
			}
		}
		if removed == 0 {
			return first
		}
		if err := list.rewind(); err != nil {
			return err
		}
	}
}

// pass goes through dir once. It returns how many entries it removed and the first error of one that stays.
func (r *removal) pass(list *list, dir *area, at string) (removed int, first, err error) {
	for more := true; more; {
		var entries []entry
		if entries, more, err = list.next(); err != nil {
			return removed, first, err
		}
		for _, e := range entries {
			switch err := r.entry(dir, at, e); {
			case err == nil:
				removed++
			case first == nil:
				first = err
			}
		}
	}
	return removed, first, nil
}

// entry deletes one entry of dir, or moves it up.
func (r *removal) entry(dir *area, at string, e entry) error {
	remove := dir.remove
	if e.dir {
		remove = dir.removeDir
	}
	err := remove(e.name)
	if errors.Is(err, syscall.EBUSY) && at == "" && r.unmount(e.name) == nil {
		err = dir.removeDir(e.name)
	}
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil
	case !notEmpty(err):
		return err
	}
	at = path.Join(at, e.name)
	if depth(at) >= maxOpen {
		return r.moveUp(at)
	}
	sub, err := dir.enter(e.name)
	if err != nil {
		return err
	}
	defer sub.Close()
	return r.drain(dir, e.name, sub, at)
}

// unmount ends the file system in memory that is mounted at an entry at the top, as a volume is.
func (r *removal) unmount(name string) error {
	if err := r.top.step("unmount", name); err != nil {
		return err
	}
	return unmountMemory(filepath.Join(r.top.Name(), name))
}

// moveUp renames the directory at a path from the top into the top, where a later pass finds it.
func (r *removal) moveUp(at string) error {
	for {
		r.flats++
		err := r.top.rename(at, flatPrefix+strconv.Itoa(r.flats))
		if !notEmpty(err) {
			return err
		}
	}
}

func depth(at string) int {
	n := 1
	for i := range len(at) {
		if at[i] == '/' {
			n++
		}
	}
	return n
}

func notEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST)
}
