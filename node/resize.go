package node

import (
	"slices"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// A node gives a pod other resources only when it has them: until then the pod runs with those it had, and its condition
// PodResizePending tells why. See KEP-1287 and
// https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status.

// noResizer is what is told of a resize on a node whose runtime cannot do it.
const noResizer = "In-place pod resize is not supported on this node"

// allot decides what a pod that is wanted as p is given: p itself, or, with the reason, p with the resources that it has. The caller
// holds the lock.
func (a *Agent) allot(w *worker, p *pod.Pod) (given *pod.Pod, pending *Refusal) {
	if w.given.Spec.NodeName == "" || w.refusal != nil || !pod.Resizes(&w.given.Spec, &p.Spec) {
		return p, nil
	}
	if pending = a.refuseResize(w, p); pending == nil {
		return p, nil
	}
	return pod.WithResourcesOf(p, w.given), pending
}

// refuseResize returns why the pod cannot have the resources that p asks for, or cannot have them yet; nil where it can.
func (a *Agent) refuseResize(w *worker, p *pod.Pod) *Refusal {
	if _, ok := a.cfg.Runtime.(Resizer); !ok && !onlyRestarts(w.given, p) {
		return &Refusal{pod.ReasonInfeasible, noResizer}
	}
	return Admit(a.node(), a.admitted(w), p)
}

// onlyRestarts reports whether a resize restarts every container that it concerns.
func onlyRestarts(from, to *pod.Pod) bool {
	all := func(from, to []pod.Container) bool {
		return slices.EqualFunc(from, to, func(a, b pod.Container) bool {
			return restartsFor(&a, &b, pod.ResourceCPU) && restartsFor(&a, &b, pod.ResourceMemory)
		})
	}
	return pod.SameSize(from.Spec.Resources, to.Spec.Resources) &&
		all(from.Spec.InitContainers, to.Spec.InitContainers) && all(from.Spec.Containers, to.Spec.Containers)
}

// restartsFor reports whether a container restarts to have another amount of a resource, or has it already.
func restartsFor(from, to *pod.Container, name pod.ResourceName) bool {
	return pod.SameAmount(&from.Resources, &to.Resources, name) || slices.ContainsFunc(to.ResizePolicy, func(p pod.ContainerResizePolicy) bool {
		return p.ResourceName == name && p.RestartPolicy == pod.RestartContainer
	})
}

// updateOf is what the machine of a pod is told of it as it is now given, and why it has not more.
func updateOf(wanted, given *pod.Pod, pending *Refusal) lifecycle.Input {
	in := lifecycle.Input{Kind: lifecycle.Update, Pod: given}
	if pending != nil {
		in.Wanted, in.Reason, in.Message = wanted, pending.Reason, pending.Message
	}
	return in
}

// retryResizes gives pods that wait for resources what they wait for, where it is there now: first those that ask for no more than
// they have, then by priority, by QoS class, and by how long they have waited. The caller holds the lock.
func (a *Agent) retryResizes() {
	for _, w := range a.waiting() {
		given, pending := a.allot(w, w.object)
		if pending != nil && *pending == *w.pending {
			continue
		}
		if err := a.saveObject(savedObject{Pod: w.object, Refusal: w.refusal, Given: given, Pending: pending}); err != nil {
			w.log.Error("a resize is put off", "err", err)
			continue
		}
		w.given, w.pending = given, pending
		w.request(updateOf(w.object, given, pending))
	}
}

// waiting returns the pods whose resize is put off, in the order in which they are served.
func (a *Agent) waiting() []*worker {
	var out []*worker
	for _, w := range a.pods {
		if w.pending != nil && w.pending.Reason != pod.ReasonInfeasible {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(x, y *worker) int { return scheduling.CompareResizes(x.resizing(), y.resizing()) })
	return out
}

func (w *worker) resizing() scheduling.Resize {
	r := scheduling.Resize{Wanted: w.object, Given: w.given}
	if c := w.status.Condition(pod.PodResizePending); c != nil {
		r.Since = c.LastTransitionTime
	}
	return r
}
