//go:build unix

package process

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// A child is a process that this program started, the leader of a session and a process group of its own, and all that came
// out of it.
type child struct {
	pid  int
	proc started
	// exit tells without a thread that the process has ended, and is nil where the system cannot.
	exit *os.File
	// status is set by ended where waiting and reaping are one.
	status *syscall.WaitStatus
}

// childAttr is what a child is started with.
type childAttr struct {
	env    []string
	dir    string
	stdout *os.File
	stderr *os.File
	group  *cgroup
	// apart says that it is in another process table than this program.
	apart bool
}

// startChild starts path with argv. It returns when the program runs, or could not be run. A view calls it: see view.run.
func startChild(path string, argv []string, a childAttr) (*child, error) {
	null, err := devNull()
	if err != nil {
		return nil, err
	}
	pidfd := -1
	attr := &syscall.ProcAttr{
		Dir:   a.dir,
		Env:   a.env,
		Files: []uintptr{null.Fd(), a.stdout.Fd(), a.stderr.Fd()},
		Sys:   childSys(&pidfd, a.apart),
	}
	p, err := startIn(a.group, path, argv, attr)
	if err != nil {
		return nil, err
	}
	known.add(p.pid())
	return &child{pid: p.pid(), proc: p, exit: exitFile(pidfd)}, nil
}

// devNull is open as long as this program runs.
var devNull = sync.OnceValues(func() (*os.File, error) { return os.Open(os.DevNull) })

// newPipe returns the two ends of a pipe. Reading can be given a deadline, writing, which is left to other processes, cannot.
func newPipe() (r, w *os.File, err error) {
	var fds [2]int
	syscall.ForkLock.RLock()
	err = makePipe(&fds)
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("pipe", err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		syscall.Close(fds[0])
		syscall.Close(fds[1])
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "output"), os.NewFile(uintptr(fds[1]), "output"), nil
}

// signal sends sig to the process alone, as a container runtime does.
func (c *child) signal(sig syscall.Signal) { c.proc.signal(sig) }

// kill kills the process and its group.
func (c *child) kill() { _ = syscall.Kill(-c.pid, syscall.SIGKILL) }

// ended returns when the process has ended. On Linux it is not reaped, so that nobody else gets its number.
func (c *child) ended() {
	waitEnded(c)
	if c.exit != nil {
		c.exit.Close()
	}
}

// reap takes the exit code of a process that has ended: 128+n where signal n ended it.
func (c *child) reap() int32 {
	defer known.remove(c.pid)
	status := c.status
	if status == nil {
		var err error
		if status, err = c.proc.wait(); err != nil {
			return codeUnknown
		}
	}
	if status.Signaled() {
		return 128 + int32(status.Signal())
	}
	return int32(status.ExitStatus())
}

// deathPatience is how long processes that were killed are waited for.
const deathPatience = 2 * time.Second

// killLeftovers kills all that the containers' ended processes left behind: members of the groups and sessions that they
// led, and whatever carries their mark in its environment. It returns when none is left, or does not die.
//
// A process may fork and end between the moments at which the list of processes is read and it is looked at, and then its
// child is in no list. So a look that finds nothing counts only if the one before found nothing either.
func killLeftovers(leaders []int, mark string) {
	const (
		clean  = 2
		doubts = 5
	)
	nothing, doubted := 0, 0
	pause := time.Millisecond
	for waited := time.Duration(0); waited < deathPatience; {
		for _, pid := range leaders {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
		left, unsure := findLeftovers(leaders, mark)
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		switch {
		case len(left) > 0:
			nothing, doubted = 0, 0
		case unsure && doubted < doubts:
			doubted++
		default:
			if nothing++; nothing == clean {
				return
			}
			continue
		}
		time.Sleep(pause)
		waited += pause
		pause = min(2*pause, 50*time.Millisecond)
	}
}
