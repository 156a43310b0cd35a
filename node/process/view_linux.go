package process

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// A view is what the processes of one attempt see of the machine: a mount namespace of their own and, unless the pod shares one, a process
// table. Nil is what its pod sees, or this program where that has no space.
type view struct {
	space *space
	// mounts is the mount namespace, and table the process table, nil for the pod's.
	mounts int
	table  *table
	// request says which volumes are mounted at the first run, and dir is the working directory then, which may be hidden below one;
	// below 0 before, and where there are none.
	request startRequest
	dir     int
}

// newView makes a view for an attempt whose folder is dir. A thread that is in the pod's mounts calls it.
func (s *space) newView(dir string) (v *view, err error) {
	if s == nil {
		return nil, nil
	}
	v = &view{space: s, mounts: -1, dir: -1}
	defer func() {
		v.leave()
		if err != nil {
			v.close()
			v = nil
		}
	}()
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		return v, os.NewSyscallError("unshare", err)
	}
	if v.mounts, err = s.current(); err != nil {
		return v, err
	}
	if s.messages {
		if err := syscall.Mount(filepath.Join(dir, messageName), defaultMessagePath, "", syscall.MS_BIND, ""); err != nil {
			return v, fmt.Errorf("mount at %q: %w", defaultMessagePath, err)
		}
	}
	if s.tables {
		v.table, err = s.newTable(filepath.Dir(dir))
	}
	return v, err
}

// hasMessage reports whether the termination message is mounted.
func (v *view) hasMessage() bool { return v != nil && v.space.messages }

// apart reports whether processes of the view are in another process table than this program, and cannot see it.
func (v *view) apart() bool { return v != nil && v.table != nil }

// furnish says what is mounted at the first run.
func (v *view) furnish(r startRequest) {
	if v != nil {
		v.request = r
	}
}

// run calls f, which starts a process in dir, on the thread that starts all, with the view in force there.
func (v *view) run(dir string, f func(dir string)) (err error) {
	onForkThread(func() {
		if v == nil {
			f(dir)
			return
		}
		defer v.leave()
		if err = v.enter(); err != nil {
			return
		}
		if v.dir >= 0 {
			dir = ""
		}
		f(dir)
	})
	return err
}

// enter brings the thread into the view, and its working directory where that is hidden.
func (v *view) enter() (err error) {
	if err := setns(v.mounts, syscall.CLONE_NEWNS); err != nil {
		return err
	}
	switch {
	case v.dir >= 0:
		err = os.NewSyscallError("fchdir", syscall.Fchdir(v.dir))
	case len(v.request.Mounts) > 0:
		v.dir, err = mountAll(v.request)
	}
	if err == nil && v.table != nil {
		err = setns(v.table.space, syscall.CLONE_NEWPID)
	}
	return err
}

// leave brings the calling thread back to the mounts of its pod. The process table of its children stays, until the next view is entered:
// in a user namespace nothing leads back to the machine's.
func (v *view) leave() {
	if err := setns(v.space.mounts, syscall.CLONE_NEWNS); err != nil {
		// What is started from here would see another container's files.
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// kill kills all that is in the view's own process table, and reports whether there is one.
func (v *view) kill() bool {
	if !v.apart() {
		return false
	}
	v.table.pause.kill()
	return true
}

// close lets go of the view. Where no process is left in it, it is gone; those in its own process table are ended, and those among them
// that this program started must be reaped by then.
func (v *view) close() {
	if v == nil {
		return
	}
	if v.table != nil {
		v.table.close()
		v.table = nil
	}
	for _, fd := range [...]*int{&v.mounts, &v.dir} {
		if *fd >= 0 {
			syscall.Close(*fd)
			*fd = -1
		}
	}
}
