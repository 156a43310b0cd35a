package static_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/sim"
	"github.com/podlife/podlife/node/static"
	"github.com/podlife/podlife/pod"
)

// shelf is a Source in memory.
type shelf struct {
	mu      sync.Mutex
	texts   map[string]string
	changed func()
	broken  error
}

func (s *shelf) Kind() string { return "file" }

func (s *shelf) Read() ([]static.Manifest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []static.Manifest
	for _, place := range slices.Sorted(maps.Keys(s.texts)) {
		out = append(out, static.Manifest{Place: place, Text: []byte(s.texts[place])})
	}
	return out, s.broken
}

func (s *shelf) Watch(ctx context.Context, changed func()) error {
	s.mu.Lock()
	s.changed = changed
	s.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

// put writes a manifest, or removes it where the text is empty.
func (s *shelf) put(place, text string) {
	s.mu.Lock()
	s.texts[place] = text
	if text == "" {
		delete(s.texts, place)
	}
	changed := s.changed
	s.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// board is a Publisher in memory, which numbers its mirrors.
type board struct {
	mu      sync.Mutex
	mirrors map[pod.Key]*pod.Pod
	made    int
}

func (b *board) Mirrors(context.Context) ([]*pod.Pod, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.mirrors)), nil
}

func (b *board) Publish(_ context.Context, p *pod.Pod) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.UID != "" {
		return errors.New("a mirror has a UID of the board's")
	}
	if old := b.mirrors[p.Key()]; old != nil {
		p.UID = old.UID
	} else {
		b.made++
		p.UID = pod.UID(fmt.Sprint("mirror-", b.made))
	}
	b.mirrors[p.Key()] = p
	return nil
}

func (b *board) Withdraw(_ context.Context, p *pod.Pod) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.mirrors, p.Key())
	return nil
}

// remove deletes a mirror as a user does.
func (b *board) remove(name string) {
	_ = b.Withdraw(context.Background(), &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: name}})
}

func (b *board) get(name string) *pod.Pod {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mirrors[pod.Key{Namespace: "default", Name: name}]
}

// A world is an agent on scripted containers, with static pods.
type world struct {
	*shelf
	*board
	t     *testing.T
	agent *node.Agent
	pods  *static.Pods
	stop  context.CancelFunc
	ended chan struct{}
}

func newWorld(t *testing.T, texts map[string]string, sc *script.Script) *world {
	w := &world{t: t, shelf: &shelf{texts: texts}, board: &board{mirrors: map[pod.Key]*pod.Pod{}}, ended: make(chan struct{})}
	var err error
	w.agent, err = node.New(node.Config{
		NodeName: "node-1", Runtime: sim.New(func(*pod.Pod) *script.Script { return sc }), ShutdownGrace: time.Minute,
	})
	require.NoError(t, err)
	w.pods, err = static.New(static.Config{Node: w.agent, Source: w.shelf, NodeName: "node-1", Publisher: w.board})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	w.stop = cancel
	go func() {
		var all sync.WaitGroup
		all.Go(func() { _ = w.agent.Run(ctx) })
		all.Go(func() { w.pods.Run(ctx) })
		all.Wait()
		close(w.ended)
	}()
	synctest.Wait()
	return w
}

func (w *world) end() {
	w.stop()
	<-w.ended
}

// running is the pods of the node: name, the start of the UID, phase.
func (w *world) running() string {
	synctest.Wait()
	var out []string
	for _, p := range w.agent.Pods() {
		out = append(out, fmt.Sprintf("%s %s", p.Name, p.Status.Phase))
	}
	return strings.Join(out, ", ")
}

func (w *world) uid(name string) pod.UID {
	w.t.Helper()
	p, ok := w.agent.Pod(pod.Key{Name: name})
	require.True(w.t, ok, name)
	return p.UID
}

func manifest(name, rest string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: app, image: "a:1"}]%s}}`, name, rest)
}

// stubborn containers take 5 seconds to end.
var stubborn = &script.Script{Containers: map[string]script.Behavior{
	"app": {OnTerm: script.OnTerm{After: script.Duration(5 * time.Second)}},
}}

func TestManifestsBecomePods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"/etc/web.yaml": manifest("web", "")}, stubborn)
		require.Equal(t, "web-node-1 Running", w.running())
		p, _ := w.agent.Pod(pod.Key{Name: "web-node-1"})
		require.Equal(t, "file", p.Annotations["kubernetes.io/config.source"])
		require.Equal(t, string(p.UID), p.Annotations["kubernetes.io/config.hash"])
		require.NotEmpty(t, p.Annotations["kubernetes.io/config.seen"])
		require.Equal(t, []pod.Toleration{{Operator: "Exists", Effect: "NoExecute"}}, p.Spec.Tolerations)
		require.Equal(t, "node-1", p.Spec.NodeName)
		require.Zero(t, p.Status.ObservedGeneration, "a static pod has no generation")

		w.put("/etc/other.yaml", manifest("other", ", priority: 3"))
		require.Equal(t, "other-node-1 Running, web-node-1 Running", w.running())
		w.put("/etc/web.yaml", "")
		time.Sleep(4 * time.Second)
		require.Equal(t, "other-node-1 Running, web-node-1 Running", w.running(), "it is ended in its own time")
		time.Sleep(2 * time.Second)
		require.Equal(t, "other-node-1 Running", w.running())
		w.end()
	})
}

// TestFaultyManifests holds that nothing that is wrong with a manifest stops a pod.
func TestFaultyManifests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := manifest("web", "")
		w := newWorld(t, map[string]string{"/etc/web.yaml": whole}, stubborn)
		uid := w.uid("web-node-1")
		for _, c := range []struct{ text, fault string }{
			{whole[:40], ""},
			{"", "EOF"}, // see below: a space
			{strings.Replace(whole, "a:1", "", 1), "image"},
			{strings.Replace(whole, "name: web", "generateName: web", 1), "the pod has no name"},
			{strings.Replace(whole, "containers", "kontainers", 1), "kontainers"},
			{manifest("web", ", serviceAccountName: x"), "static pods may not reference serviceaccounts"},
			{manifest("web", ", volumes: [{name: v, configMap: {name: c}}]"), "configmaps (via configmap volumes)"},
			{strings.Replace(whole, `image: "a:1"`, `image: "a:1", envFrom: [{secretRef: {name: s}}]`, 1), "reference secrets"},
		} {
			text := c.text
			if text == "" {
				text, c.fault = " ", ""
			}
			w.put("/etc/web.yaml", text)
			require.Equal(t, "web-node-1 Running", w.running(), text)
			require.Equal(t, uid, w.uid("web-node-1"))
			require.ErrorContains(t, w.pods.Faults()["/etc/web.yaml"], c.fault, text)
		}
		w.put("/etc/web.yaml", whole)
		require.Equal(t, "web-node-1 Running", w.running())
		require.Empty(t, w.pods.Faults())
		require.Equal(t, uid, w.uid("web-node-1"))

		w.put("/etc/zzz.yaml", manifest("web", ", priority: 1"))
		require.Equal(t, "web-node-1 Running", w.running())
		require.ErrorContains(t, w.pods.Faults()["/etc/zzz.yaml"], "/etc/web.yaml holds a pod of the same name")
		w.put("/etc/zzz.yaml", "")
		synctest.Wait()
		require.Empty(t, w.pods.Faults())

		w.mu(func() { w.broken = errors.New("the disk is gone") })
		w.put("/etc/web.yaml", "")
		require.Equal(t, "web-node-1 Running", w.running())
		require.ErrorContains(t, w.pods.Faults()[""], "the disk is gone")
		w.end()
	})
}

// TestFileThatIsNoManifest holds that a file which never was a manifest keeps no pod on the node whose file goes, or holds another pod: only
// of pods that were there before anything was read it may be the file.
func TestFileThatIsNoManifest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"/etc/a.yaml": manifest("a", ""), "/etc/b.yaml": manifest("b", ""), "/etc/notes.txt": "to do"}, nil)
		require.Equal(t, "a-node-1 Running, b-node-1 Running", w.running())
		w.put("/etc/a.yaml", "")
		require.Equal(t, "b-node-1 Running", w.running())
		w.put("/etc/b.yaml", manifest("c", ""))
		require.Equal(t, "c-node-1 Running", w.running())
		w.put("/etc/a.yaml", manifest("a", ""))
		w.put("/etc/b.yaml", "half")
		require.Equal(t, "a-node-1 Running, c-node-1 Running", w.running(), "what it was before lives on")
		w.put("/etc/b.yaml", "")
		require.Equal(t, "a-node-1 Running", w.running())

		fresh, err := static.New(static.Config{Node: w.agent, Source: w.shelf, NodeName: "node-1"})
		require.NoError(t, err)
		w.put("/etc/a.yaml", "")
		w.put("/etc/d.yaml", manifest("d", ""))
		require.Equal(t, "d-node-1 Running", w.running())
		w.mu(func() { delete(w.texts, "/etc/d.yaml") })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { fresh.Run(ctx); close(ended) }()
		require.Equal(t, "d-node-1 Running", w.running(), "notes.txt may have been its file, for all that the new one knows")
		cancel()
		<-ended
		w.end()
	})
}

// TestOrderOfManifests holds that of two pods that want the same port the one whose file comes first has it, always.
func TestOrderOfManifests(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			texts := map[string]string{}
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				const image = `image: "a:1"`
				texts["/etc/"+name+".yaml"] = strings.Replace(manifest(name, ""), image, image+`, ports: [{containerPort: 80, hostPort: 80}]`, 1)
			}
			w := newWorld(t, texts, nil)
			require.Equal(t, "a-node-1 Running, b-node-1 Failed, c-node-1 Failed, d-node-1 Failed, e-node-1 Failed", w.running())
			w.end()
		})
	}
}

// TestHostileFolder holds that what is no small file is no manifest, takes no memory, and nobody waits for it.
func TestHostileFolder(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	old := func(name string) { require.NoError(t, os.Chtimes(at(name), time.Time{}, time.Now().Add(-time.Hour))) }
	require.NoError(t, os.WriteFile(at("huge.yaml"), nil, 0o600))
	require.NoError(t, os.Truncate(at("huge.yaml"), 1<<40))
	require.NoError(t, os.WriteFile(at("pod.yaml"), []byte(manifest("web", "")), 0o600))
	require.NoError(t, os.Mkdir(at("folder.yaml"), 0o700))
	old("huge.yaml")
	old("pod.yaml")
	for name, target := range map[string]string{
		"dangling.yaml": "nowhere", "loop.yaml": "loop.yaml", "link.yaml": "pod.yaml", "up.yaml": "..", "zero.yaml": "/dev/zero",
	} {
		require.NoError(t, os.Symlink(target, at(name)))
	}
	read, err := static.Folder(dir).Read()
	require.NoError(t, err)
	var got []string
	for _, m := range read {
		got = append(got, fmt.Sprintf("%s %d %t", filepath.Base(m.Place), len(m.Text), m.Err != nil))
	}
	size := len(manifest("web", ""))
	require.Equal(t, []string{
		"huge.yaml 0 true", fmt.Sprintf("link.yaml %d false", size), "loop.yaml 0 true", fmt.Sprintf("pod.yaml %d false", size),
	}, got)
}

func (w *world) mu(do func()) {
	w.shelf.mu.Lock()
	defer w.shelf.mu.Unlock()
	do()
}

// TestEditedManifestIsANewPod holds that the old pod has ended before the new one begins, and has another UID.
func TestEditedManifestIsANewPod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"/etc/web.yaml": manifest("web", "")}, stubborn)
		first := w.uid("web-node-1")
		from := time.Now()
		var seen []string
		watching := make(chan struct{})
		go func() {
			defer close(watching)
			for c := range w.agent.Watch(t.Context()) {
				if c.Type == node.Deleted || c.Type == node.Added && c.Pod.UID != first {
					seen = append(seen, fmt.Sprintf("%s %s %t", time.Since(from), c.Type, c.Pod.UID == first))
				}
			}
		}()
		w.put("/etc/web.yaml", manifest("web", ", priority: 1"))
		w.put("/etc/web.yaml", manifest("web", ", priority: 2"))
		time.Sleep(time.Minute)
		require.Equal(t, "web-node-1 Running", w.running())
		p, _ := w.agent.Pod(pod.Key{Name: "web-node-1"})
		require.Equal(t, int32(2), *p.Spec.Priority)
		w.put("/etc/web.yaml", manifest("web", ""))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, first, w.uid("web-node-1"), "the same file is the same pod")
		w.end()
		<-watching
		require.Equal(t, []string{"5s DELETED true", "5s ADDED false", "1m5s DELETED false"}, seen)
	})
}

// TestDeletedStaticPodComesBack holds that a static pod that was deleted is there again, as long as its manifest is.
func TestDeletedStaticPodComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"/etc/web.yaml": manifest("web", "")}, stubborn)
		before, _ := w.agent.Pod(pod.Key{Name: "web-node-1"})
		require.NoError(t, w.agent.Delete(pod.Key{Name: "web-node-1"}, pod.DeleteOptions{}))
		time.Sleep(10 * time.Second)
		after, ok := w.agent.Pod(pod.Key{Name: "web-node-1"})
		require.True(t, ok)
		require.Equal(t, pod.Running, after.Status.Phase)
		require.True(t, after.Status.StartTime.After(before.Status.StartTime.Time))
		w.end()
	})
}

// TestMirrors holds that a mirror follows its pod, comes back, and commands nothing.
func TestMirrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"/etc/web.yaml": manifest("web", "")}, stubborn)
		w.running()
		m := w.get("web-node-1")
		require.Equal(t, pod.Running, m.Status.Phase)
		require.Equal(t, string(w.uid("web-node-1")), m.Annotations["kubernetes.io/config.mirror"])
		require.True(t, node.IsMirror(m))
		require.False(t, node.IsStatic(m))
		require.NotEqual(t, w.uid("web-node-1"), m.UID)
		require.Zero(t, m.Status.ObservedGeneration)

		w.board.remove("web-node-1")
		time.Sleep(61 * time.Second)
		require.Equal(t, "web-node-1 Running", w.running())
		require.Equal(t, pod.UID("mirror-2"), w.get("web-node-1").UID)
		require.Equal(t, pod.Running, w.get("web-node-1").Status.Phase)

		stranger := static.Mirror(&pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "old-node-1", Annotations: map[string]string{}}})
		require.NoError(t, w.Publish(t.Context(), stranger))
		time.Sleep(61 * time.Second)
		require.Nil(t, w.get("old-node-1"), "a mirror of no pod is taken away")

		w.put("/etc/web.yaml", "")
		time.Sleep(10 * time.Second)
		require.Empty(t, w.running())
		require.Nil(t, w.get("web-node-1"))
		w.end()
	})
}

func TestAnotherPodHasTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{}, stubborn)
		p, err := pod.Parse([]byte(manifest("web-node-1", "")))
		require.NoError(t, err)
		require.NoError(t, w.agent.Apply(p))
		uid := w.uid("web-node-1")
		w.put("/etc/web.yaml", manifest("web", ""))
		require.Equal(t, "web-node-1 Running", w.running())
		require.Equal(t, uid, w.uid("web-node-1"))
		require.ErrorContains(t, w.pods.Faults()["/etc/web.yaml"], `another pod "default/web-node-1" is on the node`)
		w.end()
	})
}

// TestFolder holds that a folder's changes are noticed, by themselves where the system says them and by looking where not, and
// that a file that is still written is left alone.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "manifests")
	a, err := node.New(node.Config{Runtime: sim.New(nil)})
	require.NoError(t, err)
	pods, err := static.New(static.Config{Node: a, Source: static.Folder(dir), Poll: 50 * time.Millisecond})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	var all sync.WaitGroup
	all.Go(func() { _ = a.Run(ctx) })
	all.Go(func() { pods.Run(ctx) })
	defer all.Wait()
	defer cancel()
	changes := a.Watch(ctx)
	require.NoError(t, os.Mkdir(dir, 0o755))
	file := filepath.Join(dir, "web.yaml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".hidden"), []byte(manifest("hidden", "")), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(manifest("web", "")), 0o600))
	var got []string
	edited := false
	for c := range changes {
		if c.Type == node.Modified {
			continue
		}
		got = append(got, string(c.Type)+" "+c.Pod.Name)
		switch {
		case len(got) == 1:
			require.NoError(t, os.WriteFile(file+".new", []byte(manifest("web", ", priority: 1")), 0o600))
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.Rename(file+".new", file))
		case len(got) == 3 && !edited:
			edited = true
			require.NoError(t, os.Remove(file))
		}
		if len(got) == 4 {
			break
		}
	}
	require.Equal(t, []string{"ADDED web-node", "DELETED web-node", "ADDED web-node", "DELETED web-node"}, got)
	require.Empty(t, pods.Faults())
}

// TestFolderNotices holds that a change is noticed long before the next look, where the system says changes.
func TestFolderNotices(t *testing.T) {
	dir := t.TempDir()
	source := static.Folder(dir)
	ctx, cancel := context.WithCancel(t.Context())
	changed, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- source.Watch(ctx, func() { changed <- struct{}{} }) }()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, errors.ErrUnsupported)
		t.Skip("this system does not say what changes in a folder")
	case <-changed:
	}
	file := filepath.Join(dir, "a.yaml")
	for _, do := range []func() error{
		func() error { return os.WriteFile(file, []byte("x"), 0o600) },
		func() error { return os.Rename(file, file+".b") },
		func() error { return os.Remove(file + ".b") },
	} {
		require.NoError(t, do())
		<-changed
		time.Sleep(time.Millisecond)
		for len(changed) > 0 {
			<-changed
		}
	}
	read, err := source.Read()
	require.NoError(t, err)
	require.Empty(t, read)
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	read, err = source.Read()
	require.NoError(t, err)
	require.Len(t, read, 1)
	require.True(t, read[0].Unsettled)
	cancel()
	require.Error(t, <-ended)
}
