package node

import (
	"cmp"
	"maps"
	"runtime"
	"strings"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// Refusal is why a node does not run a pod, in the kubelet's words.
type Refusal struct {
	// Reason is one word, such as OutOfcpu or NodeAffinity.
	Reason pod.Reason `json:"reason"`
	// Message is one sentence for people.
	Message string `json:"message"`
}

// Admit returns why the node n does not run p beside the pods it has admitted and that have not ended, or nil where it does. Of
// several reasons it is the one that the kubelet gives. What n has of a resource is its Status.Allocatable; one that is not there is not
// counted. It only reads what it is given. See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ and
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/.
func Admit(n *object.Node, admitted []*pod.Pod, p *pod.Pod) *Refusal {
	if r := scheduling.AdmitSystem(p, cmp.Or(n.Status.NodeInfo.OperatingSystem, runtime.GOOS)); r != nil {
		return &Refusal{r.Reason, r.Message}
	}
	if all := scheduling.Admit(p, withUnlisted(n, p), admitted); len(all) > 0 {
		return &Refusal{all[0].Reason, all[0].Message}
	}
	return nil
}

// withUnlisted is n with more than enough of each resource that it does not list and that a pod may ask for.
func withUnlisted(n *object.Node, p *pod.Pod) *object.Node {
	full := *n
	full.Status.Allocatable = maps.Clone(n.Status.Allocatable)
	if full.Status.Allocatable == nil {
		full.Status.Allocatable = pod.ResourceList{}
	}
	enough := pod.NewQuantity(1<<50, pod.DecimalSI)
	for _, name := range append(p.Spec.EffectiveRequests().Names(), pod.ResourcePods) {
		if _, listed := full.Status.Allocatable[name]; !listed {
			full.Status.Allocatable[name] = enough
		}
	}
	return &full
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
		scheduling.LabelOS:       cmp.Or(n.Status.NodeInfo.OperatingSystem, runtime.GOOS),
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
