package node

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Refusal is why a node does not run a pod, in the kubelet's words.
type Refusal struct {
	// Reason is one word, such as OutOfcpu or NodeAffinity.
	Reason pod.Reason `json:"reason"`
	// Message is one sentence for people.
	Message string `json:"message"`
}

const osLabel = "kubernetes.io/os"

// Admit returns why the node n does not run p beside the pods it has admitted and that have not ended, or nil where it does. Of
// several reasons it is the one that the kubelet gives. What n has of a resource is its Status.Allocatable; one that is not there is not
// counted. It only reads what it is given. See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ and
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/.
func Admit(n *object.Node, admitted []*pod.Pod, p *pod.Pod) *Refusal {
	system := cmp.Or(n.Status.NodeInfo.OperatingSystem, runtime.GOOS)
	if want, ok := p.Labels[osLabel]; ok && want != system {
		return &Refusal{pod.ReasonPodOSSelectorNodeLabelDoesNotMatch, "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"}
	}
	if os := p.Spec.OS; os != nil && string(os.Name) != system {
		return &Refusal{pod.ReasonPodOSNotSupported, "Failed to admit pod as the OS field doesn't match node OS"}
	}
	if r := refuseResources(n.Status.Allocatable, admitted, p); r != nil {
		return r
	}
	if !matchesNode(&p.Spec, n) {
		return predicate(pod.ReasonNodeAffinity, "node(s) didn't match Pod's node affinity/selector")
	}
	if clashes(admitted, p) {
		return predicate(pod.ReasonNodePorts, "node(s) didn't have free ports for the requested pod ports")
	}
	if !IsStatic(p) && !tolerates(p, n) {
		return predicate(pod.ReasonTaintToleration, "node(s) had untolerated taint(s)")
	}
	return nil
}

func predicate(reason pod.Reason, why string) *Refusal {
	return &Refusal{reason, fmt.Sprintf("Predicate %s failed: %s", reason, why)}
}

// refuseResources returns which resource the node has too little of: pods first, then those that Kubernetes knows, then others.
func refuseResources(have pod.ResourceList, admitted []*pod.Pod, p *pod.Pod) *Refusal {
	if n, ok := have[pod.ResourcePods]; ok && int64(len(admitted))+1 > n.Value() {
		return short(pod.ResourcePods, 1, int64(len(admitted)), n.Value())
	}
	requests := p.Spec.EffectiveRequests()
	for _, name := range inOrder(requests) {
		size, ok := have[name]
		want := requests[name]
		if !ok || want.IsZero() {
			continue
		}
		var used pod.Quantity
		for _, other := range admitted {
			used = used.Add(other.AccountedRequests()[name])
		}
		if used.Add(want).Cmp(size) > 0 {
			return short(name, units(name, want), units(name, used), units(name, size))
		}
	}
	return nil
}

// inOrder is the names of a list as the kubelet looks at them.
func inOrder(l pod.ResourceList) []pod.ResourceName {
	known := []pod.ResourceName{pod.ResourceCPU, pod.ResourceMemory, pod.ResourceEphemeralStorage}
	names := slices.Clone(known)
	for _, name := range l.Names() {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	return names
}

// units is an amount as messages give it: CPU in thousandths.
func units(name pod.ResourceName, q pod.Quantity) int64 {
	if name == pod.ResourceCPU {
		return q.MilliValue()
	}
	return q.Value()
}

func short(name pod.ResourceName, requested, used, capacity int64) *Refusal {
	return &Refusal{"OutOf" + pod.Reason(name), fmt.Sprintf("Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d",
		name, requested, used, capacity)}
}

// clashes reports whether an admitted pod has a host port of p.
func clashes(admitted []*pod.Pod, p *pod.Pod) bool {
	var ports network.HostPorts
	for _, other := range admitted {
		_ = ports.Adopt(other)
	}
	return ports.Check(p) != nil
}

// tolerates reports whether p may run in spite of the node's NoExecute taints; the kubelet looks at no others.
func tolerates(p *pod.Pod, n *object.Node) bool {
	for _, taint := range n.Spec.Taints {
		if taint.Effect == pod.TaintEffectNoExecute && !slices.ContainsFunc(p.Spec.Tolerations, func(t pod.Toleration) bool {
			return t.Tolerates(taint.Key, taint.Value, taint.Effect)
		}) {
			return false
		}
	}
	return true
}

// node describes the node as it is known.
func (a *Agent) node() *object.Node {
	var n object.Node
	if a.cfg.Node != nil {
		n = *a.cfg.Node
	}
	n.Name = a.cfg.NodeName
	labels := map[string]string{
		"kubernetes.io/hostname": strings.ToLower(n.Name),
		osLabel:                  cmp.Or(n.Status.NodeInfo.OperatingSystem, runtime.GOOS),
		"kubernetes.io/arch":     cmp.Or(n.Status.NodeInfo.Architecture, runtime.GOARCH),
	}
	for key, value := range n.Labels {
		labels[key] = value
	}
	n.Labels = labels
	if n.Status.Allocatable == nil {
		n.Status.Allocatable = a.cfg.Sources.Allocatable()
	}
	return &n
}

// admitted is the pods that the node runs or is to run. The caller holds the lock.
func (a *Agent) admitted() []*pod.Pod {
	var out []*pod.Pod
	for _, w := range a.sorted() {
		if w.refusal == nil && w.shown.Spec.NodeName != "" && !w.shown.Status.Phase.IsTerminal() {
			out = append(out, w.shown)
		}
	}
	return out
}

// refuse returns why the node does not run a pod that is new to it, or nil; a pod that is not bound yet waits. The caller holds the
// lock.
func (a *Agent) refuse(p *pod.Pod) *Refusal {
	switch {
	case p.Spec.NodeName == "" || p.DeletionTimestamp != nil:
		return nil
	case a.ending:
		return &Refusal{eviction.NotAdmittedReason, eviction.NotAdmittedText}
	}
	if message, refused := eviction.Refuses(a.conditions, p, IsStatic(p)); refused {
		return &Refusal{pod.ReasonEvicted, message}
	}
	return Admit(a.node(), a.admitted(), p)
}
