package disk

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/podlife/podlife/network"
	"github.com/stretchr/testify/require"
)

// addresses is a snapshot of a range in which n addresses are held.
func addresses(t *testing.T, n int) []byte {
	t.Helper()
	r := emptyRange(t)
	for range n {
		_, err := r.Acquire(time.Unix(1, 0), network.Holder{UID: "uid-1", Name: "default/web"})
		require.NoError(t, err)
	}
	return r.Snapshot()
}

func emptyRange(t *testing.T) *network.Range {
	t.Helper()
	r, err := network.NewRange(network.RangeConfig{Prefix: netip.MustParsePrefix("10.0.0.0/24")})
	require.NoError(t, err)
	return r
}

// TestSnapshotAtEveryStep stops WriteSnapshot after each step, by the end of the process and by an error of the disk. The
// file is the old one or the new one, and the next call works.
func TestSnapshotAtEveryStep(t *testing.T) {
	old, next, last := addresses(t, 1), addresses(t, 2), addresses(t, 3)
	for _, crash := range []bool{true, false} {
		for n := 1; ; n++ {
			path := filepath.Join(quickDir(t), "node", "addresses")
			require.NoError(t, WriteSnapshot(path, old))
			s := &stopper{left: n, crash: crash}
			var err error
			crashed := crashes(func() { err = writeSnapshot(path, next, s.step) })
			got, readErr := os.ReadFile(path)
			require.NoError(t, readErr)
			if s.left > 0 {
				require.NoError(t, err)
				require.Equal(t, next, got)
				require.Equal(t, 4, n, "steps are create, write, rename")
				break
			}
			require.Equal(t, old, got, "stopped at step %d of %v", n, s.log)
			require.NoError(t, emptyRange(t).Restore(got))
			require.True(t, crashed || err != nil)
			require.NoError(t, WriteSnapshot(path, last))
			got, readErr = os.ReadFile(path)
			require.NoError(t, readErr)
			require.Equal(t, last, got)
			left, readErr := os.ReadDir(filepath.Dir(path))
			require.NoError(t, readErr)
			require.Len(t, left, 1)
		}
	}
}

func TestSnapshotInTheWrongPlace(t *testing.T) {
	dir := quickDir(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "taken", "x"), 0o700))
	require.ErrorContains(t, WriteSnapshot(filepath.Join(dir, "taken"), nil), "snapshot")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	require.ErrorContains(t, WriteSnapshot(filepath.Join(dir, "file", "x"), nil), "snapshot")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 2)
}
