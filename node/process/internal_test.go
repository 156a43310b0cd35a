//go:build unix

package process

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStopSignalNames(t *testing.T) {
	for name, want := range map[string]syscall.Signal{
		"": syscall.SIGTERM, "SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "SIGKILL": syscall.SIGKILL,
		"SIGRTMIN": 34, "SIGRTMIN+3": 37, "SIGRTMAX": 64, "SIGRTMAX-2": 62,
		"SIGRTMIN+99": syscall.SIGTERM, "SIGRTMAX+1": syscall.SIGTERM, "SIGRTMINX": syscall.SIGTERM, "nonsense": syscall.SIGTERM,
	} {
		require.Equal(t, want, stopSignal(name), name)
	}
}

func TestVariable(t *testing.T) {
	env := []string{"A=1", "B=2=3", "A=4", "EMPTY="}
	for name, want := range map[string]string{"A": "4", "B": "2=3", "EMPTY": "", "NONE": ""} {
		require.Equal(t, want, variable(env, name), name)
	}
}

func TestUnder(t *testing.T) {
	for path, want := range map[string]string{
		"": "/r", "/": "/r", "data": "/r/data", "/data/": "/r/data", "/../../etc": "/r/etc", "/a/../b": "/r/b",
	} {
		require.Equal(t, want, under("/r", path), path)
	}
}
