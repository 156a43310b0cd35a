package cluster

import (
	"fmt"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// maxDisruptedPods is how many evictions a budget may have under way that its controller has not confirmed.
const maxDisruptedPods = 2000

// evict is the eviction subresource: it deletes the pod where its disruption budgets allow it.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/.
func (c *Cluster) evict(it *item, options object.DeleteOptions) error {
	p := it.pod()
	if p.Status.Phase.IsTerminal() || p.Status.Phase == pod.Pending || p.IsTerminating() {
		return c.evictNow(it, options)
	}
	budgets := c.budgetsOf(p)
	if len(budgets) > 1 {
		return refuse(pod.StatusReasonInternalError, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
	}
	if len(budgets) == 1 && !sparesBudget(p, budgets[0].object().(*object.PodDisruptionBudget)) {
		if err := c.spend(budgets[0], p); err != nil {
			return err
		}
	}
	return c.evictNow(it, options)
}

// budgetsOf are the budgets whose selectors select the pod.
func (c *Cluster) budgetsOf(p *pod.Pod) []*item {
	var out []*item
	for it := range c.store.shelf(object.PodDisruptionBudgetKind).all.all() {
		b := it.object().(*object.PodDisruptionBudget)
		if b.Namespace == p.Namespace && b.Spec.Selector.Matches(p.Labels) {
			out = append(out, it)
		}
	}
	return out
}

// sparesBudget says whether the end of the pod takes nothing from the budget: it is not healthy, and the policy lets it go.
func sparesBudget(p *pod.Pod, b *object.PodDisruptionBudget) bool {
	if p.Status.IsTrue(pod.Ready) {
		return false
	}
	if policy := b.Spec.UnhealthyPodEvictionPolicy; policy != nil && *policy == object.AlwaysAllow {
		return true
	}
	return b.Status.CurrentHealthy >= b.Status.DesiredHealthy && b.Status.DesiredHealthy > 0
}

// spend takes one disruption from the budget.
func (c *Cluster) spend(it *item, p *pod.Pod) error {
	b := it.object().(*object.PodDisruptionBudget)
	if err := refusal(b); err != nil {
		return err
	}
	next := b.Clone()
	s := &next.Status
	if s.DisruptionsAllowed--; s.DisruptionsAllowed == 0 {
		setDisruptionAllowed(next, pod.NewTime(c.now))
	}
	if s.DisruptedPods == nil {
		s.DisruptedPods = map[string]pod.Time{}
	}
	s.DisruptedPods[p.Name] = pod.NewTime(c.now)
	c.put(it, next)
	return nil
}

const wouldViolate = "Cannot evict pod as it would violate the pod's disruption budget."

func refusal(b *object.PodDisruptionBudget) error {
	s := &b.Status
	forbid := func(why string) error {
		return refuse(pod.StatusReasonForbidden, "poddisruptionbudget.policy %q is forbidden: %s", b.Name, why)
	}
	switch {
	case s.ObservedGeneration < b.Generation:
		return tooManyRequests(10*time.Second, wouldViolate+causes(b, "is still being processed by the server."))
	case s.DisruptionsAllowed < 0:
		return forbid("pdb disruptions allowed is negative")
	case len(s.DisruptedPods) > maxDisruptedPods:
		return forbid("DisruptedPods map too big - too many evictions not confirmed by PDB controller")
	case s.DisruptionsAllowed == 0:
		return tooManyRequests(0, wouldViolate+causes(b, shortage(b)))
	}
	return nil
}

// causes is what a client prints behind the message of the API server.
func causes(b *object.PodDisruptionBudget, what string) string {
	return fmt.Sprintf(" The disruption budget %s %s", b.Name, what)
}

func shortage(b *object.PodDisruptionBudget) string {
	c := disruptionAllowed(b)
	failed := c != nil && c.Status == pod.ConditionFalse && c.Message != ""
	switch {
	case failed && c.Reason == "SyncFailed":
		return "does not allow evicting pods currently because it failed sync: " + c.Message
	case b.Status.CurrentHealthy <= b.Status.DesiredHealthy:
		return fmt.Sprintf("needs %d healthy pods and has %d currently", b.Status.DesiredHealthy, b.Status.CurrentHealthy)
	case failed:
		return fmt.Sprintf("does not allow evicting pods currently (%s): %s", c.Reason, c.Message)
	}
	return "does not allow evicting pods currently"
}

func disruptionAllowed(b *object.PodDisruptionBudget) *object.Condition {
	for i := range b.Status.Conditions {
		if c := &b.Status.Conditions[i]; c.Type == "DisruptionAllowed" {
			return c
		}
	}
	return nil
}

// setDisruptionAllowed says that the budget is spent.
func setDisruptionAllowed(b *object.PodDisruptionBudget, now pod.Time) {
	want := object.Condition{
		Type: "DisruptionAllowed", Status: pod.ConditionFalse, Reason: "InsufficientPods", ObservedGeneration: b.Status.ObservedGeneration,
		LastTransitionTime: now,
	}
	c := disruptionAllowed(b)
	if c == nil {
		b.Status.Conditions = append(b.Status.Conditions, want)
		return
	}
	if c.Status == want.Status {
		want.LastTransitionTime = c.LastTransitionTime
	}
	*c = want
}

// evictNow says why on the pod, and deletes it.
func (c *Cluster) evictNow(it *item, options object.DeleteOptions) error {
	if err := precondition(it.shelf.kind, it.object().Meta(), options.UID, options.ResourceVersion); err != nil {
		return err
	}
	options.ResourceVersion = ""
	next := it.pod().Clone()
	next.Status.SetCondition(pod.Condition{
		Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting",
		LastTransitionTime: pod.NewTime(c.now), ObservedGeneration: next.Generation,
	})
	if !object.Equal(it.object(), next) {
		c.put(it, next)
	}
	return c.delete(it, options)
}
