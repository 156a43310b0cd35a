package workload_test

import (
	"container/heap"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// jobWorld is as much of a cluster as the controllers of Jobs need: an API in memory, a queue for each controller, and pods
// that live by a script. Time is virtual, and nothing takes any.
type jobWorld struct {
	t         testing.TB
	zero, now time.Time
	serial    int
	queue     moments
	objects   map[object.Kind]map[pod.Key]object.Object
	order     map[object.Kind][]pod.Key
	live      map[pod.UID][]pod.Key // pods of an owner that are not settled
	drivers   []*driver
	behave    func(p *pod.Pod, attempt int) jobBehavior
	attempts  map[string]int
	nodes     int
	silent    map[string]bool // nodes that do not report
	record    *recording
	// check is called after every write.
	check func()
	// plain hides that the world can show unsettled pods alone.
	plain bool
	// refuse may refuse a change; nil refuses none. onCreate is told of new pods.
	refuse   func(controller.Change) error
	onCreate func(*pod.Pod)
	// shown is how many pods controllers were shown.
	shown int
	// forgetful drops the memos of plans, but not between two looks at one instant.
	forgetful bool
	// quota is how many pods there may be; 0 is no limit.
	quota  int
	ended  map[pod.UID]pod.UID // owners of pods that were seen to have ended
	writes int
}

// jobBehavior is how a pod lives; see the README of the recorded histories.
type jobBehavior struct {
	starts, ready, stops time.Duration
	runs                 []jobRun
	never                bool
}

type jobRun struct {
	for_ time.Duration
	exit int32
}

const forever = time.Duration(math.MaxInt64)

type driver struct {
	c       controller.Controller
	due     map[pod.Key]time.Time
	refused map[pod.Key]error
	failed  map[pod.Key]int
	memos   map[pod.Key]any
}

func newJobWorld(t testing.TB, zero time.Time, controllers ...controller.Controller) *jobWorld {
	w := &jobWorld{
		t: t, zero: zero, now: zero, nodes: 3, objects: map[object.Kind]map[pod.Key]object.Object{}, order: map[object.Kind][]pod.Key{},
		live: map[pod.UID][]pod.Key{}, attempts: map[string]int{}, silent: map[string]bool{}, ended: map[pod.UID]pod.UID{}, check: func() {},
	}
	for _, c := range controllers {
		w.drivers = append(w.drivers, &driver{c: c, due: map[pod.Key]time.Time{}, refused: map[pod.Key]error{}, failed: map[pod.Key]int{}, memos: map[pod.Key]any{}})
	}
	return w
}

// moments is a heap of what is to happen.
type moments []moment

type moment struct {
	at     time.Time
	serial int
	do     func()
}

func (m moments) Len() int { return len(m) }
func (m moments) Less(i, j int) bool {
	return m[i].at.Before(m[j].at) || m[i].at.Equal(m[j].at) && m[i].serial < m[j].serial
}
func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)   { *m = append(*m, x.(moment)) }
func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func (w *jobWorld) at(t time.Time, do func()) {
	w.serial++
	heap.Push(&w.queue, moment{t, w.serial, do})
}

func (w *jobWorld) in(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

func (w *jobWorld) runUntil(end time.Time) {
	for len(w.queue) > 0 && w.queue[0].at.Before(end) {
		m := heap.Pop(&w.queue).(moment)
		if m.at.After(w.now) {
			w.now = m.at
		}
		m.do()
	}
	w.now = end
}

// changed tells the controllers.
func (w *jobWorld) changed(kind object.Kind, was, is object.Object) {
	for _, d := range w.drivers {
		for _, concern := range d.c.Concerns() {
			if concern.Kind != kind {
				continue
			}
			keys := []pod.Key{}
			switch {
			case concern.Keys != nil:
				keys = concern.Keys(w, was, is)
			case is != nil:
				keys = append(keys, is.Meta().Key())
			default:
				keys = append(keys, was.Meta().Key())
			}
			for _, k := range keys {
				w.look(d, k, w.now.Add(concern.Delay))
			}
		}
	}
	w.check()
}

// look has the controller look at k no later than t.
func (w *jobWorld) look(d *driver, k pod.Key, t time.Time) {
	if due, ok := d.due[k]; ok && !t.Before(due) {
		return
	}
	d.due[k] = t
	w.at(t, func() {
		if due, ok := d.due[k]; !ok || !due.Equal(t) {
			return
		}
		delete(d.due, k)
		w.reconcile(d, k)
	})
}

func (w *jobWorld) reconcile(d *driver, k pod.Key) {
	plan := d.c.Reconcile(controller.Request{Now: w.now, Key: k, View: w.view(), Refused: d.refused[k], Failures: d.failed[k], Memo: d.memos[k]})
	d.memos[k] = plan.Memo
	if w.forgetful && !plan.Wake.Equal(w.now) {
		delete(d.memos, k)
	}
	d.refused[k] = nil
	for _, c := range plan.Changes {
		if err := w.carryOut(c); err != nil {
			if c.Refused.Reason != "" {
				w.record.event(w, c.About, c.Refused, strings.ReplaceAll(c.Refused.Message, controller.ErrorPlace, err.Error()))
			}
			d.refused[k] = &controller.Refusal{Change: c, Err: err}
			d.failed[k]++
			w.look(d, k, w.now.Add(100*time.Millisecond<<min(d.failed[k]-1, 6)))
			return
		}
		if c.Kind != controller.Emit {
			w.writes++
		}
	}
	d.failed[k] = 0
	if !plan.Wake.IsZero() {
		w.look(d, k, plan.Wake)
	}
}

func (w *jobWorld) view() controller.View {
	if w.plain {
		return struct{ controller.View }{w}
	}
	return w
}

func (w *jobWorld) carryOut(c controller.Change) error {
	if w.refuse != nil && c.Kind != controller.Emit {
		if err := w.refuse(c); err != nil {
			return err
		}
	}
	kind := object.KindOf(c.Object)
	is := w.objects[kind][c.Object.Meta().Key()]
	name := c.Object.Meta().Name
	switch c.Kind {
	case controller.Create:
		var err error
		if name, err = w.create(c.Object); err != nil {
			return err
		}
	case controller.Update, controller.UpdateStatus:
		switch {
		case is == nil:
			return fmt.Errorf("%s %q not found", kind, name)
		case c.Object.Meta().ResourceVersion != "" && c.Object.Meta().ResourceVersion != is.Meta().ResourceVersion:
			return fmt.Errorf("%s %q has changed", kind, name)
		}
		w.update(c.Object, c.Kind == controller.UpdateStatus)
	case controller.Delete:
		if is != nil && (c.Delete.UID == "" || c.Delete.UID == is.Meta().UID) {
			w.remove(is, c.Delete)
		}
	}
	if c.Event.Reason != "" {
		about := c.Object
		if c.About != nil {
			about = c.About
		}
		w.record.event(w, about, c.Event, strings.ReplaceAll(c.Event.Message, controller.NamePlace, name))
	}
	return nil
}

func (w *jobWorld) create(o object.Object) (string, error) {
	m := o.Meta()
	w.serial++
	if m.Name == "" {
		n := w.serial
		m.Name = naming.Generate(m.GenerateName, func(k int) int { n, k = n/k, n%k; return k })
	}
	kind := object.KindOf(o)
	if m.Namespace == "" {
		m.Namespace = "default"
	}
	if w.objects[kind][m.Key()] != nil {
		return "", fmt.Errorf("%s %q already exists", kind, m.Name)
	}
	if kind == object.PodKind && w.quota > 0 && len(w.objects[kind]) >= w.quota {
		return "", fmt.Errorf("pods %q is forbidden: exceeded quota", m.Name)
	}
	m.UID = pod.UID("uid-" + strconv.Itoa(w.serial))
	m.Generation = 1
	m.ResourceVersion = strconv.Itoa(w.serial)
	m.CreationTimestamp = pod.NewTime(w.now.Truncate(time.Second))
	if w.objects[kind] == nil {
		w.objects[kind] = map[pod.Key]object.Object{}
	}
	w.objects[kind][m.Key()] = o
	w.order[kind] = append(w.order[kind], m.Key())
	p, isPod := o.(*pod.Pod)
	if isPod {
		p.Status.Phase = pod.Pending
		if ref := p.ControllerRef(); ref != nil {
			w.live[ref.UID] = append(w.live[ref.UID], m.Key())
		}
		w.record.created(w, p)
		if w.onCreate != nil {
			w.onCreate(p)
		}
	} else {
		w.record.sample(w, o, "added")
	}
	w.changed(kind, nil, o)
	if isPod {
		w.bring(p)
	}
	return m.Name, nil
}

// store puts a new version of an object.
func (w *jobWorld) store(o object.Object) {
	kind, m := object.KindOf(o), o.Meta()
	was := w.objects[kind][m.Key()]
	w.serial++
	m.ResourceVersion = strconv.Itoa(w.serial)
	w.objects[kind][m.Key()] = o
	if p, ok := o.(*pod.Pod); ok {
		w.record.changedPod(w, was.(*pod.Pod), p)
	} else {
		w.record.sample(w, o, "modified")
	}
	w.changed(kind, was, o)
	if m.IsTerminating() && len(m.Finalizers) == 0 && (kind != object.PodKind || *m.DeletionGracePeriodSeconds == 0) {
		w.drop(o)
	}
}

func (w *jobWorld) update(o object.Object, status bool) {
	kind := object.KindOf(o)
	is := w.objects[kind][o.Meta().Key()]
	switch o := o.(type) {
	case *object.Job:
		next := is.(*object.Job).Clone()
		if status {
			next.Status = *o.Status.Clone()
		} else {
			next.ObjectMeta, next.Spec = o.ObjectMeta, o.Spec
			next.Generation++
		}
		w.store(next)
	case *object.CronJob:
		next := is.(*object.CronJob).Clone()
		if status {
			next.Status = *o.Status.Clone()
		} else {
			next.ObjectMeta, next.Spec = o.ObjectMeta, o.Spec
			next.Generation++
		}
		w.store(next)
	case *pod.Pod:
		w.store(o)
	}
}

func (w *jobWorld) remove(o object.Object, options object.DeleteOptions) {
	if o.Meta().IsTerminating() {
		if p, ok := o.(*pod.Pod); ok {
			w.removePod(p.Clone(), options)
		}
		return
	}
	switch o := o.(type) {
	case *pod.Pod:
		w.removePod(o.Clone(), options)
	case *object.CronJob:
		w.drop(o)
	case *object.Job:
		if options.Propagation != object.DeletePropagationForeground {
			w.drop(o)
			w.collect(o)
			return
		}
		next := o.Clone()
		next.DeletionTimestamp = new(pod.NewTime(w.now))
		next.Finalizers = append(next.Finalizers, "foregroundDeletion")
		w.store(next)
		w.collect(next)
		w.finishForeground(next.Key())
	}
}

func (w *jobWorld) removePod(p *pod.Pod, options object.DeleteOptions) {
	was := p.DeletionTimestamp
	outcome, err := pod.PrepareDelete(p, pod.NewTime(w.now), options.DeleteOptions)
	require.NoError(w.t, err)
	if outcome == pod.DeletePending && was != nil {
		return
	}
	p.DeletionTimestamp = new(pod.NewTime(p.DeletionTimestamp.Truncate(time.Second)))
	w.store(p)
	if was == nil && outcome == pod.DeleteGraceful {
		w.stop(p)
	}
}

// drop removes an object for good.
func (w *jobWorld) drop(o object.Object) {
	kind, key := object.KindOf(o), o.Meta().Key()
	is := w.objects[kind][key]
	if is == nil || is.Meta().UID != o.Meta().UID {
		return
	}
	delete(w.objects[kind], key)
	w.order[kind] = slices.DeleteFunc(w.order[kind], func(k pod.Key) bool { return k == key })
	if p, ok := is.(*pod.Pod); ok {
		w.record.gone(w, p)
	} else {
		w.record.sample(w, is, "deleted")
	}
	w.changed(kind, is, nil)
	if ref := is.Meta().ControllerRef(); ref != nil && kind == object.PodKind {
		w.finishForeground(pod.Key{Namespace: key.Namespace, Name: ref.Name})
	}
}

// collect deletes the pods of a Job in the background.
func (w *jobWorld) collect(job *object.Job) {
	for o := range w.Owned(object.PodKind, job.UID) {
		w.remove(o, object.DeleteOptions{})
	}
}

func (w *jobWorld) finishForeground(key pod.Key) {
	job, _ := w.objects[object.JobKind][key].(*object.Job)
	if job == nil || !job.IsTerminating() {
		return
	}
	for range w.Owned(object.PodKind, job.UID) {
		return
	}
	next := job.Clone()
	next.Finalizers = nil
	w.store(next)
}

// Read, List, Owned, Labeled and Unsettled make the world a View.
func (w *jobWorld) Read(kind object.Kind, key pod.Key) object.Object {
	if o := w.objects[kind][key]; o != nil {
		return o
	}
	return nil
}

func (w *jobWorld) List(kind object.Kind, namespace string) iter.Seq[object.Object] {
	return w.where(kind, func(m *pod.ObjectMeta) bool { return namespace == "" || m.Namespace == namespace })
}

func (w *jobWorld) Owned(kind object.Kind, owner pod.UID) iter.Seq[object.Object] {
	return w.where(kind, func(m *pod.ObjectMeta) bool { ref := m.ControllerRef(); return ref != nil && ref.UID == owner })
}

func (w *jobWorld) Labeled(kind object.Kind, namespace string, selector *pod.LabelSelector) iter.Seq[object.Object] {
	return w.where(kind, func(m *pod.ObjectMeta) bool { return m.Namespace == namespace && selector.Matches(m.Labels) })
}

func (w *jobWorld) where(kind object.Kind, ok func(m *pod.ObjectMeta) bool) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		for _, key := range slices.Clone(w.order[kind]) {
			if kind == object.PodKind {
				w.shown++
			}
			if o := w.objects[kind][key]; o != nil && ok(o.Meta()) && !yield(o) {
				return
			}
		}
	}
}

func (w *jobWorld) Unsettled(owner pod.UID) iter.Seq[*pod.Pod] {
	w.live[owner] = slices.DeleteFunc(w.live[owner], func(k pod.Key) bool {
		p, _ := w.objects[object.PodKind][k].(*pod.Pod)
		return p == nil || p.Status.Phase.IsTerminal() && len(p.Finalizers) == 0 || p.ControllerRef() == nil
	})
	return func(yield func(*pod.Pod) bool) {
		for _, k := range w.live[owner] {
			w.shown++
			if !yield(w.objects[object.PodKind][k].(*pod.Pod)) {
				return
			}
		}
	}
}

// bring binds a pod and lets it live.
func (w *jobWorld) bring(p *pod.Pod) {
	place := p.Name
	if ref := p.ControllerRef(); ref != nil {
		place = string(ref.UID) + "/" + p.Annotations["batch.kubernetes.io/job-completion-index"]
	}
	w.attempts[place]++
	b := w.behave(p, w.attempts[place])
	w.alter(p.UID, p.Key(), func(p *pod.Pod) bool {
		p.Spec.NodeName = "node-" + strconv.Itoa(w.serial%w.nodes+1)
		p.Status.StartTime = new(pod.NewTime(w.now.Truncate(time.Second)))
		p.Status.SetCondition(pod.Condition{Type: pod.PodScheduled, Status: pod.ConditionTrue})
		w.setReady(p, false)
		return true
	})
	if !b.never {
		w.in(b.starts, func() { w.begin(p.UID, p.Key(), b, 0) })
	}
}

// begin starts the n-th run of a pod's container.
func (w *jobWorld) begin(uid pod.UID, key pod.Key, b jobBehavior, n int) {
	r := b.runs[min(n, len(b.runs)-1)]
	started := w.alter(uid, key, func(p *pod.Pod) bool {
		if p.Status.Phase.IsTerminal() {
			return false
		}
		p.Status.Phase = pod.Running
		p.Status.ContainerStatuses = []pod.ContainerStatus{{
			Name: p.Spec.Containers[0].Name, RestartCount: int32(n), State: pod.ContainerState{Running: &pod.ContainerStateRunning{StartedAt: pod.NewTime(w.now)}},
		}}
		if b.ready == 0 {
			w.setReady(p, true)
		}
		return true
	})
	if !started {
		return
	}
	if b.ready > 0 && b.ready < forever {
		w.in(b.ready, func() {
			w.alter(uid, key, func(p *pod.Pod) bool { w.setReady(p, true); return p.Status.Phase == pod.Running })
		})
	}
	if r.for_ < forever {
		w.in(r.for_, func() { w.exit(uid, key, b, n, r.exit) })
	}
}

// exit ends the n-th run.
func (w *jobWorld) exit(uid pod.UID, key pod.Key, b jobBehavior, n int, code int32) {
	again := false
	w.alter(uid, key, func(p *pod.Pod) bool {
		if p.Status.Phase.IsTerminal() {
			return false
		}
		again = code != 0 && p.Spec.RestartPolicy == pod.RestartPolicyOnFailure && !p.IsTerminating()
		w.end(p, code, again)
		return true
	})
	if again {
		wait := time.Duration(0)
		if n > 0 {
			wait = min(10*time.Second<<(n-1), 300*time.Second)
		}
		w.in(wait, func() { w.begin(uid, key, b, n+1) })
	}
}

func (w *jobWorld) end(p *pod.Pod, code int32, again bool) {
	w.setReady(p, false)
	if len(p.Status.ContainerStatuses) == 0 {
		p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: p.Spec.Containers[0].Name}}
	}
	p.Status.ContainerStatuses[0].State = pod.ContainerState{Terminated: &pod.ContainerStateTerminated{ExitCode: code, FinishedAt: pod.NewTime(w.now.Truncate(time.Second))}}
	switch {
	case again:
	case code == 0:
		p.Status.Phase = pod.Succeeded
	default:
		p.Status.Phase = pod.Failed
	}
}

// stop lets the container of a pod that is being deleted end, and then deletes the pod.
func (w *jobWorld) stop(p *pod.Pod) {
	b := w.behave(p, 1)
	grace := time.Duration(*p.DeletionGracePeriodSeconds) * time.Second
	wait, code := b.stops, int32(143)
	if wait >= grace {
		wait, code = grace, 137
	}
	w.in(wait, func() {
		w.alter(p.UID, p.Key(), func(p *pod.Pod) bool {
			if p.Status.Phase.IsTerminal() {
				return false
			}
			w.end(p, code, false)
			return true
		})
		if is, _ := w.objects[object.PodKind][p.Key()].(*pod.Pod); is != nil && is.UID == p.UID {
			w.remove(is, object.DeleteOptions{DeleteOptions: pod.DeleteOptions{GracePeriodSeconds: new(int64(0))}})
		}
	})
}

func (w *jobWorld) setReady(p *pod.Pod, ready bool) {
	status := pod.ConditionFalse
	if ready {
		status = pod.ConditionTrue
	}
	if c := p.Status.Condition(pod.Ready); c != nil && c.Status == status {
		return
	}
	p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: status, LastTransitionTime: pod.NewTime(w.now.Truncate(time.Second))})
}

// alter writes a pod as its node does.
func (w *jobWorld) alter(uid pod.UID, key pod.Key, f func(p *pod.Pod) bool) bool {
	is, _ := w.objects[object.PodKind][key].(*pod.Pod)
	if is == nil || is.UID != uid || w.silent[is.Spec.NodeName] {
		return false
	}
	next := is.Clone()
	if !f(next) {
		return false
	}
	w.store(next)
	return true
}

// patch merges a JSON patch into a Job or CronJob.
func (w *jobWorld) patch(kind object.Kind, name string, patch any) {
	is := w.objects[kind][pod.Key{Namespace: "default", Name: name}]
	data, err := json.Marshal(is)
	require.NoError(w.t, err)
	var tree map[string]any
	require.NoError(w.t, json.Unmarshal(data, &tree))
	data, err = json.Marshal(merge(tree, patch))
	require.NoError(w.t, err)
	var next object.Object = &object.Job{}
	if kind == object.CronJobKind {
		next = &object.CronJob{}
	}
	require.NoError(w.t, json.Unmarshal(data, next))
	w.update(next, false)
}

func merge(tree, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, _ := tree.(map[string]any)
	if t == nil {
		t = map[string]any{}
	}
	for k, v := range p {
		if v == nil {
			delete(t, k)
			continue
		}
		t[k] = merge(t[k], v)
	}
	return t
}
