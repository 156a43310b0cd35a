package cluster

import (
	"strconv"

	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/internal/keyed"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// item is one object that is in the store.
type item struct {
	seq    uint64
	shelf  *shelf
	whole  object.Object // as it is now, never written to; nil while the pod sleeps
	tenant *tenant       // the life of a pod on its node
	asked  *request      // what the scheduler knows of a pod that waits
	sleep  sleep
}

// object is the object as it is now. That of a pod that sleeps is made anew at each call.
func (it *item) object() object.Object {
	switch {
	case it.whole != nil:
		return it.whole
	case it.sleep.ended:
		return it.sleep.remains()
	}
	return it.tenant.object()
}

func (it *item) key() pod.Key { return it.object().Meta().Key() }

func (it *item) pod() *pod.Pod {
	p, _ := it.object().(*pod.Pod)
	return p
}

// store is all objects, and what finds them.
type store struct {
	version    uint64
	seq        uint64
	shelves    map[object.Kind]*shelf
	order      []*shelf             // in the order of their first object
	dependents map[pod.UID]*ordered // by each owner that an object names
	uids       map[pod.UID]*item    // owners and those who may be
	unsettled  map[pod.UID]*ordered // pods that have not ended or hold a finalizer, by controlling owner
	byNode     map[string]*ordered  // pods
	byClaim    map[pod.Key]*ordered // pods by the claims of their volumes
	log        int                  // how many changes of a kind are remembered
}

// shelf is the objects of one kind.
type shelf struct {
	kind    object.Kind
	items   keyed.Map[*item]
	all     ordered
	labels  map[string]map[labelKey]*ordered // by label key: those that somebody has asked for
	orphans map[string]*ordered              // by namespace: what has no controlling owner; nil until somebody asks
	history changes
}

// labelKey is a value of a label in a namespace.
type labelKey struct{ namespace, value string }

func newStore(log int) store {
	return store{
		shelves: map[object.Kind]*shelf{}, dependents: map[pod.UID]*ordered{}, uids: map[pod.UID]*item{},
		unsettled: map[pod.UID]*ordered{}, byNode: map[string]*ordered{}, byClaim: map[pod.Key]*ordered{}, log: log,
	}
}

func (s *store) shelf(kind object.Kind) *shelf {
	sh := s.shelves[kind]
	if sh == nil {
		sh = &shelf{kind: kind, labels: map[string]map[labelKey]*ordered{}}
		sh.history.limit = s.log
		s.shelves[kind] = sh
		s.order = append(s.order, sh)
	}
	return sh
}

func (s *store) find(kind object.Kind, key pod.Key) *item {
	if sh := s.shelves[kind]; sh != nil {
		return sh.items.At(whole(kind, key))
	}
	return nil
}

// whole is the key with its namespace, or without one for a kind that has none.
func whole(kind object.Kind, key pod.Key) pod.Key {
	switch {
	case !object.Namespaced(kind):
		key.Namespace = ""
	case key.Namespace == "":
		key.Namespace = pod.NamespaceDefault
	}
	return key
}

func (s *store) nextVersion() string {
	s.version++
	return strconv.FormatUint(s.version, 10)
}

// index takes note that the object of it was one thing and is another; nil is none.
func (s *store) index(it *item, was, is object.Object) {
	s.indexOwners(it, was, is)
	s.indexLabels(it, was, is)
	it.shelf.indexOrphans(it, was, is)
	if p, q := asPod(was), asPod(is); p != nil || q != nil {
		s.indexPod(it, p, q)
	}
}

func asPod(o object.Object) *pod.Pod {
	p, _ := o.(*pod.Pod)
	return p
}

func owners(o object.Object) []pod.OwnerReference {
	if o == nil {
		return nil
	}
	return o.Meta().OwnerReferences
}

func (s *store) indexOwners(it *item, was, is object.Object) {
	before, after := owners(was), owners(is)
	if sameOwners(before, after) {
		return
	}
	for i := range before {
		leave(s.dependents, before[i].UID, it)
	}
	for i := range after {
		join(s.dependents, after[i].UID, it)
	}
}

func sameOwners(a, b []pod.OwnerReference) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].UID != b[i].UID {
			return false
		}
	}
	return true
}

func join[K comparable](m map[K]*ordered, key K, it *item) {
	set := m[key]
	if set == nil {
		set = &ordered{}
		m[key] = set
	}
	set.add(it)
}

func leave[K comparable](m map[K]*ordered, key K, it *item) {
	set := m[key]
	if set == nil {
		return
	}
	if set.drop(it); set.len() == 0 {
		delete(m, key)
	}
}

func (s *store) indexLabels(it *item, was, is object.Object) {
	for name, sets := range it.shelf.labels {
		before, had := labelOf(was, name)
		after, has := labelOf(is, name)
		if had == has && before == after {
			continue
		}
		if had {
			leave(sets, before, it)
		}
		if has {
			join(sets, after, it)
		}
	}
}

func labelOf(o object.Object, name string) (labelKey, bool) {
	if o == nil {
		return labelKey{}, false
	}
	m := o.Meta()
	value, ok := m.Labels[name]
	return labelKey{m.Namespace, value}, ok
}

// labeled is the objects with that label in that namespace. The first question for a label key makes an index of it.
func (sh *shelf) labeled(namespace, name, value string) *ordered {
	sets := sh.labels[name]
	if sets == nil {
		sets = map[labelKey]*ordered{}
		sh.labels[name] = sets
		for it := range sh.all.all() {
			if key, ok := labelOf(it.object(), name); ok {
				join(sets, key, it)
			}
		}
	}
	return sets[labelKey{namespace, value}]
}

func (s *store) indexPod(it *item, was, is *pod.Pod) {
	if before, after := nodeOf(was), nodeOf(is); before != after {
		if before != "" {
			leave(s.byNode, before, it)
		}
		if after != "" {
			join(s.byNode, after, it)
		}
	}
	switch {
	case was == nil:
		for _, key := range volume.Claims(is) {
			join(s.byClaim, key, it)
		}
	case is == nil:
		for _, key := range volume.Claims(was) {
			leave(s.byClaim, key, it)
		}
	}
	before, after := unsettledOwner(was), unsettledOwner(is)
	if before != after {
		if before != "" {
			leave(s.unsettled, before, it)
		}
		if after != "" {
			join(s.unsettled, after, it)
		}
	}
}

func nodeOf(p *pod.Pod) string {
	if p == nil {
		return ""
	}
	return p.Spec.NodeName
}

func unsettledOwner(p *pod.Pod) pod.UID {
	if p == nil || p.Status.Phase.IsTerminal() && len(p.Finalizers) == 0 {
		return ""
	}
	if owner := p.ControllerRef(); owner != nil {
		return owner.UID
	}
	return ""
}
