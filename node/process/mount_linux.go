package process

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unsafe"
)

// makeMounts gives the calling thread a mount namespace of its own: what is mounted there nobody else sees, what the machine
// mounts later does appear.
func makeMounts() error {
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_SLAVE|syscall.MS_REC, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	fd, err := cloneTree(os.DevNull)
	if err == nil {
		syscall.Close(fd)
	}
	return err
}

// shm is where shared memory has names; its options are those of container runtimes.
const (
	shm        = "/dev/shm"
	shmOptions = "mode=1777,size=65536k"
)

// mountShm mounts shared memory of the pod's own. Where the runtime's folder is in the machine's, the part that it is in stays.
func mountShm(dir string, flags uintptr) error {
	rest, inside := strings.CutPrefix(dir, shm+"/")
	if !inside {
		return os.NewSyscallError("mount", syscall.Mount("shm", shm, "tmpfs", flags, shmOptions))
	}
	first, _, _ := strings.Cut(rest, "/")
	tree, err := cloneTree(filepath.Join(shm, first))
	if err != nil {
		return err
	}
	if err := syscall.Mount("shm", shm, "tmpfs", flags, shmOptions); err != nil {
		syscall.Close(tree)
		return os.NewSyscallError("mount", err)
	}
	return mountEntry(tree, filepath.Join(shm, first), true)
}

// podMounts mounts what the containers of a pod share, and says what could not be.
func podMounts(q *sandboxRequest) (warnings []string) {
	const quiet = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	try := func(what string, err error) {
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("%s is the machine's: %v", what, err))
		}
	}
	try(shm, mountShm(q.Dir, quiet))
	for _, f := range q.Files {
		if _, err := os.Stat(f.Target); err == nil {
			try(f.Target, syscall.Mount(f.Source, f.Target, "", syscall.MS_BIND, ""))
		}
	}
	return warnings
}

// Numbers and flags of system calls that package syscall does not have; the numbers are the same on all the architectures of
// setnsNumbers.
const (
	sysOpenTree   = 428
	sysMoveMount  = 429
	openTreeClone = 1
	atRecursive   = 0x8000
	atFDCWD       = -100
	moveEmptyPath = 4
)

// cloneTree returns a copy of what is at a path, with all that is mounted below it, which can be mounted anywhere.
func cloneTree(name string) (int, error) {
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return -1, err
	}
	at := atFDCWD
	fd, _, errno := syscall.Syscall(sysOpenTree, uintptr(at), uintptr(unsafe.Pointer(p)),
		openTreeClone|atRecursive|syscall.O_CLOEXEC)
	if errno != 0 {
		return -1, &os.PathError{Op: "open_tree", Path: name, Err: errno}
	}
	return int(fd), nil
}

// mountTree mounts a copy and closes it.
func mountTree(tree int, target string) error {
	defer syscall.Close(tree)
	p, err := syscall.BytePtrFromString(target)
	if err != nil {
		return err
	}
	empty, at := [1]byte{}, atFDCWD
	_, _, errno := syscall.Syscall6(sysMoveMount, uintptr(tree), uintptr(unsafe.Pointer(&empty[0])), uintptr(at),
		uintptr(unsafe.Pointer(p)), moveEmptyPath, 0)
	if errno != 0 {
		return &os.PathError{Op: "move_mount", Path: target, Err: errno}
	}
	return nil
}

// mountAll mounts the volumes of an attempt in the mount namespace that the thread is in, and returns its working directory, open,
// which may be hidden below a volume.
func mountAll(r startRequest) (dir int, err error) {
	if dir, err = syscall.Open(r.Dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0); err != nil {
		return -1, &os.PathError{Op: "open", Path: r.Dir, Err: err}
	}
	m := mounter{scratch: r.Scratch}
	if err := m.all(r.Mounts); err != nil {
		syscall.Close(dir)
		return -1, err
	}
	return m.workIn(r.Dir, dir)
}

// A mounter mounts the volumes of one attempt.
type mounter struct {
	// scratch is an empty folder to build in.
	scratch string
	// volumes are the places where volumes are mounted, and mirrors the folders that were made anew to hold such places.
	volumes, mirrors []string
}

// all mounts the volumes, outer ones first. The sources are taken before anything is mounted over them.
func (m *mounter) all(mounts []mountRequest) (err error) {
	sorted := slices.Clone(mounts)
	slices.SortStableFunc(sorted, func(a, b mountRequest) int { return cmp.Compare(path.Clean(a.Target), path.Clean(b.Target)) })
	trees := make([]int, 0, len(sorted))
	isDir := make([]bool, len(sorted))
	defer func() {
		for _, tree := range trees {
			syscall.Close(tree)
		}
	}()
	for i, v := range sorted {
		s, err := os.Stat(v.Source)
		if err != nil {
			return err
		}
		isDir[i] = s.IsDir()
		tree, err := cloneTree(v.Source)
		if err != nil {
			return err
		}
		trees = append(trees, tree)
	}
	for i, v := range sorted {
		tree := trees[0]
		trees = trees[1:]
		if err := m.one(tree, v, isDir[i]); err != nil {
			return fmt.Errorf("mount at %q: %w", v.Target, err)
		}
	}
	return nil
}

// one mounts one volume.
func (m *mounter) one(tree int, v mountRequest, isDir bool) error {
	target, err := m.place(path.Clean("/"+v.Target), isDir)
	if err != nil {
		syscall.Close(tree)
		return err
	}
	if err := mountTree(tree, target); err != nil {
		return err
	}
	m.volumes = append(m.volumes, target)
	if v.ReadOnly {
		return setReadOnly(target)
	}
	return nil
}

// setReadOnly makes a mount read-only and keeps what else holds for it.
func setReadOnly(target string) error {
	const keep = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC | syscall.MS_NOATIME | syscall.MS_NODIRATIME
	var s syscall.Statfs_t
	if err := syscall.Statfs(target, &s); err != nil {
		return err
	}
	flags := uintptr(s.Flags)&keep | syscall.MS_BIND | syscall.MS_REMOUNT | syscall.MS_RDONLY
	return os.NewSyscallError("mount", syscall.Mount("", target, "", flags, ""))
}

// place returns where a volume can be mounted, and makes that place where there is none: in a volume that is mounted already, or
// in a folder that stands in for the machine's, and which this attempt alone sees.
func (m *mounter) place(target string, isDir bool) (string, error) {
	outer, rest, err := existing(target)
	if err != nil {
		return "", err
	}
	whole := filepath.Join(outer, rest)
	if rest == "" {
		return whole, matches(whole, isDir)
	}
	if !slices.ContainsFunc(m.volumes, func(v string) bool { return within(outer, v) }) && !slices.Contains(m.mirrors, outer) {
		if err := m.mirror(outer); err != nil {
			return "", fmt.Errorf("a place in %q: %w", outer, err)
		}
	}
	if isDir {
		return whole, os.MkdirAll(whole, 0o755)
	}
	return whole, makeFile(whole)
}

// matches refuses to mount a file on a folder, and the other way round.
func matches(target string, isDir bool) error {
	s, err := os.Stat(target)
	if err == nil && s.IsDir() != isDir {
		return errors.New("a folder cannot be mounted on a file, nor a file on a folder")
	}
	return err
}

// existing returns the deepest part of a path that is there, without symbolic links, and the rest.
func existing(p string) (outer, rest string, err error) {
	for outer = p; ; outer, rest = path.Dir(outer), path.Join(path.Base(outer), rest) {
		real, err := filepath.EvalSymlinks(outer)
		if err == nil {
			return real, rest, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || outer == "/" {
			return "", "", err
		}
	}
}

// mirror puts a folder of memory in the place of one of the machine's, with all that is in that one mounted in it. New places can
// be made in it without leaving anything on the machine.
func (m *mounter) mirror(folder string) error {
	entries, trees, err := cloneEntries(folder)
	if err != nil {
		return err
	}
	if err := m.fill(folder, entries, trees); err != nil {
		return err
	}
	m.mirrors = append(m.mirrors, folder)
	if folder != "/" {
		return os.NewSyscallError("mount", syscall.Mount(m.scratch, folder, "", syscall.MS_MOVE, ""))
	}
	return pivot(m.scratch)
}

// cloneEntries returns what is in a folder, and a copy of all but symbolic links, below 0 for those.
func cloneEntries(folder string) (entries []os.DirEntry, trees []int, err error) {
	if entries, err = os.ReadDir(folder); err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		tree := -1
		if e.Type()&fs.ModeSymlink == 0 {
			// What has vanished, or may not be seen, is left out.
			tree, _ = cloneTree(filepath.Join(folder, e.Name()))
		}
		trees = append(trees, tree)
	}
	return entries, trees, nil
}

// fill makes a folder of memory at scratch and mounts the copies in it. It closes them all.
func (m *mounter) fill(folder string, entries []os.DirEntry, trees []int) error {
	var s syscall.Stat_t
	err := syscall.Stat(folder, &s)
	if err == nil {
		err = syscall.Mount("tmpfs", m.scratch, "tmpfs", 0, fmt.Sprintf("mode=%o,size=65536k", s.Mode&0o7777))
	}
	for i, e := range entries {
		name := filepath.Join(m.scratch, e.Name())
		switch {
		case err != nil:
			syscall.Close(trees[i])
		case e.Type()&fs.ModeSymlink != 0:
			err = copyLink(filepath.Join(folder, e.Name()), name)
		case trees[i] >= 0:
			err = mountEntry(trees[i], name, e.IsDir())
		}
	}
	return err
}

// mountEntry makes a place for a copy and mounts it there, unless it has vanished from the machine meanwhile.
func mountEntry(tree int, name string, isDir bool) error {
	var err error
	if isDir {
		err = os.Mkdir(name, 0o755)
	} else {
		err = makeFile(name)
	}
	if err != nil {
		syscall.Close(tree)
		return err
	}
	if err := mountTree(tree, name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyLink makes the same symbolic link once more, where it is still there.
func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Symlink(target, to)
}

// pivot makes a folder the root of the mount namespace that the thread is in.
func pivot(root string) error {
	const old = ".podlife-old-root"
	if err := os.Mkdir(filepath.Join(root, old), 0o700); err != nil {
		return err
	}
	if err := syscall.PivotRoot(root, filepath.Join(root, old)); err != nil {
		return os.NewSyscallError("pivot_root", err)
	}
	if err := syscall.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Unmount("/"+old, syscall.MNT_DETACH); err != nil {
		return os.NewSyscallError("umount", err)
	}
	return os.Remove("/" + old)
}

// workIn goes to the working directory: by its path if that still leads there, so that the process can tell where it is, else to
// the folder that was opened.
func (m *mounter) workIn(dir string, opened int) (int, error) {
	var before, now syscall.Stat_t
	if syscall.Fstat(opened, &before) == nil && syscall.Stat(dir, &now) == nil && before.Dev == now.Dev && before.Ino == now.Ino {
		if fd, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0); err == nil {
			syscall.Close(opened)
			opened = fd
		}
	}
	if err := syscall.Fchdir(opened); err != nil {
		syscall.Close(opened)
		return -1, os.NewSyscallError("fchdir", err)
	}
	return opened, nil
}
