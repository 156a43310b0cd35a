package cri

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// groupTree makes files as the kernel would, and returns their folder.
func groupTree(t *testing.T, files ...string) string {
	t.Helper()
	tree := t.TempDir()
	for _, name := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(tree, name), nil, 0o644))
	}
	return tree
}

func read(t *testing.T, tree, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tree, name))
	require.NoError(t, err)
	return string(text)
}

var whole = pod.LinuxResources{CPUShares: 512, CPUQuota: 50000, CPUPeriod: 100000, Memory: 1 << 20}

// In version 2 all groups above hand out cpu and memory, and one folder has all files.
func TestUnifiedGroup(t *testing.T) {
	tree := groupTree(t, "cgroup.subtree_control", "podlife/cgroup.subtree_control",
		"podlife/podu/cpu.weight", "podlife/podu/cpu.max", "podlife/podu/memory.max")
	g := podGroups{parent: "podlife", tree: tree, unified: true}
	require.Equal(t, "/podlife/podu", g.name("u"))
	require.NoError(t, g.make("u", whole))
	require.Equal(t, "+cpu +memory", read(t, tree, "cgroup.subtree_control"))
	require.Equal(t, "+cpu +memory", read(t, tree, "podlife/cgroup.subtree_control"))
	require.Equal(t, "59", read(t, tree, "podlife/podu/cpu.weight"))
	require.Equal(t, "50000 100000", read(t, tree, "podlife/podu/cpu.max"))
	require.Equal(t, "1048576", read(t, tree, "podlife/podu/memory.max"))
	require.Equal(t, []string{filepath.Join(tree, "podlife/podu")}, g.folders("u"))
}

// In version 1 each controller has a folder. What has no limit is left as it is.
func TestGroupOfEachController(t *testing.T) {
	tree := groupTree(t, "cpu/a/podu/cpu.shares", "memory/a/podu/memory.limit_in_bytes", "pids/tasks")
	g := podGroups{parent: "/a", tree: tree}
	require.NoError(t, g.make("u", pod.LinuxResources{CPUShares: 2}))
	require.Equal(t, "2", read(t, tree, "cpu/a/podu/cpu.shares"))
	require.Empty(t, read(t, tree, "memory/a/podu/memory.limit_in_bytes"))
	require.Error(t, g.make("u", whole), "a quota cannot be set here")
	require.Len(t, g.folders("u"), 3)
}

// A slice is systemd's, and without a parent the engine decides: nothing is made, and nothing removed.
func TestNoGroupOfItsOwn(t *testing.T) {
	for _, parent := range []string{"", "podlife.slice"} {
		g := podGroups{parent: parent, tree: filepath.Join(t.TempDir(), "absent")}
		require.Equal(t, parent, g.name("u"))
		require.NoError(t, g.make("u", whole))
		require.NoError(t, g.limit("u", whole))
		require.NoError(t, g.remove("u"))
		require.NoDirExists(t, g.tree)
	}
}
