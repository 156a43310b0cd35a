package workload_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func daemonSet() *object.DaemonSet {
	s := &object.DaemonSet{Spec: object.DaemonSetSpec{Selector: selector(), Template: template("app:1")}}
	s.Name = "agent"
	return s
}

func node(i int, taints ...object.Taint) *object.Node {
	n := &object.Node{}
	n.Name = fmt.Sprintf("node-%d", i)
	n.Labels = map[string]string{"kubernetes.io/hostname": n.Name}
	n.Spec.Taints = taints
	return n
}

func withNodes(t testing.TB, n int) *world {
	w := newWorld(t, workload.All()...)
	for i := range n {
		w.create(node(i + 1))
	}
	return w
}

func agents(w *world) []string {
	var all []string
	for _, p := range w.pods() {
		if !p.IsTerminating() {
			all = append(all, p.Spec.NodeName+" "+p.Spec.Containers[0].Image)
		}
	}
	return all
}

func taint(w *world, name string, taints ...object.Taint) {
	for o := range w.List(object.NodeKind, "") {
		if o.Meta().Name == name {
			user(w, o.(*object.Node), func(n *object.Node) { n.Spec.Taints = taints })
			return
		}
	}
}

func agent(w *world) *object.DaemonSet {
	return get[*object.DaemonSet](w, object.DaemonSetKind, "agent")
}

func TestDaemonSetFollowsNodes(t *testing.T) {
	w := withNodes(t, 2)
	gpu := object.Taint{Key: "gpu", Effect: pod.TaintEffectNoSchedule}
	w.create(node(3, gpu))
	w.create(node(4, object.Taint{Key: "node.kubernetes.io/unschedulable", Effect: pod.TaintEffectNoSchedule}))
	w.create(daemonSet())
	w.runTo(10 * time.Second)
	require.Equal(t, []string{"node-1 app:1", "node-2 app:1", "node-4 app:1"}, agents(w))
	require.Equal(t, int32(3), agent(w).Status.DesiredNumberScheduled)

	taint(w, "node-1", gpu)
	w.runTo(20 * time.Second)
	require.Len(t, agents(w), 3, "a taint that keeps away does not take away")
	require.Zero(t, agent(w).Status.NumberMisscheduled, "and is not looked at before there is something to do")
	taint(w, "node-1", object.Taint{Key: "node.kubernetes.io/unreachable", Effect: pod.TaintEffectNoExecute})
	w.runTo(30 * time.Second)
	require.Len(t, agents(w), 3, "daemons stay on a node that is in trouble")
	taint(w, "node-1", object.Taint{Key: "gpu", Effect: pod.TaintEffectNoExecute})
	w.runTo(40 * time.Second)
	require.Equal(t, []string{"node-2 app:1", "node-4 app:1"}, agents(w))
	taint(w, "node-1")
	taint(w, "node-3")
	w.create(node(5))
	w.runTo(60 * time.Second)
	require.ElementsMatch(t, []string{"node-1 app:1", "node-2 app:1", "node-3 app:1", "node-4 app:1", "node-5 app:1"}, agents(w))
	require.Len(t, w.lines("SuccessfulCreate"), 6)
	require.Len(t, w.lines("SuccessfulDelete"), 1)
}

func TestDaemonSetReplacesFailedPods(t *testing.T) {
	w := withNodes(t, 1)
	w.behaves = func(*pod.Pod) behavior { return behavior{fails: true, starts: time.Second} }
	w.create(daemonSet())
	w.runTo(40 * time.Second)
	var at []string
	for _, line := range w.lines("FailedDaemonPod") {
		at = append(at, line[:5])
	}
	require.Equal(t, []string{"1.00 ", "2.00 ", "4.00 ", "8.00 ", "16.00", "32.00"}, at, "longer each time")
}

// In an update no more nodes are without an available pod than may be, or have more than one.
func TestDaemonSetUpdates(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		n, up, down := 1+random.IntN(7), int32(random.IntN(3)), int32(random.IntN(3))
		if up > 0 {
			down = 0
		} else {
			down = max(down, 1)
		}
		w := withNodes(t, n)
		s := daemonSet()
		surge, unavailable := pod.FromInt(up), pod.FromInt(down)
		s.Spec.UpdateStrategy.RollingUpdate = &object.RollingUpdateDaemonSet{MaxSurge: &surge, MaxUnavailable: &unavailable}
		w.create(s)
		w.behaves = func(p *pod.Pod) behavior {
			k := time.Duration(p.UID[len(p.UID)-1])%5 + 1
			return behavior{starts: k * 400 * time.Millisecond, ready: k * 600 * time.Millisecond, stops: k * time.Second, never: p.Spec.Containers[0].Image == "app:bad"}
		}
		w.runTo(20 * time.Second)
		image := func(image string) {
			user(w, agent(w), func(s *object.DaemonSet) { s.Spec.Template.Spec.Containers[0].Image = image })
		}
		w.check = func() {
			ready, all := map[string]int{}, map[string]int{}
			for _, p := range w.pods() {
				if !p.IsTerminating() {
					all[p.Spec.NodeName]++
					if p.Status.IsTrue(pod.Ready) {
						ready[p.Spec.NodeName] = 1
					}
				}
			}
			second := 0
			for _, k := range all {
				second += k - 1
			}
			require.GreaterOrEqual(t, len(ready), n-int(down), w.tail())
			require.LessOrEqual(t, second, int(up), w.tail())
		}
		image("app:2")
		w.runTo(time.Duration(21+random.IntN(100)) * time.Second)
		image("app:bad")
		w.runTo(200 * time.Second)
		image("app:1")
		w.runTo(time.Hour)
		require.Len(t, agents(w), n)
		require.NotContains(t, fmt.Sprint(agents(w)), "app:2")
		require.NotContains(t, fmt.Sprint(agents(w)), "app:bad")
		require.Equal(t, int32(n), agent(w).Status.UpdatedNumberScheduled)
		writes := w.writes
		w.runTo(5 * time.Hour)
		require.Equal(t, writes, w.writes, "a DaemonSet that has converged is silent")
	}
}

func TestDaemonSetOnDelete(t *testing.T) {
	w := withNodes(t, 2)
	s := daemonSet()
	s.Spec.UpdateStrategy.Type = object.OnDeleteDaemonSetStrategyType
	w.create(s)
	w.runTo(10 * time.Second)
	user(w, agent(w), func(s *object.DaemonSet) { s.Spec.Template.Spec.Containers[0].Image = "app:2" })
	w.runTo(20 * time.Second)
	w.delete(w.pods()[0])
	w.runTo(40 * time.Second)
	require.ElementsMatch(t, []string{"node-2 app:1", "node-1 app:2"}, agents(w))
}
