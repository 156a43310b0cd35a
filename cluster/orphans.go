package cluster

import (
	"iter"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// fewOrphans is up to how many orphans in a namespace are looked through without asking whether fewer have a label.
const fewOrphans = 64

func (v view) Orphans(kind object.Kind, namespace string, selector *pod.LabelSelector) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		sh := v.store().shelf(kind)
		set := sh.orphansIn(namespace)
		if n := set.len(); n > fewOrphans {
			if labeled := sh.fewest(namespace, selector); labeled.len() < n {
				set = labeled
			}
		}
		for it := range set.all() {
			if o := it.object(); isOrphan(o) && selector.Matches(o.Meta().Labels) && !yield(o) {
				return
			}
		}
	}
}

// orphansIn is what has no controlling owner in a namespace. The first question makes an index of it.
func (sh *shelf) orphansIn(namespace string) *ordered {
	if sh.orphans == nil {
		sh.orphans = map[string]*ordered{}
		for it := range sh.all.all() {
			sh.indexOrphans(it, nil, it.object())
		}
	}
	return sh.orphans[namespace]
}

// indexOrphans takes note that the object of it was one thing and is another; nil is none.
func (sh *shelf) indexOrphans(it *item, was, is object.Object) {
	before, after := isOrphan(was), isOrphan(is)
	switch {
	case sh.orphans == nil || before == after:
	case before:
		leave(sh.orphans, was.Meta().Namespace, it)
	default:
		join(sh.orphans, is.Meta().Namespace, it)
	}
}

func isOrphan(o object.Object) bool { return o != nil && o.Meta().ControllerRef() == nil }
