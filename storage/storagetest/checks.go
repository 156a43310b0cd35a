package storagetest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

func (s suite) nothingMounted() {
	s.mounted()
	s.ok(s.Driver.Unmount("uid-1"))
	_, err := s.Driver.Path("uid-1", "cache")
	equal(s, true, errors.Is(err, storage.ErrNotMounted))
	s.ok(s.Driver.Mount(New("bare", "uid-1"), nil))
	s.mounted("uid-1")
	s.ok(s.Driver.Unmount("uid-1"))
	s.mounted()
}

func (s suite) emptyDir() {
	s.ok(s.Driver.Mount(New("web", "uid-1", emptyDir("cache"), pod.Volume{Name: "bare"}), nil))
	s.mounted("uid-1")
	s.write("uid-1", "cache", "x", "kept")
	s.holds("uid-1", "cache", "x", "kept")
	s.holds("uid-1", "bare", "x", noFile)
	_, err := s.Driver.Path("uid-1", "other")
	equal(s, true, errors.Is(err, storage.ErrNotMounted))
	at, err := s.Driver.Path("uid-1", "cache")
	s.ok(err)
	s.ok(s.Driver.Unmount("uid-1"))
	s.ok(s.Driver.Unmount("uid-1"))
	s.mounted()
	s.vanished(at)
	_, err = s.Driver.Path("uid-1", "cache")
	equal(s, true, errors.Is(err, storage.ErrNotMounted))
}

func (s suite) mountTwice() {
	p := New("web", "uid-1", emptyDir("cache"), configMap("conf", "settings"))
	s.ok(s.Driver.Mount(p, settings("one")))
	s.write("uid-1", "cache", "x", "kept")
	s.ok(s.Driver.Mount(p, settings("one")))
	s.holds("uid-1", "cache", "x", "kept")
	s.holds("uid-1", "conf", "app.conf", "one")
	s.mounted("uid-1")
}

func (s suite) sameName() {
	s.ok(s.Driver.Mount(New("web", "uid-1", emptyDir("cache")), nil))
	s.write("uid-1", "cache", "x", "of the first")
	s.ok(s.Driver.Mount(New("web", "uid-2", emptyDir("cache")), nil))
	s.holds("uid-2", "cache", "x", noFile)
	s.write("uid-2", "cache", "y", "of the second")
	s.ok(s.Driver.Unmount("uid-1"))
	s.holds("uid-2", "cache", "y", "of the second")
	s.ok(s.Driver.Mount(New("web", "uid-1", emptyDir("cache")), nil))
	s.holds("uid-1", "cache", "x", noFile)
}

func (s suite) filesOfEveryKind() {
	p := New("web", "uid-1", configMap("c", "settings"), secret("s", "login"), downward("d"), projected("p", "settings", "login"))
	s.ok(s.Driver.Mount(p, settings("one")))
	for _, want := range []struct{ volume, file, text string }{
		{"c", "app.conf", "one"},
		{"c", "other.conf", "other one"},
		{"c", "blob", "\x00\x01\x02"},
		{"s", "password", "s3cret"},
		{"d", "me/name", "web"},
		{"p", "app.conf", "one"},
		{"p", "private/password", "s3cret"},
		{"p", "password", noFile},
	} {
		s.holds("uid-1", want.volume, want.file, want.text)
	}
}

func (s suite) update() {
	p := New("web", "uid-1", configMap("conf", "settings"), emptyDir("cache"))
	s.ok(s.Driver.Mount(p, settings("one")))
	s.write("uid-1", "cache", "x", "kept")
	next := settings("two")
	next.ConfigMaps["settings"] = pod.ConfigMap{Data: map[string]string{"app.conf": "two", "new.conf": "new"}}
	s.ok(s.Driver.Mount(p, next))
	s.holds("uid-1", "conf", "app.conf", "two")
	s.holds("uid-1", "conf", "new.conf", "new")
	s.holds("uid-1", "conf", "other.conf", noFile)
	s.holds("uid-1", "cache", "x", "kept")
}

func (s suite) updateFails() {
	p := New("web", "uid-1", configMap("a", "settings"), secret("b", "login"))
	s.ok(s.Driver.Mount(p, settings("one")))
	next := settings("two")
	next.Secrets = nil
	s.says(s.Driver.Mount(p, next), `secret "login" not found`)
	s.holds("uid-1", "a", "app.conf", "one")
	s.holds("uid-1", "b", "password", "s3cret")
	s.mounted("uid-1")
}

func (s suite) allOrNothing() {
	p := New("web", "uid-1", emptyDir("cache"), configMap("conf", "absent"))
	s.says(s.Driver.Mount(p, settings("one")), `configmap "absent" not found`)
	s.mounted()
	_, err := s.Driver.Path("uid-1", "cache")
	equal(s, true, errors.Is(err, storage.ErrNotMounted))
	s.says(s.Driver.Mount(p, nil), `configmap "absent" not found`)
	s.ok(s.Driver.Mount(New("web", "uid-1", emptyDir("cache")), nil))
	s.mounted("uid-1")
}

func (s suite) badInput() {
	for _, uid := range []pod.UID{"", ".", "..", "../x", "a/b", ".new-x", "a\x00b", "a\nb"} {
		s.says(s.Driver.Mount(New("web", uid, emptyDir("cache")), nil), "pod UID")
		s.says(s.Driver.Unmount(uid), "pod UID")
	}
	for _, name := range []string{"", "..", "a/b", "../x", "A", "a\nb"} {
		s.says(s.Driver.Mount(New("web", "uid-1", emptyDir(name)), nil), "volume")
		_, err := s.Driver.Path("uid-1", name)
		equal(s, true, errors.Is(err, storage.ErrNotMounted))
	}
	s.says(s.Driver.Mount(New("web", "uid-1", emptyDir("a"), emptyDir("a")), nil), "used twice")
	both := emptyDir("both")
	both.HostPath = &pod.HostPathVolumeSource{Path: "/"}
	s.says(s.Driver.Mount(New("web", "uid-1", both), nil), "expected one")
	s.mounted()
}

func (s suite) sweep() {
	for _, uid := range []pod.UID{"uid-1", "uid-2", "uid-3"} {
		s.ok(s.Driver.Mount(New("web", uid, emptyDir("cache")), nil))
		s.write(uid, "cache", "x", string(uid))
	}
	gone, err := storage.Sweep(s.Driver, []pod.UID{"uid-2", "uid-9"})
	s.ok(err)
	equal(s, "[uid-1 uid-3]", fmt.Sprint(gone))
	s.mounted("uid-2")
	s.holds("uid-2", "cache", "x", "uid-2")
	gone, err = storage.Sweep(s.Driver, []pod.UID{"uid-2"})
	s.ok(err)
	equal(s, 0, len(gone))
}

func (s suite) atOnce() {
	const pods, rounds = 8, 5
	var all sync.WaitGroup
	for i := range 2 * pods {
		uid := pod.UID(fmt.Sprintf("uid-%d", i%pods))
		all.Go(func() {
			for range rounds {
				p := New("pod-"+string(uid), uid, emptyDir("cache"), configMap("conf", "settings"), ephemeral("scratch"))
				if err := errors.Join(s.Driver.Mount(p, settings("one")), s.Driver.Unmount(uid)); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s.mounted()
}

func (s suite) escapes() {
	c, ok := s.Driver.(storage.Contents)
	if !ok {
		s.t.Skip("the driver does not offer storage.Contents")
	}
	s.ok(s.Driver.Mount(New("a", "uid-1", emptyDir("cache")), nil))
	s.ok(s.Driver.Mount(New("b", "uid-2", emptyDir("cache")), nil))
	s.write("uid-2", "cache", "x", "of the other")
	for _, name := range []string{"../../uid-2/cache/x", "/etc/passwd", "..", "a/../../../uid-2/cache/x", ""} {
		if _, err := c.ReadFile("uid-1", "cache", name); err == nil {
			s.t.Errorf("reading %q: no error", name)
		}
		if err := c.WriteFile("uid-1", "cache", name, []byte("broken")); err == nil {
			s.t.Errorf("writing %q: no error", name)
		}
	}
	s.holds("uid-2", "cache", "x", "of the other")
}
