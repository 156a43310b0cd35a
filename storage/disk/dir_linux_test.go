//go:build !podlife_portable

package disk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// openTest opens a directory that has a link out of it, one within, and a directory with a file.
func openTest(t *testing.T) (d *dir, outside string) {
	t.Helper()
	base := quickDir(t)
	outside = filepath.Join(base, "outside")
	require.NoError(t, os.MkdirAll(filepath.Join(base, "top", "real"), 0o755))
	require.NoError(t, os.Mkdir(outside, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "precious"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(base, "top", "real", "file"), nil, 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(base, "top", "out")))
	require.NoError(t, os.Symlink("real", filepath.Join(base, "top", "in")))
	d, err := openTop(filepath.Join(base, "top"))
	require.NoError(t, err)
	t.Cleanup(func() { d.Close() })
	return d, outside
}

// TestNoLinkIsFollowed tries every way to a place beyond a link or above the directory.
func TestNoLinkIsFollowed(t *testing.T) {
	d, outside := openTest(t)
	before, err := os.Stat(outside)
	require.NoError(t, err)
	ways := map[string]func(name string) error{
		"openDir":   func(name string) error { _, err := d.openDir(name); return err },
		"openFile":  func(name string) error { _, err := d.openFile(name); return err },
		"create":    func(name string) error { _, err := d.create(name); return err },
		"mkdir":     func(name string) error { return d.mkdir(name, 0o700) },
		"chmod":     func(name string) error { return d.chmod(name, 0o700) },
		"symlink":   func(name string) error { return d.symlink("x", name) },
		"readlink":  func(name string) error { _, err := d.readlink(name + "/x"); return err },
		"remove":    func(name string) error { return d.remove(name + "/precious") },
		"removeDir": func(name string) error { return d.removeDir(name + "/precious") },
		"from":      func(name string) error { return d.rename(name+"/precious", "stolen") },
		"to":        func(name string) error { return d.rename("real/file", name+"/file") },
	}
	for way, try := range ways {
		for _, name := range []string{"out", "in", "out/x", "in/x", "..", "../outside", "real/../../outside", "", "/", outside, "a\x00b"} {
			require.Error(t, try(name), "%s %q", way, name)
		}
	}
	entries, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	after, err := os.Stat(outside)
	require.NoError(t, err)
	require.Equal(t, before.Mode(), after.Mode())
	require.FileExists(t, filepath.Join(d.Name(), "real", "file"))
	require.NoError(t, d.remove("out"))
	require.NoError(t, d.removeDir("in"))
	require.ErrorIs(t, d.remove("real"), syscall.ENOTEMPTY)
	require.NoError(t, d.remove("real/file"))
	require.NoError(t, d.remove("real"))
}

func TestReadlinkOfAnyLength(t *testing.T) {
	d, _ := openTest(t)
	for _, n := range []int{1, 127, 128, 129, 512, 4095} {
		target := strings.Repeat("x", n)
		require.NoError(t, d.symlink(target, fmt.Sprint(n)))
		got, err := d.readlink(fmt.Sprint(n))
		require.NoError(t, err)
		require.Equal(t, target, got)
	}
	_, err := d.readlink("real")
	require.ErrorIs(t, err, errNoLink)
	_, err = d.readlink("absent")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestListSeesEveryEntryOnce(t *testing.T) {
	for _, n := range []int{0, 1, 100, 3000} {
		d, err := openTop(quickDir(t))
		require.NoError(t, err)
		var want, got []string
		for i := range n {
			name := fmt.Sprintf("%d-%s\n", i, strings.Repeat("x", i%200))
			require.NoError(t, d.symlink("x", name))
			want = append(want, name)
		}
		require.NoError(t, (&area{dir: d}).each(func(e entry) { got = append(got, e.name) }))
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got)
		require.NoError(t, d.Close())
	}
}

// TestClosedDirectory uses a directory while it is closed: an error, never another directory of the same number.
func TestClosedDirectory(t *testing.T) {
	d, _ := openTest(t)
	var using sync.WaitGroup
	for range 4 {
		using.Go(func() {
			for i := range 200 {
				if _, err := d.readlink("in"); err != nil {
					require.ErrorIs(t, err, fs.ErrClosed, i)
				}
			}
		})
	}
	require.NoError(t, d.Close())
	using.Wait()
	require.NoError(t, d.Close(), "again")
	_, err := d.openDir(".")
	require.ErrorIs(t, err, fs.ErrClosed)
	require.ErrorIs(t, d.mkdir("x", 0o700), fs.ErrClosed)
}
