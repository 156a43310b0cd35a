package manifests_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/internal/manifests"
)

func write(t *testing.T, names ...string) {
	for _, name := range names {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, nil, 0o644))
	}
}

func TestBelow(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "all/b.yml", "all/a.yaml", "all/deep/c.json", "all/read.me", "elsewhere/linked.yaml", "elsewhere/more/d.yaml")
	require.NoError(t, os.Symlink("../elsewhere/linked.yaml", "all/link.yaml"))
	require.NoError(t, os.Symlink("../elsewhere/more", "all/more.yaml"))
	files, err := manifests.Below("all")
	require.NoError(t, err)
	require.Equal(t, []string{"all/a.yaml", "all/b.yml", "all/deep/c.json", "all/link.yaml"}, files)
}

func TestBelowSaysWhatItCouldNotLookAt(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "some/a.yaml")
	require.NoError(t, os.Symlink("nowhere", "some/b.yaml"))
	files, err := manifests.Below("some")
	require.Equal(t, []string{"some/a.yaml"}, files)
	require.EqualError(t, err, "stat some/b.yaml: no such file or directory")
	require.NoError(t, os.Mkdir("none", 0o755))
	_, err = manifests.Below("none")
	require.EqualError(t, err, "none: no manifests (*.yaml, *.yml, *.json) in this folder")
}
