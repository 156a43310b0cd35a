package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

// victim is a mounted pod with one emptyDir, and a file outside that must never be reached.
func victim(t *testing.T) (d *Driver, volume, outside string) {
	t.Helper()
	d = open(t, Options{})
	require.NoError(t, d.Mount(storagetest.New("web", "uid-1", pod.Volume{Name: "v"}), nil))
	volume, err := d.Path("uid-1", "v")
	require.NoError(t, err)
	outside = quickDir(t)
	require.NoError(t, os.WriteFile(filepath.Join(outside, "precious"), []byte("precious"), 0o600))
	return d, volume, outside
}

func unharmed(t *testing.T, outside string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(outside, "precious"))
	require.NoError(t, err)
	require.Equal(t, "precious", string(data))
}

// CVE-2017-1002101: a link in a subPath that leads out of the volume.
func TestLinkInSubPath(t *testing.T) {
	d, volume, outside := victim(t)
	up := strings.Repeat("../", 20) + outside
	for name, target := range map[string]string{"absolute": outside, "relative": up, "root": "/", "other": "../../uid-2/v"} {
		require.NoError(t, os.Symlink(target, filepath.Join(volume, name)))
		for _, sub := range []string{name, name + "/precious", name + "/made"} {
			_, err := d.Open("uid-1", "v", sub)
			require.Error(t, err, sub)
			_, err = d.SubPath("uid-1", "v", sub)
			require.Error(t, err, sub)
		}
		_, err := d.ReadFile("uid-1", "v", name+"/precious")
		require.Error(t, err)
		require.Error(t, d.WriteFile("uid-1", "v", name+"/precious", []byte("lost")))
	}
	require.NoFileExists(t, filepath.Join(outside, "made"))
	unharmed(t, outside)
	require.NoError(t, os.Symlink("inside", filepath.Join(volume, "good")))
	require.NoError(t, os.Mkdir(filepath.Join(volume, "inside"), 0o700))
	f, err := d.Open("uid-1", "v", "good")
	require.NoError(t, err)
	f.Close()
}

func TestSubPathIsMade(t *testing.T) {
	d, volume, _ := victim(t)
	at, err := d.SubPath("uid-1", "v", "a/b")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(volume, "a/b"), at)
	require.DirExists(t, at)
	for _, sub := range []string{"..", "../uid-2", "/etc", "a/../../x", "a\x00b", strings.Repeat("x", 300)} {
		_, err := d.Open("uid-1", "v", sub)
		require.Error(t, err, "%q", sub)
	}
}

// CVE-2021-25741: the subPath is swapped for a link while it is being resolved. Whatever is opened is in the volume.
func TestLinkSwappedWhileResolving(t *testing.T) {
	d, volume, outside := victim(t)
	require.NoError(t, os.Mkdir(filepath.Join(volume, "good"), 0o700))
	require.NoError(t, os.Symlink(outside, filepath.Join(volume, "bad")))
	want, err := os.Stat(outside)
	require.NoError(t, err)
	var stop atomic.Bool
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for !stop.Load() {
			swap(filepath.Join(volume, "good"), filepath.Join(volume, "bad"), filepath.Join(volume, "third"))
		}
	})
	opened := 0
	for range 3000 {
		f, err := d.Open("uid-1", "v", "good")
		if err != nil {
			continue
		}
		got, err := f.Stat()
		require.NoError(t, err)
		require.False(t, os.SameFile(want, got), "opened what is outside the volume")
		require.NoError(t, f.Close())
		opened++
	}
	stop.Store(true)
	swapping.Wait()
	require.Positive(t, opened)
	unharmed(t, outside)
}

func swap(a, b, free string) {
	os.Rename(a, free)
	os.Rename(b, a)
	os.Rename(free, b)
}

// CVE-2018-1002100 and its like: what a container left in a volume leads the removal somewhere else.
func TestRemovalFollowsNoLink(t *testing.T) {
	d, volume, outside := victim(t)
	require.NoError(t, os.Symlink(outside, filepath.Join(volume, "dir")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "precious"), filepath.Join(volume, "file")))
	require.NoError(t, os.Symlink("loop", filepath.Join(volume, "loop")))
	require.NoError(t, os.Symlink("..", filepath.Join(volume, "up")))
	require.NoError(t, os.Link(filepath.Join(outside, "precious"), filepath.Join(volume, "hard")))
	require.NoError(t, os.WriteFile(filepath.Join(volume, "two\nlines; rm -rf \xff"), nil, 0o000))
	leavePipe(t, volume)
	require.NoError(t, os.MkdirAll(filepath.Join(volume, "locked/in"), 0o700))
	require.NoError(t, os.Chmod(filepath.Join(volume, "locked"), 0o000))
	require.NoError(t, d.Unmount("uid-1"))
	require.NoDirExists(t, volume)
	unharmed(t, outside)
}

// A directory that turns into a link while it is being removed.
func TestLinkSwappedWhileRemoving(t *testing.T) {
	d, volume, outside := victim(t)
	good, bad := filepath.Join(volume, "good"), filepath.Join(volume, "bad")
	for i := range 2000 {
		require.NoError(t, os.MkdirAll(filepath.Join(good, strconv.Itoa(i)), 0o700))
	}
	require.NoError(t, os.Symlink(outside, bad))
	root, err := os.OpenRoot(volume)
	require.NoError(t, err)
	defer root.Close()
	var stop atomic.Bool
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for !stop.Load() {
			root.Rename("good", "third")
			root.Rename("bad", "good")
			root.Rename("third", "bad")
		}
	})
	for range 20 {
		if d.Unmount("uid-1") == nil {
			break
		}
	}
	stop.Store(true)
	swapping.Wait()
	require.NoError(t, d.Unmount("uid-1"))
	require.NoDirExists(t, volume)
	unharmed(t, outside)
}

func TestRemovalOfATreeDeeperThanOpenFiles(t *testing.T) {
	d, volume, _ := victim(t)
	const deep = 3000
	dig(t, volume, deep)
	_, err := d.Usage("uid-1", "v")
	require.ErrorContains(t, err, "nested deeper than 512")
	before := openFiles(t)
	most := before
	d.root.step = func(string, string) error { most = max(most, openFiles(t)); return nil }
	require.NoError(t, d.Unmount("uid-1"))
	require.NoDirExists(t, volume)
	require.LessOrEqual(t, most-before, 3*maxOpen)
}

// dig makes directories one inside the other, with a file in each hundredth.
func dig(t *testing.T, at string, deep int) {
	t.Helper()
	root, err := os.OpenRoot(at)
	require.NoError(t, err)
	for i := range deep {
		require.NoError(t, root.Mkdir("d", 0o700))
		next, err := root.OpenRoot("d")
		require.NoError(t, err)
		require.NoError(t, root.Close())
		root = next
		if i%100 == 0 {
			require.NoError(t, root.WriteFile("f", nil, 0o600))
		}
	}
	require.NoError(t, root.Close())
}

func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this machine does not list open files in /proc/self/fd")
	}
	return len(entries)
}

func TestRemovalOfAWideTreeInBoundedMemory(t *testing.T) {
	wide := 5000
	if os.Getenv("PODLIFE_LONG") != "" {
		wide = 1_000_000
	}
	d, volume, _ := victim(t)
	require.NoError(t, d.Mount(storagetest.New("other", "uid-2", pod.Volume{Name: "v"}), nil))
	root, err := os.OpenRoot(volume)
	require.NoError(t, err)
	for i := range wide {
		require.NoError(t, root.Symlink("x", strconv.Itoa(i)))
	}
	require.NoError(t, root.Close())
	var most, stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&most)
	base := most.HeapAlloc
	var peak atomic.Uint64
	steps, other := 0, 0
	d.root.step = func(op, name string) error {
		if steps++; op == "remove" && steps%(wide/5) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&stats)
			peak.Store(max(peak.Load(), stats.HeapAlloc))
			d.root.step = func(string, string) error { return nil }
			other++
		}
		return nil
	}
	begin := time.Now()
	require.NoError(t, d.Unmount("uid-1"))
	t.Logf("%d entries in %v, heap %d KiB above the start", wide, time.Since(begin), (int64(peak.Load())-int64(base))/1024)
	require.Positive(t, other)
	require.Less(t, int64(peak.Load())-int64(base), int64(1<<20))
}

// TestOthersGoOnDuringARemoval mounts and unmounts another pod in the middle of a removal.
func TestOthersGoOnDuringARemoval(t *testing.T) {
	d, volume, _ := victim(t)
	for i := range 20 {
		require.NoError(t, os.Mkdir(filepath.Join(volume, strconv.Itoa(i)), 0o700))
	}
	inside, goOn := make(chan bool), make(chan bool)
	steps := 0
	d.root.step = func(op, name string) error {
		if steps++; steps == 10 {
			inside <- true
			<-goOn
		}
		return nil
	}
	ended := make(chan error)
	go func() { ended <- d.Unmount("uid-1") }()
	<-inside
	d.root.step = func(string, string) error { return nil }
	p := storagetest.New("other", "uid-2", pod.Volume{Name: "v"})
	require.NoError(t, d.Mount(p, nil))
	_, err := d.Path("uid-1", "v")
	require.ErrorIs(t, err, storage.ErrNotMounted)
	require.NoError(t, d.Unmount("uid-2"))
	goOn <- true
	require.NoError(t, <-ended)
}

// A volume that is busy, as a mount point is: the rest goes, the error says so, and the next Unmount finishes.
func TestBusyVolume(t *testing.T) {
	d, volume, _ := victim(t)
	require.NoError(t, os.MkdirAll(filepath.Join(volume, "a/busy"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(volume, "rest"), nil, 0o600))
	d.root.step = func(op, name string) error {
		if name == "busy" {
			return &fs.PathError{Op: op, Path: name, Err: syscall.EBUSY}
		}
		return nil
	}
	require.ErrorIs(t, d.Unmount("uid-1"), syscall.EBUSY)
	require.NoDirExists(t, volume)
	mounted, err := d.Mounted()
	require.NoError(t, err)
	require.Equal(t, []pod.UID{"uid-1"}, mounted)
	var left []string
	require.NoError(t, filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if !e.IsDir() || e.Name() == "busy" {
			left = append(left, e.Name())
		}
		return err
	}))
	require.Equal(t, []string{"busy"}, left)
	d.root.step = func(string, string) error { return nil }
	require.NoError(t, d.Unmount("uid-1"))
	mounted, err = d.Mounted()
	require.NoError(t, err)
	require.Empty(t, mounted)
}

func TestKeysAndItemsThatLeaveTheVolume(t *testing.T) {
	d, _, outside := victim(t)
	for _, path := range []string{"../x", "..", "/etc/x", "a/../../x", "..data", "./..data", "..data/x", "", ".", "a\x00b"} {
		v := configMapVolume("conf", "settings")
		v.ConfigMap.Items = []pod.KeyToPath{{Key: "k", Path: path}}
		err := d.Mount(storagetest.New("web", "uid-9", v), storagetest.WithConfigMap("settings", "k", "x"))
		require.ErrorContains(t, err, "invalid path", "%q", path)
		err = d.Mount(storagetest.New("web", "uid-9", configMapVolume("conf", "settings")), storagetest.WithConfigMap("settings", path, "x"))
		require.ErrorContains(t, err, "invalid path", "%q", path)
	}
	mounted, err := d.Mounted()
	require.NoError(t, err)
	require.Equal(t, []pod.UID{"uid-1"}, mounted)
	unharmed(t, outside)
}

// A link in the place of a pod's volume, or a foreign file beside the pods, is not taken for what it is not.
func TestForeignFilesInTheDirectory(t *testing.T) {
	d, _, outside := victim(t)
	for _, name := range []string{"README", ".new-README", ".hidden"} {
		require.NoError(t, os.WriteFile(filepath.Join(d.dir, name), []byte("x"), 0o600))
	}
	require.NoError(t, os.Symlink(outside, filepath.Join(d.dir, "uid-link")))
	gone, err := storage.Sweep(d, nil)
	require.NoError(t, err)
	require.Equal(t, []pod.UID{"uid-1"}, gone)
	for _, name := range []string{"README", ".new-README", ".hidden", "uid-link"} {
		_, err := os.Lstat(filepath.Join(d.dir, name))
		require.NoError(t, err)
	}
	unharmed(t, outside)
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{"", "a", "a/b", "..", "../x", "/etc/passwd", "link", "link/x", "a/../..", "\x00", "a\nb", "./a//b/"} {
		f.Add(s)
	}
	d, err := New(filepath.Join(f.TempDir(), "volumes"))
	require.NoError(f, err)
	defer d.Close()
	require.NoError(f, d.Mount(storagetest.New("web", "uid-1", pod.Volume{Name: "v"}), nil))
	volume, err := d.Path("uid-1", "v")
	require.NoError(f, err)
	outside := f.TempDir()
	require.NoError(f, os.Symlink(outside, filepath.Join(volume, "link")))
	f.Fuzz(func(t *testing.T, sub string) {
		if file, err := d.Open("uid-1", "v", sub); err == nil {
			at, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(file.Fd())))
			require.NoError(t, err)
			require.True(t, at == volume || strings.HasPrefix(at, volume+"/"), "%q opened %q", sub, at)
			require.NoError(t, file.Close())
		}
		if err := d.WriteFile("uid-1", "v", sub, []byte("x")); err == nil {
			data, err := d.ReadFile("uid-1", "v", sub)
			require.NoError(t, err)
			require.Equal(t, "x", string(data))
		}
		entries, err := os.ReadDir(outside)
		require.NoError(t, errors.Join(err))
		require.Empty(t, entries)
	})
}
