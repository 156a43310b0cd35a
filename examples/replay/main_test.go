package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	clusters := filepath.Join("..", "..", "cluster", "clustertest", "testdata", "workload-traces", "scenarios")
	scenarios := filepath.Join("..", "..", "lifecycle", "lifecycletest", "testdata", "traces", "scenarios")
	var printed bytes.Buffer
	page := filepath.Join(dir, "page.html")
	require.NoError(t, (&replay{out: &printed, folder: dir, page: page}).all([]string{scenarios, clusters}))
	written, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	for _, folder := range []string{scenarios, clusters} {
		given, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		require.NoError(t, err)
		require.NotEmpty(t, given)
		for _, file := range given {
			require.Contains(t, written, filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), ".yaml")+".json"))
		}
	}
	require.Contains(t, printed.String(), "deployment-create: ")
	require.FileExists(t, page)
	data, err := os.ReadFile(filepath.Join(dir, "always-crash-loop.json"))
	require.NoError(t, err)
	require.Contains(t, string(data), `"reason": "CrashLoopBackOff"`)
}

func TestReplayRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(file, []byte("name: x\nuntil: 5s\nstep: []\n"), 0o644))
	require.ErrorContains(t, (&replay{out: io.Discard}).all([]string{file}), file+":3:1: step: unknown field")
	require.ErrorContains(t, (&replay{out: io.Discard}).all([]string{t.TempDir()}), "no *.yaml file in this folder")
}
