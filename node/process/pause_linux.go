package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// pauseReady is what a pause writes when it is ready.
const pauseReady = "ready"

// shareProcesses gives the pod a process table: a pause is its first process, in which all orphans end up, and whose end is that of
// all. The thread that starts processes then starts them there.
func (s *space) shareProcesses(dir string) error {
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	var p *os.Process
	onForkThread(func() {
		p, err = execRole(rolePause, dir, theirs, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID})
		if err == nil {
			known.add(p.Pid)
		}
	})
	if err != nil {
		return err
	}
	theirs.Close()
	word := make([]byte, len(pauseReady))
	if _, err := io.ReadFull(ours, word); err != nil {
		return errors.New("its first process has ended")
	}
	table, err := syscall.Open(filepath.Join("/proc", fmt.Sprint(p.Pid), "ns", "pid"), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(table)
	onForkThread(func() { err = setns(table, syscall.CLONE_NEWPID) })
	tableShared.Store(err == nil)
	// The pause ends when this end of the pair is closed: never before the shim's own end.
	pauses = append(pauses, ours)
	return err
}

// pauses are open as long as this program runs.
var pauses []*os.File

func socketPair() (a, b *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "pause"), os.NewFile(uintptr(fds[1]), "pause"), nil
}

// runPause is the first process of a pod's process table: it mounts that, and lets the kernel reap its children, until the shim has
// ended.
func runPause() error {
	signal.Ignore(syscall.SIGCHLD)
	const quiet = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	if err := syscall.Mount("proc", "/proc", "proc", quiet, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	shim := os.NewFile(shimSocket, "shim")
	if _, err := shim.WriteString(pauseReady); err != nil {
		return err
	}
	_, _ = shim.Read(make([]byte, 1))
	return nil
}
