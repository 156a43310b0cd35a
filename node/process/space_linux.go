package process

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// A space is where the processes of a pod live: the namespaces of the thread that starts them all. Nil is where this program
// does. Network, IPC objects and host name are the whole shim's; the mounts, and with shareProcessNamespace the process table,
// are that thread's alone, so that the shim itself goes on seeing the machine's.
type space struct {
	// mounts is the pod's mount namespace, below 0 where it has none of its own.
	mounts int
	// thread is the folder with the namespaces of the thread that starts processes.
	thread int
}

// enter puts the thread that starts processes into the pod's own mounts. The error says that there are none; what could not be
// done of the rest is told by warnings.
func enter(q *sandboxRequest) (s *space, warnings []string, err error) {
	s = &space{mounts: -1, thread: -1}
	onForkThread(func() {
		if s.thread, err = openThread(); err != nil {
			return
		}
		if err = makeMounts(); err == nil {
			s.mounts, err = s.current()
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("mounts: %w", err)
	}
	if q.ShareProcesses {
		if err := s.shareProcesses(q.Dir); err != nil {
			warnings = append(warnings, fmt.Sprintf("its containers do not share a process table: %v", err))
		}
	}
	onForkThread(func() { warnings = append(warnings, podMounts(q)...) })
	return s, warnings, nil
}

// openThread opens the folder of the calling thread's namespaces. It can be looked into from wherever the thread goes.
func openThread() (int, error) {
	path := fmt.Sprintf("/proc/%d/task/%d/ns", os.Getpid(), syscall.Gettid())
	return syscall.Open(path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
}

// current opens the mount namespace that the thread is in. Only the thread itself may call it.
func (s *space) current() (int, error) {
	return syscall.Openat(s.thread, "mnt", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
}

// setnsNumbers are the numbers of the system call setns, where package syscall has none.
var setnsNumbers = map[string]uintptr{
	"386": 346, "amd64": 308, "arm": 375, "arm64": 268, "loong64": 268, "ppc64": 350, "ppc64le": 350, "riscv64": 268, "s390x": 339,
}

// setns puts the calling thread into a namespace of a kind.
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

// view returns what the processes of an attempt see of the file system. Nothing is made before its first run.
func (s *space) view(r startRequest) *view {
	if s == nil || len(r.Mounts) == 0 {
		return nil
	}
	return &view{space: s, request: r, mounts: -1, dir: -1}
}

// A view is what the processes of one attempt see of the file system: a mount namespace of their own. Nil is what its pod sees,
// or this program where that has no space.
type view struct {
	space   *space
	request startRequest
	// mounts is the namespace, and dir the working directory in it; below 0 before the first run.
	mounts, dir int
}

// run calls f, which starts a process in dir, on the thread that starts all, with the view in force there.
func (v *view) run(dir string, f func(dir string)) (err error) {
	onForkThread(func() {
		if v == nil {
			f(dir)
			return
		}
		defer v.leave(&err)
		if err = v.enter(); err == nil {
			f("")
		}
	})
	return err
}

// enter brings the thread into the view and its working directory.
func (v *view) enter() error {
	if v.mounts < 0 {
		return v.make()
	}
	if err := setns(v.mounts, syscall.CLONE_NEWNS); err != nil {
		return err
	}
	return os.NewSyscallError("fchdir", syscall.Fchdir(v.dir))
}

// make makes the view.
func (v *view) make() (err error) {
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if v.dir, err = mountAll(v.request); err != nil {
		return err
	}
	v.mounts, err = v.space.current()
	return err
}

// leave brings the thread back to where its pod is.
func (v *view) leave(err *error) {
	if back := setns(v.space.mounts, syscall.CLONE_NEWNS); back != nil {
		// What is started from here would see another container's files.
		fmt.Fprintln(os.Stderr, back)
		os.Exit(1)
	}
	if *err != nil {
		v.close()
	}
}

// close lets go of the view. Where no process is left in it, it is gone.
func (v *view) close() {
	if v == nil {
		return
	}
	for _, fd := range [...]*int{&v.mounts, &v.dir} {
		if *fd >= 0 {
			syscall.Close(*fd)
			*fd = -1
		}
	}
}
