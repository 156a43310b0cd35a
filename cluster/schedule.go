package cluster

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Scheduler says which node a pod is to run on.
type Scheduler interface {
	// Place decides about one pod, which is bound to no node and not held back by a gate.
	Place(now time.Time, p *pod.Pod, v controller.View) Placement
}

// Placement is what a Scheduler decided.
type Placement struct {
	// Node is where the pod goes; empty if it fits nowhere now.
	Node string
	// Message says why it fits nowhere; it goes into the condition PodScheduled.
	Message string
	// Victims are pods that must go so that the pod fits on the node Nominated.
	Victims   []pod.Key
	Nominated string
}

// request is what the scheduler knows of a pod that waits.
type request struct {
	timer
	it       *item
	attempts int
	waiting  bool      // it fits nowhere, and waits for something to change
	since    time.Time // of the last attempt
}

// scheduling is the queue of the scheduler.
type scheduling struct {
	c         *Cluster
	scheduler Scheduler
	waiting   ordered // pods that fit nowhere, and wait for something to change
}

// Waits of the scheduler's queue.
const (
	firstBackOff = time.Second
	lastBackOff  = 10 * time.Second
	flushAfter   = 5 * time.Minute
)

func (s *scheduling) init(c *Cluster) {
	s.c, s.scheduler = c, c.cfg.Scheduler
	if s.scheduler == nil {
		s.scheduler = spread{}
	}
}

// hear queues a pod that is to be placed, and forgets one that is not.
func (s *scheduling) hear(it *item, was, is *pod.Pod) {
	wants := is != nil && is.Spec.NodeName == "" && len(is.Spec.SchedulingGates) == 0 && !is.IsTerminating() &&
		!is.Status.Phase.IsTerminal() && is.Spec.SchedulerName == pod.DefaultSchedulerName
	switch {
	case wants && it.asked == nil:
		r := &request{it: it}
		r.timer.owner = r
		it.asked = r
		s.ask(r, s.c.now)
	case !wants && it.asked != nil:
		s.c.times.cancel(&it.asked.timer)
		s.waiting.drop(it)
		it.asked = nil
	}
}

func (s *scheduling) ask(r *request, at time.Time) {
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

// stir gives pods that fit nowhere another try when something has changed that may make room for them.
func (s *scheduling) stir(it *item, was, is object.Object) {
	if s.waiting.len() == 0 || !mayHelp(it.shelf.kind, was, is) {
		return
	}
	for w := range s.waiting.all() {
		s.ask(w.asked, later(s.c.now, w.asked.since.Add(backOff(w.asked.attempts))))
	}
}

func mayHelp(kind object.Kind, was, is object.Object) bool {
	switch kind {
	case object.PodKind:
		p, q := asPod(was), asPod(is)
		return p != nil && p.Spec.NodeName != "" && (q == nil || !p.Status.Phase.IsTerminal() && q.Status.Phase.IsTerminal())
	case object.NodeKind:
		return is != nil
	case object.PersistentVolumeClaimKind, object.PersistentVolumeKind, object.StorageClassKind, object.CSINodeKind:
		return true
	}
	return false
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
	if r.waiting {
		s.ask(r, c.now)
		return
	}
	p := r.it.pod()
	placement := s.scheduler.Place(c.now, p, view{c})
	if placement.Node == "" {
		s.fail(r, placement)
		return
	}
	if err := c.bind(r.it, placement.Node); err != nil {
		s.fail(r, Placement{Message: err.Error()})
		return
	}
	c.emit(r.it.object, pod.DefaultSchedulerName, "", eventNormal, "Scheduled", "Successfully assigned "+p.Key().String()+" to "+placement.Node)
}

// fail says that the pod fits nowhere, and has it wait.
func (s *scheduling) fail(r *request, why Placement) {
	c := s.c
	r.attempts++
	r.since, r.waiting = c.now, true
	s.waiting.add(r.it)
	r.timer.order = turnScheduler.in(c.nextTurn())
	c.times.set(&r.timer, nanos(c.now.Add(flushAfter)))
	r.timer.idle = true
	next := r.it.pod().Clone()
	next.Status.NominatedNodeName = why.Nominated
	next.Status.SetCondition(pod.Condition{
		Type: pod.PodScheduled, Status: pod.ConditionFalse, Reason: "Unschedulable", Message: why.Message,
		LastTransitionTime: pod.NewTime(c.now), ObservedGeneration: next.Generation,
	})
	c.emit(r.it.object, pod.DefaultSchedulerName, "", eventWarning, "FailedScheduling", why.Message)
	if !object.Equal(r.it.object, next) {
		c.put(r.it, next)
	}
}

// spread puts pods where there are fewest.
type spread struct{}

func (spread) Place(_ time.Time, p *pod.Pod, v controller.View) Placement {
	c := v.(view).c
	best, count := "", -1
	for it := range c.store.shelf(object.NodeKind).all.all() {
		n := it.object.(*object.Node)
		if !suits(p, n) {
			continue
		}
		if have := c.store.byNode[n.Name].len(); count < 0 || have < count {
			best, count = n.Name, have
		}
	}
	if best == "" {
		return Placement{Message: "no nodes available to schedule pods"}
	}
	return Placement{Node: best}
}

func suits(p *pod.Pod, n *object.Node) bool {
	for key, value := range p.Spec.NodeSelector {
		if n.Labels[key] != value {
			return false
		}
	}
	for _, t := range n.Spec.Taints {
		if t.Effect != pod.TaintEffectPreferNoSchedule && !tolerated(p, t) {
			return false
		}
	}
	return !n.Spec.Unschedulable
}

func tolerated(p *pod.Pod, t object.Taint) bool {
	for i := range p.Spec.Tolerations {
		if p.Spec.Tolerations[i].Tolerates(t.Key, t.Value, t.Effect) {
			return true
		}
	}
	return false
}
