package cluster

import (
	"slices"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// collector is the garbage collector: it deletes what has lost its owners, and does what a deleted owner waits for.
// See https://kubernetes.io/docs/concepts/architecture/garbage-collection/.
type collector struct {
	timer
	queue  []*item
	queued map[*item]bool
}

// orphanTakes is how long an owner whose dependents have been let go stays: its controller sees it without them.
const orphanTakes = 20 * time.Millisecond

func (g *collector) init() {
	g.timer.owner, g.timer.order = g, turnCollector.in(0)
	g.queued = map[*item]bool{}
}

// hear queues what a change may have to do with.
func (g *collector) hear(c *Cluster, it *item, was, is object.Object) {
	switch {
	case is == nil:
		uid := was.Meta().UID
		for d := range c.store.dependents[uid].all() {
			g.add(c, d)
		}
		for _, ref := range was.Meta().OwnerReferences {
			g.addWaiting(c, ref.UID)
		}
		if ns := was.Meta().Namespace; ns != "" {
			g.addWaiting(c, c.namespaceUID(ns))
		}
	case is.Meta().DeletionTimestamp != nil && (was == nil || was.Meta().DeletionTimestamp == nil || len(was.Meta().Finalizers) != len(is.Meta().Finalizers)):
		g.add(c, it)
	case len(is.Meta().OwnerReferences) > 0 && (was == nil || !sameOwners(was.Meta().OwnerReferences, is.Meta().OwnerReferences)):
		g.add(c, it)
		for _, ref := range owners(was) {
			if owner := c.store.uids[ref.UID]; owner != nil && !slices.Contains(owner.object().Meta().Finalizers, finalizerOrphan) {
				g.addWaiting(c, ref.UID)
			}
		}
	}
}

func (c *Cluster) namespaceUID(name string) pod.UID {
	if it := c.store.find(object.NamespaceKind, pod.Key{Name: name}); it != nil {
		return it.object().Meta().UID
	}
	return ""
}

// addWaiting queues an owner that is being deleted.
func (g *collector) addWaiting(c *Cluster, uid pod.UID) {
	if it := c.store.uids[uid]; it != nil && it.object().Meta().DeletionTimestamp != nil {
		g.add(c, it)
	}
}

func (g *collector) add(c *Cluster, it *item) {
	if g.queued[it] {
		return
	}
	g.queued[it] = true
	g.queue = append(g.queue, it)
	if !g.timer.isSet() {
		c.times.set(&g.timer, nanos(c.now))
	}
}

func (g *collector) ring(c *Cluster) {
	for len(g.queue) > 0 {
		it := g.queue[0]
		g.queue[0] = nil
		g.queue = g.queue[1:]
		delete(g.queued, it)
		if c.store.uids[it.object().Meta().UID] == it {
			g.look(c, it)
		}
	}
	g.queue = nil
}

func (g *collector) look(c *Cluster, it *item) {
	m := it.object().Meta()
	if m.DeletionTimestamp != nil {
		switch {
		case it.shelf.kind == object.NamespaceKind:
			g.empty(c, it)
		case slices.Contains(m.Finalizers, finalizerOrphan):
			g.orphan(c, it)
		case slices.Contains(m.Finalizers, finalizerForeground):
			g.foreground(c, it)
		}
		return
	}
	g.collect(c, it)
}

// collect deletes an object all of whose owners have gone, and takes away references to those that have while others are left.
func (g *collector) collect(c *Cluster, it *item) {
	m := it.object().Meta()
	var solid, waiting, lost []pod.UID
	for _, ref := range m.OwnerReferences {
		owner := c.store.uids[ref.UID]
		switch {
		case owner == nil:
			lost = append(lost, ref.UID)
		case waitsForDependents(owner.object()) && ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion:
			waiting = append(waiting, ref.UID)
		case waitsForDependents(owner.object()):
			waiting = append(waiting, ref.UID)
		default:
			solid = append(solid, ref.UID)
		}
	}
	switch {
	case len(lost)+len(waiting) == 0:
	case len(solid) > 0:
		c.disown(it, append(lost, waiting...))
	case len(waiting) > 0 && c.store.dependents[m.UID].len() > 0:
		c.drop(it, object.DeletePropagationForeground)
	default:
		c.drop(it, propagationOf(m.Finalizers))
	}
}

func propagationOf(finalizers []string) object.DeletionPropagation {
	switch {
	case slices.Contains(finalizers, finalizerOrphan):
		return object.DeletePropagationOrphan
	case slices.Contains(finalizers, finalizerForeground):
		return object.DeletePropagationForeground
	}
	return object.DeletePropagationBackground
}

func waitsForDependents(o object.Object) bool {
	m := o.Meta()
	return m.DeletionTimestamp != nil && slices.Contains(m.Finalizers, finalizerForeground)
}

// drop deletes an object of which nobody else has a say.
func (c *Cluster) drop(it *item, p object.DeletionPropagation) {
	// It is there, and no precondition is given: nothing can refuse.
	_ = c.delete(it, object.DeleteOptions{Propagation: p})
}

// disown takes references to owners out of an object.
func (c *Cluster) disown(it *item, uids []pod.UID) {
	next := object.Clone(it.object())
	m := next.Meta()
	m.OwnerReferences = slices.DeleteFunc(m.OwnerReferences, func(ref pod.OwnerReference) bool { return slices.Contains(uids, ref.UID) })
	c.put(it, next)
}

// orphan lets the dependents of an owner go on without it, and then the owner go.
func (g *collector) orphan(c *Cluster, it *item) {
	uid := it.object().Meta().UID
	if c.store.dependents[uid].len() == 0 {
		c.unfinalize(it, finalizerOrphan)
		return
	}
	for d := range c.store.dependents[uid].all() {
		c.disown(d, []pod.UID{uid})
	}
	r := &release{it: it}
	r.timer.owner, r.timer.order = r, turnCollector.in(it.seq)
	c.times.set(&r.timer, nanos(c.now.Add(c.cfg.Latency+orphanTakes)))
}

// release is an owner that goes on its way once its dependents have been let go.
type release struct {
	timer
	it *item
}

func (r *release) ring(c *Cluster) {
	if c.store.uids[r.it.object().Meta().UID] == r.it {
		c.garbage.look(c, r.it)
	}
}

// foreground deletes the dependents of an owner, and lets it go when those that block its deletion have gone.
func (g *collector) foreground(c *Cluster, it *item) {
	uid := it.object().Meta().UID
	blocked := false
	for d := range c.store.dependents[uid].all() {
		if d.object().Meta().DeletionTimestamp == nil {
			g.collect(c, d)
		}
		blocked = blocked || c.store.uids[d.object().Meta().UID] == d && blocks(d.object(), uid)
	}
	if !blocked {
		c.unfinalize(it, finalizerForeground)
	}
}

func blocks(o object.Object, owner pod.UID) bool {
	for _, ref := range o.Meta().OwnerReferences {
		if ref.UID == owner && ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion {
			return true
		}
	}
	return false
}

func (c *Cluster) unfinalize(it *item, name string) {
	next := object.Clone(it.object())
	m := next.Meta()
	m.Finalizers = slices.DeleteFunc(m.Finalizers, func(f string) bool { return f == name })
	c.put(it, next)
	c.finish(it)
}

// empty deletes everything in a namespace that is being deleted, and then the namespace.
func (g *collector) empty(c *Cluster, ns *item) {
	name, left := ns.object().Meta().Name, false
	for _, sh := range c.store.order {
		if !object.Namespaced(sh.kind) {
			continue
		}
		for it := range sh.all.all() {
			if it.object().Meta().Namespace != name {
				continue
			}
			if it.object().Meta().DeletionTimestamp == nil {
				c.drop(it, object.DeletePropagationBackground)
			}
			left = left || sh.items.At(it.object().Meta().Key()) == it
		}
	}
	if left {
		return
	}
	next := ns.object().(*object.Namespace).Clone()
	next.Spec.Finalizers = nil
	c.put(ns, next)
	c.finish(ns)
}
