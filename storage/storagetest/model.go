package storagetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// model is what a driver should be: for each mounted UID the text of one file in each of its volumes.
type model struct {
	pods  map[pod.UID]map[string]string
	claim string // the text in the claim that all share; empty for no file
	conf  int    // version of the config map
}

// model plays the same random history to the driver and to a map, and compares them after each step. The seed is fixed:
// every run is the same.
func (s suite) model() {
	if s.CreateClaim == nil || !s.files() {
		s.t.Skip("no way to make a claim, or to see files, was given")
	}
	s.create("shared", pod.ReadWriteMany)
	m := &model{pods: make(map[pod.UID]map[string]string)}
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 300 {
		uid := pod.UID(fmt.Sprintf("uid-%d", random.IntN(6)))
		done := s.play(m, random, uid)
		s.compare(m, fmt.Sprintf("step %d: %s %s", step, done, uid))
	}
}

// play does one random thing to both, and says what.
func (s suite) play(m *model, random *rand.Rand, uid pod.UID) string {
	switch n := random.IntN(10); {
	case n < 4:
		m.conf++
		return s.playMount(m, uid)
	case n < 7:
		s.ok(s.Driver.Unmount(uid))
		delete(m.pods, uid)
		return "unmount"
	case n < 8:
		p := New("pod-"+string(uid), uid+"-never", emptyDir("cache"), secret("none", "absent"))
		s.says(s.Driver.Mount(p, settings("x")), "not found")
		return "failed mount"
	case n < 9:
		live := slices.Sorted(maps.Keys(m.pods))
		live = live[:len(live)/2]
		_, err := storage.Sweep(s.Driver, live)
		s.ok(err)
		maps.DeleteFunc(m.pods, func(uid pod.UID, _ map[string]string) bool { return !slices.Contains(live, uid) })
		return "sweep"
	}
	return s.playWrite(m, random, uid)
}

func (s suite) playMount(m *model, uid pod.UID) string {
	version := fmt.Sprint("version ", m.conf)
	p := New("pod-"+string(uid), uid, emptyDir("cache"), configMap("conf", "settings"), claim("shared", "shared"), ephemeral("own"))
	s.ok(s.Driver.Mount(p, settings(version)))
	if m.pods[uid] == nil {
		m.pods[uid] = map[string]string{"cache": noFile, "own": noFile}
	}
	m.pods[uid]["conf"] = version
	return "mount"
}

func (s suite) playWrite(m *model, random *rand.Rand, uid pod.UID) string {
	if m.pods[uid] == nil {
		return "nothing"
	}
	text := fmt.Sprint("text ", random.IntN(1000))
	volume := []string{"cache", "own", "shared"}[random.IntN(3)]
	s.write(uid, volume, "app.conf", text)
	if volume == "shared" {
		m.claim = text
	} else {
		m.pods[uid][volume] = text
	}
	return "write " + volume
}

func (s suite) compare(m *model, at string) {
	s.t.Helper()
	got, err := s.Driver.Mounted()
	s.ok(err)
	if want := slices.Sorted(maps.Keys(m.pods)); !slices.Equal(got, want) {
		s.t.Fatalf("%s: mounted: got %q, want %q", at, got, want)
	}
	for _, uid := range got {
		for _, volume := range []string{"cache", "conf", "own"} {
			if text := s.read(uid, volume, "app.conf"); text != m.pods[uid][volume] {
				s.t.Fatalf("%s: %s of %s: got %q, want %q", at, volume, uid, text, m.pods[uid][volume])
			}
		}
		want := m.claim
		if want == "" {
			want = noFile
		}
		if text := s.read(uid, "shared", "app.conf"); text != want {
			s.t.Fatalf("%s: the claim as seen by %s: got %q, want %q", at, uid, text, want)
		}
	}
}
