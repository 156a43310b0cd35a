//go:build !podlife_portable

package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

// fiveVolumes is the pod that both benchmarks mount and unmount: two emptyDirs, a config map and a secret of one file
// each, and a hostPath.
func fiveVolumes() (*pod.Pod, storagetest.Sources) {
	p := storagetest.New("web", "uid-1",
		pod.Volume{Name: "a"}, pod.Volume{Name: "b"}, configMapVolume("c", "settings"),
		pod.Volume{Name: "d", VolumeSource: pod.VolumeSource{Secret: &pod.SecretVolumeSource{SecretName: "login"}}},
		pod.Volume{Name: "e", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: "/tmp"}}})
	return p, storagetest.Sources{
		ConfigMaps: map[string]pod.ConfigMap{"settings": {Data: map[string]string{"app.conf": "text"}}},
		Secrets:    map[string]pod.Secret{"login": {Data: map[string][]byte{"password": []byte("s3cret")}}},
	}
}

// BenchmarkMountUnmount and BenchmarkSystemCalls do the same work, the second with nothing but the system calls that it
// takes: to make the volumes out of sight and rename them, and to rename them away and delete them.
func BenchmarkMountUnmount(b *testing.B) {
	d, err := New(filepath.Join(b.TempDir(), "volumes"))
	require.NoError(b, err)
	defer d.Close()
	p, sources := fiveVolumes()
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Mount(p, sources); err != nil {
			b.Fatal(err)
		}
		if err := d.Unmount(p.UID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSystemCalls(b *testing.B) {
	dir := b.TempDir()
	root, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	require.NoError(b, err)
	defer syscall.Close(root)
	c := calls{b}
	for b.Loop() {
		c.mount(root)
		c.unmount(root)
	}
}

// calls makes system calls that must not fail.
type calls struct{ b *testing.B }

func (c calls) ok(err error) {
	if err != nil {
		c.b.Helper()
		c.b.Fatal(err)
	}
}

func (c calls) open(at int, name string) int {
	fd, err := syscall.Openat(at, name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	c.ok(err)
	return fd
}

func (c calls) mount(root int) {
	c.ok(syscall.Mkdirat(root, "new", 0o711))
	pod := c.open(root, "new")
	for _, name := range []string{"a", "b"} {
		c.ok(syscall.Mkdirat(pod, name, 0o700))
		c.ok(syscall.Fchmodat(pod, name, 0o777, 0))
	}
	c.files(pod, "c", "app.conf", "text")
	c.files(pod, "d", "password", "s3cret")
	c.ok(symlinkat("/tmp", pod, "e"))
	c.ok(syscall.Close(pod))
	c.ok(syscall.Renameat(root, "new", root, "pod"))
}

// files makes a volume of one file.
func (c calls) files(pod int, volume, name, text string) {
	c.ok(syscall.Mkdirat(pod, volume, 0o755))
	at := c.open(pod, volume)
	c.ok(syscall.Mkdirat(at, "..stamp", 0o755))
	stamp := c.open(at, "..stamp")
	fd, err := syscall.Openat(stamp, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0o600)
	c.ok(err)
	_, err = syscall.Write(fd, []byte(text))
	c.ok(err)
	c.ok(syscall.Fchmod(fd, 0o644))
	c.ok(syscall.Close(fd))
	c.ok(syscall.Close(stamp))
	c.ok(symlinkat("..stamp", at, "..data"))
	c.ok(symlinkat("..data/"+name, at, name))
	c.ok(syscall.Close(at))
}

func (c calls) unmount(root int) {
	c.ok(syscall.Renameat(root, "pod", root, "gone"))
	pod := c.open(root, "gone")
	c.list(pod)
	c.ok(unlinkat(pod, "a", removeDirFlag))
	c.ok(unlinkat(pod, "b", removeDirFlag))
	for volume, name := range map[string]string{"c": "app.conf", "d": "password"} {
		at := c.open(pod, volume)
		c.list(at)
		c.ok(unlinkat(at, "..data", 0))
		c.ok(unlinkat(at, name, 0))
		stamp := c.open(at, "..stamp")
		c.list(stamp)
		c.ok(unlinkat(stamp, name, 0))
		c.ok(syscall.Close(stamp))
		c.ok(unlinkat(at, "..stamp", removeDirFlag))
		c.ok(syscall.Close(at))
		c.ok(unlinkat(pod, volume, removeDirFlag))
	}
	c.ok(unlinkat(pod, "e", 0))
	c.ok(syscall.Close(pod))
	c.ok(unlinkat(root, "gone", removeDirFlag))
}

// list reads the names in a directory, as every removal has to.
func (c calls) list(fd int) {
	var buf [4096]byte
	for {
		n, err := syscall.ReadDirent(fd, buf[:])
		c.ok(err)
		if n == 0 {
			return
		}
	}
}

// BenchmarkRemoval deletes a volume of a thousand files a round.
func BenchmarkRemoval(b *testing.B) {
	d := open(b, Options{})
	p := storagetest.New("web", "uid-1", pod.Volume{Name: "v"})
	for b.Loop() {
		b.StopTimer()
		require.NoError(b, d.Mount(p, nil))
		at, err := d.Path("uid-1", "v")
		require.NoError(b, err)
		for i := range 1000 {
			require.NoError(b, os.WriteFile(filepath.Join(at, fmt.Sprint(i)), nil, 0o600))
		}
		b.StartTimer()
		require.NoError(b, d.Unmount("uid-1"))
	}
}
