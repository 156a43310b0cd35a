package disruption

import (
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TaintEviction is the controller that deletes pods from nodes with NoExecute taints that they do not tolerate, or not for longer.
// The zero value is ready; it serves one cluster, and one goroutine at a time.
//
// It keeps since when a pod has been waiting. A new one begins all waits anew.
type TaintEviction struct {
	waits map[pod.Key]wait
}

// wait is a pod that tolerates its node's taints for some time.
type wait struct {
	uid        pod.UID
	since, due time.Time
}

// Name is taint-eviction-controller.
func (c *TaintEviction) Name() string { return "taint-eviction-controller" }

// Concerns are pods that come to a node, tolerate other taints or have gone, and the pods of a node whose NoExecute taints change.
func (c *TaintEviction) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.PodKind, Keys: c.podsMoved},
		{Kind: object.NodeKind, Keys: podsOfTainted},
	}
}

func (c *TaintEviction) podsMoved(v controller.View, was, is object.Object) []pod.Key {
	if is == nil {
		if _, waiting := c.waits[was.Meta().Key()]; waiting {
			return []pod.Key{was.Meta().Key()}
		}
		return nil
	}
	p := is.(*pod.Pod)
	if p.Spec.NodeName == "" {
		return nil
	}
	if old, ok := was.(*pod.Pod); ok && old.Spec.NodeName == p.Spec.NodeName && len(old.Spec.Tolerations) == len(p.Spec.Tolerations) {
		return nil
	}
	if n := readNode(v, p.Spec.NodeName); n == nil || len(noExecuteTaints(n)) == 0 {
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
func (c *TaintEviction) Reconcile(r controller.Request) controller.Plan {
	var d draft
	p, _ := r.View.Read(object.PodKind, r.Key).(*pod.Pod)
	if w, waiting := c.waits[r.Key]; waiting && (p == nil || p.UID != w.uid) {
		c.callOff(&d, r.Key)
	}
	switch {
	case p == nil:
	case p.IsTerminating() || p.Spec.NodeName == "":
		delete(c.waits, r.Key)
	default:
		c.look(&d, r, p)
	}
	return d.Plan
}

// look compares the taints of the pod's node with what the pod tolerates. If the node has gone, a wait that has begun goes on.
func (c *TaintEviction) look(d *draft, r controller.Request, p *pod.Pod) {
	w, waiting := c.waits[r.Key]
	if n := readNode(r.View, p.Spec.NodeName); n != nil {
		taints := noExecuteTaints(n)
		patience, tolerated := patienceFor(taints, p.Spec.Tolerations)
		switch {
		case !tolerated:
			if waiting {
				c.callOff(d, r.Key)
			}
			c.evict(d, r.Now, p)
			return
		case patience < 0:
			if waiting {
				c.callOff(d, r.Key)
			}
			return
		case !waiting:
			w = wait{uid: p.UID, since: r.Now, due: r.Now.Add(patience)}
		case w.since.Equal(r.Now):
			w.due = r.Now.Add(patience)
		}
	} else if !waiting {
		return
	}
	if !r.Now.Before(w.due) {
		c.evict(d, r.Now, p)
		return
	}
	if c.waits == nil {
		c.waits = map[pod.Key]wait{}
	}
	c.waits[r.Key] = w
	d.wakeAt(w.due)
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

// callOff ends a wait without a deletion.
func (c *TaintEviction) callOff(d *draft, key pod.Key) {
	about := mention(&pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: key.Namespace, Name: key.Name, UID: c.waits[key].uid}})
	delete(c.waits, key)
	d.emit(about, normal, "TaintManagerEviction", "Cancelling deletion of Pod %s", key)
}

func (c *TaintEviction) evict(d *draft, now time.Time, p *pod.Pod) {
	delete(c.waits, p.Key())
	d.emit(mention(p), normal, "TaintManagerEviction", "Marking for deletion Pod %s", p.Key())
	if next := disrupted(p, now, pod.ReasonDeletionByTaintManager, "Taint manager: deleting due to NoExecute taint"); next != nil {
		d.add(controller.UpdateStatus, next)
	}
	d.delete(p, nil)
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
