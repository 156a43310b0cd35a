//go:build !unix

package process

import (
	"os"
	"syscall"
)

// A child is a process that this program started.
type child struct {
	pid   int
	proc  *os.Process
	state *os.ProcessState
}

// childAttr is what a child is started with.
type childAttr struct {
	env    []string
	dir    string
	stdout *os.File
	stderr *os.File
	group  *cgroup
	apart  bool
}

func onForkThread(f func()) { f() }

// startChild starts path with argv.
func startChild(path string, argv []string, a childAttr) (*child, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	p, err := os.StartProcess(path, argv, &os.ProcAttr{
		Dir:   a.dir,
		Env:   a.env,
		Files: []*os.File{null, a.stdout, a.stderr},
	})
	if err != nil {
		return nil, err
	}
	return &child{pid: p.Pid, proc: p}, nil
}

func newPipe() (r, w *os.File, err error) { return os.Pipe() }

// signal ends the process: there are no signals here that ask for it.
func (c *child) signal(syscall.Signal) { c.kill() }

func (c *child) kill() { _ = c.proc.Kill() }

// ended waits for the process.
func (c *child) ended() { c.state, _ = c.proc.Wait() }

// reap returns the exit code of a process that has ended.
func (c *child) reap() int32 {
	if c.state == nil {
		return codeUnknown
	}
	return int32(c.state.ExitCode())
}

// killLeftovers does nothing: there are no process groups here.
func killLeftovers([]int, string) {}
