package disk

import (
	"path/filepath"
	"testing"

	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

var (
	_ storage.Driver   = (*Driver)(nil)
	_ storage.Contents = (*Driver)(nil)
	_ storage.Plugin   = (*Claims)(nil)
)

// open returns a driver in a directory of the test's own.
func open(t testing.TB, opts Options) *Driver {
	t.Helper()
	d, err := Open(filepath.Join(quickDir(t), "volumes"), opts)
	require.NoError(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDriver(t *testing.T) {
	storagetest.TestDriver(t, func(t *testing.T) storagetest.Setup {
		d := open(t, Options{})
		return storagetest.Setup{Driver: d, CreateClaim: d.Claims().Create}
	})
}

func TestDriverWithMemory(t *testing.T) {
	storagetest.TestDriver(t, func(t *testing.T) storagetest.Setup {
		d := open(t, Options{Memory: quickDir(t)})
		return storagetest.Setup{Driver: d, CreateClaim: d.Claims().Create}
	})
}
