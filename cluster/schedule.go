package cluster

import (
	"cmp"
	"maps"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// Scheduler says which node a pod is to run on.
type Scheduler interface {
	// Place decides about one pod. It is called with the cluster locked.
	Place(r Placing) Placement
}

// Placing is one question to a Scheduler. What it shows is valid during the call, and not to be written to.
type Placing struct {
	// Now is the time.
	Now time.Time
	// Pod is the pod, which is bound to no node, not held back by a gate, and not being deleted.
	Pod *pod.Pod
	// Snapshot is the nodes and pods as predicates and scores see them. It is kept up to date, and is not to be changed.
	Snapshot *scheduling.Snapshot
	// View shows all objects.
	View controller.View
}

// Placement is what a Scheduler decided.
type Placement struct {
	// Node is where the pod goes; empty if it fits nowhere now.
	Node string
	// Reason and Message say why it fits nowhere; they go into the condition PodScheduled. An empty Reason is Unschedulable.
	Reason  pod.Reason
	Message string
	// Claims are those of the pod that wait for its node: they are bound first, and the pod then.
	Claims []scheduling.ClaimVolume
	// Victims are pods that are to be deleted, so that the pod fits on the node Nominated.
	Victims   []*pod.Pod
	Nominated string
}

// KubeScheduler places pods as Kubernetes' own scheduler does. Its zero value has the default profile.
type KubeScheduler struct {
	// Profile is how it decides where it has a choice.
	Profile scheduling.Profile
}

// Place asks scheduling.Decide.
func (k KubeScheduler) Place(r Placing) Placement {
	d := scheduling.Decide(r.Snapshot, r.Pod, k.Profile)
	out := Placement{Node: d.Node, Reason: d.Reason, Message: d.Message, Claims: d.Claims()}
	if d.Preemption != nil {
		out.Victims, out.Nominated = d.Preemption.Victims, d.Preemption.Node
	}
	return out
}

// request is what the scheduler knows of a pod that waits.
type request struct {
	timer
	it       *item
	attempts int
	waiting  bool      // it fits nowhere, and waits for something to change
	node     string    // where it goes as soon as its claims are bound; empty otherwise
	since    time.Time // of the last attempt
}

// placer is the queue of the scheduler.
type placer struct {
	c         *Cluster
	scheduler Scheduler
	snapshot  scheduling.Snapshot
	waiting   ordered // pods that fit nowhere, and wait for something to change
	placed    bool    // a pod is being bound where Kubernetes' own scheduler has found it to fit
}

// Waits of the scheduler's queue.
const (
	firstBackOff = time.Second
	lastBackOff  = 10 * time.Second
	flushAfter   = 5 * time.Minute
)

func (s *placer) init(c *Cluster) {
	s.c, s.scheduler = c, c.cfg.Scheduler
	s.snapshot.Find = func(key pod.Key) *pod.Pod { return c.store.find(object.PodKind, key).pod() }
	if s.scheduler == nil {
		s.scheduler = KubeScheduler{}
	}
}

// hear queues a pod that is to be placed, and forgets one that is not.
func (s *placer) hear(it *item, was, is *pod.Pod) {
	wants := is != nil && is.Spec.NodeName == "" && len(is.Spec.SchedulingGates) == 0 && !is.IsTerminating() &&
		!is.Status.Phase.IsTerminal() && is.Spec.SchedulerName == pod.DefaultSchedulerName
	switch {
	case wants && it.asked == nil:
		r := &request{it: it}
		r.timer.owner = r
		it.asked = r
		s.ask(r, s.c.now)
	case wants && it.asked.waiting && was.Generation != is.Generation:
		s.askAgain(it.asked)
	case !wants && it.asked != nil:
		s.c.times.cancel(&it.asked.timer)
		s.waiting.drop(it)
		s.letGo(it.asked, was)
		it.asked = nil
	}
}

func (s *placer) ask(r *request, at time.Time) {
	s.c.times.cancel(&r.timer)
	r.waiting = false
	s.waiting.drop(r.it)
	r.timer.order = turnScheduler.in(rank(r.it.pod())<<40 | s.c.nextTurn()&(1<<40-1))
	s.c.times.set(&r.timer, nanos(at))
}

// rank puts pods of higher priority first: the highest is 0.
func rank(p *pod.Pod) uint64 {
	priority := int64(0)
	if p.Spec.Priority != nil {
		priority = int64(*p.Spec.Priority)
	}
	return uint64((int64(1)<<31 - priority) >> 17)
}

// stir keeps the snapshot up to date, and gives pods that fit nowhere another try when something has changed that may make room for
// them.
func (s *placer) stir(it *item, was, is object.Object) {
	if p, q := asPod(was), asPod(is); p != nil || q != nil {
		s.feedPod(p, q)
	} else if is != nil {
		s.snapshot.Put(is)
	} else {
		s.snapshot.Delete(was)
	}
	if s.waiting.len() == 0 || !mayHelp(it.shelf.kind, was, is) {
		return
	}
	for w := range s.waiting.all() {
		if w.asked.node != "" {
			s.c.times.set(&w.asked.timer, nanos(s.c.now))
			continue
		}
		s.askAgain(w.asked)
	}
}

// askAgain gives a pod that fits nowhere another try when its back-off is over.
func (s *placer) askAgain(r *request) {
	s.ask(r, later(s.c.now, r.since.Add(backOff(r.attempts))))
}

// feedPod tells the snapshot of a pod, if the change matters to it.
func (s *placer) feedPod(was, is *pod.Pod) {
	switch {
	case is == nil:
		if was.Spec.NodeName != "" || was.Status.NominatedNodeName != "" {
			s.snapshot.Delete(was)
		}
	case is.Spec.NodeName != "":
		if was == nil || matters(was, is) {
			s.snapshot.Put(is)
		}
	case is.Status.NominatedNodeName != "":
		s.snapshot.PutWaiting(is)
	case was != nil && was.Status.NominatedNodeName != "":
		s.snapshot.Delete(was)
	}
}

// matters reports whether a change of a bound pod is one to the scheduler.
func matters(was, is *pod.Pod) bool {
	return was.Spec.NodeName != is.Spec.NodeName || was.Generation != is.Generation || was.IsTerminating() != is.IsTerminating() ||
		was.Status.Phase.IsTerminal() != is.Status.Phase.IsTerminal() || is.Status.IsTrue(pod.DisruptionTarget) ||
		resizing(was) || resizing(is) || !maps.Equal(was.Labels, is.Labels)
}

func resizing(p *pod.Pod) bool {
	return p.Status.Condition(pod.PodResizePending) != nil || p.Status.Condition(pod.PodResizeInProgress) != nil
}

// mayHelp reports whether a change may make room for a pod that fits nowhere.
func mayHelp(kind object.Kind, was, is object.Object) bool {
	switch kind {
	case object.PodKind:
		p, q := asPod(was), asPod(is)
		if p == nil || p.Spec.NodeName == "" {
			return q != nil && q.Spec.NodeName != ""
		}
		return q == nil || p.Generation != q.Generation || p.Status.Phase.IsTerminal() != q.Status.Phase.IsTerminal() || resized(p, q) ||
			!maps.Equal(p.Labels, q.Labels)
	case object.NodeKind:
		return is != nil && (was == nil || nodeChanged(was.(*object.Node), is.(*object.Node)))
	case object.PersistentVolumeClaimKind, object.PersistentVolumeKind, object.StorageClassKind, object.CSINodeKind, object.PodDisruptionBudgetKind:
		return true
	}
	return false
}

// nodeChanged reports whether a node has become another one for those who look for a place.
func nodeChanged(was, is *object.Node) bool {
	a, b := was.Clone(), is.Clone()
	a.Status.Conditions, b.Status.Conditions = nil, nil
	a.ResourceVersion = b.ResourceVersion
	return !object.Equal(a, b)
}

func backOff(attempts int) time.Duration {
	return min(firstBackOff<<min(attempts-1, 10), lastBackOff)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// ring tries to place the pod.
func (r *request) ring(c *Cluster) {
	s := &c.placing
	if r.node != "" {
		s.bindClaims(r)
		return
	}
	if r.waiting {
		s.ask(r, c.now)
		return
	}
	p := r.it.pod()
	found := s.scheduler.Place(Placing{Now: c.now, Pod: p, Snapshot: &s.snapshot, View: view{c: c}})
	if found.Node == "" {
		s.fail(r, found)
		return
	}
	if len(found.Claims) > 0 {
		s.reserve(r, found)
		return
	}
	if err := s.bind(r, found.Node); err != nil {
		s.fail(r, Placement{Reason: pod.ReasonSchedulerError, Message: err.Error()})
	}
}

// bind binds the pod, and says so.
func (s *placer) bind(r *request, node string) error {
	it := r.it
	_, s.placed = s.scheduler.(KubeScheduler)
	err := s.c.bind(it, node)
	s.placed = false
	if err != nil {
		return err
	}
	s.c.emit(it.object(), pod.DefaultSchedulerName, "", eventNormal, "Scheduled", "Successfully assigned "+it.key().String()+" to "+node)
	return nil
}

// fail says that the pod fits nowhere, makes room for it if it can, and has it wait.
func (s *placer) fail(r *request, why Placement) {
	c := s.c
	r.attempts++
	r.since, r.waiting = c.now, true
	s.waiting.add(r.it)
	r.timer.order = turnScheduler.in(c.nextTurn())
	c.times.set(&r.timer, nanos(c.now.Add(flushAfter)))
	r.timer.idle = true
	c.emit(r.it.object(), pod.DefaultSchedulerName, "", eventWarning, "FailedScheduling", why.Message)
	next := r.it.pod().Clone()
	next.Status.NominatedNodeName = s.nominated(r.it.pod(), why)
	next.Status.SetCondition(pod.Condition{
		Type: pod.PodScheduled, Status: pod.ConditionFalse, Reason: cmp.Or(why.Reason, pod.ReasonUnschedulable), Message: why.Message,
		LastTransitionTime: pod.NewTime(c.now), ObservedGeneration: next.Generation,
	})
	if !object.Equal(r.it.object(), next) {
		c.put(r.it, next)
	}
	for _, victim := range why.Victims {
		s.preempt(victim, r.it.pod(), why.Nominated)
	}
}

// nominated is the node that the pod waits for: the one where room is being made, or was and still is.
func (s *placer) nominated(p *pod.Pod, why Placement) string {
	if why.Nominated != "" || p.Status.NominatedNodeName == "" {
		return why.Nominated
	}
	for it := range s.c.store.byNode[p.Status.NominatedNodeName].all() {
		if it.pod().IsTerminating() {
			return p.Status.NominatedNodeName
		}
	}
	return ""
}

// preempt deletes a pod to make room for another.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.
func (s *placer) preempt(victim, winner *pod.Pod, node string) {
	c := s.c
	it := c.store.uids[victim.UID]
	if it == nil || it.pod().IsTerminating() {
		return
	}
	next := it.pod().Clone()
	next.Status.SetCondition(pod.Condition{
		Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: pod.ReasonPreemptionByScheduler,
		Message:            winner.Spec.SchedulerName + ": preempting to accommodate a higher priority pod",
		LastTransitionTime: pod.NewTime(c.now), ObservedGeneration: next.Generation,
	})
	c.put(it, next)
	c.emit(it.object(), pod.DefaultSchedulerName, "", eventNormal, "Preempted", "Preempted by pod "+string(winner.UID)+" on node "+node)
	c.drop(it, "")
}
