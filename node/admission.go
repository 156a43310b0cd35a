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
	if r := wrongSystem(n, p); r != nil {
		return r
	}
	return first(scheduling.Admit(p, withUnlisted(n, p), admitted))
}

// wrongSystem returns why a pod of another operating system does not run on n.
func wrongSystem(n *object.Node, p *pod.Pod) *Refusal {
	if r := scheduling.AdmitSystem(p, cmp.Or(n.Status.NodeInfo.OperatingSystem, runtime.GOOS)); r != nil {
		return &Refusal{r.Reason, r.Message}
	}
	return nil
}

// first is the first of the reasons against a pod, nil where there is none.
func first(all []scheduling.Reason) *Refusal {
	if len(all) == 0 {
		return nil
	}
	return &Refusal{all[0].Reason, all[0].Message}
}

// isCritical reports whether the node must run the pod.
func isCritical(p *pod.Pod) bool {
	c := asCandidate(p)
	return c.IsCritical()
}

func asCandidate(p *pod.Pod) eviction.Candidate {
	return eviction.Candidate{Pod: p, Critical: IsStatic(p)}
}

// makeRoom returns which pods are to end so that a critical pod which was refused can run, or why it cannot all the same: only for lack
// of room do others end. The caller holds the lock. See
// https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/.
func (a *Agent) makeRoom(p *pod.Pod) (victims []*pod.Pod, refusal *Refusal) {
	var lacking []eviction.Lack
	var others []scheduling.Reason
	n := a.node()
	for _, r := range scheduling.Admit(p, withUnlisted(n, p), a.admitted(nil)) {
		if r.Resource == "" {
			others = append(others, r)
			continue
		}
		lacking = append(lacking, eviction.Lack{Resource: r.Resource, Amount: r.Requested - (r.Capacity - r.Used)})
	}
	if len(others) > 0 {
		return nil, first(others)
	}
	var running []eviction.Candidate
	for _, q := range a.admitted(nil) {
		running = append(running, asCandidate(q))
	}
	victims, err := eviction.Preempt(asCandidate(p), running, lacking)
	if err != nil {
		return nil, &Refusal{eviction.UnexpectedAdmissionError,
			"Unexpected error while attempting to recover from admission failure: " + err.Error()}
	}
	return victims, nil
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

// admitted is the pods that the node runs or is to run, with the resources that they were given, but for one. The caller holds the lock.
func (a *Agent) admitted(but *worker) []*pod.Pod {
	var out []*pod.Pod
	for _, w := range a.sorted() {
		if w == but || w.refusal != nil || w.shown.Spec.NodeName == "" || w.shown.Status.Phase.IsTerminal() {
			continue
		}
		p := w.shown
		if w.pending != nil {
			p = pod.WithResourcesOf(p, w.given)
		}
		out = append(out, p)
	}
	return out
}

// decide decides whether the node runs a pod that is new to it: not where there is a refusal, and only in the place of the victims, where
// there are any. A pod that is not bound yet waits. The caller holds the lock.
func (a *Agent) decide(p *pod.Pod) (victims []*pod.Pod, refusal *Refusal) {
	switch {
	case p.Spec.NodeName == "" || p.DeletionTimestamp != nil:
		return nil, nil
	case a.ending:
		return nil, &Refusal{eviction.NotAdmittedReason, eviction.NotAdmittedText}
	}
	if message, refused := eviction.Refuses(a.conditions, p, IsStatic(p)); refused {
		return nil, &Refusal{pod.ReasonEvicted, message}
	}
	refusal = Admit(a.node(), a.admitted(nil), p)
	if refusal == nil || !isCritical(p) || wrongSystem(a.node(), p) != nil {
		return nil, refusal
	}
	return a.makeRoom(p)
}
