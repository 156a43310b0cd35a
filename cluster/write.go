package cluster

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// create stores a copy of o as a new object.
func (c *Cluster) create(o object.Object) (*item, error) {
	kind := object.KindOf(o)
	next := object.Clone(o)
	if next == nil || kind.Name == "" {
		return nil, refuse(pod.StatusReasonBadRequest, "an object of type %T: expected a pointer to a kind of package object that says its kind", o)
	}
	if !object.Exists(kind) {
		return nil, refuse(pod.StatusReasonNotFound, "no matches for kind %q in version %q", kind.Name, kind.APIVersion)
	}
	m := next.Meta()
	if m.ResourceVersion != "" {
		return nil, refuse(pod.StatusReasonBadRequest, "resourceVersion should not be set on objects to be created")
	}
	m.Namespace = whole(kind, m.Key()).Namespace
	if err := c.checkNamespace(kind, m.Namespace, m.Name); err != nil {
		return nil, err
	}
	name := m.Name
	for try := 0; ; try++ {
		it, err := c.tryCreate(kind, next)
		if err == nil || name != "" || try == 7 || !isExists(err) {
			return it, err
		}
		next = object.Clone(o)
		next.Meta().Namespace = whole(kind, next.Meta().Key()).Namespace
	}
}

func isExists(err error) bool {
	e, ok := err.(*pod.StatusError)
	return ok && e.Reason == pod.StatusReasonAlreadyExists
}

// tryCreate makes of next, which is its own, what is stored, and stores it unless the name is taken.
func (c *Cluster) tryCreate(kind object.Kind, next object.Object) (*item, error) {
	setKind(next, kind)
	object.SetDefaults(next)
	object.PrepareCreate(next, c.creation())
	if err := c.admit(next); err != nil {
		return nil, err
	}
	m := next.Meta()
	if faults := object.Validate(next); len(faults) > 0 {
		return nil, invalid(kind, m.Name, faults)
	}
	sh := c.store.shelf(kind)
	if sh.items.At(m.Key()) != nil {
		return nil, alreadyExists(kind, m.Name)
	}
	it := &item{shelf: sh, whole: next}
	if p, ok := next.(*pod.Pod); ok {
		it.sleep.template = c.templates.share(p)
	}
	c.insert(it)
	return it, nil
}

func setKind(o object.Object, kind object.Kind) {
	if t, ok := o.(interface{ SetKind(apiVersion, kind string) }); ok {
		t.SetKind(kind.APIVersion, kind.Name)
	}
}

// checkNamespace says whether something new may be made in a namespace.
func (c *Cluster) checkNamespace(kind object.Kind, namespace, name string) error {
	if !object.Namespaced(kind) {
		return nil
	}
	it := c.store.find(object.NamespaceKind, pod.Key{Name: namespace})
	switch {
	case it == nil:
		return notFound(object.NamespaceKind, namespace)
	case it.object().Meta().DeletionTimestamp != nil:
		return refuse(pod.StatusReasonForbidden, "%s %q is forbidden: unable to create new content in namespace %s because it is being terminated", resource(kind), name, namespace)
	}
	return nil
}

// insert puts a new object on its shelf.
func (c *Cluster) insert(it *item) {
	c.store.seq++
	it.seq = c.store.seq
	sh, next := it.shelf, it.whole
	m := next.Meta()
	m.ResourceVersion = c.store.nextVersion()
	sh.items.Put(m.Key(), it)
	sh.all.add(it)
	c.store.uids[m.UID] = it
	c.changed(it, nil, next)
}

// put stores next, which is the store's own from now on, in place of the object that it is of.
func (c *Cluster) put(it *item, next object.Object) {
	was := it.object()
	next.Meta().ResourceVersion = c.store.nextVersion()
	it.whole = next
	if it.sleeps() {
		c.sleepers.touch(it)
	}
	c.changed(it, was, next)
}

// remove takes the object out of the store.
func (c *Cluster) remove(it *item) {
	was := it.object()
	it.whole = was
	m := was.Meta()
	c.store.version++
	it.shelf.items.Delete(m.Key())
	it.shelf.all.drop(it)
	delete(c.store.uids, m.UID)
	c.changed(it, was, nil)
}

// changed tells everybody that an object was one thing and is another.
func (c *Cluster) changed(it *item, was, is object.Object) {
	c.store.index(it, was, is)
	it.shelf.history.add(change{c.store.version, was, is, nanos(c.now)})
	if it.shelf.kind != object.EventKind && it.shelf.kind != object.LeaseKind {
		c.wrote = c.now
	}
	if p, q := asPod(was), asPod(is); p != nil || q != nil {
		c.pasts.record(c.now, p, q)
		c.hear(it, p, q)
		c.placing.hear(it, p, q)
	} else if it.shelf.kind == object.NodeKind {
		c.hearNode(it, was, is)
	}
	c.placing.stir(it, was, is)
	c.garbage.hear(c, it, was, is)
	c.tellControllers(it.shelf.kind, it.seq, was, is)
	if c.check != nil {
		c.check.after(it, was, is)
	}
	c.poke()
}

// update stores a copy of o in place of the object of its name, as far as the subresource owns it.
func (c *Cluster) update(o object.Object, sub pod.Subresource) (*item, error) {
	kind := object.KindOf(o)
	next := object.Clone(o)
	if next == nil || kind.Name == "" {
		return nil, refuse(pod.StatusReasonBadRequest, "an object of type %T: expected a pointer to a kind of package object that says its kind", o)
	}
	m := next.Meta()
	it := c.store.find(kind, m.Key())
	if it == nil {
		return nil, notFound(kind, m.Name)
	}
	was := it.object().Meta()
	m.Namespace = was.Namespace
	if err := precondition(kind, was, m.UID, m.ResourceVersion); err != nil {
		return nil, err
	}
	m.UID, m.ResourceVersion = was.UID, was.ResourceVersion
	return it, c.replace(it, next, sub)
}

// precondition refuses a write that was meant for another object of the name, or for another state of it.
func precondition(kind object.Kind, m *pod.ObjectMeta, uid pod.UID, version string) error {
	if uid != "" && uid != m.UID {
		return conflict(kind, m.Name, fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", uid, m.UID))
	}
	if version != "" && version != m.ResourceVersion {
		return conflict(kind, m.Name, modified)
	}
	return nil
}

// replace stores next, which is its own, in place of the object of it.
func (c *Cluster) replace(it *item, next object.Object, sub pod.Subresource) error {
	kind, name := it.shelf.kind, it.object().Meta().Name
	setKind(next, kind)
	object.SetDefaults(next)
	if err := object.PrepareUpdate(it.object(), next, sub); err != nil {
		return err
	}
	if faults := object.ValidateUpdate(it.object(), next, sub); len(faults) > 0 {
		return invalid(kind, name, faults)
	}
	next.Meta().ResourceVersion = it.object().Meta().ResourceVersion
	if object.Equal(it.object(), next) {
		return nil
	}
	c.put(it, next)
	c.finish(it)
	return nil
}

// finish removes an object that is being deleted and that nothing holds any more.
func (c *Cluster) finish(it *item) {
	m := it.object().Meta()
	if m.DeletionTimestamp == nil || len(m.Finalizers) > 0 {
		return
	}
	if g := m.DeletionGracePeriodSeconds; g != nil && *g > 0 {
		return
	}
	if n, ok := it.object().(*object.Namespace); ok && len(n.Spec.Finalizers) > 0 {
		return
	}
	if c.store.find(it.shelf.kind, m.Key()) == it {
		c.remove(it)
	}
}

// patch applies a JSON merge patch.
func (c *Cluster) patch(kind object.Kind, key pod.Key, patch []byte) (*item, error) {
	it := c.store.find(kind, key)
	if it == nil {
		return nil, notFound(kind, key.Name)
	}
	var change any
	if err := json.Unmarshal(patch, &change); err != nil {
		return nil, refuse(pod.StatusReasonBadRequest, "patch %q: %v", patch, err)
	}
	old, err := json.Marshal(it.object())
	if err != nil {
		return nil, refuse(pod.StatusReasonInternalError, "%s %q: %v", resource(kind), key.Name, err)
	}
	merged, err := merge(old, change)
	if err != nil {
		return nil, refuse(pod.StatusReasonInternalError, "%s %q: %v", resource(kind), key.Name, err)
	}
	next := object.New(kind)
	if err := json.Unmarshal(merged, next); err != nil {
		return nil, refuse(pod.StatusReasonBadRequest, "patch %q: %v", patch, err)
	}
	m, was := next.Meta(), it.object().Meta()
	if m.Name != was.Name || m.Namespace != was.Namespace {
		return nil, refuse(pod.StatusReasonBadRequest, "patch %q: the name of an object cannot be changed", patch)
	}
	if err := precondition(kind, was, m.UID, m.ResourceVersion); err != nil {
		return nil, err
	}
	return it, c.replace(it, next, pod.SubresourceNone)
}

// merge is RFC 7386 on a whole document.
func merge(document []byte, change any) ([]byte, error) {
	var old any
	if err := json.Unmarshal(document, &old); err != nil {
		return nil, err
	}
	return json.Marshal(mergeValue(old, change))
}

func mergeValue(old, change any) any {
	fields, ok := change.(map[string]any)
	if !ok {
		return change
	}
	out, ok := old.(map[string]any)
	if !ok {
		out = map[string]any{}
	}
	for name, value := range fields {
		if value == nil {
			delete(out, name)
		} else {
			out[name] = mergeValue(out[name], value)
		}
	}
	return out
}

// Finalizers by which an object waits for the garbage collector.
const (
	finalizerOrphan     = "orphan"
	finalizerForeground = "foregroundDeletion"
)

// delete asks for the end of the object of it.
func (c *Cluster) delete(it *item, options object.DeleteOptions) error {
	kind, m := it.shelf.kind, it.object().Meta()
	if err := precondition(kind, m, options.UID, options.ResourceVersion); err != nil {
		return err
	}
	finalizers := finalizersFor(kind, m.Finalizers, options.Propagation)
	if p := it.pod(); p != nil {
		next := *p // what PrepareDelete changes is not shared
		next.Finalizers = finalizers
		return c.deletePod(it, &next, options)
	}
	next := object.Clone(it.object())
	n := next.Meta()
	n.Finalizers = finalizers
	if n.DeletionTimestamp == nil {
		now := pod.NewTime(c.now)
		n.DeletionTimestamp, n.DeletionGracePeriodSeconds = &now, new(int64)
		if n.Generation > 0 {
			n.Generation++
		}
	}
	ns, isNamespace := next.(*object.Namespace)
	if isNamespace {
		ns.Status.Phase = object.NamespaceTerminating
	}
	if len(n.Finalizers) == 0 && !(isNamespace && len(ns.Spec.Finalizers) > 0) {
		c.remove(it)
		return nil
	}
	if !object.Equal(it.object(), next) {
		c.put(it, next)
	}
	return nil
}

// deletePod stores p, a copy of the pod of it, as one that is being deleted, or removes it.
func (c *Cluster) deletePod(it *item, p *pod.Pod, options object.DeleteOptions) error {
	terminating := p.IsTerminating()
	o := options.DeleteOptions
	o.UID, o.ResourceVersion = "", ""
	outcome, err := pod.PrepareDelete(p, pod.NewTime(c.now), o)
	if err != nil {
		return err
	}
	now := outcome == pod.DeleteNow && len(p.Finalizers) == 0
	if (!now || terminating) && !object.Equal(it.object(), p) {
		c.put(it, p)
	}
	if now {
		c.remove(it)
	}
	return nil
}

// finalizersFor are the finalizers of an object that is being deleted.
func finalizersFor(kind object.Kind, have []string, p object.DeletionPropagation) []string {
	if p == "" {
		if slices.Contains(have, finalizerOrphan) || slices.Contains(have, finalizerForeground) || kind != object.JobKind {
			return slices.Clone(have)
		}
		p = object.DeletePropagationOrphan
	}
	out := slices.DeleteFunc(slices.Clone(have), func(f string) bool { return f == finalizerOrphan || f == finalizerForeground })
	switch p {
	case object.DeletePropagationOrphan:
		out = append(out, finalizerOrphan)
	case object.DeletePropagationForeground:
		out = append(out, finalizerForeground)
	}
	return out
}
