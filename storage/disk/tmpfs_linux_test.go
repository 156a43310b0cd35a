package disk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

// mayMount skips a test where this process may not mount.
func mayMount(t *testing.T) {
	t.Helper()
	at := t.TempDir()
	if err := mountMemory(at, 0o700, 0); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("needs the right to mount a file system: ", err)
	} else {
		require.NoError(t, err)
	}
	require.NoError(t, unmountMemory(at))
}

// memoryPod has an emptyDir in memory of a mebibyte.
func memoryPod(uid pod.UID) *pod.Pod {
	limit, mode := pod.MustParseQuantity("1Mi"), int32(0o1770)
	return storagetest.New("web", uid, pod.Volume{Name: "a"}, pod.Volume{Name: "fast", VolumeSource: pod.VolumeSource{
		EmptyDir: &pod.EmptyDirVolumeSource{Medium: pod.StorageMediumMemory, SizeLimit: &limit, Mode: &mode}}})
}

// mountsBelow are the lines of the mount table about what is below dir.
func mountsBelow(t *testing.T, dir string) (all []string) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, " "+dir+"/") {
			all = append(all, line)
		}
	}
	return all
}

func TestMountedMemory(t *testing.T) {
	mayMount(t)
	d := open(t, Options{MountMemory: true})
	require.NoError(t, d.Mount(memoryPod("uid-1"), nil))
	require.Len(t, mountsBelow(t, d.dir), 1)
	at, err := d.Path("uid-1", "fast")
	require.NoError(t, err)
	is, err := os.Stat(at)
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|os.ModeSticky|0o770, is.Mode())
	require.NoError(t, d.WriteFile("uid-1", "fast", "sub/small", make([]byte, 1<<19)))
	require.ErrorIs(t, d.WriteFile("uid-1", "fast", "large", make([]byte, 2<<20)), syscall.ENOSPC)
	used, err := d.Usage("uid-1", "fast")
	require.NoError(t, err)
	require.Greater(t, used, int64(1<<19-1))
	require.NoError(t, d.Mount(memoryPod("uid-1"), nil), "again")
	require.Len(t, mountsBelow(t, d.dir), 1)
	require.NoError(t, d.Unmount("uid-1"))
	require.Empty(t, mountsBelow(t, d.dir))
	require.NoDirExists(t, filepath.Join(d.dir, "uid-1"))
}

// TestCrashWithMountedMemory ends the process at every step of Mount and Unmount; Sweep leaves no mount and no file.
func TestCrashWithMountedMemory(t *testing.T) {
	mayMount(t)
	for n := 1; ; n++ {
		dir := filepath.Join(quickDir(t), "volumes")
		s := &stopper{crash: true}
		d, err := Open(dir, Options{MountMemory: true, step: s.step})
		require.NoError(t, err)
		s.left = n
		crashed := crashes(func() {
			require.NoError(t, d.Mount(memoryPod("uid-1"), nil))
			require.NoError(t, d.WriteFile("uid-1", "fast", "x", []byte("x")))
			require.NoError(t, d.Unmount("uid-1"))
		})
		require.NoError(t, d.Close())
		d, err = Open(dir, Options{})
		require.NoError(t, err)
		_, err = storage.Sweep(d, nil)
		require.NoError(t, err, s.log)
		require.Empty(t, mountsBelow(t, dir), s.log)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1, "stopped at step %d of %v", n, s.log) // .claims
		require.NoError(t, d.Close())
		if !crashed {
			require.Greater(t, n, 8)
			return
		}
	}
}

// A failed Mount takes its memory back, and a file system of another kind is left alone.
func TestOtherMountsAreLeftAlone(t *testing.T) {
	mayMount(t)
	require.ErrorContains(t, unmountMemory("/proc"), "no file system in memory")
	d := open(t, Options{MountMemory: true})
	p := memoryPod("uid-1")
	p.Spec.Volumes = append(p.Spec.Volumes, configMapVolume("conf", "settings"), pod.Volume{Name: "i", VolumeSource: pod.VolumeSource{Image: new(pod.ImageVolumeSource)}})
	require.Error(t, d.Mount(p, storagetest.WithConfigMap("settings", "k", "x")))
	require.Empty(t, mountsBelow(t, d.dir))
}
