package storagetest

import (
	"io/fs"
	"os"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// vanished checks that nothing is at a path that Path returned.
func (s suite) vanished(at string) {
	s.t.Helper()
	if at == "" {
		return
	}
	if _, err := os.Lstat(at); !os.IsNotExist(err) {
		s.t.Fatalf("%s: got %v, want %v", at, err, fs.ErrNotExist)
	}
}

// create makes a claim, and skips the subtest where that cannot be.
func (s suite) create(name string, modes ...pod.PersistentVolumeAccessMode) {
	s.t.Helper()
	if s.CreateClaim == nil {
		s.t.Skip("no way to make a claim was given")
	}
	s.ok(s.CreateClaim(storage.Claim{Namespace: "default", Name: name, AccessModes: modes}))
}

func (s suite) claimOutlivesPod() {
	s.create("data")
	s.ok(s.Driver.Mount(New("web", "uid-1", claim("v", "data"), emptyDir("cache")), nil))
	s.write("uid-1", "v", "x", "kept")
	s.ok(s.Driver.Unmount("uid-1"))
	s.mounted()
	s.ok(s.Driver.Mount(New("web", "uid-2", claim("v", "data"), claim("again", "data")), nil))
	s.holds("uid-2", "v", "x", "kept")
	s.holds("uid-2", "again", "x", "kept")
}

func (s suite) absentClaim() {
	p := New("web", "uid-1", emptyDir("cache"), claim("v", "absent"))
	s.says(s.Driver.Mount(p, nil), `persistentvolumeclaim "absent" not found`)
	s.mounted()
}

func (s suite) readWriteOncePod() {
	s.create("data", pod.ReadWriteOncePod)
	s.create("shared", pod.ReadWriteMany)
	s.ok(s.Driver.Mount(New("one", "uid-1", claim("v", "data")), nil))
	s.ok(s.Driver.Mount(New("one", "uid-1", claim("v", "data")), nil))
	two := New("two", "uid-2", claim("s", "shared"), ephemeral("scratch"), claim("v", "data"))
	s.says(s.Driver.Mount(two, nil), "already in use by another pod")
	s.mounted("uid-1")
	s.ok(s.Driver.Unmount("uid-1"))
	s.ok(s.Driver.Mount(two, nil))
	s.mounted("uid-2")
}

// failedMountLetsGo checks that a claim taken before another volume failed is free again.
func (s suite) failedMountLetsGo() {
	s.create("data", pod.ReadWriteOncePod)
	s.says(s.Driver.Mount(New("one", "uid-1", claim("v", "data"), ephemeral("own"), claim("w", "absent")), nil), "not found")
	s.ok(s.Driver.Mount(New("two", "uid-2", claim("v", "data")), nil))
	s.ok(s.Driver.Mount(New("one", "uid-3", ephemeral("own")), nil))
	s.mounted("uid-2", "uid-3")
}

func (s suite) ephemeral() {
	s.ok(s.Driver.Mount(New("web", "uid-1", ephemeral("scratch")), nil))
	s.write("uid-1", "scratch", "x", "kept")
	s.ok(s.Driver.Mount(New("web", "uid-1", ephemeral("scratch")), nil))
	s.holds("uid-1", "scratch", "x", "kept")
	at, err := s.Driver.Path("uid-1", "scratch")
	s.ok(err)
	s.says(s.Driver.Mount(New("web", "uid-2", ephemeral("scratch")), nil), "pod is not owner")
	s.ok(s.Driver.Mount(New("user", "uid-3", claim("v", "web-scratch")), nil))
	s.ok(s.Driver.Unmount("uid-1"))
	s.holds("uid-3", "v", "x", "kept")
	s.ok(s.Driver.Unmount("uid-3"))
	s.vanished(at)
	s.mounted()
	s.ok(s.Driver.Mount(New("web", "uid-2", ephemeral("scratch")), nil))
	s.holds("uid-2", "scratch", "x", noFile)
}

func (s suite) ephemeralOfAnother() {
	s.create("web-scratch")
	s.says(s.Driver.Mount(New("web", "uid-1", emptyDir("cache"), ephemeral("scratch")), nil),
		"PVC default/web-scratch was not created for pod default/web (pod is not owner)")
	s.mounted()
}
