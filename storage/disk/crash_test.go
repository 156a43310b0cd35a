package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

// errCrash is what a step panics with when the process is to end there.
var errCrash = errors.New("crash")

// stopper lets a number of file system steps pass. What is at zero is stopped: by a panic, or by an error.
type stopper struct {
	left  int
	crash bool
	log   []string
}

var errDisk = errors.New("no space left on device")

func (s *stopper) step(op, name string) error {
	s.log = append(s.log, op+" "+name)
	s.left--
	if s.left != 0 {
		return nil
	}
	if s.crash {
		panic(errCrash)
	}
	return errDisk
}

// crashes runs f and reports whether it ended in the crash.
func crashes(f func()) (crashed bool) {
	defer func() {
		if r := recover(); r != nil {
			if r != errCrash {
				panic(r)
			}
			crashed = true
		}
	}()
	f()
	return false
}

// world is the directories of one crash test, with what must never change in them.
type world struct {
	t    *testing.T
	base string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, base: quickDir(t)}
	require.NoError(t, os.WriteFile(filepath.Join(w.base, "foreign"), []byte("foreign"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(w.base, "host"), 0o755))
	d := w.open(nil)
	defer d.Close()
	require.NoError(t, d.Claims().Create(storage.Claim{Namespace: "default", Name: "data"}))
	require.NoError(t, d.Mount(w.pod("uid-other"), w.sources("other")))
	for _, v := range []string{"cache", "fast", "own", "data"} {
		require.NoError(t, d.WriteFile("uid-other", v, "kept", []byte("kept")))
	}
	return w
}

// quickDir returns an empty directory, in memory where this machine has such a place.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "podlife-storage-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (w *world) open(s *stopper) *Driver {
	opts := Options{
		Memory: filepath.Join(w.base, "memory"),
		Now:    func() time.Time { return time.Unix(1, 0) },
	}
	if s != nil {
		opts.step = s.step
	}
	d, err := Open(filepath.Join(w.base, "disk"), opts)
	require.NoError(w.t, err)
	return d
}

// pod has a volume of every kind, and a group for them.
func (w *world) pod(uid pod.UID) *pod.Pod {
	create := pod.HostPathDirectoryOrCreate
	p := storagetest.New("pod-"+string(uid), uid,
		pod.Volume{Name: "cache"},
		pod.Volume{Name: "fast", VolumeSource: pod.VolumeSource{EmptyDir: &pod.EmptyDirVolumeSource{Medium: pod.StorageMediumMemory}}},
		configMapVolume("conf", "settings"),
		pod.Volume{Name: "data", VolumeSource: pod.VolumeSource{
			PersistentVolumeClaim: &pod.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}},
		pod.Volume{Name: "own", VolumeSource: pod.VolumeSource{Ephemeral: new(pod.EphemeralVolumeSource)}},
		pod.Volume{Name: "host", VolumeSource: pod.VolumeSource{
			HostPath: &pod.HostPathVolumeSource{Path: filepath.Join(w.base, "host", "made"), Type: &create}}},
	)
	p.Spec.SecurityContext = &pod.PodSecurityContext{FSGroup: new(int64)}
	return p
}

func configMapVolume(name, of string) pod.Volume {
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{
		ConfigMap: &pod.ConfigMapVolumeSource{LocalObjectReference: pod.LocalObjectReference{Name: of}}}}
}

func (w *world) sources(value string) storagetest.Sources {
	return storagetest.Sources{ConfigMaps: map[string]pod.ConfigMap{
		"settings": {Data: map[string]string{"a": value, "b": value, value: "x"}}}}
}

// others checks that the other pod and the foreign file are as they were.
func (w *world) others(d *Driver) {
	w.t.Helper()
	for _, v := range []string{"cache", "fast", "own", "data"} {
		data, err := d.ReadFile("uid-other", v, "kept")
		require.NoError(w.t, err)
		require.Equal(w.t, "kept", string(data))
	}
	data, err := d.ReadFile("uid-other", "conf", "a")
	require.NoError(w.t, err)
	require.Equal(w.t, "other", string(data))
	data, err = os.ReadFile(filepath.Join(w.base, "foreign"))
	require.NoError(w.t, err)
	require.Equal(w.t, "foreign", string(data))
}

// listing returns the path of everything in the world, links with their targets.
func (w *world) listing() []string {
	var all []string
	err := filepath.WalkDir(w.base, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(w.base, path)
		if target, err := os.Readlink(path); err == nil {
			rel += " -> " + strings.TrimPrefix(target, w.base)
		}
		all = append(all, rel)
		return nil
	})
	require.NoError(w.t, err)
	sort.Strings(all)
	return all
}

// TestCrashAtEveryStep stops Mount, an update and Unmount after each file system step, by the end of the process and by
// an error of the disk, and recovers with a new driver: by mounting again, or by Sweep.
func TestCrashAtEveryStep(t *testing.T) {
	for _, act := range []struct {
		name string
		run  func(w *world, d *Driver) error
		prep bool
	}{
		{"Mount", func(w *world, d *Driver) error { return d.Mount(w.pod("uid-1"), w.sources("one")) }, false},
		{"Update", func(w *world, d *Driver) error { return d.Mount(w.pod("uid-1"), w.sources("two")) }, true},
		{"Unmount", func(w *world, d *Driver) error { return d.Unmount("uid-1") }, true},
	} {
		for _, crash := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/crash=%v", act.name, crash), func(t *testing.T) {
				for n := 1; ; n++ {
					if !stopAt(t, n, crash, act.prep, act.run) {
						require.Greater(t, n, 5)
						t.Logf("%d steps", n-1)
						return
					}
				}
			})
		}
	}
}

// stopAt plays one history that stops at step n. It reports whether there was such a step.
func stopAt(t *testing.T, n int, crash, prep bool, run func(w *world, d *Driver) error) bool {
	w := newWorld(t)
	require.NoError(t, os.Mkdir(filepath.Join(w.base, "host", "made", "x"), 0o755))
	empty := w.listing()
	if prep {
		w.prepare()
	}
	s := &stopper{crash: crash}
	d := w.open(s)
	s.left, s.log = n, nil
	var err error
	crashed := crashes(func() { err = run(w, d) })
	at := fmt.Sprintf("stopped at step %d of %v", n, s.log)
	stopped := s.left <= 0
	require.NoError(t, d.Close())
	if err != nil {
		require.True(t, stopped, at)
		require.ErrorIs(t, err, errDisk, at)
	}
	require.Equal(t, stopped && crash, crashed, at)

	d = w.open(nil)
	defer d.Close()
	w.others(d)
	w.wholeOrNone(d, at)
	if !crash && !prep && err != nil {
		require.Equal(t, empty, w.listing(), "a Mount that failed left something; "+at)
	}
	if _, known := d.Path("uid-1", "cache"); err == nil && !crashed && known != nil {
		require.Equal(t, empty, w.listing(), "an Unmount that succeeded left something; "+at)
	}
	w.recover(d, n, at, empty)
	return stopped
}

// prepare mounts uid-1 with something in its volumes.
func (w *world) prepare() {
	d := w.open(nil)
	defer d.Close()
	require.NoError(w.t, d.Mount(w.pod("uid-1"), w.sources("one")))
	for _, v := range []string{"cache", "fast", "own"} {
		require.NoError(w.t, d.WriteFile("uid-1", v, "a/b/c", []byte("x")))
	}
}

// wholeOrNone checks that uid-1 has all of its volumes with all files of one version, or none.
func (w *world) wholeOrNone(d *Driver, at string) {
	_, missing := d.Path("uid-1", "cache")
	for _, v := range []string{"fast", "conf", "data", "own", "host"} {
		_, err := d.Path("uid-1", v)
		require.Equal(w.t, missing == nil, err == nil, at)
	}
	if missing != nil {
		return
	}
	a, err := d.ReadFile("uid-1", "conf", "a")
	require.NoError(w.t, err, at)
	b, err := d.ReadFile("uid-1", "conf", "b")
	require.NoError(w.t, err, at)
	require.Equal(w.t, string(a), string(b), at)
	_, err = d.ReadFile("uid-1", "conf", dataLink+"/"+string(a))
	require.NoError(w.t, err, at)
}

// recover goes on after the stop: for even n the pod still lives and is mounted first; then it is gone.
func (w *world) recover(d *Driver, n int, at string, empty []string) {
	if n%2 == 0 {
		require.NoError(w.t, d.Mount(w.pod("uid-1"), w.sources("three")), at)
		w.wholeOrNone(d, at)
		data, err := d.ReadFile("uid-1", "conf", "three")
		require.NoError(w.t, err, at)
		require.Equal(w.t, "x", string(data))
		dir, err := d.Path("uid-1", "conf")
		require.NoError(w.t, err)
		entries, err := os.ReadDir(dir)
		require.NoError(w.t, err)
		require.Len(w.t, entries, 5, at) // the files, ..data and the three links
	}
	_, err := storage.Sweep(d, []pod.UID{"uid-other"})
	require.NoError(w.t, err, at)
	mounted, err := d.Mounted()
	require.NoError(w.t, err)
	require.Equal(w.t, []pod.UID{"uid-other"}, mounted, at)
	w.others(d)
	require.Equal(w.t, empty, w.listing(), at)
}

// TestCrashWithTheFirstClaimOfANamespace stops where the folder of a namespace comes and goes.
func TestCrashWithTheFirstClaimOfANamespace(t *testing.T) {
	for n := 1; ; n++ {
		w := newWorld(t)
		empty := w.listing()
		s := &stopper{crash: true}
		d := w.open(s)
		p := w.pod("uid-1")
		p.Namespace = "lonely"
		p.Spec.Volumes = p.Spec.Volumes[4:5]
		s.left, s.log = n, nil
		crashed := crashes(func() {
			require.NoError(t, d.Mount(p, nil))
			require.NoError(t, d.Unmount("uid-1"))
		})
		require.NoError(t, d.Close())
		d = w.open(nil)
		_, err := storage.Sweep(d, []pod.UID{"uid-other"})
		require.NoError(t, err)
		require.Equal(t, empty, w.listing(), "stopped at step %d of %v", n, s.log)
		require.NoError(t, d.Close())
		if !crashed {
			require.Greater(t, n, 10)
			return
		}
	}
}

// TestStepsAreSeen checks that the crash test sees the changes that matter.
func TestStepsAreSeen(t *testing.T) {
	w := newWorld(t)
	s := &stopper{}
	d := w.open(s)
	defer d.Close()
	s.log = nil
	require.NoError(t, d.Mount(w.pod("uid-1"), w.sources("one")))
	require.NoError(t, d.Unmount("uid-1"))
	for _, want := range []string{"mkdir .new-uid-1", "rename .new-uid-1", "rename uid-1", "remove .gone-uid-1", "symlink ..data", "create a", "write a"} {
		require.True(t, slices.Contains(s.log, want), "%s in %q", want, s.log)
	}
}
