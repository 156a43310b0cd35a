package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
)

// madeForNode is the node that a DaemonSet made a pod for, or "". The DaemonSet's pods are named after it, as they are made several at
// once.
func madeForNode(p *v1.Pod) string {
	if a := p.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			for _, f := range term.MatchFields {
				return f.Values[0]
			}
		}
	}
	return ""
}

// realKind is a kind of object that the server holds.
type realKind struct {
	gvr schema.GroupVersionResource
	gvk schema.GroupVersionKind
}

func kindNamed(group, plural, kind string) realKind {
	gv := schema.GroupVersion{Group: group, Version: "v1"}
	return realKind{gv.WithResource(plural), gv.WithKind(kind)}
}

var realKinds = []realKind{
	kindNamed("", "pods", "Pod"),
	kindNamed("", "nodes", "Node"),
	kindNamed("", "persistentvolumeclaims", "PersistentVolumeClaim"),
	kindNamed("", "replicationcontrollers", "ReplicationController"),
	kindNamed("policy", "poddisruptionbudgets", "PodDisruptionBudget"),
	kindNamed("apps", "deployments", "Deployment"),
	kindNamed("apps", "replicasets", "ReplicaSet"),
	kindNamed("apps", "statefulsets", "StatefulSet"),
	kindNamed("apps", "daemonsets", "DaemonSet"),
	kindNamed("apps", "controllerrevisions", "ControllerRevision"),
	kindNamed("batch", "jobs", "Job"),
	kindNamed("batch", "cronjobs", "CronJob"),
}

func kindWhere(ok func(r realKind) bool) realKind {
	i := slices.IndexFunc(realKinds, ok)
	if i < 0 {
		panic("a kind of object that the server does not know")
	}
	return realKinds[i]
}

func kindOfObject(o runtime.Object) realKind {
	t := reflect.TypeOf(o).Elem().Name()
	return kindWhere(func(r realKind) bool { return r.gvk.Kind == t })
}

// metaOf is the metadata of an object, which is the object's own.
func metaOf(o runtime.Object) metav1.Object {
	m, err := meta.Accessor(o)
	if err != nil {
		panic(err)
	}
	return m
}

// apiServer holds objects as an API server does for the controllers of both sides: it gives them names, UIDs, versions, generations and
// defaults, keeps status apart, refuses what is based on an old version, and stops pods gracefully. It collects garbage when asked to.
// Objects that it hands out are not to be written to. It is safe for use by several goroutines.
type apiServer struct {
	mu      sync.Mutex
	seed    uint64
	version int
	// collected is the version that garbage was last collected of.
	collected int
	stored    map[string]*storedObject
	made      map[string]int
	aliases   aliases
	viewers   []*viewer
	// wrote has an element after a write that nobody has waited for yet.
	wrote chan struct{}
	// admit may change a new object before it is stored.
	admit func(o runtime.Object)
	// changed is told of every change, in the order of changes; was is nil for a new object, is nil for one that has gone.
	changed func(was, is runtime.Object)
	// refuse may refuse a write by a controller: the verb is create, update, patch or delete, with "/status" for those of a status.
	refuse func(verb string, o runtime.Object) error
}

type storedObject struct {
	order int
	is    runtime.Object
}

// newAPIServer is an empty server. UIDs depend on the seed and on names alone.
func newAPIServer(seed uint64) *apiServer {
	return &apiServer{seed: seed, stored: map[string]*storedObject{}, made: map[string]int{}, wrote: make(chan struct{}, 1)}
}

func storeKey(r realKind, namespace, name string) string {
	return r.gvr.Resource + "/" + namespace + "/" + name
}

func keyOf(o runtime.Object) string {
	m := metaOf(o)
	return storeKey(kindOfObject(o), m.GetNamespace(), m.GetName())
}

// aliases are the hashes of ReplicaSets and ControllerRevisions, each followed by its place in the order of their creation.
type aliases struct {
	mu    sync.Mutex
	pairs []string
}

// canon is a text with the hashes in it replaced by the order of those that carry them, as in web-#2. What two controllers call
// differently but made as the same is the same then.
func (s *apiServer) canon(text string) string {
	s.aliases.mu.Lock()
	defer s.aliases.mu.Unlock()
	return strings.NewReplacer(s.aliases.pairs...).Replace(text)
}

// note remembers the hash of a new ReplicaSet or ControllerRevision.
func (a *aliases) note(o runtime.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, label := range []string{"pod-template-hash", "controller-revision-hash"} {
		hash := metaOf(o).GetLabels()[label]
		if kind := kindOfObject(o).gvk.Kind; hash != "" && (kind == "ReplicaSet" || kind == "ControllerRevision") && !slices.Contains(a.pairs, hash) {
			a.pairs = append(a.pairs, hash, "#"+strconv.Itoa(len(a.pairs)/2+1))
		}
	}
}

// copied is o as it comes back from storage: times to the second, nothing shared.
func copied[T runtime.Object](o T) T {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	next := reflect.New(reflect.TypeOf(o).Elem()).Interface().(T)
	if err := json.Unmarshal(text, next); err != nil {
		panic(err)
	}
	next.GetObjectKind().SetGroupVersionKind(kindOfObject(o).gvk)
	return next
}

func part(o runtime.Object, field string) (reflect.Value, bool) {
	v := reflect.ValueOf(o).Elem().FieldByName(field)
	return v, v.IsValid()
}

// create stores a new object. Only pods and nodes may bring their status along, for whoever plays their part.
func (s *apiServer) create(o runtime.Object) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o = copied(o)
	m := metaOf(o)
	if m.GetNamespace() == "" && kindOfObject(o).gvk.Kind != "Node" {
		m.SetNamespace("default")
	}
	if m.GetName() == "" {
		prefix := m.GetGenerateName()
		if p, ok := o.(*v1.Pod); ok {
			prefix += madeForNode(p)
		}
		s.made[prefix]++
		m.SetName(prefix + fmt.Sprintf("%05d", s.made[prefix]))
	}
	r := kindOfObject(o)
	if s.stored[keyOf(o)] != nil {
		return nil, apierrors.NewAlreadyExists(r.gvr.GroupResource(), m.GetName())
	}
	s.aliases.note(o)
	s.prepareCreate(o)
	if s.admit != nil {
		s.admit(o)
	}
	s.put(o)
	return o, nil
}

func (s *apiServer) prepareCreate(o runtime.Object) {
	m := metaOf(o)
	s.made["uid"]++
	m.SetUID(s.uid(fmt.Sprintf("%s #%d", s.canon(keyOf(o)), s.made["uid "+keyOf(o)])))
	s.made["uid "+keyOf(o)]++
	m.SetCreationTimestamp(metav1.NewTime(time.Now().Truncate(time.Second)))
	m.SetDeletionTimestamp(nil)
	if status, ok := part(o, "Status"); ok && kindOfObject(o).gvk.Kind != "Node" {
		status.SetZero()
	}
	if _, ok := part(o, "Spec"); ok {
		m.SetGeneration(1)
	}
	if p, ok := o.(*v1.Pod); ok {
		p.Status.Phase = v1.PodPending
	}
	legacyscheme.Scheme.Default(o)
}

// uid is a UID by which names are not in order.
func (s *apiServer) uid(text string) types.UID {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", s.seed, text)
	sum := h.Sum64() * 0x9E3779B97F4A7C15
	return types.UID(fmt.Sprintf("%08x-%04x-4000-8000-%012x", sum>>32, sum>>16&0xffff, sum&math.MaxUint32))
}

// put stores the next state of an object, and tells of it.
func (s *apiServer) put(o runtime.Object) {
	s.version++
	metaOf(o).SetResourceVersion(strconv.Itoa(s.version))
	key := keyOf(o)
	it := s.stored[key]
	if it == nil {
		it = &storedObject{order: s.version}
		s.stored[key] = it
	}
	was := it.is
	it.is = o
	s.tell(was, o)
}

func (s *apiServer) remove(o runtime.Object) {
	delete(s.stored, keyOf(o))
	s.version++
	last := o.DeepCopyObject()
	metaOf(last).SetResourceVersion(strconv.Itoa(s.version))
	s.tell(last, nil)
}

func (s *apiServer) tell(was, is runtime.Object) {
	for _, v := range s.viewers {
		v.pending = append(v.pending, change{was, is})
	}
	if s.changed != nil {
		s.changed(was, is)
	}
	select {
	case s.wrote <- struct{}{}:
	default:
	}
}

// update stores another state of an object: only of its status, or of all but its status.
func (s *apiServer) update(o runtime.Object, status bool) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.updateLocked(o, status)
}

func (s *apiServer) updateLocked(o runtime.Object, status bool) (runtime.Object, error) {
	r, m := kindOfObject(o), metaOf(o)
	it := s.stored[keyOf(o)]
	if it == nil {
		return nil, apierrors.NewNotFound(r.gvr.GroupResource(), m.GetName())
	}
	old := metaOf(it.is)
	if m.GetUID() != "" && m.GetUID() != old.GetUID() {
		return nil, apierrors.NewConflict(r.gvr.GroupResource(), m.GetName(), fmt.Errorf("the UID is not that of the object"))
	}
	if m.GetResourceVersion() != "" && m.GetResourceVersion() != old.GetResourceVersion() {
		return nil, apierrors.NewConflict(r.gvr.GroupResource(), m.GetName(),
			fmt.Errorf("the object has been modified; please apply your changes to the latest version and try again"))
	}
	next := copied(o)
	other := "Status"
	if status {
		other = "Spec"
		if r.gvk.Kind == "Deployment" {
			metaOf(next).SetLabels(old.GetLabels())
		}
	}
	if to, ok := part(next, other); ok {
		from, _ := part(copied(it.is), other)
		to.Set(from)
	}
	prepareUpdate(it.is, next, status)
	return s.keep(it.is, next), nil
}

// prepareUpdate keeps what an update cannot change, and counts the generation, which a status has no part in.
func prepareUpdate(old, next runtime.Object, status bool) {
	m, was := metaOf(next), metaOf(old)
	m.SetUID(was.GetUID())
	m.SetResourceVersion(was.GetResourceVersion())
	m.SetCreationTimestamp(was.GetCreationTimestamp())
	m.SetDeletionTimestamp(was.GetDeletionTimestamp())
	m.SetGeneration(was.GetGeneration())
	legacyscheme.Scheme.Default(next)
	before, ok := part(old, "Spec")
	after, _ := part(next, "Spec")
	if !ok || status {
		return
	}
	annotated := kindOfObject(next).gvk.Kind == "Deployment" && !equality.Semantic.DeepEqual(m.GetAnnotations(), was.GetAnnotations())
	if annotated || !equality.Semantic.DeepEqual(before.Interface(), after.Interface()) {
		m.SetGeneration(was.GetGeneration() + 1)
	}
}

// keep stores next in place of old, unless they are the same, or lets go of what has waited for its last finalizer.
func (s *apiServer) keep(old, next runtime.Object) runtime.Object {
	if equality.Semantic.DeepEqual(old, next) {
		return old
	}
	m := metaOf(next)
	if m.GetDeletionTimestamp() != nil && len(m.GetFinalizers()) == 0 && (m.GetDeletionGracePeriodSeconds() == nil || *m.GetDeletionGracePeriodSeconds() == 0) {
		s.remove(next)
		return next
	}
	s.put(next)
	return next
}

// alter changes an object that is still there, status and all, as those do who play the part of users, nodes and schedulers.
func (s *apiServer) alter(o runtime.Object, f func(o runtime.Object)) runtime.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.stored[keyOf(o)]
	if uid := metaOf(o).GetUID(); it == nil || uid != "" && uid != metaOf(it.is).GetUID() {
		return nil
	}
	next := copied(it.is)
	f(next)
	prepareUpdate(it.is, next, false)
	return s.keep(it.is, next)
}

// end takes a pod away that has stopped.
func (s *apiServer) end(p *v1.Pod) {
	s.alter(p, func(o runtime.Object) { metaOf(o).SetDeletionGracePeriodSeconds(new(int64)) })
}

func (s *apiServer) get(r realKind, namespace, name string) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.stored[storeKey(r, namespace, name)]; it != nil {
		return it.is, nil
	}
	return nil, apierrors.NewNotFound(r.gvr.GroupResource(), name)
}

// list are the objects of a kind in the order of their creation.
func (s *apiServer) list(r realKind, namespace string) []runtime.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*storedObject
	for _, it := range s.stored {
		if kindOfObject(it.is) == r && (namespace == "" || metaOf(it.is).GetNamespace() == namespace) {
			found = append(found, it)
		}
	}
	slices.SortFunc(found, func(a, b *storedObject) int { return cmp.Compare(a.order, b.order) })
	list := make([]runtime.Object, len(found))
	for i, it := range found {
		list[i] = it.is
	}
	return list
}

// listOf are the server's objects of a kind.
func listOf[T any, P interface {
	*T
	runtime.Object
}](s *apiServer) (list []P) {
	for _, o := range s.list(kindOfObject(P(new(T))), "") {
		list = append(list, o.(P))
	}
	return list
}

// delete asks for an object's end. A pod at work has its grace period, and is there until someone removes it.
func (s *apiServer) delete(r realKind, namespace, name string, options metav1.DeleteOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.stored[storeKey(r, namespace, name)]
	if it == nil {
		return apierrors.NewNotFound(r.gvr.GroupResource(), name)
	}
	if c := options.Preconditions; c != nil && c.UID != nil && *c.UID != metaOf(it.is).GetUID() {
		return apierrors.NewConflict(r.gvr.GroupResource(), name, fmt.Errorf("the UID is not that of the object"))
	}
	next := copied(it.is)
	m := metaOf(next)
	grace := graceOf(next, options.GracePeriodSeconds)
	if grace == 0 && len(m.GetFinalizers()) == 0 {
		s.remove(next)
		return nil
	}
	if m.GetDeletionTimestamp() != nil && (m.GetDeletionGracePeriodSeconds() == nil || *m.GetDeletionGracePeriodSeconds() <= grace) {
		return nil
	}
	at := metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second).Truncate(time.Second))
	m.SetDeletionTimestamp(&at)
	m.SetDeletionGracePeriodSeconds(&grace)
	if _, ok := part(next, "Spec"); ok {
		m.SetGeneration(m.GetGeneration() + 1)
	}
	s.put(next)
	return nil
}

// graceOf is how long an object may take to stop: only pods take time, and only those that are on a node and have not ended.
func graceOf(o runtime.Object, asked *int64) int64 {
	p, ok := o.(*v1.Pod)
	switch {
	case !ok || p.Spec.NodeName == "" || p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed:
		return 0
	case asked != nil:
		return *asked
	case p.Spec.TerminationGracePeriodSeconds != nil:
		return *p.Spec.TerminationGracePeriodSeconds
	}
	return 30
}

// collectGarbage deletes what has lost all its owners, and reports whether there was anything.
func (s *apiServer) collectGarbage() (any bool) {
	if s.collected == s.version {
		return false
	}
	s.collected = s.version
	alive := map[types.UID]bool{}
	var all []runtime.Object
	for _, r := range realKinds {
		for _, o := range s.list(r, "") {
			alive[metaOf(o).GetUID()] = true
			all = append(all, o)
		}
	}
	for _, o := range all {
		m := metaOf(o)
		owned := slices.ContainsFunc(m.GetOwnerReferences(), func(ref metav1.OwnerReference) bool { return alive[ref.UID] })
		if len(m.GetOwnerReferences()) > 0 && !owned && m.GetDeletionTimestamp() == nil {
			any = s.delete(kindOfObject(o), m.GetNamespace(), m.GetName(), metav1.DeleteOptions{}) == nil || any
		}
	}
	return any
}

// change is one change of an object; was is nil for a new one, is nil for one that has gone.
type change struct{ was, is runtime.Object }

// viewer is what someone has not been shown yet.
type viewer struct {
	server  *apiServer
	pending []change
	watches map[schema.GroupVersionResource][]*watch.FakeWatcher
}

func (s *apiServer) viewer() *viewer {
	v := &viewer{server: s, watches: map[schema.GroupVersionResource][]*watch.FakeWatcher{}}
	s.viewers = append(s.viewers, v)
	return v
}

// next takes the first change that has not been shown.
func (v *viewer) next() (c change, ok bool) {
	v.server.mu.Lock()
	defer v.server.mu.Unlock()
	if len(v.pending) == 0 {
		return c, false
	}
	c, v.pending = v.pending[0], v.pending[1:]
	return c, true
}

// client is a clientset of the server whose watches show nothing by themselves.
func (v *viewer) client() *fake.Clientset {
	c := new(fake.Clientset)
	c.AddReactor("*", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		o, err := v.server.react(a)
		return true, o, err
	})
	c.AddWatchReactor("*", func(a clienttesting.Action) (bool, watch.Interface, error) {
		w := watch.NewFake()
		v.watches[a.GetResource()] = append(v.watches[a.GetResource()], w)
		return true, w, nil
	})
	return c
}

// react answers a client's request.
func (s *apiServer) react(a clienttesting.Action) (runtime.Object, error) {
	r := kindWhere(func(r realKind) bool { return r.gvr == a.GetResource() })
	switch a := a.(type) {
	case clienttesting.GetActionImpl:
		o, err := s.get(r, a.Namespace, a.Name)
		if err != nil {
			return nil, err
		}
		return o.DeepCopyObject(), nil
	case clienttesting.ListActionImpl:
		return s.listFor(r, a.Namespace)
	case clienttesting.CreateActionImpl:
		return s.answer("create", a.Object, func() (runtime.Object, error) { return s.create(a.Object) })
	case clienttesting.UpdateActionImpl:
		status := a.Subresource == "status"
		return s.answer(verbOf("update", status), a.Object, func() (runtime.Object, error) { return s.update(a.Object, status) })
	case clienttesting.PatchActionImpl:
		return s.patch(r, a)
	case clienttesting.DeleteActionImpl:
		o, err := s.get(r, a.Namespace, a.Name)
		if err != nil {
			return nil, err
		}
		return s.answer("delete", o, func() (runtime.Object, error) { return o, s.delete(r, a.Namespace, a.Name, a.DeleteOptions) })
	}
	return nil, fmt.Errorf("the server does not know %T of %s", a, r.gvr)
}

func verbOf(verb string, status bool) string {
	if status {
		return verb + "/status"
	}
	return verb
}

// answer carries out a controller's request if nothing refuses it.
func (s *apiServer) answer(verb string, o runtime.Object, do func() (runtime.Object, error)) (runtime.Object, error) {
	if s.refuse != nil {
		if err := s.refuse(verb, o); err != nil {
			return nil, err
		}
	}
	is, err := do()
	if err != nil {
		return nil, err
	}
	return is.DeepCopyObject(), nil
}

func (s *apiServer) listFor(r realKind, namespace string) (runtime.Object, error) {
	list, err := legacyscheme.Scheme.New(r.gvk.GroupVersion().WithKind(r.gvk.Kind + "List"))
	if err != nil {
		return nil, err
	}
	var items []runtime.Object
	for _, o := range s.list(r, namespace) {
		items = append(items, o.DeepCopyObject())
	}
	if err := meta.SetList(list, items); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list.(metav1.ListInterface).SetResourceVersion(strconv.Itoa(s.version))
	return list, nil
}

func (s *apiServer) patch(r realKind, a clienttesting.PatchActionImpl) (runtime.Object, error) {
	o, err := s.get(r, a.Namespace, a.Name)
	if err != nil {
		return nil, err
	}
	before, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	after, err := strategicpatch.StrategicMergePatch(before, a.Patch, o)
	if err != nil {
		return nil, err
	}
	next := reflect.New(reflect.TypeOf(o).Elem()).Interface().(runtime.Object)
	if err := json.Unmarshal(after, next); err != nil {
		return nil, err
	}
	status := a.Subresource == "status"
	return s.answer(verbOf("patch", status), next, func() (runtime.Object, error) { return s.update(next, status) })
}

// newReal is an empty object of Kubernetes.
func newReal(r realKind) runtime.Object {
	o, err := legacyscheme.Scheme.New(r.gvk)
	if err != nil {
		panic(err)
	}
	return o
}

// object is what has changed, as it is or as it was last.
func (c change) object() runtime.Object {
	if c.is != nil {
		return c.is
	}
	return c.was
}
