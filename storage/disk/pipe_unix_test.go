//go:build unix

package disk

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// leavePipe makes a pipe called pipe in a volume, as a container might.
func leavePipe(t *testing.T, volume string) {
	t.Helper()
	require.NoError(t, syscall.Mkfifo(filepath.Join(volume, "pipe"), 0o600))
}

func TestPipeDoesNotBlock(t *testing.T) {
	d, volume, _ := victim(t)
	leavePipe(t, volume)
	_, err := d.ReadFile("uid-1", "v", "pipe")
	require.ErrorContains(t, err, "expected a regular file")
	f, err := d.Open("uid-1", "v", "pipe")
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
