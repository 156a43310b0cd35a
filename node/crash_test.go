package node_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

var errKilled = errors.New("the program was killed")

// A life is the time of one agent between two kills. What it does after its end has no effect: that is what a kill looks like from
// outside.
type life struct {
	mu     sync.Mutex
	writes int // how many writes to the store are left; negative is for ever
	dead   chan struct{}
}

// kill ends the life. The caller holds the lock.
func (l *life) kill() {
	select {
	case <-l.dead:
	default:
		close(l.dead)
	}
}

func (l *life) over() bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

// mortalStore is a Store of which the last write that a life has left is the last thing done.
type mortalStore struct {
	node.Store
	life *life
	// torn says that the write at which the program is killed is not done.
	torn bool
}

func (s *mortalStore) write(do func() error) error {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.over() {
		return errKilled
	}
	if s.life.writes == 0 {
		if !s.torn {
			_ = do()
		}
		s.life.kill()
		return errKilled
	}
	s.life.writes--
	return do()
}

func (s *mortalStore) Put(key string, document []byte) error {
	return s.write(func() error { return s.Store.Put(key, document) })
}

func (s *mortalStore) Delete(key string) error {
	return s.write(func() error { return s.Store.Delete(key) })
}

// mortalRuntime is the fake as an agent sees it that may be dead.
type mortalRuntime struct {
	*fake
	life *life
}

func (r *mortalRuntime) CreateSandbox(ctx context.Context, p *pod.Pod) error {
	if r.life.over() {
		return errKilled
	}
	return r.fake.CreateSandbox(ctx, p)
}

func (r *mortalRuntime) StartContainer(ctx context.Context, p *pod.Pod, c string, n int32, o node.StartOptions) error {
	if r.life.over() {
		return errKilled
	}
	return r.fake.StartContainer(ctx, p, c, n, o)
}

func (r *mortalRuntime) StopContainer(ctx context.Context, uid pod.UID, c string, n int32, grace time.Duration) error {
	if r.life.over() {
		return errKilled
	}
	return r.fake.StopContainer(ctx, uid, c, n, grace)
}

func (r *mortalRuntime) RemoveContainer(ctx context.Context, uid pod.UID, c string, n int32) error {
	if r.life.over() {
		return errKilled
	}
	return r.fake.RemoveContainer(ctx, uid, c, n)
}

func (r *mortalRuntime) StopSandbox(ctx context.Context, uid pod.UID) error {
	if r.life.over() {
		return errKilled
	}
	return r.fake.StopSandbox(ctx, uid)
}

func (r *mortalRuntime) RemoveSandbox(ctx context.Context, uid pod.UID) error {
	if r.life.over() {
		return errKilled
	}
	return r.fake.RemoveSandbox(ctx, uid)
}

func (r *mortalRuntime) Pods(context.Context) ([]pod.UID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var uids []pod.UID
	for uid := range r.pods {
		uids = append(uids, uid)
	}
	return uids, nil
}

// A shelf is volumes that are only counted.
type shelf struct {
	mu   sync.Mutex
	pods map[pod.UID]int64 // bytes in the volumes
	fail int               // how many tries to unmount fail
}

func (s *shelf) Mount(p *pod.Pod, _ storage.Sources) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pods == nil {
		s.pods = map[pod.UID]int64{}
	}
	s.pods[p.UID] += 0
	return nil
}

func (s *shelf) Unmount(uid pod.UID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return errBroken
	}
	delete(s.pods, uid)
	return nil
}

func (s *shelf) Path(uid pod.UID, volume string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.pods[uid]; !ok {
		return "", storage.ErrNotMounted
	}
	return "/" + string(uid) + "/" + volume, nil
}

func (s *shelf) Mounted() ([]pod.UID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.pods)), nil
}

func (s *shelf) ReadFile(pod.UID, string, string) ([]byte, error) { return nil, storage.ErrNotMounted }

func (s *shelf) WriteFile(uid pod.UID, _, _ string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pods[uid] += int64(len(data))
	return nil
}

func (s *shelf) Usage(uid pod.UID, _ string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pods[uid], nil
}

// mortalVolumes is the shelf as an agent sees it that may be dead.
type mortalVolumes struct {
	*shelf
	life *life
}

func (v *mortalVolumes) Mount(p *pod.Pod, s storage.Sources) error {
	if v.life.over() {
		return errKilled
	}
	return v.shelf.Mount(p, s)
}

func (v *mortalVolumes) Unmount(uid pod.UID) error {
	if v.life.over() {
		return errKilled
	}
	return v.shelf.Unmount(uid)
}

// A ground is what outlives the agents: the runtime, the store, the volumes.
type ground struct {
	t       *testing.T
	fake    *fake
	dir     string
	volumes shelf
	// written is how many writes the last life did.
	written int
}

func newGround(t *testing.T) *ground {
	return &ground{t: t, dir: t.TempDir(), fake: &fake{lives: func(name string, attempt int32) (time.Duration, int32) {
		switch {
		case name == "job":
			return 3 * time.Second, 0
		case name == "crash" && attempt < 2:
			return time.Second, int32(attempt) + 1
		}
		return -1, 0
	}}}
}

// live runs an agent until it was killed, or do says that it is done. Do is called again after every kill.
func (g *ground) live(writes int, torn bool, do func(a *node.Agent) bool) (killed bool) {
	store, err := node.OpenStore(filepath.Join(g.dir, "store"))
	require.NoError(g.t, err)
	addresses, err := node.VirtualAddresses(netip.MustParsePrefix("10.7.0.0/24"))
	require.NoError(g.t, err)
	l := &life{writes: writes, dead: make(chan struct{})}
	c := node.Config{
		Runtime: &mortalRuntime{g.fake, l}, Store: &mortalStore{store, l, torn}, Volumes: &mortalVolumes{&g.volumes, l}, Addresses: addresses,
		LeaveRunning: true,
	}
	a, err := node.New(c)
	killed = l.over()
	if !killed {
		require.NoError(g.t, err)
		ctx, cancel := context.WithCancel(g.t.Context())
		ran := make(chan error, 1)
		go func() { ran <- a.Run(ctx) }()
		done := make(chan bool)
		go func() {
			defer close(done)
			do(a)
		}()
		select {
		case <-l.dead:
		case <-done:
		}
		l.mu.Lock()
		killed = l.over()
		l.kill()
		l.mu.Unlock()
		g.written = writes - l.writes
		cancel()
		<-ran
		<-done
	}
	require.NoError(g.t, store.Close())
	return killed
}

const workload = `{apiVersion: v1, kind: Pod, metadata: {name: web, uid: u-web}, spec: {restartPolicy: OnFailure,
  volumes: [{name: data, emptyDir: {}}],
  initContainers: [{name: job, image: "a:1"}],
  containers: [{name: crash, image: "a:1", volumeMounts: [{name: data, mountPath: /data}]},
               {name: app, image: "a:1", volumeMounts: [{name: data, mountPath: /data}]}]}}`

// story is what the user does to the agent: apply a pod, see it run, delete it. It goes on where an earlier life left it.
func story(t *testing.T, stage *int) func(a *node.Agent) bool {
	return func(a *node.Agent) bool {
		p, err := pod.Parse([]byte(workload))
		require.NoError(t, err)
		if *stage == 0 {
			if err := a.Apply(p); err != nil {
				require.ErrorIs(t, err, errKilled)
				return false
			}
			*stage = 1
		}
		if *stage == 1 {
			if !reached(a, func(p *pod.Pod) bool {
				s := p.Status.ContainerStatuses
				return len(s) == 2 && s[1].RestartCount == 2 && s[1].State.Running != nil && s[0].Ready
			}) {
				return false
			}
			*stage = 2
		}
		if *stage == 2 {
			if err := a.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}); err != nil && !errors.Is(err, node.ErrNotFound) {
				require.ErrorIs(t, err, errKilled)
				return false
			}
			*stage = 3
		}
		return reached(a, func(p *pod.Pod) bool { return p == nil })
	}
}

// reached follows the pod web until it is as wanted, nil standing for one that is gone, or the agent ends.
func reached(a *node.Agent, holds func(p *pod.Pod) bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	changes := a.Watch(ctx)
	if _, ok := a.Pod(pod.Key{Name: "web"}); !ok && holds(nil) {
		return true
	}
	for c := range changes {
		p := c.Pod
		if c.Type == node.Deleted {
			p = nil
		}
		if holds(p) {
			return true
		}
	}
	if ctx.Err() != nil {
		p, _ := a.Pod(pod.Key{Name: "web"})
		panic(fmt.Sprintf("after an hour the pod is still %+v", p))
	}
	return false
}

// TestKilledAtEveryWrite kills the agent at each of its writes to the store, once just before and once just after it, and holds
// that the next one goes on: no attempt is started twice, none is skipped, every exit code comes into the status, and nothing is left.
func TestKilledAtEveryWrite(t *testing.T) {
	var whole int
	synctest.Test(t, func(t *testing.T) {
		g, stage := newGround(t), 0
		require.False(t, g.live(1<<20, false, story(t, &stage)))
		whole = g.written
		g.settled(3)
	})
	require.Greater(t, whole, 10, "the story is told with more than a few writes")
	t.Logf("%d writes", whole)
	for n := range whole {
		for _, torn := range []bool{true, false} {
			t.Run(fmt.Sprintf("write %d torn %t", n, torn), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g, stage := newGround(t), 0
					tell := story(t, &stage)
					require.True(t, g.live(n, torn, tell))
					require.False(t, g.live(1<<20, false, tell))
					g.settled(3)
				})
			})
		}
	}
}

// TestKilledOften kills the agent at every third write, again and again, until the story is told.
func TestKilledOften(t *testing.T) {
	for every := 1; every < 6; every++ {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, stage := newGround(t), 0
				tell := story(t, &stage)
				lives := 1
				for g.live(every, lives%2 == 0, tell) {
					lives++
					require.Less(t, lives, 200)
				}
				require.Greater(t, lives, 2)
				g.settled(3)
			})
		})
	}
}

// settled holds that the whole story was told, and nothing of it is left.
func (g *ground) settled(attempts int) {
	g.t.Helper()
	starts := map[string]int{}
	for _, call := range g.fake.calls {
		if strings.HasPrefix(call, "start ") {
			starts[call]++
		}
	}
	want := map[string]int{"start job#0": 1, "start app#0": 1}
	for i := range attempts {
		want[fmt.Sprint("start crash#", i)] = 1
	}
	require.Equal(g.t, want, starts)
	require.Empty(g.t, g.fake.pods, "nothing is left in the runtime")
	store, err := node.OpenStore(filepath.Join(g.dir, "store"))
	require.NoError(g.t, err)
	require.Empty(g.t, kept(g.t, store))
	require.NoError(g.t, store.Close())
	require.Empty(g.t, g.volumes.pods, "no volume is left")
}

// TestEventsComeBack holds that events go on being counted over a crash, that resourceVersions only rise, and that a pod's events go with it.
func TestEventsComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, stage := newGround(t), 0
		tell := story(t, &stage)
		counts := func(a *node.Agent) map[string]int {
			out := map[string]int{}
			for e := range a.Events(t.Context()) {
				if out[string(e.Reason)] += e.Count; e.Reason == "BackOff" {
					break
				}
			}
			return out
		}
		version := func(a *node.Agent) int {
			p, ok := a.Pod(pod.Key{Name: "web"})
			require.True(t, ok)
			n, err := strconv.Atoi(p.ResourceVersion)
			require.NoError(t, err)
			return n
		}
		var before map[string]int
		var latest int
		g.live(-1, false, func(a *node.Agent) bool {
			p, err := pod.Parse([]byte(workload))
			require.NoError(t, err)
			require.NoError(t, a.Apply(p))
			time.Sleep(10 * time.Second) // in the back-off of the second restart
			before, latest = counts(a), version(a)
			return true
		})
		require.Equal(t, map[string]int{"Pulled": 4, "Created": 4, "Started": 4, "BackOff": 1}, before)
		stage = 1
		g.live(-1, false, func(a *node.Agent) bool {
			after := counts(a)
			require.Contains(t, []int{1, 2}, after["BackOff"], "told again, if the agent has looked at the pod by now")
			after["BackOff"] = 1
			require.Equal(t, before, after)
			require.Greater(t, version(a), latest)
			synctest.Wait()
			return tell(a)
		})
		g.settled(3)
	})
}

// TestOldEventsGo holds that the store has no more events of a pod than are counted.
func TestOldEventsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		f := &fake{exec: func(context.Context, []string) (node.ExecResult, error) {
			return node.ExecResult{ExitCode: 1, Output: fmt.Appendf(nil, "failure %d", n.Add(1))}, nil
		}}
		store := openStore(t, t.TempDir())
		w := newWorld(t, f, node.Config{Store: store})
		w.apply(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "a:1",
			readinessProbe: {exec: {command: [x]}, periodSeconds: 1}}]}}`)
		time.Sleep(3 * time.Minute)
		require.Greater(t, n.Load(), int32(150))
		events := 0
		require.NoError(t, store.All(func(key string, _ []byte) error {
			if strings.HasPrefix(key, "event/") {
				events++
			}
			return nil
		}))
		require.LessOrEqual(t, events, 100+1, "and the one that is not a second old")
		require.Greater(t, events, 90)
		require.NoError(t, w.end())
		require.Empty(t, kept(t, store))
	})
}

// TestSweep holds that what belongs to no pod is removed when an agent begins.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.fake.pod("stranger").box = lifecycle.SandboxReady
		p, err := pod.Parse([]byte(workload))
		require.NoError(t, err)
		require.NoError(t, g.volumes.Mount(p, nil))
		g.live(-1, false, func(a *node.Agent) bool {
			synctest.Wait()
			return true
		})
		require.Empty(t, g.fake.pods)
		require.Empty(t, g.volumes.pods)
	})
}

// TestAddressesComeBack holds that a pod keeps its address over a crash, and that nobody else is given it.
func TestAddressesComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first := newGround(t), ""
		apply := func(a *node.Agent, name string) {
			p, err := pod.Parse([]byte(strings.ReplaceAll(plain, "web", name)))
			require.NoError(t, err)
			require.NoError(t, a.Apply(p))
			synctest.Wait()
		}
		ip := func(a *node.Agent, name string) string {
			p, ok := a.Pod(pod.Key{Name: name})
			require.True(t, ok)
			return p.Status.PodIP
		}
		g.live(-1, false, func(a *node.Agent) bool {
			apply(a, "web")
			first = ip(a, "web")
			require.NotEmpty(t, first)
			return true
		})
		g.live(-1, false, func(a *node.Agent) bool {
			synctest.Wait()
			apply(a, "other")
			require.Equal(t, first, ip(a, "web"))
			require.NotEqual(t, first, ip(a, "other"))
			require.Len(t, a.Pods(), 2)
			return true
		})
	})
}

func TestVolumeOverLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		volumes := &shelf{}
		w := newWorld(t, &fake{}, node.Config{Volumes: volumes})
		p := w.apply(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "a:1"}],
		  volumes: [{name: data, emptyDir: {sizeLimit: 1Ki}}]}}`)
		w.until(isReady)
		require.NoError(t, volumes.WriteFile(p.UID, "data", "f", make([]byte, 1<<10)))
		time.Sleep(15 * time.Second)
		require.Equal(t, pod.Running, w.pod().Status.Phase, "no more than it may have")
		require.NoError(t, volumes.WriteFile(p.UID, "data", "g", []byte{1}))
		p = w.until(func(c node.Change) bool { return c.Pod.Status.Phase == pod.Failed })
		require.Equal(t, 20*time.Second, w.at())
		require.Equal(t, pod.ReasonEvicted, p.Status.Reason)
		require.Equal(t, `Usage of EmptyDir volume "data" exceeds the limit "1Ki". `, p.Status.Message)
		require.Nil(t, p.Status.Condition(pod.DisruptionTarget))
		require.NoError(t, w.end())
	})
}
