package workload

import (
	"reflect"
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// burst is how many pods one plan makes or deletes at most.
const burst = 500

// ReplicaSet keeps as many pods of a template as are wanted. The zero value is ready for use.
// See https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/.
type ReplicaSet struct{}

// Name is replicaset-controller.
func (ReplicaSet) Name() string { return "replicaset-controller" }

// Concerns are ReplicaSets and pods.
func (ReplicaSet) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.ReplicaSetKind},
		{Kind: object.PodKind, Keys: setsOfPod},
	}
}

var ownersOfPod = ownersOf(object.ReplicaSetKind, func(o object.Object) *pod.LabelSelector { return o.(*object.ReplicaSet).Spec.Selector })

// setsOfPod are the ReplicaSets that a change of a pod concerns. Of a pod on its way out that is the one that has it still.
func setsOfPod(v controller.View, was, is object.Object) []pod.Key {
	if is == nil || !is.Meta().IsTerminating() {
		return ownersOfPod(v, was, is)
	}
	if key, ok := controlledBy(is, object.ReplicaSetKind); ok && concernsOwner(was, is) {
		return []pod.Key{key}
	}
	return nil
}

// Reconcile makes the pods that are missing, deletes those that are too many, and counts. A refused creation ends the plan, so
// that what is refused once is not tried many times.
func (ReplicaSet) Reconcile(r controller.Request) controller.Plan {
	set, ok := r.View.Read(object.ReplicaSetKind, r.Key).(*object.ReplicaSet)
	if !ok {
		return controller.Plan{}
	}
	if at := paceOf(r.Memo).next(); at.After(r.Now) && set.Status.ObservedGeneration == set.Generation && r.Refused == nil {
		return controller.Plan{Wake: at, Memo: r.Memo}
	}
	c := callOf(r, set)
	c.look()
	c.act()
	c.plan.Memo = c.pace()
	return c.plan.Plan
}

// Report says in the status why pods could not be made or deleted.
func (ReplicaSet) Report(r controller.Request) controller.Plan {
	set, ok := r.View.Read(object.ReplicaSetKind, r.Key).(*object.ReplicaSet)
	if !ok {
		return controller.Plan{}
	}
	c := callOf(r, set)
	c.look()
	c.plan = draft{}
	c.report()
	return c.plan.Plan
}

func callOf(r controller.Request, set *object.ReplicaSet) replicaSetCall {
	return replicaSetCall{request: r, set: set, count: podCount{minReadySeconds: set.Spec.MinReadySeconds, template: set.Spec.Template.Labels}}
}

// pace is the memo: a set that still lacks pods after this plan is looked at again at once.
func (c *replicaSetCall) pace() any {
	n := len(c.active) + int(c.count.terminating)
	if n < manyPods || c.wanted()-len(c.active) > burst || len(c.active)-c.wanted() > burst {
		return nil
	}
	return pace{c.request.Now, n}
}

// replicaSetCall is one call of Reconcile.
type replicaSetCall struct {
	request controller.Request
	set     *object.ReplicaSet
	active  []*pod.Pod
	count   podCount
	plan    draft
}

// look finds the pods of the set.
func (c *replicaSetCall) look() {
	pods := claim{
		view: c.request.View, plan: &c.plan, kind: object.PodKind, selector: c.set.Spec.Selector,
		ownerKind: object.ReplicaSetKind, owner: &c.set.ObjectMeta,
	}
	pods.each(func(o object.Object) {
		p := o.(*pod.Pod)
		if isActive(p) {
			c.active = append(c.active, p)
			c.count.add(p, &c.plan, c.request)
		} else if !p.Status.Phase.IsTerminal() {
			c.count.terminating++
		}
	})
}

// act manages the pods, and says how many there were. Pods that come or go bring a look of their own, and if that is refused a retry, so that
// no other is asked for.
func (c *replicaSetCall) act() {
	if !c.set.IsTerminating() && len(c.active) != c.wanted() {
		c.manage()
		c.plan.Wake = time.Time{}
	}
	c.report()
}

// podCount counts active pods.
type podCount struct {
	minReadySeconds                     int32
	template                            map[string]string
	replicas, labeled, ready, available int32
	terminating                         int32
}

func (n *podCount) add(p *pod.Pod, plan *draft, r controller.Request) {
	n.replicas++
	if hasLabels(p, n.template) {
		n.labeled++
	}
	if !isReady(p) {
		return
	}
	n.ready++
	ok, at := isAvailable(p, n.minReadySeconds, r.Now)
	if ok {
		n.available++
	} else if !at.IsZero() {
		plan.wakeAt(at)
	}
}

func hasLabels(p *pod.Pod, wanted map[string]string) bool {
	for key, value := range wanted {
		if got, ok := p.Labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// wanted is how many pods there should be.
func (c *replicaSetCall) wanted() int { return int(value(c.set.Spec.Replicas, 1)) }

// report writes the status where it differs.
func (c *replicaSetCall) report() {
	status := c.set.Status
	status.Replicas, status.FullyLabeledReplicas = c.count.replicas, c.count.labeled
	status.ReadyReplicas, status.AvailableReplicas = c.count.ready, c.count.available
	status.TerminatingReplicas = &c.count.terminating
	status.ObservedGeneration = c.set.Generation
	status.Conditions = c.conditions()
	if reflect.DeepEqual(status, c.set.Status) {
		return
	}
	own := c.set.Clone()
	own.Status = status
	own.Status.Conditions = slices.Clone(status.Conditions)
	c.plan.write(controller.UpdateStatus, own)
}

// conditions are those of before, but for what came of the last attempt.
func (c *replicaSetCall) conditions() []object.ReplicaSetCondition {
	old := c.set.Status.Conditions
	at := slices.IndexFunc(old, func(x object.ReplicaSetCondition) bool { return x.Type == object.ReplicaSetReplicaFailure })
	reason, message := c.failure()
	switch {
	case (reason == "") == (at < 0):
		return old
	case reason == "":
		rest := slices.Delete(slices.Clone(old), at, at+1)
		if len(rest) == 0 {
			return nil
		}
		return rest
	}
	return append(slices.Clone(old), object.ReplicaSetCondition{
		Type: object.ReplicaSetReplicaFailure, Status: pod.ConditionTrue, LastTransitionTime: stamp(c.request.Now),
		Reason: reason, Message: message,
	})
}

// failure is why the last attempt failed at something that is still to be done; empty if none did.
func (c *replicaSetCall) failure() (reason, message string) {
	diff := len(c.active) - c.wanted()
	if x := refused(c.request, controller.Create, object.PodKind); x != nil && diff < 0 {
		return "FailedCreate", x.Error()
	}
	if x := refused(c.request, controller.Delete, object.PodKind); x != nil && diff > 0 {
		return "FailedDelete", "unable to delete pods: " + x.Error()
	}
	return "", ""
}

// manage makes and deletes pods.
func (c *replicaSetCall) manage() {
	diff := len(c.active) - c.wanted()
	for range min(-diff, burst) {
		c.plan.add(making(fromTemplate(&c.set.Spec.Template, object.ReplicaSetKind, &c.set.ObjectMeta), c.set))
	}
	if diff > 0 {
		for _, p := range victims(c.active, min(diff, burst), c.neighbours, c.request.Now) {
			c.plan.add(takingAway(p, c.set))
		}
	}
}

// neighbours counts the active pods on each node that this set and the others of the same controller select. A set without a controller has
// none.
func (c *replicaSetCall) neighbours() map[string]int {
	count := map[string]int{}
	ref := c.set.ControllerRef()
	if ref == nil {
		return count
	}
	var before []*pod.LabelSelector
	for o := range c.request.View.Owned(object.ReplicaSetKind, ref.UID) {
		selector := o.(*object.ReplicaSet).Spec.Selector
		for o := range c.request.View.Labeled(object.PodKind, c.set.Namespace, selector) {
			p := o.(*pod.Pod)
			counted := slices.ContainsFunc(before, func(s *pod.LabelSelector) bool { return s.Matches(p.Labels) })
			if isActive(p) && !counted {
				count[p.Spec.NodeName]++
			}
		}
		before = append(before, selector)
	}
	return count
}
