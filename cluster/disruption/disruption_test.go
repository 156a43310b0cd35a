package disruption_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const second = time.Second

// A node falls silent for good. Its pod is marked for deletion 300 s after the taint, and stays until the Node object has gone for
// 40 s and the collector comes by.
func TestNodeLoss(t *testing.T) {
	w := newWorld(t, disruption.Config{}, "node-1", "node-2", "node-3")
	w.addPod("lost", "node-1", tolerates(300)...)
	w.addPod("other", "node-2", tolerates(300)...)
	w.after(5*second, func() { w.fail("node-1") })
	w.after(500*second, func() { w.drop(w.node("node-1")) })
	w.runTo(700 * second)
	w.holds("node-loss")

	writes := w.writes
	w.runTo(24 * time.Hour)
	require.Equal(t, writes, w.writes, "there are writes after the end")
}

// Two of five nodes fail at once, and are tainted 10 s apart.
func TestNodesPaced(t *testing.T) {
	w := newWorld(t, disruption.Config{NodeMonitorGracePeriod: 20 * second}, "node-1", "node-2", "node-3", "node-4", "node-5")
	for i := range 5 {
		w.addPod(fmt.Sprint("web-", i+1), fmt.Sprint("node-", i+1), tolerates(3)...)
	}
	w.after(6*second, func() { w.fail("node-1"); w.fail("node-2") })
	w.runTo(90 * second)
	w.holds("nodes-paced")
}

// All nodes fail, one after the other: the taints go and nothing more is evicted. One is back, and the others are given time anew.
func TestAllNodesFail(t *testing.T) {
	w := newWorld(t, disruption.Config{NodeMonitorGracePeriod: 20 * second}, "node-1", "node-2", "node-3")
	for i := range 3 {
		w.addPod(fmt.Sprint("web-", i+1), fmt.Sprint("node-", i+1), tolerates(12)...)
	}
	w.after(6*second, func() { w.fail("node-1") })
	w.after(11*second, func() { w.fail("node-2"); w.fail("node-3") })
	w.after(80*second, func() { w.recover("node-2") })
	w.runTo(150 * second)
	w.holds("all-nodes-fail")
}

// Most nodes of a small zone fail: none of them is emptied. The other zone goes on.
func TestMostOfZoneFails(t *testing.T) {
	w := newWorld(t, disruption.Config{})
	for i := range 4 {
		w.addNode(fmt.Sprint("a-", i+1), "a")
	}
	w.addNode("b-1", "b")
	w.addNode("b-2", "b")
	for _, n := range []string{"a-1", "a-2", "a-3", "b-1"} {
		w.addPod("on-"+n, n, tolerates(1)...)
	}
	w.after(3*second, func() {
		for _, n := range []string{"a-1", "a-2", "a-3", "b-1"} {
			w.fail(n)
		}
	})
	w.runTo(10 * time.Minute)
	w.holds("most-of-zone-fails")
	for _, n := range []string{"a-1", "a-2", "a-3"} {
		require.NotNil(t, w.pod("on-"+n))
		require.False(t, w.pod("on-"+n).IsTerminating())
	}
	require.True(t, w.pod("on-b-1").IsTerminating())
}

// In a large zone most of which has failed a node is tainted every 100 s.
func TestLargeZone(t *testing.T) {
	w := newWorld(t, disruption.Config{})
	for i := range 60 {
		w.addNode(fmt.Sprint("node-", i), "a")
	}
	var tainted []time.Duration
	w.check = func(was, is object.Object) {
		n, ok := is.(*object.Node)
		if !ok || was == nil {
			return
		}
		if has := len(noExecute(n)); has > len(noExecute(was.(*object.Node))) {
			tainted = append(tainted, w.now.Sub(w.begin))
		}
	}
	w.after(second, func() {
		for i := range 40 {
			w.fail(fmt.Sprint("node-", i))
		}
	})
	w.runTo(400 * second)
	require.Equal(t, []time.Duration{52 * second, 152 * second, 252 * second, 352 * second}, tainted)
}

func noExecute(n *object.Node) (keys []string) {
	for _, t := range n.Spec.Taints {
		if t.Effect == pod.TaintEffectNoExecute {
			keys = append(keys, t.Key)
		}
	}
	return keys
}

// A taint by hand: no toleration, one for 6 s, one for 20 s that is called off, one for ever; a second taint that is tolerated for
// less changes nothing, one that is not tolerated does at once.
func TestTaintByHand(t *testing.T) {
	tolerate := func(key string, seconds int64) pod.Toleration {
		x := pod.Toleration{Key: key, Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute}
		if seconds >= 0 {
			x.TolerationSeconds = &seconds
		}
		return x
	}
	w := newWorld(t, disruption.Config{}, "node-1")
	w.addPod("none", "node-1")
	w.addPod("six", "node-1", tolerate("x", 6))
	w.addPod("twenty", "node-1", tolerate("x", 20))
	w.addPod("ever", "node-1", tolerate("x", -1))
	w.addPod("both", "node-1", tolerate("x", 30), tolerate("y", 1))
	w.addPod("one", "node-1", tolerate("x", 30))
	put := func(key string) func() {
		return func() {
			w.taint("node-1", func(taints []object.Taint) []object.Taint {
				return append(taints, object.Taint{Key: key, Effect: pod.TaintEffectNoExecute})
			})
		}
	}
	w.after(5*second, put("x"))
	w.after(15*second, func() { w.remove(w.pod("ever"), nil) })
	w.after(16*second, func() { w.taint("node-1", func([]object.Taint) []object.Taint { return nil }) })
	w.after(20*second, put("x"))
	w.after(30*second, put("y"))
	w.runTo(70 * second)
	w.holds("taint-by-hand")
}

// A pod that is being deleted on a lost node stays until the node is marked out of service.
func TestOutOfService(t *testing.T) {
	w := newWorld(t, disruption.Config{NodeMonitorGracePeriod: 20 * second}, "node-1", "node-2")
	w.addPod("db", "node-1", tolerates(5)...)
	w.after(12*second, func() { w.fail("node-1") })
	w.after(70*second, func() {
		w.taint("node-1", func(taints []object.Taint) []object.Taint {
			return append(taints, object.Taint{Key: disruption.TaintOutOfService, Effect: pod.TaintEffectNoExecute})
		})
	})
	w.runTo(120 * second)
	w.holds("out-of-service")
}

// A node comes back before its pod's time is up; a node is cordoned; a new one is registered.
func TestNodeComesBack(t *testing.T) {
	w := newWorld(t, disruption.Config{NodeMonitorGracePeriod: 20 * second}, "node-1", "node-2")
	w.addPod("web", "node-1", tolerates(30)...)
	w.after(6*second, func() { w.fail("node-1") })
	w.after(50*second, func() { w.recover("node-1") })
	w.after(60*second, func() {
		n := w.node("node-2").Clone()
		n.Spec.Unschedulable = true
		w.put(n)
	})
	w.after(65*second, func() { w.addNode("node-3", "") })
	w.after(70*second, func() {
		n := w.node("node-2").Clone()
		n.Spec.Unschedulable = false
		n.Status.Conditions = append(n.Status.Conditions, object.NodeCondition{Type: object.NodeDiskPressure, Status: pod.ConditionTrue})
		w.put(n)
	})
	w.runTo(100 * second)
	w.holds("node-comes-back")
}

// A node says that it is not ready, and falls silent later: one taint takes the place of the other at once.
func TestNotReadyThenSilent(t *testing.T) {
	w := newWorld(t, disruption.Config{NodeMonitorGracePeriod: 20 * second}, "node-1", "node-2")
	w.addPod("web", "node-1", tolerates(60)...)
	w.after(6*second, func() {
		n := w.node("node-1").Clone()
		n.Status.Conditions[0].Status, n.Status.Conditions[0].Reason = pod.ConditionFalse, "KubeletNotReady"
		w.put(n)
	})
	w.after(20*second, func() { w.fail("node-1") })
	w.runTo(100 * second)
	w.holds("not-ready-then-silent")
}

// More than three pods have ended: those that were evicted go first, then the oldest.
func TestEndedPods(t *testing.T) {
	w := newWorld(t, disruption.Config{TerminatedPodThreshold: 3}, "node-1")
	for i := range 5 {
		w.after(time.Duration(i)*second, func() { w.addPod(fmt.Sprint("p", i), "node-1") })
	}
	w.after(10*second, func() {
		for i := range 5 {
			p := w.pod(fmt.Sprint("p", i)).Clone()
			p.Status.Phase = pod.Succeeded
			if i == 3 {
				p.Status.Phase, p.Status.Reason = pod.Failed, pod.ReasonEvicted
			}
			w.put(p)
		}
	})
	w.runTo(60 * second)
	w.holds("ended-pods")
}

// A pod without a node that is being deleted, and held by a finalizer, is ended.
func TestUnscheduled(t *testing.T) {
	w := newWorld(t, disruption.Config{}, "node-1")
	w.addPod("wait", "")
	p := w.pod("wait").Clone()
	p.Status.Phase, p.Status.Conditions, p.Finalizers = pod.Pending, nil, []string{"example.com/x"}
	w.put(p)
	w.after(4*second, func() { w.remove(w.pod("wait"), nil) })
	w.runTo(60 * second)
	w.holds("unscheduled")
	writes := w.writes
	w.runTo(time.Hour)
	require.Equal(t, writes, w.writes)
}

// A budget follows its pods; a pod whose eviction was granted and that is not deleted counts again after two minutes, and is no
// longer said to be disrupted.
func TestBudget(t *testing.T) {
	w := newWorld(t, disruption.Config{}, "node-1")
	b := &object.PodDisruptionBudget{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "web"}}
	b.Spec.Selector = &pod.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	b.Spec.MinAvailable = new(pod.FromInt(2))
	w.put(b)
	w.after(second, func() { w.addPod("a", "node-1"); w.addPod("b", "node-1"); w.addPod("c", "node-1") })
	w.after(5*second, func() {
		b := w.Read(object.PodDisruptionBudgetKind, pod.Key{Namespace: "default", Name: "web"}).(*object.PodDisruptionBudget).Clone()
		b.Status.DisruptedPods = map[string]pod.Time{"a": pod.NewTime(w.now)}
		b.Status.DisruptionsAllowed--
		w.put(b)
		p := w.pod("a").Clone()
		p.Status.SetCondition(pod.Condition{Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: pod.ReasonEvictionByEvictionAPI, LastTransitionTime: pod.NewTime(w.now)})
		w.put(p)
	})
	w.after(150*second, func() { w.remove(w.pod("b"), nil) })
	w.runTo(200 * second)
	w.holds("budget")
}

// A share is of what the pods' controllers want, each counted once.
func TestBudgetOfScale(t *testing.T) {
	yes := true
	owner := func(kind object.Kind, m *pod.ObjectMeta) []pod.OwnerReference {
		return []pod.OwnerReference{{APIVersion: kind.APIVersion, Kind: kind.Name, Name: m.Name, UID: m.UID, Controller: &yes}}
	}
	for _, c := range []struct {
		name              string
		edit              func(b *object.PodDisruptionBudget)
		job               bool
		orphans           bool // the Deployment has gone
		expected, desired int32
		reason            string
	}{
		{name: "at most 1 may be missing", edit: func(b *object.PodDisruptionBudget) { b.Spec.MaxUnavailable = new(pod.FromInt(1)) }, expected: 9, desired: 8, reason: "InsufficientPods"},
		{name: "at most 30 %, rounded up", edit: func(b *object.PodDisruptionBudget) { b.Spec.MaxUnavailable = new(pod.FromString("30%")) }, expected: 9, desired: 6, reason: "InsufficientPods"},
		{name: "at least 30 %, rounded up", edit: func(b *object.PodDisruptionBudget) { b.Spec.MinAvailable = new(pod.FromString("30%")) }, expected: 9, desired: 3, reason: "SufficientPods"},
		{name: "at most 20 may be missing", edit: func(b *object.PodDisruptionBudget) { b.Spec.MaxUnavailable = new(pod.FromInt(20)) }, expected: 9, desired: 0, reason: "SufficientPods"},
		{name: "a Job has no scale", job: true, edit: func(b *object.PodDisruptionBudget) { b.Spec.MaxUnavailable = new(pod.FromInt(1)) }, reason: "SyncFailed"},
		{name: "of a Deployment that has gone each ReplicaSet counts", orphans: true, edit: func(b *object.PodDisruptionBudget) { b.Spec.MaxUnavailable = new(pod.FromInt(1)) }, expected: 12, desired: 11, reason: "InsufficientPods"},
		{name: "no share", edit: func(b *object.PodDisruptionBudget) { b.Spec.MaxUnavailable = new(pod.FromString("many")) }, reason: "SyncFailed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, disruption.Config{}, "node-1")
			d := &object.Deployment{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "d"}}
			d.Spec.Replicas = new(int32(5))
			if !c.orphans {
				w.put(d)
			}
			var sets []*object.ReplicaSet
			for i := range 3 {
				s := &object.ReplicaSet{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: fmt.Sprint("rs", i)}}
				s.Spec.Replicas = new(int32(4))
				if i < 2 {
					s.OwnerReferences = owner(object.DeploymentKind, &d.ObjectMeta)
				}
				w.put(s)
				sets = append(sets, s)
			}
			for i := range 5 {
				name := fmt.Sprint("p", i)
				w.addPod(name, "node-1")
				p := w.pod(name).Clone()
				p.OwnerReferences = owner(object.ReplicaSetKind, &sets[i%3].ObjectMeta)
				if c.job {
					p.OwnerReferences = owner(object.JobKind, &pod.ObjectMeta{Name: "job", UID: "job"})
				}
				w.put(p)
			}
			b := &object.PodDisruptionBudget{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "web"}}
			b.Spec.Selector = &pod.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
			c.edit(b)
			w.put(b)
			w.runTo(second)
			s := w.Read(object.PodDisruptionBudgetKind, b.Key()).(*object.PodDisruptionBudget).Status
			require.Equal(t, c.expected, s.ExpectedPods)
			require.Equal(t, c.desired, s.DesiredHealthy)
			require.Equal(t, c.reason, s.Conditions[0].Reason)
		})
	}
}

// A node that has never said how it is has a minute.
func TestNodeThatNeverSpoke(t *testing.T) {
	w := newWorld(t, disruption.Config{}, "node-1")
	w.after(3*second, func() { w.put(&object.Node{ObjectMeta: pod.ObjectMeta{Name: "node-2"}}) })
	w.runTo(70 * second)
	w.holds("node-that-never-spoke")
}

// What the node itself says of a disruption is never stale.
func TestDisruptionByNodeStays(t *testing.T) {
	w := newWorld(t, disruption.Config{}, "node-1")
	for _, reason := range []pod.Reason{pod.ReasonTerminationByKubelet, pod.ReasonPreemptionByScheduler} {
		w.addPod(string(reason), "node-1")
		p := w.pod(string(reason)).Clone()
		p.Status.SetCondition(pod.Condition{Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: reason, LastTransitionTime: pod.NewTime(w.now)})
		w.put(p)
	}
	w.runTo(time.Hour)
	require.True(t, w.pod(string(pod.ReasonTerminationByKubelet)).Status.IsTrue(pod.DisruptionTarget))
	require.False(t, w.pod(string(pod.ReasonPreemptionByScheduler)).Status.IsTrue(pod.DisruptionTarget))
}
