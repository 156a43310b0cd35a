package node_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// resizing is a fake that can resize: at once, and without a trace.
type resizing struct{ *fake }

func (resizing) Resize(context.Context, *pod.Pod, string, int32) error { return nil }

// withCPU is a node with that much CPU.
func withCPU(cpu string) *object.Node {
	n := &object.Node{}
	n.Status.Allocatable = pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity(cpu)}
	return n
}

// place puts a pod with one container app on the node, that requests so much CPU.
func (w *world) place(name, cpu, spec string) {
	w.t.Helper()
	_, err := w.Place(fmt.Appendf(nil, `{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [`+
		`{name: app, image: "a:1", resources: {requests: {cpu: %s}}}]%s}}`, name, cpu, spec))
	require.NoError(w.t, err)
}

// resize has a pod want so much CPU, and lets everything happen that happens at once.
func (w *world) resize(name, cpu string) {
	w.t.Helper()
	p, ok := w.Pod(pod.Key{Name: name})
	require.True(w.t, ok)
	p = p.Clone()
	p.Spec.Containers[0].Resources.Requests[pod.ResourceCPU] = pod.MustParseQuantity(cpu)
	require.NoError(w.t, w.Update(p, pod.SubresourceResize))
	synctest.Wait()
}

// sizes tells of each pod what it wants, what it was given and has, and what is said of its resize.
func (w *world) sizes() (out []string) {
	for _, p := range w.Pods() {
		cpu := func(l pod.ResourceList) string {
			q := l[pod.ResourceCPU]
			return q.String()
		}
		c := p.Status.ContainerStatuses[0]
		line := fmt.Sprintf("%s wants %s given %s has %s", p.Name, cpu(p.Spec.Containers[0].Resources.Requests), cpu(c.AllocatedResources), cpu(c.Resources.Requests))
		for _, t := range []pod.ConditionType{pod.PodResizePending, pod.PodResizeInProgress} {
			if c := p.Status.Condition(t); c != nil {
				line += fmt.Sprintf(", %s %s %q", t, c.Reason, c.Message)
			}
		}
		out = append(out, line)
	}
	return out
}

// TestResizesWait holds who waits for what, and who gets what is freed: by priority, and then by how long they have waited.
func TestResizesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		w := newWorld(t, f, node.Config{Runtime: resizing{f}, Node: withCPU("4"), Monitor: time.Hour})
		const room = `Node didn't have enough resource: cpu, requested: %d, used: %d, capacity: 4000`
		w.place("a", "1", "")
		w.place("b", "1", "")
		w.place("c", "1", ", priority: 10")
		synctest.Wait()
		w.resize("a", "3")
		time.Sleep(time.Second)
		w.resize("b", "2500m")
		time.Sleep(time.Second)
		w.resize("c", "2500m")
		require.Equal(t, []string{
			`a wants 3 given 1 has 1, PodResizePending Deferred "` + fmt.Sprintf(room, 3000, 2000) + `"`,
			`b wants 2500m given 1 has 1, PodResizePending Deferred "` + fmt.Sprintf(room, 2500, 2000) + `"`,
			`c wants 2500m given 1 has 1, PodResizePending Deferred "` + fmt.Sprintf(room, 2500, 2000) + `"`,
		}, w.sizes())

		require.NoError(t, w.Delete(pod.Key{Name: "b"}, pod.DeleteOptions{}))
		synctest.Wait()
		require.Equal(t, []string{
			`a wants 3 given 1 has 1, PodResizePending Deferred "` + fmt.Sprintf(room, 3000, 2500) + `"`,
			`c wants 2500m given 2500m has 2500m`,
		}, w.sizes(), "the higher priority is served first")

		w.resize("c", "1")
		require.Equal(t, []string{`a wants 3 given 3 has 3`, `c wants 1 given 1 has 1`}, w.sizes(), "what is given back is given on")

		w.resize("c", "2")
		w.resize("c", "1")
		require.Equal(t, []string{`a wants 3 given 3 has 3`, `c wants 1 given 1 has 1`}, w.sizes(), "taken back without a trace")
		require.NoError(t, w.end())
	})
}

// TestResizeThatWaitsSurvives holds that an agent which was killed gives a pod no more than it had, until there is room.
func TestResizeThatWaitsSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		store := openStore(t, t.TempDir())
		cfg := node.Config{Runtime: resizing{f}, Node: withCPU("4"), Store: store, LeaveRunning: true}
		w := newWorld(t, f, cfg)
		w.place("a", "1", "")
		w.place("b", "2", "")
		synctest.Wait()
		w.resize("a", "3")
		want := w.sizes()
		require.Contains(t, want[0], "a wants 3 given 1 has 1, PodResizePending Deferred")
		require.NoError(t, w.end())

		w = newWorld(t, f, cfg)
		synctest.Wait()
		require.Equal(t, want, w.sizes())
		require.NoError(t, w.Delete(pod.Key{Name: "b"}, pod.DeleteOptions{}))
		synctest.Wait()
		require.Equal(t, []string{"a wants 3 given 3 has 3"}, w.sizes())
		require.NoError(t, w.end())

		w = newWorld(t, f, cfg)
		synctest.Wait()
		require.Equal(t, []string{"a wants 3 given 3 has 3"}, w.sizes())
		require.Equal(t, 1, f.said("start app#0")-1, "two pods, each started once")
		require.NoError(t, w.end())
	})
}

// TestResizeUnsupported has a runtime that cannot resize: the condition says so for good, and the container runs on, unless it is to be
// restarted for it.
func TestResizeUnsupported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.place("a", "100m", "")
		_, err := w.Place([]byte(`{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: app, image: "a:1", ` +
			`resources: {requests: {cpu: 100m}}, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}]}}`))
		require.NoError(t, err)
		synctest.Wait()
		w.resize("a", "200m")
		w.resize("b", "200m")
		require.Equal(t, []string{
			`a wants 200m given 100m has 100m, PodResizePending Infeasible "In-place pod resize is not supported on this node"`,
			`b wants 200m given 200m has 200m`,
		}, w.sizes())
		for name, restarts := range map[string]int32{"a": 0, "b": 1} {
			p, _ := w.Pod(pod.Key{Name: name})
			require.Equal(t, restarts, p.Status.ContainerStatuses[0].RestartCount, name)
		}
		require.NoError(t, w.end())
	})
}
