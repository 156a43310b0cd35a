package bench

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// bubble lets controllers, of Kubernetes or of podlife, work on one API server in the virtual time of testing/synctest. They take turns:
// each is shown all that has been written, then works off its queue key by key until it has nothing more to do at this instant. What
// happens does not depend on goroutines, so that the same world has the same history each time.
//
//	playInBubble(t, seed, func(b *bubble) {
//		b.addReal(...) or b.addOwn(...)
//		b.at(5*time.Second, func() { ... change something on b.server ... })
//		b.runTo(time.Minute)
//	})
type bubble struct {
	t       *testing.T
	server  *apiServer
	begin   time.Time
	parties []party
	timers  []bubbleTimer
	stops   []func()
	saying  sync.Mutex
	// events is told of what controllers say, as "Normal Deployment/web ScalingReplicaSet: ...", with hashes replaced by #1, #2.
	events func(line string)
}

type bubbleTimer struct {
	at time.Time
	do func()
}

// party is someone who takes turns.
type party interface {
	// deliver shows what has been written since, and reports whether there was something.
	deliver() bool
	// turn works off one key, and reports whether one was due.
	turn() bool
	// due is when the next key falls due; the zero time if none waits.
	due() time.Time
}

// playInBubble calls play in a bubble and ends all that it has started.
func playInBubble(t *testing.T, seed uint64, play func(b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, server: newAPIServer(seed), begin: time.Now(), events: func(string) {}}
		play(b)
		for _, stop := range b.stops {
			stop()
		}
	})
}

// at has something done at a time since the beginning; what is due at the same time is done in the order in which it was asked for.
func (b *bubble) at(d time.Duration, do func()) { b.atTime(b.begin.Add(d), do) }

// after is at, counted from now.
func (b *bubble) after(d time.Duration, do func()) { b.atTime(time.Now().Add(d), do) }

func (b *bubble) atTime(at time.Time, do func()) {
	b.timers = append(b.timers, bubbleTimer{at, do})
	slices.SortStableFunc(b.timers, func(x, y bubbleTimer) int { return x.at.Compare(y.at) })
}

// elapsed is the time since the beginning.
func (b *bubble) elapsed() time.Duration { return time.Since(b.begin) }

// runTo lets everything happen that happens before or at a time since the beginning.
func (b *bubble) runTo(d time.Duration) {
	end := b.begin.Add(d)
	for {
		b.settle()
		next := b.next()
		if next.IsZero() || next.After(end) {
			b.sleepUntil(end)
			if !time.Now().Before(end) && !b.pending() {
				return
			}
			continue
		}
		b.sleepUntil(next)
		for len(b.timers) > 0 && !b.timers[0].at.After(time.Now()) {
			do := b.timers[0].do
			b.timers = b.timers[1:]
			do()
		}
	}
}

// sleepUntil sleeps until a time, or until something is written meanwhile.
func (b *bubble) sleepUntil(t time.Time) {
	select {
	case <-b.server.wrote:
	default:
	}
	synctest.Wait()
	if d := time.Until(t); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-b.server.wrote:
		}
	}
	synctest.Wait()
}

// pending reports whether something was written that settle has not dealt with.
func (b *bubble) pending() bool { return len(b.server.wrote) > 0 }

func (b *bubble) next() (next time.Time) {
	if len(b.timers) > 0 {
		next = b.timers[0].at
	}
	for _, p := range b.parties {
		if at := p.due(); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// settle lets the parties work until none has anything to do at this instant.
func (b *bubble) settle() {
	turns := 0
	for busy := true; busy; {
		busy = false
		for _, p := range b.parties {
			for shown, turned := p.deliver(), p.turn(); shown || turned; shown, turned = p.deliver(), p.turn() {
				busy = true
				if turns++; turns > 20_000 {
					b.t.Fatalf("the controllers do not come to an end at %v", b.elapsed())
				}
			}
		}
		busy = b.server.collectGarbage() || busy
	}
}

func (b *bubble) say(kind string, about runtime.Object, reason, message string) {
	line := fmt.Sprintf("%s %s/%s %s: %s", kind, kindOfObject(about).gvk.Kind, metaOf(about).GetName(), reason, message)
	b.saying.Lock()
	defer b.saying.Unlock()
	b.events(b.server.canon(line))
}

// recorder is where a controller of Kubernetes says what it has to say.
func (b *bubble) recorder() record.EventRecorder { return bubbleRecorder{b} }

type bubbleRecorder struct{ b *bubble }

func (r bubbleRecorder) Event(o runtime.Object, kind, reason, message string) {
	r.b.say(kind, o, reason, message)
}

func (r bubbleRecorder) Eventf(o runtime.Object, kind, reason, format string, args ...any) {
	r.b.say(kind, o, reason, fmt.Sprintf(format, args...))
}

func (r bubbleRecorder) AnnotatedEventf(o runtime.Object, _ map[string]string, kind, reason, format string, args ...any) {
	r.Eventf(o, kind, reason, format, args...)
}

// setField sets a field of a controller of Kubernetes that is not exported. Path is one field or several, as in "podControl.Recorder";
// a struct in an interface is replaced as a whole.
func setField(c any, path string, value any) {
	setIn(reflect.ValueOf(c).Elem(), strings.Split(path, "."), reflect.ValueOf(value))
}

// gateQueue puts a gatedQueue in the place of one of the queues of a controller of Kubernetes, and ends that.
func gateQueue[T comparable](c any, field string) *gatedQueue[T] {
	f := reflect.ValueOf(c).Elem().FieldByName(field)
	f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	f.Interface().(workqueue.TypedInterface[T]).ShutDown()
	q := newGatedQueue[T]()
	f.Set(reflect.ValueOf(q))
	return q
}

func setIn(v reflect.Value, path []string, value reflect.Value) {
	f := v.FieldByName(path[0])
	if !f.IsValid() {
		panic(fmt.Sprintf("%s has no field %q", v.Type(), path[0]))
	}
	f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	switch {
	case len(path) == 1:
		f.Set(value)
	case f.Kind() == reflect.Interface && f.Elem().Kind() != reflect.Pointer:
		own := reflect.New(f.Elem().Type()).Elem()
		own.Set(f.Elem())
		setIn(own, path[1:], value)
		f.Set(own)
	case f.Kind() == reflect.Interface:
		setIn(f.Elem().Elem(), path[1:], value)
	case f.Kind() == reflect.Pointer:
		setIn(f.Elem(), path[1:], value)
	default:
		setIn(f, path[1:], value)
	}
}

// realController is one of Kubernetes' own.
type realController struct {
	viewer *viewer
	queues []gate
}

// gate is a gatedQueue of any kind of key.
type gate interface {
	release() bool
	due() time.Time
}

// addReal adds a controller of Kubernetes. Build makes it, puts a gatedQueue in place of each of its queues, and answers with them and
// with what runs it until its context ends. The controller has informers and a client of its own.
func (b *bubble) addReal(build func(client *fake.Clientset, factory informers.SharedInformerFactory) (run func(), stop func(), queues []gate)) {
	v := b.server.viewer()
	client := v.client()
	factory := informers.NewSharedInformerFactory(client, 0)
	run, stop, queues := build(client, factory)
	done := make(chan struct{})
	factory.Start(done)
	factory.WaitForCacheSync(done)
	v.server.mu.Lock()
	v.pending = nil
	v.server.mu.Unlock()
	go run()
	synctest.Wait()
	b.parties = append(b.parties, &realController{v, queues})
	b.stops = append(b.stops, func() {
		stop()
		close(done)
		factory.Shutdown()
		synctest.Wait()
	})
}

func (r *realController) deliver() (any bool) {
	for c, ok := r.viewer.next(); ok; c, ok = r.viewer.next() {
		any = true
		o := c.object()
		for _, w := range r.viewer.watches[kindOfObject(o).gvr] {
			switch {
			case c.was == nil:
				w.Add(o.DeepCopyObject())
			case c.is == nil:
				w.Delete(o.DeepCopyObject())
			default:
				w.Modify(o.DeepCopyObject())
			}
		}
		synctest.Wait()
	}
	return any
}

func (r *realController) turn() bool {
	for _, q := range r.queues {
		if q.release() {
			synctest.Wait()
			return true
		}
	}
	return false
}

func (r *realController) due() (next time.Time) {
	for _, q := range r.queues {
		if at := q.due(); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// ownController is one of podlife's, with the driver that it asks for: see package controller.
type ownController struct {
	b        *bubble
	is       controller.Controller
	concerns []controller.Concern
	viewer   *viewer
	seen     ownView
	ready    []pod.Key
	waiting  []waitingKey[pod.Key]
	wakes    map[pod.Key]time.Time
	refused  map[pod.Key]error
	failures map[pod.Key]int
	retries  map[pod.Key]time.Time
	memos    map[pod.Key]any
}

// addOwn adds a controller of podlife.
func (b *bubble) addOwn(c controller.Controller) {
	b.parties = append(b.parties, &ownController{
		b: b, is: c, concerns: c.Concerns(), viewer: b.server.viewer(), wakes: map[pod.Key]time.Time{},
		refused: map[pod.Key]error{}, retries: map[pod.Key]time.Time{}, failures: map[pod.Key]int{}, memos: map[pod.Key]any{},
	})
}

// toOwn is an object of Kubernetes as one of podlife; nil for nil.
func toOwn(o runtime.Object) object.Object {
	if o == nil {
		return nil
	}
	gvk := kindOfObject(o).gvk
	own := object.New(object.Kind{APIVersion: gvk.GroupVersion().String(), Name: gvk.Kind})
	translate(o, own)
	return own
}

// toReal is an object of podlife as one of Kubernetes.
func toReal(o object.Object) runtime.Object {
	kind := object.KindOf(o)
	r := kindWhere(func(r realKind) bool { return r.gvk.Kind == kind.Name })
	real := newReal(r)
	translate(o, real)
	real.GetObjectKind().SetGroupVersionKind(r.gvk)
	return real
}

func translate(from, to any) {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		panic(err)
	}
}

func (o *ownController) deliver() (any bool) {
	for c, ok := o.viewer.next(); ok; c, ok = o.viewer.next() {
		any = true
		kind := object.Kind{}
		was, is := toOwn(c.was), toOwn(c.is)
		if is != nil {
			kind = object.KindOf(is)
		} else {
			kind = object.KindOf(was)
		}
		o.seen.take(kind, was, is)
		for i := range o.concerns {
			if o.concerns[i].Kind == kind {
				o.hear(&o.concerns[i], was, is)
			}
		}
	}
	return any
}

func (o *ownController) hear(concern *controller.Concern, was, is object.Object) {
	var keys []pod.Key
	switch {
	case concern.Keys != nil:
		keys = concern.Keys(&o.seen, was, is)
	case is != nil:
		keys = []pod.Key{is.Meta().Key()}
	default:
		keys = []pod.Key{was.Meta().Key()}
	}
	for _, key := range keys {
		o.queue(key, time.Now().Add(concern.Delay))
	}
}

// queue has a key looked at at a time; of several times the earliest counts.
func (o *ownController) queue(key pod.Key, at time.Time) {
	if !at.After(time.Now()) {
		if !slices.Contains(o.ready, key) {
			o.ready = append(o.ready, key)
		}
		return
	}
	i := slices.IndexFunc(o.waiting, func(w waitingKey[pod.Key]) bool { return w.key == key })
	switch {
	case i < 0:
		o.waiting = append(o.waiting, waitingKey[pod.Key]{key, at})
	case at.Before(o.waiting[i].at):
		o.waiting[i].at = at
	}
	slices.SortStableFunc(o.waiting, func(a, b waitingKey[pod.Key]) int { return a.at.Compare(b.at) })
}

func (o *ownController) due() time.Time {
	if len(o.waiting) == 0 {
		return time.Time{}
	}
	return o.waiting[0].at
}

func (o *ownController) turn() bool {
	for len(o.waiting) > 0 && !o.waiting[0].at.After(time.Now()) {
		o.queue(o.waiting[0].key, o.waiting[0].at)
		o.waiting = o.waiting[1:]
	}
	if len(o.ready) == 0 {
		return false
	}
	key := o.ready[0]
	o.ready = o.ready[1:]
	plan := o.is.Reconcile(controller.Request{
		Now: time.Now(), Key: key, View: &o.seen, Refused: o.refused[key], Failures: o.failures[key], Memo: o.memos[key],
	})
	o.memos[key] = plan.Memo
	delete(o.refused, key)
	if plan.Wake.After(time.Now()) {
		o.queue(key, plan.Wake)
	}
	if refusal := o.carry(plan.Changes); refusal != nil {
		o.refused[key] = refusal
		o.failures[key]++
		at := time.Now().Add(min(5*time.Millisecond<<min(o.failures[key]-1, 20), 1000*time.Second))
		if kept := o.retries[key]; !kept.After(time.Now()) || at.Before(kept) {
			o.retries[key] = at
		}
		o.queue(key, o.retries[key])
		o.report(key)
		return true
	}
	o.failures[key] = 0
	if !plan.Wake.IsZero() {
		o.queue(key, plan.Wake)
	}
	return true
}

// report has the controller say what it has to say of a refusal.
func (o *ownController) report(key pod.Key) {
	r, ok := o.is.(controller.Reporter)
	if !ok {
		return
	}
	plan := r.Report(controller.Request{
		Now: time.Now(), Key: key, View: &o.seen, Refused: o.refused[key], Failures: o.failures[key], Memo: o.memos[key],
	})
	for i := range plan.Changes {
		if o.carryOut(&plan.Changes[i]) != nil {
			return
		}
	}
}

// carry carries out changes up to the first that is refused, and with that the pods that are made, in growing batches, or taken away at the
// same time; and those after it that are to be carried out regardless.
func (o *ownController) carry(changes []controller.Change) (first error) {
	left, batch := 0, 0
	for i := range changes {
		c := &changes[i]
		same := i > 0 && changes[i-1].Kind == c.Kind && object.KindOf(c.Object) == object.PodKind
		switch {
		case left == 0 && first != nil || !same && first != nil:
			if left = 1; !c.Regardless {
				left = 0
				continue
			}
		case !same:
			left, batch = 1, 1
			if c.Kind != controller.Create && object.KindOf(c.Object) == object.PodKind {
				left = len(changes)
			}
		case left == 0:
			batch *= 2
			left = batch
		}
		left--
		if err := o.carryOut(c); err != nil {
			o.sayRefused(c, err)
			if first == nil {
				first = &controller.Refusal{Change: *c, Err: err}
			}
		}
	}
	return first
}

func (o *ownController) sayRefused(c *controller.Change, err error) {
	about := c.About
	if about == nil {
		about = c.Object
	}
	if c.Refused.Reason != "" && !apierrors.IsAlreadyExists(err) {
		o.b.say(c.Refused.Type, toReal(about), c.Refused.Reason, strings.ReplaceAll(c.Refused.Message, controller.ErrorPlace, err.Error()))
	}
}

func (o *ownController) carryOut(c *controller.Change) error {
	about := c.About
	if about == nil {
		about = c.Object
	}
	if c.Kind == controller.Emit {
		o.b.say(c.Event.Type, toReal(about), c.Event.Reason, c.Event.Message)
		return nil
	}
	stored, err := o.write(c)
	if err != nil || c.Event.Reason == "" {
		return err
	}
	named := toReal(about)
	if c.About == nil && stored != nil {
		named = stored
	}
	name := c.Object.Meta().Name
	if stored != nil {
		name = metaOf(stored).GetName()
	}
	o.b.say(c.Event.Type, named, c.Event.Reason, strings.ReplaceAll(c.Event.Message, controller.NamePlace, name))
	return nil
}

func (o *ownController) write(c *controller.Change) (runtime.Object, error) {
	s, real := o.b.server, toReal(c.Object)
	m := metaOf(real)
	switch c.Kind {
	case controller.Create:
		return s.answer("create", real, func() (runtime.Object, error) { return s.create(real) })
	case controller.Update:
		return s.answer("update", real, func() (runtime.Object, error) { return s.update(real, false) })
	case controller.UpdateStatus:
		return s.answer("update/status", real, func() (runtime.Object, error) { return s.update(real, true) })
	}
	r := kindOfObject(real)
	is, err := s.get(r, m.GetNamespace(), m.GetName())
	if err != nil || m.GetUID() != "" && m.GetUID() != metaOf(is).GetUID() {
		return nil, nil
	}
	options := metav1.DeleteOptions{GracePeriodSeconds: c.Delete.GracePeriodSeconds}
	return s.answer("delete", is, func() (runtime.Object, error) { return is, s.delete(r, m.GetNamespace(), m.GetName(), options) })
}

// ownView is what a controller of podlife has been shown.
type ownView struct {
	objects map[object.Kind][]object.Object
}

func (v *ownView) take(kind object.Kind, was, is object.Object) {
	if v.objects == nil {
		v.objects = map[object.Kind][]object.Object{}
	}
	list := v.objects[kind]
	i := -1
	if was != nil {
		i = slices.IndexFunc(list, func(o object.Object) bool { return o.Meta().UID == was.Meta().UID })
	}
	switch {
	case i < 0 && is != nil:
		list = append(list, is)
	case is == nil:
		list = slices.Delete(list, i, i+1)
	default:
		list[i] = is
	}
	v.objects[kind] = list
}

func (v *ownView) Read(kind object.Kind, key pod.Key) object.Object {
	for _, o := range v.objects[kind] {
		if o.Meta().Key() == key {
			return o
		}
	}
	return nil
}

func (v *ownView) where(kind object.Kind, ok func(m *pod.ObjectMeta) bool) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		for _, o := range v.objects[kind] {
			if ok(o.Meta()) && !yield(o) {
				return
			}
		}
	}
}

func (v *ownView) List(kind object.Kind, namespace string) iter.Seq[object.Object] {
	return v.where(kind, func(m *pod.ObjectMeta) bool { return namespace == "" || m.Namespace == namespace })
}

func (v *ownView) Owned(kind object.Kind, owner pod.UID) iter.Seq[object.Object] {
	return v.where(kind, func(m *pod.ObjectMeta) bool {
		ref := m.ControllerRef()
		return ref != nil && ref.UID == owner
	})
}

func (v *ownView) Labeled(kind object.Kind, namespace string, selector *pod.LabelSelector) iter.Seq[object.Object] {
	return v.where(kind, func(m *pod.ObjectMeta) bool { return m.Namespace == namespace && selector.Matches(m.Labels) })
}

// inOrder sorts what was said of pods right after one another, which Kubernetes does several at once.
func inOrder(lines []string) []string {
	kind := func(line string) string {
		before, _, _ := strings.Cut(line, " pod: ")
		return before
	}
	lines = slices.Clone(lines)
	for i := 0; i < len(lines); {
		end := i + 1
		for end < len(lines) && kind(lines[end]) == kind(lines[i]) {
			end++
		}
		slices.Sort(lines[i:end])
		i = end
	}
	return lines
}

// seedsToTry are the seeds from 1 to few, or with PODLIFE_LONG to many, or those that PODLIFE_SEEDS names, as in "7" or "100-200".
func seedsToTry(t *testing.T, few, many uint64) iter.Seq[uint64] {
	first, last := uint64(1), tries(few, many)
	if text := os.Getenv("PODLIFE_SEEDS"); text != "" {
		from, to, _ := strings.Cut(text, "-")
		var errs [2]error
		first, errs[0] = strconv.ParseUint(from, 10, 64)
		last, errs[1] = strconv.ParseUint(cmp.Or(to, from), 10, 64)
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
	}
	return func(yield func(uint64) bool) {
		for seed := first; seed <= last && yield(seed); seed++ {
		}
	}
}

// sideBySide are two histories as two columns, with a mark where they differ.
func sideBySide(real, own []string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "  %-110s | %s\n", "KUBERNETES", "PODLIFE")
	for i := range max(len(real), len(own)) {
		a, b := "", ""
		if i < len(real) {
			a = real[i]
		}
		if i < len(own) {
			b = own[i]
		}
		mark := " "
		if a != b {
			mark = "*"
		}
		fmt.Fprintf(&text, "%s %-110s | %s\n", mark, a, b)
	}
	return text.String()
}
