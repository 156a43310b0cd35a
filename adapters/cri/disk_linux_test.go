package cri_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// fill writes a file until its file system has no room left.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err = f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
}

// An engine whose disk is full says so, of a sandbox and of a container, and goes on once there is room.
func TestDiskFull(t *testing.T) {
	sharedEngine(t)
	dir, err := os.MkdirTemp("", "podlife-cri-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	root := filepath.Join(dir, "root")
	require.NoError(t, os.Mkdir(root, 0o755))
	err = syscall.Mount("tmpfs", root, "tmpfs", 0, "size=64m")
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no small file system can be mounted here")
	}
	require.NoError(t, err)
	e, err := enginetest.Start(dir, enginetest.Options{Binaries: os.Getenv("PODLIFE_CONTAINERD")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	r := newRuntime(t, func(c *cri.Config) { c.Endpoint = e.Endpoint() })
	b := newBox(t, r, "  containers: [{name: a, image: IMAGE, command: [sleep, '1000']}]\n")

	filler := filepath.Join(root, "filler")
	fill(t, filler)
	err = b.start("a")
	var start *node.StartError
	require.ErrorAs(t, err, &start)
	require.Equal(t, pod.ReasonCreateContainerError, start.Reason)
	require.Contains(t, start.Message, "the engine's disk is full")
	require.Contains(t, start.Message, "free some space where the engine keeps images and containers")
	second := b.p.Clone()
	second.UID, second.Name = "second", "second"
	err = r.CreateSandbox(t.Context(), second)
	require.ErrorIs(t, err, cri.ErrDiskFull)

	require.NoError(t, os.Remove(filler))
	require.NoError(t, r.CreateSandbox(t.Context(), second))
	require.NoError(t, b.start("a"))
}
