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
	require.Contains(t, out.String(), `completed indexes "0-2,4", failed indexes "3"; Failed: Job has failed indexes`)
	require.Len(t, timeline.Lives, 7, "five indexes, and two second tries")
	page := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, clustertest.WritePage(page, timeline))
	require.FileExists(t, page)
}
