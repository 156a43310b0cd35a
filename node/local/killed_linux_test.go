package local_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/local"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

func TestMain(m *testing.M) {
	process.Init()
	if len(os.Args) == 5 && os.Args[1] == "@agent" {
		writes, _ := strconv.Atoi(os.Args[4])
		n, err := open(os.Args[2], os.Args[3], writes)
		if err == nil {
			err = n.Run(context.Background())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// mortal is a store that kills its program at a write: just before it where there was an even number of writes before it, and otherwise
// just after it.
type mortal struct {
	node.Store
	writes *atomic.Int64 // that are left
	after  bool
}

func newMortal(dir string, writes int) (node.Store, error) {
	s, err := node.OpenStore(dir)
	if err != nil {
		return nil, err
	}
	m := mortal{Store: s, writes: new(atomic.Int64), after: writes%2 == 1}
	m.writes.Store(int64(writes))
	return m, nil
}

func (m mortal) write(do func() error) error {
	last := m.writes.Add(-1) == 0
	if last && !m.after {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	err := do()
	if last {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return err
}

func (m mortal) Put(key string, document []byte) error {
	return m.write(func() error { return m.Store.Put(key, document) })
}

func (m mortal) Delete(key string) error {
	return m.write(func() error { return m.Store.Delete(key) })
}

// isolations are how the pods of a test live, by name: whether they have namespaces.
var isolations = []string{"without namespaces", "with namespaces"}

// open makes the node of the crash test in a folder. Its back-off is short, so that much happens. With writes above zero it dies at that
// write to its store.
func open(dir, isolation string, writes int) (*local.Node, error) {
	var store node.Store
	if writes > 0 {
		var err error
		if store, err = newMortal(filepath.Join(dir, "node", "store"), writes); err != nil {
			return nil, err
		}
	}
	return local.Open(local.Config{
		Dir: filepath.Join(dir, "node"), Manifests: filepath.Join(dir, "manifests"),
		Ranges:  []netip.Prefix{netip.MustParsePrefix("10.99.0.0/24")},
		Process: process.Config{NoNamespaces: isolation == isolations[0]},
		Agent: node.Config{
			LeaveRunning: true, Store: store, Machine: &lifecycle.Config{MaxContainerRestartPeriod: 50 * time.Millisecond},
		},
	})
}

// A crash is the test that kills the agent: what it works on.
type crash struct {
	t         *testing.T
	dir       string
	isolation string
	rand      *rand.Rand
	pods      int
	// edits counts how often each manifest was written.
	edits map[int]int
}

// program is what each container does: it writes down that it was started, in a file of its pod's UID, lives a short while, and exits
// with the number of its start. When the file "hold" is there it stays.
const program = `
cd %s
echo $$ >> starts/$UID
n=$(wc -l < starts/$UID)
while [ -e hold ]; do sleep 0.2; done
sleep %s
[ -e hold ] && while :; do sleep 0.2; done
exit $((n %% 100 + 1))`

// write writes the manifest of a pod, each time another.
func (c *crash) write(i int) {
	c.edits[i]++
	text := fmt.Sprintf(program, c.dir, fmt.Sprintf("0.%02d", 5+c.rand.IntN(30)))
	manifest := fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: p%d, annotations: {edit: "%d"}}
spec:
  terminationGracePeriodSeconds: 1
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: app
    image: none
    command: [/bin/sh, -c, %q]
    env: [{name: UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}]
    volumeMounts: [{name: data, mountPath: /data}]
`, i, c.edits[i], text)
	file := filepath.Join(c.dir, "manifests", fmt.Sprintf("p%d.yaml", i))
	require.NoError(c.t, os.WriteFile(file+".new", []byte(manifest), 0o600))
	require.NoError(c.t, os.Rename(file+".new", file))
}

// live has an agent of its own program run for a while, and kills it.
func (c *crash) live(d time.Duration) {
	self, err := os.Executable()
	require.NoError(c.t, err)
	cmd := exec.Command(self, "@agent", c.dir, c.isolation, "0")
	cmd.Stderr = os.Stderr
	require.NoError(c.t, cmd.Start())
	time.Sleep(d / 2)
	if c.rand.IntN(3) == 0 {
		c.write(c.rand.IntN(c.pods))
	}
	time.Sleep(d / 2)
	require.NoError(c.t, cmd.Process.Signal(syscall.SIGKILL))
	err = cmd.Wait()
	require.ErrorContains(c.t, err, "killed", "the agent ended by itself")
}

// liveFor has an agent of its own program run until it kills itself at that write to its store.
func (c *crash) liveFor(writes int) {
	self, err := os.Executable()
	require.NoError(c.t, err)
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "@agent", c.dir, c.isolation, strconv.Itoa(writes))
	cmd.Stderr = os.Stderr
	require.NoError(c.t, cmd.Start())
	if c.rand.IntN(3) == 0 {
		c.write(c.rand.IntN(c.pods))
	}
	err = cmd.Wait()
	require.NoError(c.t, ctx.Err(), "there were no %d writes", writes)
	require.ErrorContains(c.t, err, "killed", "the agent ended by itself")
}

// starts is how often the container of a pod was started.
func (c *crash) starts(uid pod.UID) int {
	b, err := os.ReadFile(filepath.Join(c.dir, "starts", string(uid)))
	require.NoError(c.t, err)
	return strings.Count(string(b), "\n")
}

// TestKilledAgent kills an agent again and again while 20 pods come, crash and go, and holds then that every start was counted, that the
// last exit code is known, and that nothing is left when the pods are gone. PODLIFE_LONG kills it 200 times.
func TestKilledAgent(t *testing.T) {
	kills := 4
	if os.Getenv("PODLIFE_LONG") != "" {
		kills = 200
	}
	isolated(t, func(c *crash) {
		for range kills {
			c.live(time.Duration(c.rand.IntN(900)) * time.Millisecond)
		}
	})
}

// TestKilledAtEveryWrite does the same with an agent that is killed at a write to its store: the first life at its first, the next at
// its second, and so on; PODLIFE_LONG does so up to the 250th, which is more than it takes to start 20 pods.
func TestKilledAtEveryWrite(t *testing.T) {
	writes, step := 250, 1
	if os.Getenv("PODLIFE_LONG") == "" {
		writes, step = 100, 15
	}
	isolated(t, func(c *crash) {
		for n := 1; n <= writes; n += step {
			c.liveFor(n)
		}
	})
}

// isolated has agents die as f says, with pods of each isolation.
func isolated(t *testing.T, f func(c *crash)) {
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			requireIsolation(t, isolation)
			c := newCrash(t, isolation)
			f(c)
			c.settle()
		})
	}
}

// newCrash makes the manifests of 20 pods.
func newCrash(t *testing.T, isolation string) *crash {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PODLIFE_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("PODLIFE_SEED=%d", seed)
	c := &crash{t: t, dir: t.TempDir(), isolation: isolation, rand: rand.New(rand.NewPCG(seed, 1)), pods: 20, edits: map[int]int{}}
	for _, name := range []string{"manifests", "starts"} {
		require.NoError(t, os.Mkdir(filepath.Join(c.dir, name), 0o700))
	}
	for i := range c.pods {
		c.write(i)
	}
	return c
}

// settle runs an agent in this program, until all pods stand still and then until all are gone.
func (c *crash) settle() {
	require.NoError(c.t, os.WriteFile(filepath.Join(c.dir, "hold"), nil, 0o600))
	n, err := open(c.dir, c.isolation, 0)
	require.NoError(c.t, err)
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	ran := make(chan error, 1)
	inner, stop := context.WithCancel(ctx)
	go func() { ran <- n.Run(inner) }()
	for range n.Watch(ctx) {
		if c.allHold(n) {
			break
		}
	}
	if ctx.Err() != nil {
		c.describe(n)
	}
	require.NoError(c.t, ctx.Err(), "the pods do not come to a rest")
	for i := range c.pods {
		p, ok := n.Pod(pod.Key{Name: fmt.Sprintf("p%d-node", i)})
		require.True(c.t, ok)
		c.check(p)
	}
	entries, err := filepath.Glob(filepath.Join(c.dir, "manifests", "*"))
	require.NoError(c.t, err)
	for _, file := range entries {
		require.NoError(c.t, os.Remove(file))
	}
	for range n.Watch(ctx) {
		if len(n.Pods()) == 0 {
			break
		}
	}
	require.NoError(c.t, ctx.Err(), "the pods do not go")
	stop()
	require.NoError(c.t, <-ran)
	require.NoError(c.t, n.Close())
	c.nothingIsLeft()
}

// allHold reports whether each pod is of the latest manifest and its container runs and has had the time to write that down.
func (c *crash) allHold(n *local.Node) bool {
	for i := range c.pods {
		p, ok := n.Pod(pod.Key{Name: fmt.Sprintf("p%d-node", i)})
		if !ok || p.Annotations["edit"] != strconv.Itoa(c.edits[i]) || p.DeletionTimestamp != nil ||
			len(p.Status.ContainerStatuses) != 1 || p.Status.ContainerStatuses[0].State.Running == nil ||
			time.Since(p.Status.ContainerStatuses[0].State.Running.StartedAt.Time) > 0 && !c.holds(p) {
			return false
		}
	}
	return true
}

// describe says how the pods are.
func (c *crash) describe(n *local.Node) {
	for place, err := range n.Static.Faults() {
		c.t.Log(place, err)
	}
	for _, p := range n.Pods() {
		c.t.Logf("%s edit %s of %v, deleted %v, %s", p.Name, p.Annotations["edit"], c.edits, p.DeletionTimestamp, p.Status.Phase)
		for _, s := range p.Status.ContainerStatuses {
			c.t.Logf("   %d restarts, waiting %+v, running %+v, ended %+v", s.RestartCount, s.State.Waiting, s.State.Running, s.State.Terminated)
		}
	}
}

// holds reports whether as many starts are written down as the status says, waiting a little for the one that has just begun.
func (c *crash) holds(p *pod.Pod) bool {
	want := int(p.Status.ContainerStatuses[0].RestartCount) + 1
	for range 50 {
		if b, err := os.ReadFile(filepath.Join(c.dir, "starts", string(p.UID))); err == nil && strings.Count(string(b), "\n") >= want {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

func (c *crash) check(p *pod.Pod) {
	s := p.Status.ContainerStatuses[0]
	starts := c.starts(p.UID)
	require.Equal(c.t, starts, int(s.RestartCount)+1, "starts of %s", p.Key())
	if last := s.LastTerminationState.Terminated; starts > 1 {
		require.NotNil(c.t, last, "%s: %d starts", p.Key(), starts)
		require.Equal(c.t, int32((starts-1)%100+1), last.ExitCode, "%s: exit code of start %d: %+v", p.Key(), starts-1, last)
	}
	c.t.Logf("%s: edit %s, %d starts", p.Name, p.Annotations["edit"], starts)
}

// nothingIsLeft holds that no process, no mount, no namespace, no volume, no folder and no document of the pods is left.
func (c *crash) nothingIsLeft() {
	for _, pattern := range []string{"node/volumes/[^.]*", "node/runtime/pods/*"} {
		left, err := filepath.Glob(filepath.Join(c.dir, pattern))
		require.NoError(c.t, err)
		require.Empty(c.t, left)
	}
	store, err := node.OpenStore(filepath.Join(c.dir, "node", "store"))
	require.NoError(c.t, err)
	require.NoError(c.t, store.All(func(key string, _ []byte) error { return fmt.Errorf("%s is left", key) }))
	require.NoError(c.t, store.Close())
	require.Empty(c.t, traces(c.t, c.dir))
}
