package process

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// childSys makes a child lead a session, die with this program, and be told of by a file descriptor.
func childSys(pidfd *int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, PidFD: pidfd}
}

// forks takes functions to the thread that starts all children: the parent-death signal comes when the thread ends that
// started a child, not when the program does, so that thread must never end.
var forks = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range calls {
			f()
		}
	}()
	return calls
})

// onForkThread runs f on the thread that starts children, and returns when it has run.
func onForkThread(f func()) {
	done := make(chan struct{})
	forks() <- func() {
		defer close(done)
		f()
	}
	<-done
}

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

// findLeftovers returns the living processes that killLeftovers is about, in no order that matters.
func findLeftovers(leaders []int, mark string) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var found []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == os.Getpid() {
			continue
		}
		if s, ok := readStat(name); ok && s.alive() && (s.ledBy(leaders) || hasMark(name, mark)) {
			found = append(found, pid)
		}
	}
	return found
}

// procStat is the part of /proc/PID/stat that counts here.
type procStat struct {
	state                  byte
	parent, group, session int
}

func (s procStat) alive() bool { return s.state != 'Z' && s.state != 'X' }

func (s procStat) ledBy(leaders []int) bool {
	return slices.Contains(leaders, s.group) || slices.Contains(leaders, s.session)
}

// readStat reads the state of a process. The name of the program, in brackets, may hold anything; what counts follows it.
func readStat(pid string) (procStat, bool) {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return procStat{}, false
	}
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 4 {
		return procStat{}, false
	}
	s := procStat{state: f[0][0]}
	s.parent, _ = strconv.Atoi(string(f[1]))
	s.group, _ = strconv.Atoi(string(f[2]))
	s.session, _ = strconv.Atoi(string(f[3]))
	return s, true
}

// hasMark reports whether a process was started with the mark, a whole NAME=value, in its environment.
func hasMark(pid, mark string) bool {
	if mark == "" {
		return false
	}
	env, err := os.ReadFile("/proc/" + pid + "/environ")
	if err != nil {
		return false
	}
	i := bytes.Index(env, []byte(mark+"\x00"))
	return i == 0 || i > 0 && env[i-1] == 0
}
