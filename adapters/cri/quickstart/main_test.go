package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
)

// engine starts an engine for a test, and gives the test a folder for temporary files, in which nothing may be left.
func engine(t *testing.T) *enginetest.Engine {
	t.Helper()
	if why := enginetest.Missing(); why != "" {
		t.Skip("no real containers here: " + why)
	}
	home, err := os.MkdirTemp("", "podlife-cri-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(home)) })
	e, err := enginetest.Start(home, enginetest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	})
	return e
}

// lines are what the story says on the way, on any runtime.
var lines = []string{
	"setup done", "journal running", "app exit 3 (Error)", "says: hello from setup", "app: crashing", "Terminating", "the pod is gone",
	"and so is its volume",
}

func TestStory(t *testing.T) {
	e := engine(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, e.Endpoint(), enginetest.Image), out.String())
	for _, want := range append(lines, "real containers on containerd") {
		require.Contains(t, out.String(), want)
	}
}

// The quickstart of the core module tells the same story, with this program.
func TestFromTheCore(t *testing.T) {
	e := engine(t)
	command := exec.Command("go", "run", "./examples/quickstart", "-runtime", "cri", "-endpoint", e.Endpoint(), "-image", enginetest.Image)
	command.Dir = "../../.."
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, want := range append(lines, "real containers on containerd") {
		require.Contains(t, string(out), want)
	}
}

func TestNoEngine(t *testing.T) {
	err := run(t.Context(), io.Discard, "unix:///no/such.sock", "")
	require.ErrorContains(t, err, "there is no such socket")
}
