package scheduling

import (
	"fmt"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Reason is why a node refuses a pod that was given to it.
type Reason struct {
	Plugin Plugin
	// Reason and Message are those of the pod's status, such as OutOfcpu.
	Reason  pod.Reason
	Message string
	// Resource is what is short, where anything is, with the amounts: cpu in thousandths of a core, other resources in
	// their own unit.
	Resource                  pod.ResourceName
	Requested, Used, Capacity int64
}

// configSource is the annotation by which a node knows where a pod came from. Those that it was not given by the API are
// static: they stay whatever the node's taints.
const configSource = "kubernetes.io/config.source"

// Admit asks what a node asks before it runs a pod: whether there is room beside the given pods, which must not contain p,
// and whether the pod wants this node at all. It returns all that is against it, in the order in which a node says it; the
// first is what the pod's status tells. A nil result is that the node takes the pod.
//
// Extended resources that the node does not have at all are not asked for. Pods that have ended use nothing.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/.
func Admit(p *pod.Pod, n *object.Node, pods []*pod.Pod) []Reason {
	a := admission{pod: p, node: n, resources: &resourceTable{}}
	a.size = a.resources.amounts(n.Status.Allocatable)
	for _, other := range pods {
		if !other.Status.Phase.IsTerminal() {
			a.count++
			used := a.resources.amounts(other.AccountedRequests())
			a.used.add(&used, 1)
			a.ports = append(a.ports, hostPorts(&other.Spec)...)
		}
	}
	return a.ask()
}

// Admits reports whether the node that p names runs p beside all pods that the snapshot knows to be bound there: whether Admit would have
// nothing against it. p itself must not be one of them. Its cost does not grow with the pods on the node.
func (s *Snapshot) Admits(p *pod.Pod) bool {
	n := s.byName[p.Spec.NodeName]
	if n == nil || n.object == nil || s.pods.At(p.Key()) != nil {
		return false
	}
	a := admission{pod: p, node: n.object, resources: &s.resources, size: n.size, used: n.requested, count: int64(len(n.pods)), ports: n.ports}
	return len(a.ask()) == 0
}

// ask is all that is against the pod.
func (a *admission) ask() []Reason {
	p, n := a.pod, a.node
	a.checkResources()
	a.check(NodeAffinity, MatchesNode(&p.Spec, n), reasons[NodeAffinity][0])
	a.check(NodeName, p.Spec.NodeName == "" || p.Spec.NodeName == n.Name, reasons[NodeName][0])
	a.check(NodePorts, !anyConflict(hostPorts(&p.Spec), a.ports), reasons[NodePorts][0])
	a.check(TaintToleration, a.isStatic() || a.mayStay(), "node(s) had taints that the pod didn't tolerate")
	return a.reasons
}

// admission is one question to one node.
type admission struct {
	pod       *pod.Pod
	node      *object.Node
	resources *resourceTable
	size      amounts
	used      amounts
	count     int64
	ports     []hostPort
	reasons   []Reason
}

func (a *admission) check(plugin Plugin, ok bool, why string) {
	if !ok {
		a.reasons = append(a.reasons, Reason{
			Plugin: plugin, Reason: pod.Reason(plugin), Message: fmt.Sprintf("Predicate %s failed: %s", plugin, why),
		})
	}
}

func (a *admission) checkResources() {
	pods := a.node.Status.Allocatable[pod.ResourcePods]
	a.short(pod.ResourcePods, 1, a.count, pods.Value())
	requests := a.pod.Spec.EffectiveRequests()
	want := a.resources.amounts(requests)
	a.short(pod.ResourceCPU, want.cpu, a.used.cpu, a.size.cpu)
	a.short(pod.ResourceMemory, want.memory, a.used.memory, a.size.memory)
	a.short(pod.ResourceEphemeralStorage, want.ephemeral, a.used.ephemeral, a.size.ephemeral)
	for _, name := range requests.Names() {
		if _, known := a.node.Status.Allocatable[name]; !isScalar(name) || isExtended(string(name)) && !known {
			continue
		}
		id := a.resources.id(name)
		a.short(name, want.scalar(id), a.used.scalar(id), a.size.scalar(id))
	}
}

func (a *admission) short(name pod.ResourceName, requested, used, capacity int64) {
	if requested <= 0 || requested <= capacity-used {
		return
	}
	a.reasons = append(a.reasons, Reason{
		Plugin: NodeResourcesFit, Reason: pod.Reason("OutOf" + name),
		Message:  fmt.Sprintf("Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d", name, requested, used, capacity),
		Resource: name, Requested: requested, Used: used, Capacity: capacity,
	})
}

func (a *admission) isStatic() bool {
	source, ok := a.pod.Annotations[configSource]
	return ok && source != "api"
}

// mayStay reports whether the pod tolerates the taints that evict pods.
func (a *admission) mayStay() bool {
	for i := range a.node.Spec.Taints {
		if taint := &a.node.Spec.Taints[i]; taint.Effect == pod.TaintEffectNoExecute && !tolerates(a.pod.Spec.Tolerations, taint) {
			return false
		}
	}
	return true
}
