package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/clustertest"
)

func TestStory(t *testing.T) {
	var out bytes.Buffer
	timeline, err := story(&out)
	require.NoError(t, err)
	require.Contains(t, out.String(), `ProgressDeadlineExceeded: ReplicaSet "web-`)
	require.Contains(t, out.String(), "its image becomes web:2")
	require.NotContains(t, out.String(), "0 ready\n    1m", "the old pods serve all the while")
	page := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, clustertest.WritePage(page, timeline))
	require.FileExists(t, page)
}
