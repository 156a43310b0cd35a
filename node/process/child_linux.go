package process

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// tableShared says that children live in another process table. They die with its first process, and cannot see this program, which
// package syscall would take for its death.
var tableShared atomic.Bool

// childSys makes a child lead a session, die with this program, and be told of by a file descriptor. Apart says that it is in another
// process table.
func childSys(pidfd *int, apart bool) *syscall.SysProcAttr {
	sys := &syscall.SysProcAttr{Setsid: true, PidFD: pidfd}
	if !apart && !tableShared.Load() {
		sys.Pdeathsig = syscall.SIGKILL
	}
	return sys
}

// started is the number of a process. It is this program's own until that has waited for it.
type started int

func (p started) pid() int { return int(p) }

func (p started) signal(sig syscall.Signal) { _ = syscall.Kill(int(p), sig) }

// wait waits for the end and reaps.
func (p started) wait() (*syscall.WaitStatus, error) {
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(int(p), &status, 0, nil); err != syscall.EINTR {
			return &status, err
		}
	}
}

// startIn starts a process in a cgroup.
func startIn(g *cgroup, path string, argv []string, attr *syscall.ProcAttr) (p started, err error) {
	dir, err := g.born()
	if err != nil {
		return 0, err
	}
	if dir != nil {
		defer dir.Close()
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, int(dir.Fd())
	}
	var pid int
	var failed error
	if err := g.within(func() { pid, _, failed = syscall.StartProcess(path, argv, attr) }); err != nil && pid == 0 {
		return 0, err
	}
	return started(pid), failed
}

func makePipe(fds *[2]int) error { return syscall.Pipe2(fds[:], syscall.O_CLOEXEC) }

// exitFile makes a process's descriptor one that a goroutine can wait for without a thread of its own. It returns nil where
// the kernel gave none.
func exitFile(pidfd int) *os.File {
	if pidfd < 0 {
		return nil
	}
	if err := syscall.SetNonblock(pidfd, true); err != nil {
		syscall.Close(pidfd)
		return nil
	}
	return os.NewFile(uintptr(pidfd), "pidfd")
}

// waitEnded returns when c's process is a zombie.
func waitEnded(c *child) {
	if c.exit != nil {
		if raw, err := c.exit.SyscallConn(); err == nil {
			if raw.Read(func(uintptr) bool { return isEnded(c.pid, syscall.WNOHANG) }) == nil {
				return
			}
		}
	}
	isEnded(c.pid, 0)
}

// isEnded asks whether a child of this program is a zombie, and leaves it one. With flags 0 it waits for that.
func isEnded(pid int, flags uintptr) bool {
	const (
		byPID   = 1
		exited  = 0x4
		noReap  = 0x1000000
		sizeMax = 128
	)
	var info [sizeMax]byte
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), uintptr(unsafe.Pointer(&info[0])),
			exited|noReap|flags, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		// The number of the signal comes first, SIGCHLD; it stays 0 where there is nothing to tell.
		return errno != 0 || *(*int32)(unsafe.Pointer(&info[0])) != 0
	}
}

// findLeftovers returns the living processes that killLeftovers is about, and whether there may be more: a process that is
// just about to run another program shows no environment for a moment.
func findLeftovers(leaders []int, mark string) (found []int, unsure bool) {
	var r procReader
	for _, pid := range r.candidates() {
		switch r.judge(pid, leaders, mark) {
		case ours:
			found = append(found, pid)
		case doubtful:
			unsure = true
		case foreign:
		}
	}
	return found, unsure
}

// candidates are the processes that may be of a container: all but this one, or, where orphans come to this program, those that
// descend from it.
func (r *procReader) candidates() []int {
	if subreaper.Load() {
		return r.descendants(os.Getpid())
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var out []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid != os.Getpid() {
			out = append(out, pid)
		}
	}
	return out
}

// descendants returns the children of a process, their children, and so on.
func (r *procReader) descendants(pid int) []int {
	found := r.children(pid)
	for i := 0; i < len(found); i++ {
		found = append(found, r.children(found[i])...)
	}
	return found
}

// children returns the children that the threads of a process have.
func (r *procReader) children(pid int) []int {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task/"
	threads, err := os.ReadDir(tasks)
	if err != nil {
		return nil
	}
	var out []int
	for _, t := range threads {
		b, _ := r.read(tasks + t.Name() + "/children")
		for word := range bytes.FieldsSeq(b) {
			if child, err := strconv.Atoi(string(word)); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// verdict says whether a process is one that killLeftovers is about.
type verdict uint8

const (
	foreign verdict = iota
	ours
	doubtful
)

// judge looks at one process. What is cheap comes first: threads of the kernel are in session 0, and only the environment of
// others is read.
func (r *procReader) judge(pid int, leaders []int, mark string) verdict {
	session, group := sessionOf(pid)
	if session <= 0 {
		return foreign
	}
	v := foreign
	if slices.Contains(leaders, session) || slices.Contains(leaders, group) {
		v = ours
	} else if mark != "" {
		v = r.marked(pid, mark)
	}
	if v != foreign && !r.alive(pid) {
		return foreign
	}
	return v
}

// sessionOf returns the session and the group of a process, and 0 where there is none.
func sessionOf(pid int) (session, group int) {
	sid, _, errno := syscall.RawSyscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, 0
	}
	group, err := syscall.Getpgid(pid)
	if err != nil {
		return 0, 0
	}
	return int(sid), group
}

// A procReader reads small files again and again into the same memory.
type procReader struct{ buf []byte }

// read returns what is in a file, until the next read.
func (r *procReader) read(path string) ([]byte, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	n := 0
	for {
		if n == len(r.buf) {
			r.buf = append(r.buf, make([]byte, max(len(r.buf), 4<<10))...)
		}
		m, err := syscall.Read(fd, r.buf[n:])
		if err == syscall.EINTR {
			continue
		}
		if m <= 0 || err != nil {
			return r.buf[:n], err
		}
		n += m
	}
}

// alive reports whether a process runs or sleeps. Its state follows the name of its program, in brackets, which may hold
// anything.
func (r *procReader) alive(pid int) bool {
	b, err := r.read("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	rest := bytes.TrimSpace(b[bytes.LastIndexByte(b, ')')+1:])
	return len(rest) > 0 && rest[0] != 'Z' && rest[0] != 'X'
}

// marked looks for a variable that is, or begins with, the mark, in the environment that a process was started with.
func (r *procReader) marked(pid int, mark string) verdict {
	env, err := r.read("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return foreign
	}
	i := bytes.Index(env, []byte(mark))
	switch {
	case i == 0 || i > 0 && env[i-1] == 0:
		return ours
	case len(env) == 0:
		return doubtful
	}
	return foreign
}
