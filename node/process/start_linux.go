package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

const shimsWork = true

// roleVariable tells this program, executed again, what it is: the name of a role, and the pod's folder.
const (
	roleVariable = "PODLIFE_ROLE"
	roleShim     = "shim"
	rolePause    = "pause"
)

// Files in a pod's folder.
const (
	requestName = "sandbox"  // the sandboxRequest
	shimLogName = "shim.log" // what a shim says when it fails
)

// self is this program, also where its file was replaced.
const self = "/proc/self/exe"

// shims are the shims that this program has started and must reap, by number.
var shims sync.Map

// reapShim waits for the end of a shim, where it is a child of this program.
func reapShim(pid int) {
	if p, ok := shims.LoadAndDelete(pid); ok {
		_, _ = p.(*os.Process).Wait()
	}
}

// startShim starts a shim in the pod's folder, with all that is asked for if it is permitted, else with less, and connects to it.
func startShim(q sandboxRequest, changed, lost func()) (*remote, error) {
	if err := writeRequest(q); err != nil {
		return nil, err
	}
	socket, err := listenShim(q.Dir)
	if err != nil {
		return nil, fmt.Errorf("socket of the shim: %w", err)
	}
	defer socket.Close()
	if err := execShim(q, socket); err != nil {
		return nil, fmt.Errorf("shim: %w", err)
	}
	socket.Close()
	conn, hello, err := watchShim(q.Dir)
	if err != nil {
		return nil, errors.Join(err, lastWords(q.Dir))
	}
	return newRemote(conn, hello, changed, lost), nil
}

// writeRequest leaves the request where the shim finds it. The file is never half there.
func writeRequest(q sandboxRequest) error {
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	path := filepath.Join(q.Dir, requestName)
	if err := os.WriteFile(path+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// readRequest is what writeRequest wrote.
func readRequest(dir string) (q sandboxRequest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, requestName))
	if err != nil {
		return q, err
	}
	return q, json.Unmarshal(b, &q)
}

// lastWords is what a shim said when it failed, nil where it said nothing.
func lastWords(dir string) error {
	b, _ := os.ReadFile(filepath.Join(dir, shimLogName))
	if text := strings.TrimSpace(string(b)); text != "" {
		return errors.New(text)
	}
	return nil
}

// execShim executes this program as a shim. A kernel that refuses namespaces to it is asked again with a user namespace around
// them, and then without any.
func execShim(q sandboxRequest, socket *os.File) error {
	var err error
	for _, sys := range shimSys(q) {
		if err = execRole(roleShim, q.Dir, socket, sys); !refused(err) {
			return err
		}
	}
	return err
}

// refused reports whether an error says that namespaces are not permitted.
func refused(err error) bool {
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.EINVAL, syscall.ENOSPC, syscall.ENOSYS, syscall.EUSERS} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// execRole executes this program in a session of its own.
func execRole(role, dir string, socket *os.File, sys *syscall.SysProcAttr) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	log, err := os.OpenFile(filepath.Join(dir, shimLogName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	sys.Setsid = true
	p, err := os.StartProcess(self, []string{"podlife-" + role, filepath.Base(dir)}, &os.ProcAttr{
		Dir:   "/",
		Env:   []string{roleVariable + "=" + role + ":" + dir, "PATH=" + os.Getenv("PATH"), "GOMAXPROCS=2"},
		Files: []*os.File{null, log, log, socket},
		Sys:   sys,
	})
	if err == nil {
		shims.Store(p.Pid, p)
	}
	return err
}

// shimSys are the ways to start a shim, the best first.
func shimSys(q sandboxRequest) []*syscall.SysProcAttr {
	return []*syscall.SysProcAttr{{}}
}
