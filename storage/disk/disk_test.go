package disk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/stretchr/testify/require"
)

var _ storage.Driver = (*Driver)(nil)

func cachePod(uid pod.UID) *pod.Pod {
	return &pod.Pod{
		ObjectMeta: pod.ObjectMeta{Name: "web", Namespace: "default", UID: uid},
		Spec:       pod.Spec{Volumes: []pod.Volume{{Name: "cache"}}},
	}
}

func TestEmptyDirLivesAsLongAsItsUID(t *testing.T) {
	d, err := New(filepath.Join(t.TempDir(), "volumes"))
	require.NoError(t, err)
	defer d.Close()
	require.NoError(t, d.Mount(cachePod("first"), nil))
	dir, err := d.Path("first", "cache")
	require.NoError(t, err)
	at, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|0o777, at.Mode())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), []byte("kept"), 0o600))
	require.NoError(t, d.Mount(cachePod("first"), nil))
	require.FileExists(t, filepath.Join(dir, "x"))

	require.NoError(t, d.Mount(cachePod("second"), nil))
	mounted, err := d.Mounted()
	require.NoError(t, err)
	require.Equal(t, []pod.UID{"first", "second"}, mounted)
	require.NoError(t, d.Unmount("first"))
	require.NoError(t, d.Unmount("first"))
	require.NoDirExists(t, dir)
	_, err = d.Path("first", "cache")
	require.ErrorIs(t, err, storage.ErrNotMounted)
	other, err := d.Path("second", "cache")
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(other, "x"))

	gone, err := storage.Sweep(d, nil)
	require.NoError(t, err)
	require.Equal(t, []pod.UID{"second"}, gone)
	require.NoDirExists(t, other)
}
