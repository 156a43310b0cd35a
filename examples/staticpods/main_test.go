package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/process"
)

func TestMain(m *testing.M) {
	process.Init()
	os.Exit(m.Run())
}

// TestFolder edits a folder of manifests, and reads what the node shows of it.
func TestFolder(t *testing.T) {
	const manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n" +
		"spec: {terminationGracePeriodSeconds: 1, containers: [{name: app, image: none, command: [sh, -c, exec sleep 600]}]}\n"
	folder := t.TempDir()
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "web.yaml"), []byte(text), 0o644))
	}
	ctx, stop := context.WithCancel(t.Context())
	from, to := io.Pipe()
	ran := make(chan error, 1)
	go func() {
		err := run(ctx, to, t.TempDir(), folder)
		to.Close()
		ran <- err
	}()
	lines := bufio.NewScanner(from)
	next := func(want string) string {
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return lines.Text()
			}
		}
		t.Fatalf("%q did not come", want)
		return ""
	}

	write(manifest)
	first := next("web-node Running restarts=0")
	write(manifest[:len(manifest)-20])
	next("web.yaml")
	write(strings.ReplaceAll(manifest, "600", "601"))
	next("web-node gone")
	second := next("web-node Running restarts=0")
	require.NotEqual(t, first, second, "another manifest is another pod")
	require.NoError(t, os.Remove(filepath.Join(folder, "web.yaml")))
	next("web-node gone")
	stop()
	for lines.Scan() {
	}
	require.NoError(t, <-ran)
}
