package cluster

import (
	"iter"
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// view is a store as controllers see it.
type view struct {
	c    *Cluster
	late *informer // nil for one that sees everything as it is
}

func (v view) store() *store {
	if v.late != nil {
		return &v.late.store
	}
	return &v.c.store
}

var (
	_ controller.View      = view{}
	_ controller.Unsettled = view{}
	_ controller.Placed    = view{}
	_ controller.Orphans   = view{}
	_ controller.Claiming  = view{}
)

func (v view) Read(kind object.Kind, key pod.Key) object.Object {
	if it := v.store().find(kind, key); it != nil {
		return it.object()
	}
	if kind == object.LeaseKind && key.Namespace == namespaceLeases {
		if h := v.c.hosts[key.Name]; h != nil {
			return v.c.leaseAt(h, v.leaseTime())
		}
	}
	return nil
}

func (v view) List(kind object.Kind, namespace string) iter.Seq[object.Object] {
	if kind == object.LeaseKind && (namespace == "" || namespace == namespaceLeases) {
		return slices.Values(v.leases(namespace))
	}
	return func(yield func(object.Object) bool) {
		for it := range v.store().shelf(kind).all.all() {
			if o := it.object(); (namespace == "" || o.Meta().Namespace == namespace) && !yield(o) {
				return
			}
		}
	}
}

// leaseTime is how old leases of nodes are shown.
func (v view) leaseTime() time.Time {
	if v.late != nil {
		return v.c.now.Add(-v.late.queue(object.LeaseKind).lag.By)
	}
	return v.c.now
}

// leases are those that are stored, then those of the nodes, by name.
func (v view) leases(namespace string) []object.Object {
	c := v.c
	var out []object.Object
	sh := v.store().shelf(object.LeaseKind)
	for it := range sh.all.all() {
		if namespace == "" || it.object().Meta().Namespace == namespace {
			out = append(out, it.object())
		}
	}
	names := make([]string, 0, len(c.hosts))
	for name, h := range c.hosts {
		if h.item != nil && sh.items.At(pod.Key{Namespace: namespaceLeases, Name: name}) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, c.leaseAt(c.hosts[name], v.leaseTime()))
	}
	return out
}

func (v view) Owned(kind object.Kind, owner pod.UID) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		for it := range v.store().dependents[owner].all() {
			if it.shelf.kind != kind {
				continue
			}
			o := it.object()
			if ref := o.Meta().ControllerRef(); ref != nil && ref.UID == owner && !yield(o) {
				return
			}
		}
	}
}

func (v view) Unsettled(owner pod.UID) iter.Seq[*pod.Pod] {
	return func(yield func(*pod.Pod) bool) {
		for it := range v.store().unsettled[owner].all() {
			if !yield(it.pod()) {
				return
			}
		}
	}
}

func (v view) OnNode(node string) iter.Seq[*pod.Pod] {
	return func(yield func(*pod.Pod) bool) {
		for it := range v.store().byNode[node].all() {
			if !yield(it.pod()) {
				return
			}
		}
	}
}

func (v view) Claiming(claim pod.Key) iter.Seq[*pod.Pod] {
	return func(yield func(*pod.Pod) bool) {
		for it := range v.c.store.byClaim[claim].all() {
			if !yield(it.pod()) {
				return
			}
		}
	}
}

func (v view) Labeled(kind object.Kind, namespace string, selector *pod.LabelSelector) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		if selector == nil {
			return
		}
		for it := range v.c.candidates(v.store().shelf(kind), namespace, selector) {
			m := it.object().Meta()
			if (namespace == "" || m.Namespace == namespace) && selector.Matches(m.Labels) && !yield(it.object()) {
				return
			}
		}
	}
}

// candidates are the items among which those are that a selector selects: as few as an index can tell.
func (c *Cluster) candidates(sh *shelf, namespace string, selector *pod.LabelSelector) iter.Seq[*item] {
	return sh.fewest(namespace, selector).all()
}

// fewest is the smallest set that holds all that a selector selects.
func (sh *shelf) fewest(namespace string, selector *pod.LabelSelector) *ordered {
	if namespace == "" || selector == nil || len(selector.MatchLabels) == 0 {
		return &sh.all
	}
	var best *ordered
	first := true
	for name, value := range selector.MatchLabels {
		if set := sh.labeled(namespace, name, value); first || set.len() < best.len() {
			best, first = set, false
		}
	}
	return best
}

// list is what a filter takes of a shelf, in the order of the names.
func (c *Cluster) list(sh *shelf, f filter) []object.Object {
	var out []object.Object
	for it := range c.candidates(sh, f.namespace, f.labels) {
		if f.matches(it.object()) {
			out = append(out, it.object())
		}
	}
	slices.SortFunc(out, func(a, b object.Object) int { return compareKeys(a.Meta().Key(), b.Meta().Key()) })
	return out
}
