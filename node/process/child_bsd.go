//go:build unix && !linux

package process

import (
	"os"
	"syscall"
)

// childSys makes a child lead a session.
func childSys(*int, bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func onForkThread(f func()) { f() }

func exitFile(int) *os.File { return nil }

// started is a process that this program has started. Package os keeps signals away from a number that was given to another process.
type started struct{ *os.Process }

func (p started) pid() int { return p.Pid }

func (p started) signal(sig syscall.Signal) { _ = p.Signal(sig) }

// wait waits for the end and reaps.
func (p started) wait() (*syscall.WaitStatus, error) {
	state, err := p.Wait()
	if err != nil {
		return nil, err
	}
	return new(state.Sys().(syscall.WaitStatus)), nil
}

// waitEnded waits for c's process and reaps it.
func waitEnded(c *child) { c.status, _ = c.proc.wait() }

// findLeftovers finds nothing: the group was killed already, and there is no portable way to look for more.
func findLeftovers([]int, string) (found []int, unsure bool) { return nil, false }

func makePipe(fds *[2]int) error {
	err := syscall.Pipe(fds[:])
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	return err
}

func startIn(_ *cgroup, path string, argv []string, attr *syscall.ProcAttr) (started, error) {
	pid, _, err := syscall.StartProcess(path, argv, attr)
	if err != nil {
		return started{}, err
	}
	p, err := os.FindProcess(pid)
	return started{p}, err
}
