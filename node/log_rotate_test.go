package node_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
)

func TestRotatedLogs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	older := node.RotatedLog(path, time.Date(2026, 1, 1, 9, 0, 0, 1, time.UTC))
	newer := node.RotatedLog(path, time.Date(2026, 1, 1, 10, 0, 0, 0, time.FixedZone("", 0)))
	require.Equal(t, path+".20260101-090000.000000001", older)
	for _, file := range []string{path, newer, older, path + ".note", filepath.Join(dir, "app.log2"), older + ".gz"} {
		require.NoError(t, os.WriteFile(file, nil, 0o600))
	}
	require.Equal(t, []string{older, newer}, node.RotatedLogs(path))
	require.Empty(t, node.RotatedLogs(filepath.Join(dir, "none", "app.log")))

	require.NoError(t, node.RemoveLog(path))
	require.NoError(t, node.RemoveLog(path), "it has gone already")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 3, "what was not the log's stays")
}
