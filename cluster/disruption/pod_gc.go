package disruption

import (
	"cmp"
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const (
	// podGCPeriod is how far apart the times are at which pods are collected, podGCPhase when: Kubernetes' phase is random.
	podGCPeriod = 20 * time.Second
	podGCPhase  = 7 * time.Second
	// podGCQuarantine is how long a node must have been missing.
	podGCQuarantine = 40 * time.Second
	// podGCMarked is how long a pod is marked as failed before it is deleted.
	podGCMarked = 100 * time.Millisecond
)

// PodGC is the controller that removes pods that nobody else will: those on nodes that have gone, those that are being deleted on
// nodes out of service or on none, and ended ones when there are too many. The zero value is ready for use. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection.
//
// It marks a pod as failed, and deletes it a moment later: so its owner sees that it has failed, and may be faster. Since when a node has been
// missing, and which pods are marked, is in its plans' memos. Without one it counts anew.
type PodGC struct{ Config Config }

// podGCMemo is what one call leaves to the next. It is never written to once it has been left.
type podGCMemo struct {
	// missing is since when nodes have been missing that pods are bound to.
	missing map[string]time.Time
	// marked are the pods that are marked as failed, and to be deleted at the time sweep.
	marked []*pod.Pod
	sweep  time.Time
}

// Name is pod-garbage-collector.
func (PodGC) Name() string { return "pod-garbage-collector" }

// Concerns are nodes and pods, as far as they can make a pod one to collect.
func (c PodGC) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.NodeKind, Keys: func(_ controller.View, was, is object.Object) []pod.Key {
			if n, ok := is.(*object.Node); ok && (was == nil || !outOfService(n)) {
				return nil
			}
			return []pod.Key{cluster}
		}},
		{Kind: object.PodKind, Keys: func(v controller.View, was, is object.Object) []pod.Key {
			if p, ok := is.(*pod.Pod); ok && c.concerns(v, was, p) {
				return []pod.Key{cluster}
			}
			return nil
		}},
	}
}

// concerns reports whether what has changed of the pod may make it one to collect.
func (c PodGC) concerns(v controller.View, was object.Object, p *pod.Pod) bool {
	old, _ := was.(*pod.Pod)
	switch {
	case p.Status.Phase.IsTerminal() && (old == nil || !old.Status.Phase.IsTerminal()):
		return true
	case p.Spec.NodeName == "":
		return p.IsTerminating()
	case old == nil || old.Spec.NodeName != p.Spec.NodeName || p.IsTerminating() && !old.IsTerminating():
		n := readNode(v, p.Spec.NodeName)
		return n == nil || outOfService(n)
	}
	return false
}

// outOfService reports whether nothing runs on the node any more: it is not ready, and its administrator says so.
func outOfService(n *object.Node) bool {
	return readiness(n) != pod.ConditionTrue && slices.ContainsFunc(n.Spec.Taints, func(t object.Taint) bool { return t.Key == TaintOutOfService })
}

// Reconcile deletes what it has marked before, waits for the next time to collect, and then does.
func (c PodGC) Reconcile(r controller.Request) controller.Plan {
	known, _ := r.Memo.(podGCMemo)
	l := gcLook{threshold: c.Config.withDefaults().TerminatedPodThreshold, now: r.Now, view: r.View, known: known.missing}
	switch next := grid(r.Now, podGCPeriod, podGCPhase); {
	case len(known.marked) > 0 && r.Now.Before(known.sweep):
		l.memo = known
		l.plan.wakeAt(known.sweep)
	case len(known.marked) == 0 && next.Equal(r.Now):
		l.run()
	default:
		for _, p := range known.marked {
			l.sweep(p)
		}
		l.memo.missing = known.missing
		l.plan.wakeAt(grid(r.Now.Add(1), podGCPeriod, podGCPhase))
	}
	if len(l.memo.missing)+len(l.memo.marked) > 0 {
		l.plan.Memo = l.memo
	}
	return l.plan.Plan
}

// gcLook is one look at all pods.
type gcLook struct {
	threshold int
	now       time.Time
	view      controller.View
	// known are the missing nodes that the look before has left; memo is what this one leaves.
	known map[string]time.Time
	memo  podGCMemo
	ended []*pod.Pod
	// waits says that a node is missing that may come back.
	waits bool
	plan  draft
}

func (l *gcLook) run() {
	l.memo.missing = map[string]time.Time{}
	for p := range pods(l.view) {
		l.look(p)
	}
	l.trim()
	if l.waits {
		l.plan.wakeAt(l.now.Add(podGCPeriod))
	}
	if len(l.memo.marked) > 0 {
		l.memo.sweep = l.now.Add(podGCMarked)
		l.plan.wakeAt(l.memo.sweep)
	}
}

// sweep deletes a pod that is marked, unless it has gone by itself.
func (l *gcLook) sweep(p *pod.Pod) {
	if is, ok := l.view.Read(object.PodKind, p.Key()).(*pod.Pod); ok && is.UID == p.UID {
		l.drop(is)
	}
}

func (l *gcLook) look(p *pod.Pod) {
	if p.Status.Phase.IsTerminal() {
		l.ended = append(l.ended, p)
	}
	if p.Spec.NodeName == "" {
		if p.IsTerminating() {
			l.collect(p, "")
		}
		return
	}
	switch n := readNode(l.view, p.Spec.NodeName); {
	case n == nil:
		l.orphan(p)
	case p.IsTerminating() && outOfService(n):
		l.collect(p, "")
	}
}

// orphan collects a pod whose node has been missing for long enough.
func (l *gcLook) orphan(p *pod.Pod) {
	since, before := l.known[p.Spec.NodeName]
	if !before {
		since = l.now
	}
	l.memo.missing[p.Spec.NodeName] = since
	if l.now.Before(since.Add(podGCQuarantine)) {
		l.waits = true
		return
	}
	l.collect(p, "PodGC: node no longer exists")
}

// trim collects ended pods beyond the threshold: first those that their node evicted, then the oldest.
func (l *gcLook) trim() {
	n := len(l.ended) - l.threshold
	if l.threshold < 0 || n <= 0 {
		return
	}
	evicted := func(p *pod.Pod) int {
		if p.Status.Phase == pod.Failed && p.Status.Reason == pod.ReasonEvicted {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(l.ended, func(a, b *pod.Pod) int {
		return cmp.Or(cmp.Compare(evicted(a), evicted(b)), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	for _, p := range l.ended[:n] {
		if !p.IsTerminating() {
			l.collect(p, "")
		}
	}
}

// collect deletes a pod that has ended, and marks any other as failed first. A message says that it was disrupted, and why.
func (l *gcLook) collect(p *pod.Pod, message string) {
	if !p.Status.Phase.IsTerminal() {
		var next *pod.Pod
		if message != "" {
			next = disrupted(p, l.now, pod.ReasonDeletionByPodGC, message)
		}
		if next == nil {
			next = p.Clone()
		}
		next.Status.Phase, next.Status.ObservedGeneration = pod.Failed, p.Generation
		l.plan.add(controller.UpdateStatus, next)
		l.memo.marked = append(l.memo.marked, mention(p))
		return
	}
	l.drop(p)
}

// drop deletes a pod that has ended at once.
func (l *gcLook) drop(p *pod.Pod) {
	if g := p.DeletionGracePeriodSeconds; p.IsTerminating() && g != nil && *g == 0 {
		return // it only waits for finalizers
	}
	l.plan.delete(p, new(int64(0)))
}
