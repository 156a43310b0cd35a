package workload

import (
	"iter"
	"maps"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// claim yields the objects of a kind that owner controls and selects, those included that it takes in now, being without a controller
// and selected. It lets go those that it selects no longer.
// See https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions.
type claim struct {
	view     controller.View
	plan     *draft
	kind     object.Kind
	selector *pod.LabelSelector

	ownerKind object.Kind
	owner     *pod.ObjectMeta
	// may narrows adoption and release further; nil is everything.
	may func(o object.Object) bool
	// ended says that pods which have ended are taken in too, and let go, as are those on their way out.
	ended bool
	// keeps says that nothing is let go.
	keeps bool
}

// each calls f for each object that is owned. It must not be written to.
func (c claim) each(f func(o object.Object)) {
	for o := range c.view.Owned(c.kind, c.owner.UID) {
		if c.selector.Matches(o.Meta().Labels) && c.allowed(o) {
			f(o)
		} else if !c.owner.IsTerminating() && c.mayRelease(o) {
			c.release(o)
		}
	}
	if c.owner.IsTerminating() || c.selector.IsEmpty() {
		return
	}
	for o := range c.orphans() {
		if own := c.adopt(o); own != nil {
			f(own)
		}
	}
}

func (c claim) allowed(o object.Object) bool { return c.may == nil || c.may(o) }

// mayRelease reports whether o may be let go: a pod that has ended, or is on its way out, stays as it is where it is not looked at.
func (c claim) mayRelease(o object.Object) bool {
	if p, ok := o.(*pod.Pod); ok {
		return c.ended || isActive(p)
	}
	return !c.keeps && !o.Meta().IsTerminating()
}

// mayAdopt reports whether o may be taken in: nothing that is on its way out.
func (c claim) mayAdopt(o object.Object) bool {
	if p, ok := o.(*pod.Pod); ok && !c.ended {
		return isActive(p)
	}
	return !o.Meta().IsTerminating()
}

// hasOrphans reports whether there is an object that would be taken in, were the owner to stay.
func (c claim) hasOrphans() bool {
	for o := range c.orphans() {
		if o.Meta().ControllerRef() == nil && c.selector.Matches(o.Meta().Labels) && c.allowed(o) {
			return true
		}
	}
	return false
}

func (c claim) orphans() iter.Seq[object.Object] {
	if v, ok := c.view.(controller.Orphans); ok {
		return v.Orphans(c.kind, c.owner.Namespace, c.selector)
	}
	return c.view.Labeled(c.kind, c.owner.Namespace, c.selector)
}

// adopt takes in o if it may, and returns it as it is then, or else nil.
func (c claim) adopt(o object.Object) object.Object {
	m := o.Meta()
	if m.ControllerRef() != nil || !c.selector.Matches(m.Labels) || !c.allowed(o) || !c.mayAdopt(o) {
		return nil
	}
	own := ownCopy(o)
	refs := &own.Meta().OwnerReferences
	*refs = append(*refs, controllerRef(c.ownerKind, c.owner))
	c.plan.write(controller.Update, own)
	return own
}

func (c claim) release(o object.Object) {
	own := ownCopy(o)
	refs := &own.Meta().OwnerReferences
	*refs = slices.DeleteFunc(*refs, func(r pod.OwnerReference) bool { return r.UID == c.owner.UID })
	c.plan.write(controller.Update, own)
}

// ownCopy is a copy of an object of one of the kinds that are claimed.
func ownCopy(o object.Object) object.Object {
	switch o := o.(type) {
	case *pod.Pod:
		return o.Clone()
	case *object.ReplicaSet:
		return o.Clone()
	case *object.ControllerRevision:
		return o.Clone()
	}
	panic("workload: " + object.KindOf(o).Name + " cannot be claimed")
}

// ownersOf are the keys of the owners of a kind that a change of a dependent concerns: its controllers before and after, and
// where it has none those that might adopt it.
func ownersOf(kind object.Kind, selector func(owner object.Object) *pod.LabelSelector) func(v controller.View, was, is object.Object) []pod.Key {
	return func(v controller.View, was, is object.Object) []pod.Key {
		if !concernsOwner(was, is) {
			return nil
		}
		var keys []pod.Key
		before, controlled := controlledBy(was, kind)
		if controlled {
			keys = append(keys, before)
		}
		if after, ok := controlledBy(is, kind); ok {
			if after != before || !controlled {
				keys = append(keys, after)
			}
			return keys
		}
		if is == nil || is.Meta().ControllerRef() != nil || !adoptableNow(was, is) {
			return keys
		}
		for owner := range v.List(kind, is.Meta().Namespace) {
			if s := selector(owner); !s.IsEmpty() && s.Matches(is.Meta().Labels) {
				keys = append(keys, owner.Meta().Key())
			}
		}
		return keys
	}
}

// concernsOwner reports whether a change is one in what an owner counts or claims by. Most changes of a pod are not.
func concernsOwner(was, is object.Object) bool {
	p, _ := was.(*pod.Pod)
	q, _ := is.(*pod.Pod)
	if p == nil || q == nil {
		return true
	}
	return p.Status.Phase != q.Status.Phase || p.IsTerminating() != q.IsTerminating() || !maps.Equal(p.Labels, q.Labels) ||
		!sameReadiness(p.Status.Condition(pod.Ready), q.Status.Condition(pod.Ready)) || !sameController(p.ControllerRef(), q.ControllerRef())
}

func sameReadiness(a, b *pod.Condition) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Status == b.Status && a.LastTransitionTime.Equal(b.LastTransitionTime)
}

func sameController(a, b *pod.OwnerReference) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.UID == b.UID && a.Name == b.Name
}

// adoptableNow reports whether an orphan is new, or has changed in what adopters look at.
func adoptableNow(was, is object.Object) bool {
	return was == nil || was.Meta().ControllerRef() != nil || !maps.Equal(was.Meta().Labels, is.Meta().Labels)
}
