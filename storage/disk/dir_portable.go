//go:build !linux || podlife_portable

package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// dir is an open directory that no name leads out of. Names are relative to it, with '/' between parts.
type dir struct{ *os.Root }

// openTop opens the directory that name leads to, links followed.
func openTop(name string) (*dir, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &dir{root}, nil
}

// openDir opens a directory.
func (d *dir) openDir(name string) (*dir, error) {
	root, err := d.OpenRoot(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	return &dir{root}, nil
}

// openFile opens a file for reading. One that would block does not.
func (d *dir) openFile(name string) (*os.File, error) { return d.OpenFile(name, openFlags, 0) }

func (d *dir) mkdir(name string, perm fs.FileMode) error { return d.Mkdir(name, perm) }
func (d *dir) chmod(name string, mode fs.FileMode) error { return d.Chmod(name, mode) }
func (d *dir) symlink(target, name string) error         { return d.Symlink(target, name) }
func (d *dir) rename(from, to string) error              { return d.Rename(from, to) }

// remove removes what is not a directory, or an empty directory.
func (d *dir) remove(name string) error { return d.Remove(name) }

// removeDir is remove for what is likely to be a directory.
func (d *dir) removeDir(name string) error { return d.Remove(name) }

var errNoLink = errors.New("not a link")

// readlink returns where a link leads. What is no link is an error that wraps errNoLink.
func (d *dir) readlink(name string) (string, error) {
	at, err := d.Lstat(name)
	if err != nil {
		return "", err
	}
	if at.Mode()&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: filepath.Join(d.Name(), name), Err: errNoLink}
	}
	return d.Readlink(name)
}

// create makes a file that nobody else can open.
func (d *dir) create(name string) (file, error) {
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return file{f}, err
}

// file is a new file.
type file struct{ *os.File }

func (f file) write(data []byte) error {
	_, err := f.Write(data)
	return err
}

func (f file) chmod(mode fs.FileMode) error { return f.Chmod(mode) }
func (f file) chown(user int) error         { return f.Chown(user, -1) }

// list reads what is in a directory, a batch at a time.
type list struct {
	*os.File
	entries []entry
}

// batch is how many entries of a directory are held in memory at once.
const batch = 256

func (d *dir) list() (*list, error) {
	f, err := d.OpenFile(".", openFlags, 0)
	if err != nil {
		return nil, err
	}
	return &list{File: f}, nil
}

func (l *list) close() error { return l.Close() }

// rewind goes back to the start of the directory.
func (l *list) rewind() error {
	_, err := l.Seek(0, io.SeekStart)
	return err
}

// next returns some entries, valid until the next call, none at the end. After an answer with more false there are
// hardly any others; who has to know calls it again.
func (l *list) next() (entries []entry, more bool, err error) {
	found, err := l.ReadDir(batch)
	l.entries = l.entries[:0]
	for _, e := range found {
		l.entries = append(l.entries, entry{name: e.Name(), dir: e.IsDir()})
	}
	if err == io.EOF {
		err = nil
	}
	return l.entries, len(found) == batch, err
}
