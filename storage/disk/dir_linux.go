//go:build !podlife_portable

package disk

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// dir is an open directory. Names are relative to it, with '/' between parts, and no part of one is followed where it is
// a link. Its methods make the one system call that they need, where os.Root makes two to four. Another file has the
// same type for other systems; the tag podlife_portable chooses it here too.
type dir struct {
	mu     sync.RWMutex // held while the descriptor is used, so that it is not closed meanwhile
	fd     int          // negative once closed
	name   string
	parent *dir // that name is relative to; nil at the top
}

// openTop opens the directory that name leads to, links followed.
func openTop(name string) (*dir, error) {
	fd, err := again(func() (int, error) {
		return syscall.Open(name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &dir{fd: fd, name: name}, nil
}

// again repeats a system call that a signal interrupted.
func again[T any](call func() (T, error)) (T, error) {
	for {
		v, err := call()
		if err != syscall.EINTR {
			return v, err
		}
	}
}

// Name returns the name that the directory was opened with, after those of the directories it was opened in.
func (d *dir) Name() string {
	if d.parent == nil {
		return d.name
	}
	return filepath.Join(d.parent.Name(), d.name)
}

// Close closes the directory, after the calls that use it.
func (d *dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return nil
	}
	fd := d.fd
	d.fd = -1
	return syscall.Close(fd)
}

// do makes a system call about name: call gets the directory that name is in, and its last part.
func (d *dir) do(op, name string, call func(at int, base string) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	err := error(fs.ErrClosed)
	if d.fd >= 0 {
		err = below(d.fd, name, call)
	}
	if err != nil {
		return &fs.PathError{Op: op, Path: filepath.Join(d.Name(), name), Err: err}
	}
	return nil
}

// below goes down to the directory that name is in, without following a link, and makes the call there.
func below(at int, name string, call func(at int, base string) error) error {
	part, rest, deeper := strings.Cut(name, "/")
	if part == ".." || part == "" {
		return syscall.EINVAL
	}
	if !deeper {
		_, err := again(func() (struct{}, error) { return struct{}{}, call(at, name) })
		return err
	}
	next, err := again(func() (int, error) {
		return syscall.Openat(at, part, openPath|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	defer syscall.Close(next)
	return below(next, rest, call)
}

// open opens name itself, whatever it is.
func (d *dir) open(name string, flags int, perm uint32) (fd int, err error) {
	err = d.do("openat", name, func(at int, base string) (err error) {
		fd, err = syscall.Openat(at, base, flags|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, perm)
		return err
	})
	return fd, err
}

// openDir opens a directory.
func (d *dir) openDir(name string) (*dir, error) {
	fd, err := d.open(name, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return &dir{fd: fd, name: name, parent: d}, nil
}

// isDir reports whether name is a directory, for file systems whose lists do not tell.
func (d *dir) isDir(name string) bool {
	fd, err := d.open(name, openPath|syscall.O_DIRECTORY, 0)
	return err == nil && syscall.Close(fd) == nil
}

// openFile opens a file for reading. One that would block does not.
func (d *dir) openFile(name string) (*os.File, error) {
	fd, err := d.open(name, openFlags, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), filepath.Join(d.Name(), name)), nil
}

func (d *dir) mkdir(name string, perm fs.FileMode) error {
	return d.do("mkdirat", name, func(at int, base string) error { return syscall.Mkdirat(at, base, modeOf(perm)) })
}

// chmod changes the mode of a directory.
func (d *dir) chmod(name string, mode fs.FileMode) error {
	return d.do("fchmodat", name, func(at int, base string) error { return chmodat(at, base, modeOf(mode)) })
}

func (d *dir) symlink(target, name string) error {
	return d.do("symlinkat", name, func(at int, base string) error { return symlinkat(target, at, base) })
}

// readlink returns where a link leads. What is no link is an error that wraps errNoLink.
func (d *dir) readlink(name string) (target string, err error) {
	err = d.do("readlinkat", name, func(at int, base string) (err error) {
		target, err = readlinkat(at, base)
		return err
	})
	return target, err
}

const errNoLink = syscall.EINVAL

func (d *dir) rename(from, to string) error {
	return d.do("renameat", from, func(fromAt int, fromBase string) error {
		return below(d.fd, to, func(toAt int, toBase string) error { return syscall.Renameat(fromAt, fromBase, toAt, toBase) })
	})
}

// remove removes what is not a directory, or an empty directory.
func (d *dir) remove(name string) error {
	return d.do("unlinkat", name, func(at int, base string) error { return removeAt(at, base, 0) })
}

// removeDir is remove for what is likely to be a directory.
func (d *dir) removeDir(name string) error {
	return d.do("unlinkat", name, func(at int, base string) error { return removeAt(at, base, removeDirFlag) })
}

// removeAt removes an entry with one of the two system calls that remove, and then with the other. Of two faults it
// returns the one that belongs to the type of the entry.
func removeAt(at int, name string, flag int) error {
	err := unlinkat(at, name, flag)
	wrongType := flag == 0 && (err == syscall.EISDIR || err == syscall.EPERM) || flag != 0 && err == syscall.ENOTDIR
	if !wrongType {
		return err
	}
	other := unlinkat(at, name, removeDirFlag-flag)
	if other == syscall.ENOTDIR || other == syscall.EISDIR {
		return err
	}
	return other
}

// create makes a file that nobody else can open.
func (d *dir) create(name string) (file, error) {
	fd, err := d.open(name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
	return file{fd}, err
}

// file is a new file.
type file struct{ fd int }

func (f file) Close() error { return syscall.Close(f.fd) }

func (f file) write(data []byte) error {
	for len(data) > 0 {
		n, err := again(func() (int, error) { return syscall.Write(f.fd, data) })
		if err != nil {
			return os.NewSyscallError("write", err)
		}
		data = data[n:]
	}
	return nil
}

func (f file) chmod(mode fs.FileMode) error {
	_, err := again(func() (struct{}, error) { return struct{}{}, syscall.Fchmod(f.fd, modeOf(mode)) })
	return os.NewSyscallError("fchmod", err)
}

func (f file) chown(user int) error {
	_, err := again(func() (struct{}, error) { return struct{}{}, syscall.Fchown(f.fd, user, -1) })
	return os.NewSyscallError("fchown", err)
}

// list reads what is in a directory, a buffer at a time. A directory can have one list at a time.
type list struct {
	dir     *dir
	buf     *[listBuffer]byte
	entries []entry
}

// listBuffer is the size of the buffer in bytes, and longestEntry that of the longest entry in it.
const (
	listBuffer   = 8 << 10
	longestEntry = 24 + 256
)

var listBuffers = sync.Pool{New: func() any { return new([listBuffer]byte) }}

func (d *dir) list() (*list, error) {
	return &list{dir: d, buf: listBuffers.Get().(*[listBuffer]byte)}, nil
}

func (l *list) close() error {
	listBuffers.Put(l.buf)
	l.buf = nil
	return nil
}

// rewind goes back to the start of the directory.
func (l *list) rewind() error {
	l.dir.mu.RLock()
	defer l.dir.mu.RUnlock()
	_, err := syscall.Seek(l.dir.fd, 0, 0)
	return os.NewSyscallError("lseek", err)
}

// next returns some entries, valid until the next call, none at the end. After an answer with more false there are
// hardly any others; who has to know calls it again.
func (l *list) next() (entries []entry, more bool, err error) {
	for {
		n, err := l.read()
		if n == 0 || err != nil {
			return nil, false, err
		}
		if l.entries = l.appendEntries(l.entries[:0], l.buf[:n]); len(l.entries) > 0 {
			return l.entries, n > listBuffer-longestEntry, nil
		}
	}
}

func (l *list) read() (n int, err error) {
	l.dir.mu.RLock()
	defer l.dir.mu.RUnlock()
	if l.dir.fd < 0 {
		return 0, fs.ErrClosed
	}
	n, err = again(func() (int, error) { return syscall.ReadDirent(l.dir.fd, l.buf[:]) })
	if errors.Is(err, fs.ErrNotExist) { // the directory was removed
		return 0, nil
	}
	return n, os.NewSyscallError("getdents64", err)
}

// appendEntries appends the entries in buf, which getdents64 filled. Each has an inode and an offset of 8 bytes, its own
// length in 2, its type in 1, and its name up to a NUL.
func (l *list) appendEntries(to []entry, buf []byte) []entry {
	const lengthAt, typeAt, nameAt = 16, 18, 19
	for len(buf) > nameAt {
		size := int(binary.NativeEndian.Uint16(buf[lengthAt:]))
		if size <= nameAt || size > len(buf) {
			return to
		}
		name := buf[nameAt:size]
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		if s := string(name); s != "." && s != ".." {
			kind := buf[typeAt]
			to = append(to, entry{name: s, dir: kind == syscall.DT_DIR || kind == syscall.DT_UNKNOWN && l.dir.isDir(s)})
		}
		buf = buf[size:]
	}
	return to
}
