package process

import (
	"strconv"
	"strings"
	"syscall"
)

// The real-time signals that a C library leaves to programs on Linux.
const (
	sigRTMin = 34
	sigRTMax = 64
)

// stopSignal returns the signal of a name such as "SIGTERM" or "SIGRTMIN+3"; SIGTERM for one that this system does not have.
func stopSignal(name string) syscall.Signal {
	if sig, ok := signals[name]; ok {
		return sig
	}
	if n, ok := strings.CutPrefix(name, "SIGRTMIN"); ok {
		return realTime(sigRTMin, n)
	}
	if n, ok := strings.CutPrefix(name, "SIGRTMAX"); ok {
		return realTime(sigRTMax, n)
	}
	return syscall.SIGTERM
}

// realTime adds an offset, such as "+3", "-1" or nothing, to a real-time signal.
func realTime(base int, offset string) syscall.Signal {
	n, err := strconv.Atoi(offset)
	if offset == "" {
		n, err = 0, nil
	}
	if sig := base + n; err == nil && sig >= sigRTMin && sig <= sigRTMax {
		return syscall.Signal(sig)
	}
	return syscall.SIGTERM
}
