package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
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

func TestHostPathTypes(t *testing.T) {
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	require.NoError(t, os.Mkdir(at("dir"), 0o755))
	require.NoError(t, os.WriteFile(at("file"), []byte("kept"), 0o600))
	require.NoError(t, os.Symlink(at("dir"), at("link")))
	l, err := net.Listen("unix", at("socket"))
	require.NoError(t, err)
	defer l.Close()
	for i, c := range []struct {
		path string
		kind pod.HostPathType
		want string // part of the error; empty for none
	}{
		{at("absent"), pod.HostPathUnset, ""},
		{at("dir"), pod.HostPathDirectory, ""},
		{at("link"), pod.HostPathDirectory, ""},
		{at("file"), pod.HostPathFile, ""},
		{at("socket"), pod.HostPathSocket, ""},
		{"/dev/null", pod.HostPathCharDev, ""},
		{at("new/deep/dir"), pod.HostPathDirectoryOrCreate, ""},
		{at("dir"), pod.HostPathDirectoryOrCreate, ""},
		{at("newfile"), pod.HostPathFileOrCreate, ""},
		{at("file"), pod.HostPathFileOrCreate, ""},
		{at("file"), pod.HostPathDirectory, "file is not a directory, it's a File"},
		{at("file"), pod.HostPathDirectoryOrCreate, "file is not a directory, it's a File"},
		{at("dir"), pod.HostPathFile, "dir is not a file, it's a Directory"},
		{at("dir"), pod.HostPathFileOrCreate, "dir is not a file, it's a Directory"},
		{at("dir"), pod.HostPathSocket, "dir is not a socket file, it's a Directory"},
		{"/dev/null", pod.HostPathBlockDev, "/dev/null is not a block device, it's a CharDevice"},
		{at("file"), pod.HostPathCharDev, "file is not a character device, it's a File"},
		{at("absent"), pod.HostPathDirectory, "absent is not a directory, unable to determine its type"},
		{at("absent"), pod.HostPathFile, "absent is not a file, unable to determine its type"},
		{at("no/such/file"), pod.HostPathFileOrCreate, "no such file or directory"},
		{at("dir"), "Folder", "Folder is an invalid volume type"},
		{base + "/dir/../file", pod.HostPathFile, "expected an absolute path without '..'"},
		{"dir", pod.HostPathUnset, "expected an absolute path without '..'"},
	} {
		t.Run(fmt.Sprintf("%d %s", i, c.kind), func(t *testing.T) {
			d := open(t, Options{})
			v := pod.Volume{Name: "v", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: c.path, Type: &c.kind}}}
			err := d.Mount(storagetest.New("web", "uid-1", pod.Volume{Name: "a"}, v), nil)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				mounted, err := d.Mounted()
				require.NoError(t, err)
				require.Empty(t, mounted)
				return
			}
			require.NoError(t, err)
			got, err := d.Path("uid-1", "v")
			require.NoError(t, err)
			require.Equal(t, c.path, got)
			require.NoError(t, d.Unmount("uid-1"))
		})
	}
	require.DirExists(t, at("new/deep/dir"))
	made, err := os.Stat(at("newfile"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), made.Mode())
	data, err := os.ReadFile(at("file"))
	require.NoError(t, err)
	require.Equal(t, "kept", string(data))
}

func TestHostRootKeepsHostPathsIn(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Symlink("/", filepath.Join(root, "out")))
	create, dir := pod.HostPathDirectoryOrCreate, pod.HostPathDirectory
	d := open(t, Options{HostRoot: root})
	mount := func(path string, kind *pod.HostPathType) error {
		return d.Mount(storagetest.New("web", "uid-1", pod.Volume{Name: "v", VolumeSource: pod.VolumeSource{
			HostPath: &pod.HostPathVolumeSource{Path: path, Type: kind}}}), nil)
	}
	require.Error(t, mount("/out/etc", &dir))
	require.NoError(t, mount("/var/lib/x", &create))
	got, err := d.Path("uid-1", "v")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(root, "var/lib/x"), got)
	require.DirExists(t, got)
}

func TestFailedMountTakesHostPathsBack(t *testing.T) {
	base := t.TempDir()
	create := pod.HostPathDirectoryOrCreate
	file := pod.HostPathFileOrCreate
	d := open(t, Options{})
	err := d.Mount(storagetest.New("web", "uid-1",
		pod.Volume{Name: "a", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: base + "/x/y", Type: &create}}},
		pod.Volume{Name: "b", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: base + "/no/z", Type: &file}}},
	), nil)
	require.Error(t, err)
	entries, err := os.ReadDir(base)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestFilesOnDisk(t *testing.T) {
	d := open(t, Options{Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC) }})
	mode, item := int32(0o400), int32(0o1751)
	v := configMapVolume("conf", "settings")
	v.ConfigMap.DefaultMode = &mode
	v.ConfigMap.Items = []pod.KeyToPath{{Key: "k", Path: "a/b/k"}, {Key: "k", Path: "run", Mode: &item}}
	require.NoError(t, d.Mount(storagetest.New("web", "uid-1", v), storagetest.WithConfigMap("settings", "k", "text")))
	at, err := d.Path("uid-1", "conf")
	require.NoError(t, err)
	stamp, err := os.Readlink(filepath.Join(at, "..data"))
	require.NoError(t, err)
	require.Equal(t, "..2026_01_02_03_04_05.000000006-", stamp[:32])
	for name, want := range map[string]string{"a": "..data/a", "run": "..data/run"} {
		got, err := os.Readlink(filepath.Join(at, name))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for name, want := range map[string]os.FileMode{"a/b/k": 0o400, "run": 0o751 | os.ModeSticky, "a/b": os.ModeDir | 0o755} {
		got, err := os.Stat(filepath.Join(at, name))
		require.NoError(t, err)
		require.Equal(t, want, got.Mode(), name)
	}
}

// TestReadersSeeOneUpdate reads two files of a config map through one open directory while it is updated.
func TestReadersSeeOneUpdate(t *testing.T) {
	d := open(t, Options{})
	p := storagetest.New("web", "uid-1", configMapVolume("conf", "settings"))
	mount := func(version int) error {
		text := strings.Repeat(fmt.Sprint(version, " "), 1000)
		return d.Mount(p, storagetest.Sources{ConfigMaps: map[string]pod.ConfigMap{"settings": {Data: map[string]string{"a": text, "b": text}}}})
	}
	require.NoError(t, mount(0))
	at, err := d.Path("uid-1", "conf")
	require.NoError(t, err)
	var stop atomic.Bool
	var reading sync.WaitGroup
	seen := map[string]bool{}
	reading.Go(func() {
		for !stop.Load() {
			readPair(t, at, seen)
		}
	})
	for version := range 200 {
		require.NoError(t, mount(version))
	}
	stop.Store(true)
	reading.Wait()
	require.Greater(t, len(seen), 1)
}

// readPair reads both files of the version that is current when it opens it. There always is one.
func readPair(t *testing.T, at string, seen map[string]bool) {
	if _, err := os.Lstat(filepath.Join(at, "..data")); err != nil {
		t.Error(err)
		return
	}
	dir, err := os.OpenRoot(filepath.Join(at, "..data"))
	if errors.Is(err, fs.ErrNotExist) {
		return // what the link led to was replaced and removed before it was opened
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer dir.Close()
	a, errA := dir.ReadFile("a")
	b, errB := dir.ReadFile("b")
	if errA != nil || errB != nil {
		return // the version was replaced and removed meanwhile
	}
	if string(a) != string(b) || len(a) < 2000 {
		t.Errorf("saw half of an update: %.20q of %d bytes, %.20q of %d bytes", a, len(a), b, len(b))
	}
	seen[string(a)] = true
}

func TestUpdateWritesNothingWhereNothingChanged(t *testing.T) {
	var s stopper
	d := open(t, Options{step: s.step})
	p := storagetest.New("web", "uid-1", configMapVolume("conf", "settings"), pod.Volume{Name: "cache"})
	require.NoError(t, d.Mount(p, storagetest.WithConfigMap("settings", "k", "x")))
	s.log = nil
	require.NoError(t, d.Mount(p, storagetest.WithConfigMap("settings", "k", "x")))
	require.Empty(t, s.log)
	require.NoError(t, d.Mount(p, storagetest.WithConfigMap("settings", "k", "y")))
	require.NotEmpty(t, s.log)
}

func TestEmptyDirModes(t *testing.T) {
	memory := t.TempDir()
	d := open(t, Options{Memory: memory})
	mode := int32(0o1750)
	require.NoError(t, d.Mount(storagetest.New("web", "uid-1",
		pod.Volume{Name: "plain"},
		pod.Volume{Name: "own", VolumeSource: pod.VolumeSource{EmptyDir: &pod.EmptyDirVolumeSource{Mode: &mode}}},
		pod.Volume{Name: "fast", VolumeSource: pod.VolumeSource{EmptyDir: &pod.EmptyDirVolumeSource{Medium: pod.StorageMediumMemory}}},
	), nil))
	for name, want := range map[string]os.FileMode{"plain": 0o777, "own": 0o750 | os.ModeSticky, "fast": 0o777} {
		at, err := d.Path("uid-1", name)
		require.NoError(t, err)
		got, err := os.Stat(at)
		require.NoError(t, err)
		require.Equal(t, os.ModeDir|want, got.Mode(), name)
		require.Equal(t, name == "fast", strings.HasPrefix(at, memory))
	}
}

func TestUsage(t *testing.T) {
	d := open(t, Options{})
	require.NoError(t, d.Mount(storagetest.New("web", "uid-1", pod.Volume{Name: "v"}), nil))
	empty, err := d.Usage("uid-1", "v")
	require.NoError(t, err)
	require.NoError(t, d.WriteFile("uid-1", "v", "a/b", make([]byte, 1<<20)))
	at, err := d.Path("uid-1", "v")
	require.NoError(t, err)
	one, err := d.Usage("uid-1", "v")
	require.NoError(t, err)
	require.GreaterOrEqual(t, one-empty, int64(1<<20))
	require.Less(t, one-empty, int64(1<<20+64<<10))
	require.NoError(t, os.Link(filepath.Join(at, "a/b"), filepath.Join(at, "again")))
	require.NoError(t, os.Symlink("/", filepath.Join(at, "out")))
	again, err := d.Usage("uid-1", "v")
	require.NoError(t, err)
	require.Less(t, again-one, int64(64<<10))
	require.NoError(t, os.Truncate(filepath.Join(at, "again"), 1<<40))
	sparse, err := d.Usage("uid-1", "v")
	require.NoError(t, err)
	require.Less(t, sparse-one, int64(64<<10))
}

// fake is a plugin that keeps its volumes in a map.
type fake struct {
	at   string
	pods map[pod.UID]int
	err  error
}

func (f *fake) Publish(p *pod.Pod, v storage.Volume) (string, error) {
	f.pods[p.UID]++
	return f.at, f.err
}
func (f *fake) Unpublish(uid pod.UID) error { delete(f.pods, uid); return nil }
func (f *fake) Published() ([]pod.UID, error) {
	var all []pod.UID
	for uid := range f.pods {
		all = append(all, uid)
	}
	return all, nil
}

func TestPlugin(t *testing.T) {
	for kind, source := range map[storage.Kind]pod.VolumeSource{
		storage.Image: {Image: &pod.ImageVolumeSource{Reference: "busybox"}},
		storage.CSI:   {CSI: &pod.CSIVolumeSource{Driver: "inline.example.com"}},
		"iscsi":       {ISCSI: &pod.ISCSIVolumeSource{TargetPortal: "10.0.0.1", IQN: "iqn.2026-01.example:1"}},
	} {
		t.Run(string(kind), func(t *testing.T) { testPlugin(t, kind, source) })
	}
}

func testPlugin(t *testing.T, kind storage.Kind, source pod.VolumeSource) {
	images := &fake{at: t.TempDir(), pods: map[pod.UID]int{}}
	d := open(t, Options{Plugins: map[storage.Kind]storage.Plugin{kind: images}})
	image := pod.Volume{Name: "i", VolumeSource: source}
	require.NoError(t, d.Mount(storagetest.New("web", "uid-1", image), nil))
	at, err := d.Path("uid-1", "i")
	require.NoError(t, err)
	require.Equal(t, images.at, at)
	images.err = syscall.EIO
	require.ErrorIs(t, d.Mount(storagetest.New("two", "uid-2", pod.Volume{Name: "a"}, image), nil), syscall.EIO)
	images.err, images.at = nil, "relative"
	require.ErrorContains(t, d.Mount(storagetest.New("two", "uid-2", image), nil), "expected an absolute one")
	require.Equal(t, map[pod.UID]int{"uid-1": 1}, images.pods)
	require.NoError(t, d.Unmount("uid-1"))
	require.Empty(t, images.pods)
	require.DirExists(t, at)
	nfs := pod.Volume{Name: "n", VolumeSource: pod.VolumeSource{NFS: &pod.NFSVolumeSource{Server: "s", Path: "/"}}}
	require.ErrorContains(t, d.Mount(storagetest.New("web", "uid-1", nfs), nil), "no plugin for a volume of kind nfs")
	images.pods["uid-lost"] = 1
	gone, err := storage.Sweep(d, nil)
	require.NoError(t, err)
	require.Equal(t, []pod.UID{"uid-lost"}, gone)
}

func TestClaimsAfterARestart(t *testing.T) {
	dir := t.TempDir()
	c, err := NewClaims(dir, ClaimsOptions{})
	require.NoError(t, err)
	want := storage.Claim{Namespace: "default", Name: "data", AccessModes: []pod.PersistentVolumeAccessMode{pod.ReadWriteOncePod}}
	require.NoError(t, c.Create(want))
	require.ErrorIs(t, c.Create(want), os.ErrExist)
	v := storage.Volume{Name: "v", Kind: storage.PersistentVolumeClaim, Claim: storage.Claim{Namespace: "default", Name: "data"}}
	_, err = c.Publish(storagetest.New("one", "uid-1"), v)
	require.NoError(t, err)
	require.NoError(t, c.Close())

	c, err = NewClaims(dir, ClaimsOptions{})
	require.NoError(t, err)
	_, err = c.Publish(storagetest.New("two", "uid-2"), v)
	require.ErrorContains(t, err, `volume uses the ReadWriteOncePod access mode and is already in use by another pod: pod UID "uid-1"`)
	require.ErrorContains(t, c.Delete("default", "data"), `is in use by pod "uid-1"`)
	require.NoError(t, c.Unpublish("uid-1"))
	require.NoError(t, c.Delete("default", "data"))
	require.ErrorIs(t, c.Delete("default", "data"), os.ErrNotExist)
	for _, bad := range []storage.Claim{{Namespace: "..", Name: "x"}, {Namespace: "a", Name: "../x"}, {Namespace: "a"}, {Name: "x"}} {
		require.Error(t, c.Create(bad))
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.NoError(t, c.Close())

	require.NoError(t, os.MkdirAll(filepath.Join(dir, "default/broken"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "default/broken/claim.json"), []byte("{"), 0o600))
	_, err = NewClaims(dir, ClaimsOptions{})
	require.ErrorContains(t, err, "default/broken/claim.json")
}

func TestProvision(t *testing.T) {
	d := open(t, Options{Claims: ClaimsOptions{Provision: true}})
	v := pod.Volume{Name: "v", VolumeSource: pod.VolumeSource{PersistentVolumeClaim: &pod.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}}
	require.NoError(t, d.Mount(storagetest.New("web", "uid-1", v), nil))
	require.NoError(t, d.WriteFile("uid-1", "v", "x", []byte("kept")))
	require.NoError(t, d.Unmount("uid-1"))
	require.NoError(t, d.Mount(storagetest.New("web", "uid-2", v), nil))
	data, err := d.ReadFile("uid-2", "v", "x")
	require.NoError(t, err)
	require.Equal(t, "kept", string(data))
}
