package main

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
)

func TestStory(t *testing.T) {
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

	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, e.Endpoint(), enginetest.Image), out.String())
	for _, want := range []string{
		"real containers on containerd", "setup done", "journal running", "app exit 3 (Error)", "says: hello from setup",
		"app: crashing", "Terminating", "the pod is gone", "and so is its volume",
	} {
		require.Contains(t, out.String(), want)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestNoEngine(t *testing.T) {
	err := run(t.Context(), io.Discard, "unix:///no/such.sock", "")
	require.ErrorContains(t, err, "there is no such socket")
}
