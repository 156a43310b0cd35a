package scheduling_test

import (
	"fmt"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// BenchmarkDecide schedules pods one after the other onto a cluster with ten pods a node: what is decided is put, and the
// pod that came first goes, so that the cluster stays as full as it is.
func BenchmarkDecide(b *testing.B) {
	for _, nodes := range []int{100, 1000, 5000} {
		for _, kind := range []struct {
			name   string
			change func(*pod.Pod)
		}{{"plain", func(*pod.Pod) {}}, {"affinity", prefersToSpread}} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, nodes), func(b *testing.B) { schedule(b, nodes, kind.change) })
		}
	}
}

func schedule(b *testing.B, nodes int, change func(*pod.Pod)) {
	var s scheduling.Snapshot
	for i := range nodes {
		s.Put(newNode(fmt.Sprintf("node-%d", i), map[string]string{"topology.kubernetes.io/zone": fmt.Sprintf("z%d", i%3)}, "cpu", "32", "memory", "128Gi"))
	}
	var bound []*pod.Pod
	make := func(i int) *pod.Pod {
		return newPod(fmt.Sprintf("pod-%d", i), "100m", label("app", fmt.Sprintf("app-%d", i%10)), change)
	}
	for i := range nodes * 10 {
		p := make(i)
		p.Spec.NodeName = fmt.Sprintf("node-%d", i%nodes)
		s.Put(p)
		bound = append(bound, p)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		p := make(len(bound))
		d := scheduling.Decide(&s, p, scheduling.Profile{})
		p.Spec.NodeName = d.Node
		s.Put(p)
		s.Delete(bound[i])
		bound = append(bound, p)
	}
}

// prefersToSpread would rather be apart from its like, and evenly on zones and nodes.
func prefersToSpread(p *pod.Pod) {
	like := &pod.LabelSelector{MatchLabels: p.Labels}
	p.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []pod.WeightedPodAffinityTerm{{
			Weight: 100, PodAffinityTerm: pod.PodAffinityTerm{LabelSelector: like, TopologyKey: "kubernetes.io/hostname"},
		}},
	}}
	for _, key := range []string{"topology.kubernetes.io/zone", "kubernetes.io/hostname"} {
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, pod.TopologySpreadConstraint{
			MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: pod.ScheduleAnyway, LabelSelector: like,
		})
	}
}
