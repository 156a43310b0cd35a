package workload_test

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// world is a small API server with nodes, in virtual time: it shows controllers what there is and carries their plans out.
type world struct {
	t           testing.TB
	begin, now  time.Time
	controllers []controller.Controller
	objects     []object.Object
	version     int
	queue       []call
	timers      []timer
	refused     map[call]error
	failures    map[call]int
	memos       map[call]any
	wakes       map[call]time.Time
	writes      int
	story       []string
	// behaves says how a pod behaves; nil is one that runs after 1 s, is ready after 2 s and stops after 1 s.
	behaves func(p *pod.Pod) behavior
	// refuse may refuse a change.
	refuse func(c controller.Change) error
	// check is called after every change.
	check func()
}

type behavior struct {
	starts, ready, stops time.Duration
	never                bool // gets ready
	fails                bool // as soon as it starts
	dead                 bool // never stops
}

type call struct {
	controller int
	key        pod.Key
}

type timer struct {
	at time.Time
	do func()
}

func newWorld(t testing.TB, controllers ...controller.Controller) *world {
	begin := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	return &world{t: t, begin: begin, now: begin, controllers: controllers, refused: map[call]error{}, failures: map[call]int{}, memos: map[call]any{}, wakes: map[call]time.Time{}}
}

func (w *world) Read(kind object.Kind, key pod.Key) object.Object {
	for _, o := range w.objects {
		if object.KindOf(o) == kind && o.Meta().Key() == key {
			return o
		}
	}
	return nil
}

func (w *world) where(ok func(o object.Object) bool) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		for _, o := range w.objects {
			if ok(o) && !yield(o) {
				return
			}
		}
	}
}

func (w *world) List(kind object.Kind, namespace string) iter.Seq[object.Object] {
	return w.where(func(o object.Object) bool {
		return object.KindOf(o) == kind && (namespace == "" || o.Meta().Namespace == namespace)
	})
}

func (w *world) Owned(kind object.Kind, owner pod.UID) iter.Seq[object.Object] {
	return w.where(func(o object.Object) bool {
		ref := o.Meta().ControllerRef()
		return object.KindOf(o) == kind && ref != nil && ref.UID == owner
	})
}

func (w *world) Labeled(kind object.Kind, namespace string, s *pod.LabelSelector) iter.Seq[object.Object] {
	return w.where(func(o object.Object) bool {
		return object.KindOf(o) == kind && o.Meta().Namespace == namespace && s.Matches(o.Meta().Labels)
	})
}

// at does something later.
func (w *world) at(t time.Time, do func()) {
	w.timers = append(w.timers, timer{t, do})
	slices.SortStableFunc(w.timers, func(a, b timer) int { return a.at.Compare(b.at) })
}

// runTo lets everything happen until the time since the beginning.
func (w *world) runTo(d time.Duration) {
	end := w.begin.Add(d)
	for n := 0; ; n++ {
		require.Less(w.t, n, 200_000, "no end in sight:\n%s", w.tail())
		switch {
		case len(w.queue) > 0:
			next := w.queue[0]
			w.queue = w.queue[1:]
			w.reconcile(next)
		case len(w.timers) > 0 && !w.timers[0].at.After(end):
			next := w.timers[0]
			w.timers = w.timers[1:]
			w.now = next.at
			next.do()
		default:
			w.now = end
			return
		}
	}
}

func (w *world) tail() string { return strings.Join(w.story[max(0, len(w.story)-40):], "\n") }

func (w *world) reconcile(c call) {
	plan := w.controllers[c.controller].Reconcile(controller.Request{
		Now: w.now, Key: c.key, View: w, Refused: w.refused[c], Failures: w.failures[c], Memo: w.memos[c],
	})
	w.memos[c] = plan.Memo
	delete(w.refused, c)
	for _, change := range plan.Changes {
		if w.refused[c] != nil && !change.Regardless {
			continue
		}
		if err := w.carryOut(change); err != nil {
			w.refused[c] = &controller.Refusal{Change: change, Err: err}
			w.tellRefused(change, err)
			w.report(c)
		}
	}
	if w.refused[c] != nil {
		w.failures[c]++
		w.at(w.now.Add(5*time.Millisecond<<min(w.failures[c], 16)), func() { w.enqueue(c) })
		return
	}
	w.failures[c] = 0
	if !plan.Wake.IsZero() {
		require.True(w.t, plan.Wake.After(w.now), "a wake is to be in the future: %v", c.key)
		if !plan.Wake.Equal(w.wakes[c]) {
			w.at(plan.Wake, func() {
				if plan.Wake.Equal(w.wakes[c]) {
					w.enqueue(c)
				}
			})
		}
	}
	w.wakes[c] = plan.Wake
}

func (w *world) enqueue(c call) {
	if !slices.Contains(w.queue, c) {
		w.queue = append(w.queue, c)
	}
}

func (w *world) carryOut(c controller.Change) error {
	if w.refuse != nil {
		if err := w.refuse(c); err != nil {
			return err
		}
	}
	var err error
	switch c.Kind {
	case controller.Create:
		w.create(c.Object)
	case controller.Update, controller.UpdateStatus:
		err = w.update(c)
	case controller.Delete:
		w.delete(c.Object)
	case controller.Emit:
		w.tell(c.Object, c.Event, "")
	}
	if err == nil && c.Kind != controller.Emit && c.Event.Reason != "" {
		about := c.About
		if about == nil {
			about = c.Object
		}
		w.tell(about, c.Event, c.Object.Meta().Name)
	}
	if w.check != nil {
		w.check()
	}
	return err
}

// report has a controller say what it has to say of a refusal.
func (w *world) report(c call) {
	r, ok := w.controllers[c.controller].(controller.Reporter)
	if !ok {
		return
	}
	for _, change := range r.Report(controller.Request{Now: w.now, Key: c.key, View: w, Refused: w.refused[c], Failures: w.failures[c]}).Changes {
		if w.carryOut(change) != nil {
			return
		}
	}
}

// tellRefused says what a controller has to say of a change that was refused.
func (w *world) tellRefused(c controller.Change, err error) {
	e := c.Refused
	if e.Reason == "" {
		return
	}
	e.Message = strings.ReplaceAll(e.Message, controller.ErrorPlace, err.Error())
	w.tell(cmp.Or(c.About, c.Object), e, "")
}

func (w *world) tell(about object.Object, e controller.Event, name string) {
	w.line("%s %s %s: %s", e.Type, w.name(about), e.Reason, strings.ReplaceAll(e.Message, controller.NamePlace, name))
}

func (w *world) name(o object.Object) string {
	return object.KindOf(o).Name + "/" + o.Meta().Name
}

func (w *world) line(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf("%7.2f ", w.now.Sub(w.begin).Seconds())+fmt.Sprintf(format, args...))
}

// create stores an object as the API would.
func (w *world) create(o object.Object) {
	w.version++
	m := o.Meta()
	m.Namespace = cmp.Or(m.Namespace, "default")
	if m.Name == "" {
		m.Name = fmt.Sprintf("%s%05d", m.GenerateName, w.version)
	}
	require.Nil(w.t, w.Read(object.KindOf(o), m.Key()), "%s is there already", m.Name)
	m.UID, m.Generation = pod.UID(fmt.Sprintf("uid-%06d", w.version)), 1
	m.ResourceVersion = fmt.Sprint(w.version)
	m.CreationTimestamp = pod.NewTime(w.now.Truncate(time.Second))
	w.objects = append(w.objects, o)
	w.changed(nil, o)
	if p, ok := o.(*pod.Pod); ok {
		w.live(p)
	}
}

// live has a pod bound at once and run as it behaves.
func (w *world) live(p *pod.Pod) {
	b := behavior{starts: time.Second, ready: 2 * time.Second, stops: time.Second}
	if w.behaves != nil {
		b = w.behaves(p)
	}
	uid := p.UID
	w.alter(uid, func(p *pod.Pod) {
		p.Spec.NodeName = cmp.Or(p.Spec.NodeName, madeFor(p), "node-1")
		p.Status.Phase = pod.Pending
	})
	w.at(w.now.Add(b.starts), func() {
		w.alter(uid, func(p *pod.Pod) {
			p.Status.Phase = pod.Running
			if b.fails {
				p.Status.Phase = pod.Failed
			}
		})
	})
	if !b.never {
		w.at(w.now.Add(b.starts+b.ready), func() { w.setReady(uid, pod.ConditionTrue) })
	}
}

// madeFor is the node that a DaemonSet made a pod for.
func madeFor(p *pod.Pod) string {
	if p.Spec.Affinity == nil || p.Spec.Affinity.NodeAffinity == nil {
		return ""
	}
	return p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchFields[0].Values[0]
}

func (w *world) setReady(uid pod.UID, status pod.ConditionStatus) {
	w.alter(uid, func(p *pod.Pod) {
		p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: status, LastTransitionTime: pod.NewTime(w.now.Truncate(time.Second))})
	})
}

// alter changes a pod that lives.
func (w *world) alter(uid pod.UID, f func(p *pod.Pod)) {
	for i, o := range w.objects {
		if p, ok := o.(*pod.Pod); ok && p.UID == uid && !p.Status.Phase.IsTerminal() {
			own := p.Clone()
			f(own)
			w.replace(i, own)
		}
	}
}

// user changes an object as a user does.
func user[T object.Object](w *world, o T, f func(o T)) {
	for i, is := range w.objects {
		if is.Meta().UID == o.Meta().UID {
			own := w.copyOf(is).(T)
			f(own)
			own.Meta().Generation++
			w.replace(i, own)
		}
	}
}

func (w *world) copyOf(o object.Object) object.Object {
	switch o := o.(type) {
	case *pod.Pod:
		return o.Clone()
	case *object.ReplicaSet:
		return o.Clone()
	case *object.Deployment:
		return o.Clone()
	case *object.StatefulSet:
		return o.Clone()
	case *object.DaemonSet:
		return o.Clone()
	case *object.Node:
		return o.Clone()
	case *object.PersistentVolumeClaim:
		return o.Clone()
	case *object.ControllerRevision:
		return o.Clone()
	}
	w.t.Fatalf("cannot copy %T", o)
	return nil
}

func (w *world) replace(i int, o object.Object) {
	was := w.objects[i]
	w.version++
	o.Meta().ResourceVersion = fmt.Sprint(w.version)
	w.objects[i] = o
	w.changed(was, o)
}

func (w *world) update(c controller.Change) error {
	w.writes++
	m := c.Object.Meta()
	for i, is := range w.objects {
		if is.Meta().UID != m.UID {
			continue
		}
		if m.ResourceVersion != "" && m.ResourceVersion != is.Meta().ResourceVersion {
			return errors.New("the object has been modified")
		}
		w.replace(i, w.merged(is, c))
		return nil
	}
	return errors.New("not found")
}

// merged is what an update makes of an object: its status, or all but that.
func (w *world) merged(is object.Object, c controller.Change) object.Object {
	sent, own := w.copyOf(c.Object), w.copyOf(is)
	status := c.Kind == controller.UpdateStatus
	if status {
		sent, own = own, sent
	}
	generation := is.Meta().Generation
	switch sent := sent.(type) {
	case *object.ReplicaSet:
		own := own.(*object.ReplicaSet)
		if !status && *own.Spec.Replicas != *sent.Spec.Replicas {
			generation++
		}
		sent.Status = own.Status
	case *object.Deployment:
		own := own.(*object.Deployment)
		sent.Status = own.Status
		if status {
			sent.Annotations = own.Annotations
		}
	case *object.StatefulSet:
		sent.Status = own.(*object.StatefulSet).Status
	case *object.DaemonSet:
		sent.Status = own.(*object.DaemonSet).Status
	}
	sent.Meta().Generation = generation
	return sent
}

// delete asks a pod to stop, and takes away anything else.
func (w *world) delete(o object.Object) {
	w.writes++
	i := slices.IndexFunc(w.objects, func(x object.Object) bool { return x.Meta().UID == o.Meta().UID })
	if i < 0 {
		return
	}
	p, ok := w.objects[i].(*pod.Pod)
	if !ok || p.Status.Phase.IsTerminal() {
		w.remove(o.Meta().UID)
		return
	}
	if p.IsTerminating() {
		return
	}
	b := behavior{stops: time.Second}
	if w.behaves != nil {
		b = w.behaves(p)
	}
	w.alter(p.UID, func(p *pod.Pod) {
		at := pod.NewTime(w.now.Add(30 * time.Second))
		p.DeletionTimestamp = &at
	})
	if !b.dead {
		w.at(w.now.Add(b.stops), func() { w.remove(p.UID) })
	}
}

func (w *world) remove(uid pod.UID) {
	i := slices.IndexFunc(w.objects, func(x object.Object) bool { return x.Meta().UID == uid })
	if i >= 0 {
		was := w.objects[i]
		w.objects = slices.Delete(w.objects, i, i+1)
		w.changed(was, nil)
	}
}

// changed tells the controllers of a change and the story of what people look at.
func (w *world) changed(was, is object.Object) {
	o := is
	if is == nil {
		o = was
	}
	if was != nil && is != nil {
		w.describe(was, is)
	}
	for i, c := range w.controllers {
		for _, concern := range c.Concerns() {
			if concern.Kind != object.KindOf(o) {
				continue
			}
			keys := []pod.Key{o.Meta().Key()}
			if concern.Keys != nil {
				keys = concern.Keys(w, was, is)
			}
			for _, key := range keys {
				w.enqueue(call{i, key})
			}
		}
	}
}

// describe puts a change of size or of conditions into the story.
func (w *world) describe(was, is object.Object) {
	switch is := is.(type) {
	case *object.ReplicaSet:
		if was := was.(*object.ReplicaSet); *was.Spec.Replicas != *is.Spec.Replicas {
			w.line("%s size %d", w.name(is), *is.Spec.Replicas)
		}
	case *object.Deployment:
		was := was.(*object.Deployment)
		for _, c := range is.Status.Conditions {
			text := fmt.Sprintf("%s %s=%s(%s)", w.name(is), c.Type, c.Status, c.Reason)
			if !slices.ContainsFunc(was.Status.Conditions, func(x object.DeploymentCondition) bool {
				return x.Type == c.Type && x.Status == c.Status && x.Reason == c.Reason
			}) {
				w.line("%s", text)
			}
		}
	}
}

// pods are those that are wanted, with the labels.
func (w *world) pods(labels ...string) []*pod.Pod {
	var found []*pod.Pod
	for o := range w.List(object.PodKind, "") {
		p := o.(*pod.Pod)
		ok := true
		for i := 0; i+1 < len(labels); i += 2 {
			ok = ok && p.Labels[labels[i]] == labels[i+1]
		}
		if ok {
			found = append(found, p)
		}
	}
	return found
}

// lines are those of the story that hold one of the words.
func (w *world) lines(words ...string) []string {
	var found []string
	for _, line := range w.story {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

func get[T object.Object](w *world, kind object.Kind, name string) T {
	o, ok := w.Read(kind, pod.Key{Namespace: "default", Name: name}).(T)
	require.True(w.t, ok, "no %s %s", kind, name)
	return o
}
