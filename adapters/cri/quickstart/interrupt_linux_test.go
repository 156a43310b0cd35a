package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
)

// Who asks the quickstart of the core module to end, while containers run, finds that nothing of them is left.
func TestInterrupted(t *testing.T) {
	e := engine(t)
	program := filepath.Join(t.TempDir(), "quickstart")
	build := exec.Command("go", "build", "-o", program, "./examples/quickstart")
	build.Dir = "../../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	play := exec.Command(program, "-runtime", "cri", "-endpoint", e.Endpoint(), "-image", enginetest.Image)
	play.Dir = "../../.."
	stdout, err := play.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, play.Start())
	runs := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if !runs && strings.Contains(lines.Text(), "Running") {
			runs = true
			require.NoError(t, play.Process.Signal(syscall.SIGTERM))
		}
	}
	require.Error(t, play.Wait())
	require.True(t, runs)
	require.Equal(t, 1, play.ProcessState.ExitCode())

	all, err := exec.Command("ctr", "-a", e.Socket(), "-n", "k8s.io", "containers", "ls", "-q").Output()
	require.NoError(t, err)
	require.Empty(t, string(all), "neither containers nor sandboxes are left")
}
