package disruption

import (
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TaintEviction is the controller that deletes pods from nodes with NoExecute taints that they do not tolerate, or not for longer.
// The zero value is ready for use.
//
// Since when a pod has been waiting is in its plans' memos. Without them all waits begin anew.
type TaintEviction struct{}

// wait is the memo of a pod that tolerates its node's taints for some time.
type wait struct {
	uid        pod.UID
	since, due time.Time
	// over says that the pod was to be deleted, which may have been refused.
	over bool
}

// Name is taint-eviction-controller.
func (TaintEviction) Name() string { return "taint-eviction-controller" }

// Concerns are pods that come to a node, tolerate other taints or have gone, and the pods of a node whose NoExecute taints change.
func (TaintEviction) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.PodKind, Keys: podsMoved},
		{Kind: object.NodeKind, Keys: podsOfTainted},
	}
}

func podsMoved(v controller.View, was, is object.Object) []pod.Key {
	old, _ := was.(*pod.Pod)
	p, _ := is.(*pod.Pod)
	if p == nil {
		p, old = old, nil
	}
	if p.Spec.NodeName == "" || old != nil && old.Spec.NodeName == p.Spec.NodeName && len(old.Spec.Tolerations) == len(p.Spec.Tolerations) {
		return nil
	}
	if n := readNode(v, p.Spec.NodeName); n != nil && len(noExecuteTaints(n)) == 0 {
		return nil
	}
	return []pod.Key{p.Key()}
}

func podsOfTainted(v controller.View, was, is object.Object) []pod.Key {
	n, _ := is.(*object.Node)
	if n == nil {
		return nil
	}
	var before []object.Taint
	if old, ok := was.(*object.Node); ok {
		before = noExecuteTaints(old)
	}
	same := func(a, b object.Taint) bool { return a.Key == b.Key && a.Value == b.Value }
	if slices.EqualFunc(before, noExecuteTaints(n), same) {
		return nil
	}
	var keys []pod.Key
	for p := range onNode(v, n.Name) {
		keys = append(keys, p.Key())
	}
	return keys
}

func noExecuteTaints(n *object.Node) []object.Taint {
	var taints []object.Taint
	for _, t := range n.Spec.Taints {
		if t.Effect == pod.TaintEffectNoExecute {
			taints = append(taints, t)
		}
	}
	return taints
}

// Reconcile deletes the pod, or wakes when it is to be deleted, or calls that off.
func (TaintEviction) Reconcile(r controller.Request) controller.Plan {
	p, _ := r.View.Read(object.PodKind, r.Key).(*pod.Pod)
	l := taintLook{now: r.Now, key: r.Key, pod: p}
	l.wait, l.waiting = r.Memo.(wait)
	if l.waiting && (p == nil || p.UID != l.wait.uid) {
		l.waiting = false
		if !l.wait.over {
			l.tellCallOff()
		}
	}
	if p != nil && !p.IsTerminating() && p.Spec.NodeName != "" {
		l.look(readNode(r.View, p.Spec.NodeName))
	}
	return l.plan.Plan
}

// taintLook is one look at one pod.
type taintLook struct {
	now     time.Time
	key     pod.Key
	pod     *pod.Pod
	wait    wait
	waiting bool
	plan    draft
}

// look compares the taints of the pod's node with what the pod tolerates. If the node has gone, a wait that has begun goes on.
func (l *taintLook) look(n *object.Node) {
	if n != nil && !l.settle(noExecuteTaints(n)) || !l.waiting {
		return
	}
	if l.wait.over = !l.now.Before(l.wait.due); l.wait.over {
		l.evict()
	} else {
		l.plan.wakeAt(l.wait.due)
	}
	l.plan.Memo = l.wait
}

// settle begins a wait, or ends one, and reports whether one goes on. A wait that has begun is not made shorter.
func (l *taintLook) settle(taints []object.Taint) (goesOn bool) {
	patience, tolerated := patienceFor(taints, l.pod.Spec.Tolerations)
	switch {
	case !tolerated || patience < 0:
		if l.waiting {
			l.tellCallOff()
		}
		if !tolerated {
			l.evict()
		}
		return false
	case !l.waiting:
		l.wait, l.waiting = wait{uid: l.pod.UID, since: l.now, due: l.now.Add(patience)}, true
	case l.wait.since.Equal(l.now):
		l.wait.due = l.now.Add(patience)
	}
	return true
}

// patienceFor is how long tolerations put up with taints: the least of those that are used, below 0 for ever and without taints. tolerated is false if
// one of the taints is not tolerated at all.
func patienceFor(taints []object.Taint, tolerations []pod.Toleration) (patience time.Duration, tolerated bool) {
	patience = -1
	for _, t := range taints {
		i := slices.IndexFunc(tolerations, func(x pod.Toleration) bool { return x.Tolerates(t.Key, t.Value, t.Effect) })
		if i < 0 {
			return 0, false
		}
		if s := tolerations[i].TolerationSeconds; s != nil {
			d := time.Duration(max(*s, 0)) * time.Second
			if patience < 0 || d < patience {
				patience = d
			}
		}
	}
	return patience, true
}

// tellCallOff says that a wait ends without a deletion.
func (l *taintLook) tellCallOff() {
	about := mention(&pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: l.key.Namespace, Name: l.key.Name, UID: l.wait.uid}})
	l.plan.emit(about, normal, "TaintManagerEviction", "Cancelling deletion of Pod %s", l.key)
}

func (l *taintLook) evict() {
	l.plan.emit(mention(l.pod), normal, "TaintManagerEviction", "Marking for deletion Pod %s", l.key)
	if next := disrupted(l.pod, l.now, pod.ReasonDeletionByTaintManager, "Taint manager: deleting due to NoExecute taint"); next != nil {
		l.plan.add(controller.UpdateStatus, next)
	}
	l.plan.delete(l.pod, nil)
}

// disrupted is the pod with the condition DisruptionTarget, or nil if it says that already.
func disrupted(p *pod.Pod, now time.Time, reason pod.Reason, message string) *pod.Pod {
	since := stamp(now)
	if c := p.Status.Condition(pod.DisruptionTarget); c != nil && c.Status == pod.ConditionTrue {
		if c.Reason == reason && c.Message == message {
			return nil
		}
		since = c.LastTransitionTime
	}
	next := p.Clone()
	next.Status.SetCondition(pod.Condition{
		Type: pod.DisruptionTarget, ObservedGeneration: p.Generation, Status: pod.ConditionTrue, Reason: reason, Message: message, LastTransitionTime: since,
	})
	return next
}
