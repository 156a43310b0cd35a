package scheduling_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// newNode is a node of its own host name, with labels and resources added.
func newNode(name string, labels map[string]string, amounts ...string) *object.Node {
	n := &object.Node{ObjectMeta: pod.ObjectMeta{Name: name, Labels: map[string]string{"kubernetes.io/hostname": name}}}
	for key, value := range labels {
		n.Labels[key] = value
	}
	n.Status.Allocatable = resources(append([]string{"pods", "110"}, amounts...)...)
	return n
}

// newPod is a pod of one container that asks for some cpu, with changes made to it.
func newPod(name, cpu string, changes ...func(*pod.Pod)) *pod.Pod {
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: name, UID: pod.UID(name)}}
	p.Spec.Containers = []pod.Container{{Name: "c", Resources: pod.ResourceRequirements{Requests: resources("cpu", cpu)}}}
	for _, change := range changes {
		change(p)
	}
	return p
}

func on(node string) func(*pod.Pod) { return func(p *pod.Pod) { p.Spec.NodeName = node } }
func waitsFor(node string) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Status.NominatedNodeName = node }
}
func priority(n int32) func(*pod.Pod) { return func(p *pod.Pod) { p.Spec.Priority = &n } }
func label(key, value string) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Labels = map[string]string{key: value} }
}

// farFrom keeps the pod off nodes with a pod that has the label app, in the selected namespaces or its own.
func farFrom(app string, namespaces *pod.LabelSelector) func(*pod.Pod) {
	return func(p *pod.Pod) {
		term := pod.PodAffinityTerm{
			LabelSelector: &pod.LabelSelector{MatchLabels: map[string]string{"app": app}}, TopologyKey: "kubernetes.io/hostname",
			NamespaceSelector: namespaces,
		}
		p.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []pod.PodAffinityTerm{term},
		}}
	}
}

// spread keeps pods with the label app evenly on the nodes.
func spread(app string) func(*pod.Pod) {
	return func(p *pod.Pod) {
		p.Spec.TopologySpreadConstraints = []pod.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: "kubernetes.io/hostname", WhenUnsatisfiable: pod.DoNotSchedule,
			LabelSelector: &pod.LabelSelector{MatchLabels: map[string]string{"app": app}},
		}}
	}
}

func snapshot(objects ...object.Object) *scheduling.Snapshot {
	s := new(scheduling.Snapshot)
	for _, o := range objects {
		s.Put(o)
	}
	return s
}

func TestRoomIsKeptForWaitingPods(t *testing.T) {
	n1, n2 := newNode("n1", nil, "cpu", "2"), newNode("n2", nil, "cpu", "1")
	for _, test := range []struct {
		name         string
		waiting, pod *pod.Pod
		fits         []string
	}{
		{"of the same priority", newPod("w", "1500m", waitsFor("n1")), newPod("p", "1"), []string{"n2"}},
		{"not against a more important pod", newPod("w", "1500m", waitsFor("n1")), newPod("p", "1", priority(1)), []string{"n1", "n2"}},
		{"not against the pod itself", newPod("p", "1500m", waitsFor("n1")), newPod("p", "1"), []string{"n1", "n2"}},
		{"it may never come", newPod("w", "0", waitsFor("n1"), label("app", "web")),
			newPod("p", "0", func(p *pod.Pod) {
				farFrom("web", nil)(p)
				p.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{
					RequiredDuringSchedulingIgnoredDuringExecution: p.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
				}}
			}), nil},
		{"what it keeps others away from, if nobody else does, does not matter",
			newPod("w", "0", waitsFor("n1"), farFrom("web", nil)), newPod("p", "0", label("app", "web")), []string{"n1", "n2"}},
		{"it makes a domain fuller", newPod("w", "0", waitsFor("n1"), label("app", "web")),
			newPod("p", "0", label("app", "web"), spread("web")), []string{"n2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := snapshot(n1, n2)
			s.PutWaiting(test.waiting)
			d := scheduling.Decide(s, test.pod, scheduling.Profile{})
			require.Equal(t, test.fits, d.Feasible())

			named := snapshot(n1, n2, test.waiting)
			d = scheduling.Decide(named, newPod("p", "1"), scheduling.Profile{})
			require.Equal(t, []string{"n1", "n2"}, d.Feasible(), "of a pod that is not in the queue no more is known than that it may come")
		})
	}
}

// The emptiest domain is another one when a waiting pod has come to it.
func TestWaitingPodFillsTheEmptiestDomain(t *testing.T) {
	web := label("app", "web")
	s := snapshot(newNode("n1", nil, "cpu", "2"), newNode("n2", nil, "cpu", "2"), newPod("a", "0", on("n2"), web))
	s.PutWaiting(newPod("w1", "0", waitsFor("n1"), web))
	s.PutWaiting(newPod("w2", "0", waitsFor("n1"), web))
	d := scheduling.Decide(s, newPod("p", "0", web, spread("web")), scheduling.Profile{})
	require.Empty(t, d.Feasible())
	rejected := d.Rejected()
	require.Equal(t, "n1", rejected[0].Node, "3 pods there and 1 on n2 would be 2 apart")
	require.Equal(t, "n2", rejected[1].Node, "2 pods there and none on n1 would be 2 apart")
}

func TestLabelsOfNamespacesMayChange(t *testing.T) {
	teams := &pod.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	named := func(value string) *object.Namespace {
		return &object.Namespace{ObjectMeta: pod.ObjectMeta{Name: "other", Labels: map[string]string{"team": value}}}
	}
	web := newPod("web", "0", on("n1"), label("app", "web"), func(p *pod.Pod) { p.Namespace = "other" })
	s := snapshot(newNode("n1", nil, "cpu", "2"), named("b"), web)
	fits := func() []string {
		d := scheduling.Decide(s, newPod("p", "0", farFrom("web", teams)), scheduling.Profile{})
		return d.Feasible()
	}
	require.Equal(t, []string{"n1"}, fits())
	s.Put(named("a"))
	require.Empty(t, fits())
	s.Delete(named("a"))
	require.Equal(t, []string{"n1"}, fits())
}

func TestProfile(t *testing.T) {
	empty, half := newNode("empty", nil, "cpu", "4", "memory", "4Gi"), newNode("half", nil, "cpu", "4", "memory", "4Gi")
	s := snapshot(empty, half, newPod("a", "2", on("half")))
	for _, test := range []struct {
		profile scheduling.Profile
		node    string
	}{
		{scheduling.Profile{}, "empty"},
		{scheduling.Profile{Strategy: scheduling.MostAllocated}, "half"},
		{scheduling.Profile{Strategy: scheduling.MostAllocated, Weights: map[scheduling.Plugin]int64{scheduling.NodeResourcesFit: 0}}, "empty"},
	} {
		d := scheduling.Decide(s, newPod("p", "1"), test.profile)
		require.Equal(t, test.node, d.Node, "%+v", test.profile)
	}
	full := newPod("p", "8", priority(1))
	s.Put(newPod("b", "4", on("empty")))
	d := scheduling.Decide(s, newPod("p", "4", priority(1)), scheduling.Profile{})
	require.NotNil(t, d.Preemption)
	d = scheduling.Decide(s, newPod("p", "4", priority(1)), scheduling.Profile{PreemptNever: true})
	require.Nil(t, d.Preemption)
	require.Equal(t, "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.", d.Message)
	d = scheduling.Decide(s, full, scheduling.Profile{})
	require.Equal(t, "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.", d.Message)
}

// Of the best nodes the first by name is taken, in whatever order they came.
func TestEqualNodes(t *testing.T) {
	s := snapshot(newNode("b", nil, "cpu", "4"), newNode("c", nil, "cpu", "4"), newNode("a", nil, "cpu", "4"))
	d := scheduling.Decide(s, newPod("p", "1"), scheduling.Profile{})
	require.Equal(t, "a", d.Node)
	require.Equal(t, []string{"a", "b", "c"}, d.Best())
}

func ExampleDecide() {
	var s scheduling.Snapshot
	s.Put(newNode("small", nil, "cpu", "1", "memory", "1Gi"))
	s.Put(newNode("large", nil, "cpu", "4", "memory", "4Gi"))
	for i := range 4 {
		p := newPod(fmt.Sprintf("web-%d", i), "1500m")
		d := scheduling.Decide(&s, p, scheduling.Profile{})
		if d.Node == "" {
			fmt.Println(p.Name, d.Message)
			continue
		}
		fmt.Println(p.Name, "goes to", d.Node)
		p.Spec.NodeName = d.Node
		s.Put(p)
	}
	// Output:
	// web-0 goes to large
	// web-1 goes to large
	// web-2 0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
	// web-3 0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
}
