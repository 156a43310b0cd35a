package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// A pause is the first process of a process table: it has mounted that at /proc, where it was started, and all orphans end up with it. It
// ends with the shim, and what else is in the table with it.
type pause struct {
	process *os.Process
	// shim is this program's end of a connection whose other end it has.
	shim *os.File
}

// pauseReady is what a pause writes when it is ready: the first byte of its name.
const pauseReady = "p"

// startPause starts a pause for the pod in a folder, in the mounts of the calling thread.
func startPause(dir string) (*pause, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p, err := execPause(dir, theirs)
	if err != nil {
		ours.Close()
		return nil, err
	}
	known.add(p.Pid)
	started := &pause{process: p, shim: ours}
	theirs.Close()
	if _, err := io.ReadFull(ours, make([]byte, len(pauseReady))); err != nil {
		started.close()
		return nil, errors.New("its first process has ended")
	}
	return started, nil
}

// execPause executes the small program for a pause, or, where there is none, this one.
func execPause(dir string, socket *os.File) (*os.Process, error) {
	sys := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Setsid: true}
	path, err := pauseProgram()
	if err != nil {
		return execRole(rolePause, dir, sys, socket)
	}
	null, err := devNull()
	if err != nil {
		return nil, err
	}
	return os.StartProcess(path, []string{pauseName, "proc", "/proc"}, &os.ProcAttr{
		Dir: "/", Env: []string{roleVariable + "=" + rolePause + ":" + dir}, Files: []*os.File{null, null, null, socket}, Sys: sys,
	})
}

// kill ends the pause, and with it all that is in its table.
func (p *pause) kill() { _ = p.process.Kill() }

// close ends the pause and waits for that, and so for the end of all in its table.
func (p *pause) close() {
	p.kill()
	_, _ = p.process.Wait()
	known.remove(p.process.Pid)
	p.shim.Close()
}

// A table is the process table of one attempt.
type table struct {
	pause *pause
	// space is the namespace.
	space int
}

// newTable makes a process table, with /proc in the mount namespace of the calling thread.
func (s *space) newTable(dir string) (*table, error) {
	p, err := startPause(dir)
	if err != nil {
		return nil, err
	}
	t := &table{pause: p}
	if t.space, err = syscall.Openat(s.proc, fmt.Sprintf("%d/ns/pid", p.process.Pid), syscall.O_RDONLY|syscall.O_CLOEXEC, 0); err != nil {
		p.close()
		return nil, err
	}
	return t, nil
}

// close ends all that is in the table.
func (t *table) close() {
	t.pause.close()
	syscall.Close(t.space)
}

// shareProcesses gives the pod a process table. The thread that starts processes, which calls it, then starts them there.
func (s *space) shareProcesses(dir string) error {
	t, err := s.newTable(dir)
	if err != nil {
		return err
	}
	if err := setns(t.space, syscall.CLONE_NEWPID); err != nil {
		t.close()
		return err
	}
	tableShared.Store(true)
	s.shared = t
	return nil
}

func socketPair() (a, b *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "pause"), os.NewFile(uintptr(fds[1]), "pause"), nil
}

// runPause is a pause's whole life, where it is this program.
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
