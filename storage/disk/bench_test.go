package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

// fiveVolumes is the pod that the benchmark mounts and unmounts: two emptyDirs, a config map and a secret of one file
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

// BenchmarkMountUnmount is held against the bare system calls in the module bench.
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
