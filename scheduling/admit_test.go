package scheduling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

func TestAdmit(t *testing.T) {
	node := &object.Node{ObjectMeta: pod.ObjectMeta{Name: "n1", Labels: map[string]string{"disk": "ssd"}}}
	node.Status.Allocatable = resources("cpu", "2", "memory", "1Gi", "pods", "3", "example.com/gpu", "1")
	node.Spec.Taints = []object.Taint{{Key: "down", Effect: pod.TaintEffectNoExecute}, {Key: "new", Effect: pod.TaintEffectNoSchedule}}
	stays := []pod.Toleration{{Key: "down", Operator: pod.TolerationOpExists}}
	with := func(change func(*pod.Pod), requests ...string) *pod.Pod {
		p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "p"}}
		p.Spec.Tolerations = stays
		p.Spec.Containers = []pod.Container{{Name: "c", Resources: pod.ResourceRequirements{Requests: resources(requests...)}}}
		if change != nil {
			change(p)
		}
		return p
	}
	port := func(p *pod.Pod) { p.Spec.Containers[0].Ports = []pod.ContainerPort{{ContainerPort: 80, HostPort: 80}} }
	for _, test := range []struct {
		name string
		pod  *pod.Pod
		pods []*pod.Pod
		want []string // reason: message
	}{
		{"it fits", with(nil, "cpu", "2"), nil, nil},
		{"cpu", with(nil, "cpu", "500m"), []*pod.Pod{with(nil, "cpu", "1600m")}, []string{
			"OutOfcpu: Node didn't have enough resource: cpu, requested: 500, used: 1600, capacity: 2000",
		}},
		{"a pod that has ended uses nothing", with(nil, "cpu", "500m"), []*pod.Pod{
			with(func(p *pod.Pod) { p.Status.Phase = pod.Succeeded }, "cpu", "1600m"),
		}, nil},
		{"all that is short, in order", with(nil, "cpu", "3", "memory", "2Gi", "example.com/gpu", "2", "ephemeral-storage", "1"), []*pod.Pod{
			with(nil), with(nil), with(nil),
		}, []string{
			"OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
			"OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000",
			"OutOfmemory: Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
			"OutOfephemeral-storage: Node didn't have enough resource: ephemeral-storage, requested: 1, used: 0, capacity: 0",
			"OutOfexample.com/gpu: Node didn't have enough resource: example.com/gpu, requested: 2, used: 0, capacity: 1",
		}},
		{"an extended resource that the node lacks is not asked for", with(nil, "other.org/fpga", "1"), nil, nil},
		{"another node", with(func(p *pod.Pod) { p.Spec.NodeName = "n2" }), nil, []string{
			"NodeName: Predicate NodeName failed: node(s) didn't match the requested node name",
		}},
		{"node selector", with(func(p *pod.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "hdd"} }), nil, []string{
			"NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
		}},
		{"host port", with(port), []*pod.Pod{with(port)}, []string{
			"NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
		}},
		{"a taint that evicts", with(func(p *pod.Pod) { p.Spec.Tolerations = nil }), nil, []string{
			"TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
		}},
		{"a static pod stays", with(func(p *pod.Pod) {
			p.Spec.Tolerations = nil
			p.Annotations = map[string]string{"kubernetes.io/config.source": "file"}
		}), nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range scheduling.Admit(test.pod, node, test.pods) {
				got = append(got, string(r.Reason)+": "+r.Message)
			}
			require.Equal(t, test.want, got)
			require.Equal(t, test.want == nil, admits(node, test.pods, test.pod), "a snapshot says the same")
		})
	}
}

// admits asks a snapshot of the pods on a node whether one more may come.
func admits(n *object.Node, pods []*pod.Pod, p *pod.Pod) bool {
	var s scheduling.Snapshot
	s.Put(n)
	for i, other := range pods {
		other.Name, other.Spec.NodeName = string(rune('a'+i)), n.Name
		s.Put(other)
	}
	if p.Spec.NodeName == "" {
		p.Spec.NodeName = n.Name
	}
	return s.Admits(p)
}

// resources reads pairs of name and amount.
func resources(pairs ...string) pod.ResourceList {
	list := pod.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[pod.ResourceName(pairs[i])] = pod.MustParseQuantity(pairs[i+1])
	}
	return list
}
