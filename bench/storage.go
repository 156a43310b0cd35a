//go:build linux

package bench

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
	"github.com/podlife/podlife/storage/storagetest"
)

// maxAbove is how many times the cost of the bare system calls Mount and Unmount may take.
const maxAbove = 1.2

// mountUID is the UID of the pod that is mounted. The files of the bare calls have names as long as podlife's.
const (
	mountUID = "11111111-2222-3333-4444-555555555555"
	coming   = ".new-" + mountUID
	going    = ".gone-" + mountUID
	stamp    = "..2026_01_02_03_04_05.000000000-0123456789abcdef"
)

// storageCases mount a pod with five volumes and unmount it: two emptyDirs, a config map and a secret of one file each,
// and a hostPath.
func storageCases() []Case {
	return []Case{{
		Group: "Volumes: mount and unmount a pod with five", Task: "in " + os.TempDir(), Peer: "bare system calls", Faster: 1 / maxAbove,
		Ours: mountUnmount, Theirs: bareCalls,
	}}
}

// volumes is the directory of one side of the case.
func volumes(b *testing.B) string {
	dir, err := os.MkdirTemp("", "podlife-bench-")
	check(err)
	b.Cleanup(func() { check(os.RemoveAll(dir)) })
	return filepath.Join(dir, "volumes")
}

func mountUnmount(b *testing.B) {
	d := must(disk.New(volumes(b)))
	b.Cleanup(func() { check(d.Close()) })
	p := storagetest.New("web", mountUID,
		pod.Volume{Name: "a"}, pod.Volume{Name: "b"},
		pod.Volume{Name: "c", VolumeSource: pod.VolumeSource{ConfigMap: &pod.ConfigMapVolumeSource{LocalObjectReference: pod.LocalObjectReference{Name: "settings"}}}},
		pod.Volume{Name: "d", VolumeSource: pod.VolumeSource{Secret: &pod.SecretVolumeSource{SecretName: "login"}}},
		pod.Volume{Name: "e", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: "/tmp"}}})
	sources := storagetest.Sources{
		ConfigMaps: map[string]pod.ConfigMap{"settings": {Data: map[string]string{"app.conf": "text"}}},
		Secrets:    map[string]pod.Secret{"login": {Data: map[string][]byte{"password": []byte("s3cret")}}},
	}
	repeat(func() {
		check(d.Mount(p, sources))
		check(d.Unmount(p.UID))
	})(b)
}

// bareCalls are the system calls that the task takes, with the steps that make it safe: the volumes are made out of
// sight and renamed, renamed away and deleted; what an earlier call may have left is looked for; no link is followed.
func bareCalls(b *testing.B) {
	dir := volumes(b)
	check(os.Mkdir(dir, 0o755))
	root := must(unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0))
	b.Cleanup(func() { check(unix.Close(root)) })
	repeat(func() {
		bareMount(root)
		bareUnmount(root)
	})(b)
}

func bareMount(root int) {
	absent(root, mountUID) // mounted already?
	check(unix.Mkdirat(root, coming, 0o711))
	pod := openDir(root, coming)
	for _, name := range []string{"a", "b"} {
		check(unix.Mkdirat(pod, name, 0o700))
		check(unix.Fchmodat(pod, name, 0o777, 0)) // whatever the umask is
	}
	bareFiles(pod, "c", "app.conf", "text")
	bareFiles(pod, "d", "password", "s3cret")
	check(unix.Symlinkat("/tmp", pod, "e"))
	check(unix.Close(pod))
	check(unix.Renameat(root, coming, root, mountUID))
}

// bareFiles makes a volume of one file that can be updated in one step.
func bareFiles(pod int, volume, name, text string) {
	check(unix.Mkdirat(pod, volume, 0o755))
	at := openDir(pod, volume)
	check(unix.Mkdirat(at, stamp, 0o755))
	files := openDir(at, stamp)
	f := must(unix.Openat(files, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600))
	must(unix.Write(f, []byte(text)))
	check(unix.Fchmod(f, 0o644))
	check(unix.Close(f))
	check(unix.Close(files))
	check(unix.Symlinkat(stamp, at, "..data"))
	check(unix.Symlinkat("..data/"+name, at, name))
	check(unix.Close(at))
}

func bareUnmount(root int) {
	check(unix.Renameat(root, mountUID, root, going))
	absent(root, coming) // left by a Mount that was cut short?
	pod := openDir(root, going)
	readNames(pod)
	check(unix.Unlinkat(pod, "a", unix.AT_REMOVEDIR))
	check(unix.Unlinkat(pod, "b", unix.AT_REMOVEDIR))
	bareRemove(pod, "c", "app.conf")
	bareRemove(pod, "d", "password")
	check(unix.Unlinkat(pod, "e", 0))
	check(unix.Close(pod))
	check(unix.Unlinkat(root, going, unix.AT_REMOVEDIR))
}

// bareRemove removes a volume of one file. That a directory is empty its removal tells: its names are read once.
func bareRemove(pod int, volume, name string) {
	at := openDir(pod, volume)
	readNames(at)
	check(unix.Unlinkat(at, "..data", 0))
	check(unix.Unlinkat(at, name, 0))
	files := openDir(at, stamp)
	readNames(files)
	check(unix.Unlinkat(files, name, 0))
	check(unix.Close(files))
	check(unix.Unlinkat(at, stamp, unix.AT_REMOVEDIR))
	check(unix.Close(at))
	check(unix.Unlinkat(pod, volume, unix.AT_REMOVEDIR))
}

func openDir(at int, name string) int {
	return must(unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0))
}

func readNames(dir int) {
	var buf [8 << 10]byte
	must(unix.Getdents(dir, buf[:]))
}

// absent looks for what must not be there.
func absent(at int, name string) {
	var buf [1]byte
	if _, err := unix.Readlinkat(at, name, buf[:]); err != unix.ENOENT {
		panic(name + " is there")
	}
}
