package cri

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The real-time signals that a C library leaves to programs.
const (
	sigRTMin = 34
	sigRTMax = 64
)

// sendSignal sends a signal by its name, such as SIGUSR1 or SIGRTMIN+3.
func sendSignal(pid int, name string) error {
	sig := unix.SignalNum(name)
	for prefix, base := range map[string]int{"SIGRTMIN": sigRTMin, "SIGRTMAX": sigRTMax} {
		if offset, ok := strings.CutPrefix(name, prefix); ok {
			n, _ := strconv.Atoi(offset)
			sig = unix.Signal(base + n)
		}
	}
	if sig <= 0 || sig > sigRTMax {
		return fmt.Errorf("signal %q is not one of this machine", name)
	}
	return unix.Kill(pid, sig)
}
