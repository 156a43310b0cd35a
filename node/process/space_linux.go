package process

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// A space is where the processes of a pod live: the namespaces of the thread that starts them all. Nil is where this program
// does. Network, IPC objects and host name are the whole shim's; the mounts, and with shareProcessNamespace the process table,
// are that thread's alone, so that the shim itself goes on seeing the machine's.
type space struct {
	// mounts is the pod's mount namespace.
	mounts int
	// proc is the machine's /proc, which can be looked into from wherever a thread is.
	proc int
	// shared is the process table that the pod's containers share, nil where they do not. It ends with this program.
	shared *table
	// messages says that there is a file for termination messages to be mounted on, and tables that each attempt has a process table.
	messages, tables bool
	// visited says that the thread which makes berths is in the pod's mounts. It is for that thread alone.
	visited bool
}

// enter puts the thread that starts processes into the pod's own mounts. The error says that there are none; what could not be
// done of the rest is told by warnings.
func enter(q *sandboxRequest) (s *space, warnings []string, err error) {
	s = &space{mounts: -1, proc: -1}
	onForkThread(func() { err = s.begin() })
	if err != nil {
		return nil, nil, fmt.Errorf("mounts: %w", err)
	}
	if q.ShareProcesses {
		onForkThread(func() { err = s.shareProcesses(q.Dir) })
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("its containers do not share a process table: %v", err))
		}
	}
	onForkThread(func() {
		warnings = append(warnings, podMounts(q)...)
		if err := makeMessagePlace(filepath.Join(q.Dir, "pod.scratch")); err != nil {
			warnings = append(warnings, fmt.Sprintf("%s is found only below the folder that a process starts in: %v", defaultMessagePath, err))
		} else {
			s.messages = true
		}
	})
	s.tables = q.OwnProcesses
	return s, warnings, nil
}

// begin opens what leads back to the machine, and makes the mounts.
func (s *space) begin() (err error) {
	const folder = syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_CLOEXEC
	if s.proc, err = syscall.Open("/proc", folder, 0); err != nil {
		return err
	}
	if err = makeMounts(); err == nil {
		s.mounts, err = s.current()
	}
	return err
}

// visit brings a thread that is not the one that starts children into the pod's mounts, where it may make views.
func (s *space) visit() {
	if s == nil || s.visited {
		return
	}
	err := os.NewSyscallError("unshare", syscall.Unshare(syscall.CLONE_FS))
	if err == nil {
		err = setns(s.mounts, syscall.CLONE_NEWNS)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s.visited = true
}

// current opens the mount namespace that the calling thread is in.
func (s *space) current() (int, error) {
	path := fmt.Sprintf("%d/task/%d/ns/mnt", os.Getpid(), syscall.Gettid())
	return syscall.Openat(s.proc, path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
}

// hasMessages reports whether each attempt's termination message is mounted.
func (s *space) hasMessages() bool { return s != nil && s.messages }

// hasTables reports whether each attempt has a process table.
func (s *space) hasTables() bool { return s != nil && s.tables }

// setnsNumbers are the numbers of the system call setns, where package syscall has none.
var setnsNumbers = map[string]uintptr{
	"386": 346, "amd64": 308, "arm": 375, "arm64": 268, "loong64": 268, "ppc64": 350, "ppc64le": 350, "riscv64": 268, "s390x": 339,
}

// setns puts the calling thread, or with a process table its children, into a namespace of a kind.
func setns(fd int, kind uintptr) error {
	number, ok := setnsNumbers[runtime.GOARCH]
	if !ok {
		return syscall.ENOSYS
	}
	if _, _, errno := syscall.RawSyscall(number, uintptr(fd), kind, 0); errno != 0 {
		return os.NewSyscallError("setns", errno)
	}
	return nil
}
