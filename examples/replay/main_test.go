package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	scenarios := filepath.Join("..", "..", "lifecycle", "lifecycletest", "testdata", "traces", "scenarios")
	require.NoError(t, replay(dir, []string{scenarios}))
	written, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	given, err := filepath.Glob(filepath.Join(scenarios, "*.yaml"))
	require.NoError(t, err)
	require.Len(t, written, len(given))
	data, err := os.ReadFile(filepath.Join(dir, "always-crash-loop.json"))
	require.NoError(t, err)
	require.Contains(t, string(data), `"reason": "CrashLoopBackOff"`)
}

func TestReplayRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(file, []byte("name: x\nuntil: 5s\nstep: []\n"), 0o644))
	require.ErrorContains(t, replay("", []string{file}), file+":3:1: step: unknown field")
}
