//go:build unix && !linux

package process

import (
	"os"
	"syscall"
)

// childSys makes a child lead a session.
func childSys(*int) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func onForkThread(f func()) { f() }

func exitFile(int) *os.File { return nil }

// waitEnded waits for c's process and reaps it.
func waitEnded(c *child) { c.state, _ = c.proc.Wait() }

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

func startIn(_ *cgroup, path string, argv []string, attr *os.ProcAttr) (*os.Process, error) {
	return os.StartProcess(path, argv, attr)
}
