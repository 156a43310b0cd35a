//go:build unix

package manifests_test

import (
	"io"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/internal/manifests"
)

func TestOpenDoesNotWaitForAPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	f, err := manifests.Open(name)
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Empty(t, text)
}
