package memory

import (
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/storagetest"
)

// BenchmarkMountUnmount is the pod of five volumes that storage/disk measures.
func BenchmarkMountUnmount(b *testing.B) {
	d := New()
	conf := &pod.ConfigMapVolumeSource{LocalObjectReference: pod.LocalObjectReference{Name: "settings"}}
	p := storagetest.New("web", "uid-1", pod.Volume{Name: "a"}, pod.Volume{Name: "b"},
		pod.Volume{Name: "c", VolumeSource: pod.VolumeSource{ConfigMap: conf}},
		pod.Volume{Name: "d", VolumeSource: pod.VolumeSource{ConfigMap: conf}},
		pod.Volume{Name: "e", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: "/tmp"}}})
	measure(b, d, p, storagetest.WithConfigMap("settings", "app.conf", "text"))
}

// BenchmarkMountUnmountBare is a pod without volumes.
func BenchmarkMountUnmountBare(b *testing.B) {
	measure(b, New(), storagetest.New("web", "uid-1"), storagetest.Sources{})
}

func measure(b *testing.B, d *Driver, p *pod.Pod, sources storagetest.Sources) {
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
