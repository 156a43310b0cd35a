package disruption

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// staleTimeout is how long a pod that is to be disrupted may take until it is being deleted.
const staleTimeout = 2 * time.Minute

// StaleDisruption is the controller that takes back the condition DisruptionTarget where nothing came of the disruption, as when an
// eviction was cut short. What the node itself says stays. The zero value is ready.
// See https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions.
type StaleDisruption struct{}

// Name is stale-disruption-controller; in Kubernetes it is a part of the disruption controller.
func (StaleDisruption) Name() string { return "stale-disruption-controller" }

// Concerns are pods that have the condition.
func (StaleDisruption) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.PodKind, Keys: func(_ controller.View, _, is object.Object) []pod.Key {
		if p, ok := is.(*pod.Pod); ok && maybeStale(p) {
			return []pod.Key{p.Key()}
		}
		return nil
	}}}
}

// maybeStale reports whether the pod is said to be disrupted by somebody who might not do it.
func maybeStale(p *pod.Pod) bool {
	c := p.Status.Condition(pod.DisruptionTarget)
	return c != nil && c.Status == pod.ConditionTrue && c.Reason != pod.ReasonTerminationByKubelet && !p.IsTerminating() && !p.Status.Phase.IsTerminal()
}

// Reconcile takes the condition back, or wakes when it is time to.
func (StaleDisruption) Reconcile(r controller.Request) controller.Plan {
	p, _ := r.View.Read(object.PodKind, r.Key).(*pod.Pod)
	if p == nil || !maybeStale(p) {
		return controller.Plan{}
	}
	if due := p.Status.Condition(pod.DisruptionTarget).LastTransitionTime.Add(staleTimeout); r.Now.Before(due) {
		return controller.Plan{Wake: due}
	}
	next := p.Clone()
	next.Status.SetCondition(pod.Condition{Type: pod.DisruptionTarget, ObservedGeneration: p.Generation, Status: pod.ConditionFalse, LastTransitionTime: stamp(r.Now)})
	var d draft
	d.add(controller.UpdateStatus, next)
	return d.Plan
}
