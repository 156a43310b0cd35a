package process

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

const shimsWork = true

// Files in a pod's folder.
const (
	requestName = "pod.json" // the sandboxRequest
	shimLogName = "pod.log"  // what a shim says when it fails
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
	ports, err := listenHostPorts(q.HostPorts)
	if err != nil {
		return nil, err
	}
	defer closeAll(ports)
	var refused error
	for _, way := range waysToStart(q) {
		if way.request.Network {
			way.ports = ports
		}
		if way.without != "" {
			way.request.Warnings = append(way.request.Warnings, fmt.Sprintf("%s: %v", way.without, refused))
		}
		conn, first, err := tryShim(way)
		if err == nil {
			return newRemote(conn, first, changed, lost), nil
		}
		refused = err
	}
	return nil, fmt.Errorf("shim: %w", refused)
}

// tryShim starts a shim in one way.
func tryShim(w way) (*net.UnixConn, tell, error) {
	dir := w.request.Dir
	if err := writeRequest(w.request); err != nil {
		return nil, tell{}, err
	}
	socket, err := listenShim(dir)
	if err != nil {
		return nil, tell{}, fmt.Errorf("socket: %w", err)
	}
	defer socket.Close()
	p, err := execRole(roleShim, dir, w.sys, append([]*os.File{socket}, w.ports...)...)
	if err != nil {
		return nil, tell{}, err
	}
	shims.Store(p.Pid, p)
	socket.Close()
	conn, first, err := watchShim(dir)
	if err == nil {
		return conn, first, nil
	}
	_ = p.Kill()
	reapShim(p.Pid)
	return nil, first, cmp.Or(lastWords(dir), err)
}

// writeRequest leaves the request where the shim finds it. The file is never half there.
func writeRequest(q sandboxRequest) error {
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(q.Dir, socketName)); err != nil && !errors.Is(err, os.ErrNotExist) {
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

// lastWords takes what a shim said when it failed, nil where it said nothing.
func lastWords(dir string) error {
	path := filepath.Join(dir, shimLogName)
	b, _ := os.ReadFile(path)
	_ = os.Remove(path)
	if text := strings.TrimSpace(string(b)); text != "" {
		return errors.New(text)
	}
	return nil
}

// execRole executes this program in a session of its own, with sockets from shimSocket on.
func execRole(role, dir string, sys *syscall.SysProcAttr, sockets ...*os.File) (*os.Process, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	log, err := os.OpenFile(filepath.Join(dir, shimLogName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	sys.Setsid = true
	return os.StartProcess(self, []string{rolePrefix + role, filepath.Base(dir)}, &os.ProcAttr{
		Dir:   "/",
		Env:   []string{roleVariable + "=" + role + ":" + dir, "PATH=" + os.Getenv("PATH"), "GOMAXPROCS=2"},
		Files: append([]*os.File{null, log, log}, sockets...),
		Sys:   sys,
	})
}

// A way to start a shim: what it is told, the namespaces it gets, sockets for the host ports, and what the pod is without, if anything.
type way struct {
	request sandboxRequest
	sys     *syscall.SysProcAttr
	ports   []*os.File
	without string
}

// waysToStart are the ways to start a shim, the best first: with all that is asked for; with a user namespace around it, in which
// this user may make the others; without any.
func waysToStart(q sandboxRequest) []way {
	flags := namespaces(q)
	if flags == 0 && !q.Mounts {
		return []way{{request: q, sys: &syscall.SysProcAttr{}}}
	}
	plain := q
	plain.HostName, plain.Network, plain.IPC, plain.Mounts, plain.ShareProcesses, plain.OwnProcesses = "", false, false, false, false, false
	plain.HostPorts = nil
	return []way{
		{request: q, sys: &syscall.SysProcAttr{Cloneflags: flags}},
		{request: q, sys: inUserNamespace(flags)},
		{request: plain, sys: &syscall.SysProcAttr{}, without: "its processes are not isolated"},
	}
}

// namespaces are those that a shim is to get for its pod.
func namespaces(q sandboxRequest) (flags uintptr) {
	if q.Network {
		flags |= syscall.CLONE_NEWNET
	}
	if q.IPC {
		flags |= syscall.CLONE_NEWIPC
	}
	if q.HostName != "" {
		flags |= syscall.CLONE_NEWUTS
	}
	return flags
}

// inUserNamespace makes this user root of a user namespace that the other namespaces belong to.
func inUserNamespace(flags uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  flags | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
}
