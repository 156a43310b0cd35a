package disruption_test

import (
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

var update = flag.Bool("update", false, "rewrite the histories in testdata")

// world is nodes, pods and budgets in memory, in virtual time. A pod that is being deleted stops after a second, if its node
// lives.
type world struct {
	t          testing.TB
	begin, now time.Time
	objects    []object.Object
	version    int
	timers     []timer
	drivers    []*driver
	silent     map[string]bool
	story      []string
	writes     int
	check      func(was, is object.Object)
}

type timer struct {
	at time.Time
	do func()
}

type driver struct {
	c   controller.Controller
	due map[pod.Key]time.Time

	memos map[pod.Key]any
}

func newWorld(t testing.TB, c disruption.Config, nodes ...string) *world {
	begin := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &world{t: t, begin: begin, now: begin, silent: map[string]bool{}}
	for _, c := range disruption.All(c) {
		w.drivers = append(w.drivers, &driver{c, map[pod.Key]time.Time{}, map[pod.Key]any{}})
	}
	for _, name := range nodes {
		w.addNode(name, "")
	}
	return w
}

func (w *world) addNode(name, zone string) {
	n := &object.Node{ObjectMeta: pod.ObjectMeta{Name: name, Labels: map[string]string{"topology.kubernetes.io/zone": zone}}}
	n.Status.Conditions = []object.NodeCondition{{Type: object.NodeReady, Status: pod.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: pod.NewTime(w.now)}}
	w.put(n)
	w.renew(name)
}

// renew renews the lease of a node every 10 s until it falls silent.
func (w *world) renew(name string) {
	if w.silent[name] || w.node(name) == nil {
		return
	}
	lease := &object.Lease{ObjectMeta: pod.ObjectMeta{Namespace: disruption.LeaseNamespace, Name: name}}
	lease.Spec.RenewTime = &object.MicroTime{Time: w.now}
	w.put(lease)
	w.at(w.now.Add(10*time.Second), func() { w.renew(name) })
}

func (w *world) addPod(name, node string, tolerations ...pod.Toleration) {
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{"app": "web"}}}
	p.Spec.NodeName, p.Spec.Tolerations, p.Spec.TerminationGracePeriodSeconds = node, tolerations, new(int64(30))
	p.Status.Phase = pod.Running
	p.Status.Conditions = []pod.Condition{{Type: pod.Ready, Status: pod.ConditionTrue}}
	w.put(p)
}

// tolerates puts up with lost nodes for so many seconds.
func tolerates(seconds int64) []pod.Toleration {
	return []pod.Toleration{
		{Key: disruption.TaintNotReady, Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute, TolerationSeconds: &seconds},
		{Key: disruption.TaintUnreachable, Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute, TolerationSeconds: &seconds},
	}
}

func (w *world) fail(name string) {
	w.renew(name)
	w.silent[name] = true
}

func (w *world) recover(name string) {
	delete(w.silent, name)
	n := w.node(name).Clone()
	n.Status.Conditions = []object.NodeCondition{{Type: object.NodeReady, Status: pod.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: pod.NewTime(w.now)}}
	w.put(n)
	w.renew(name)
	for o := range w.List(object.PodKind, "") {
		if p := o.(*pod.Pod); p.Spec.NodeName == name {
			w.stop(p)
		}
	}
}

func (w *world) taint(node string, edit func(taints []object.Taint) []object.Taint) {
	n := w.node(node).Clone()
	n.Spec.Taints = edit(n.Spec.Taints)
	w.put(n)
}

func (w *world) node(name string) *object.Node {
	n, _ := w.Read(object.NodeKind, pod.Key{Name: name}).(*object.Node)
	return n
}

func (w *world) pod(name string) *pod.Pod {
	p, _ := w.Read(object.PodKind, pod.Key{Namespace: "default", Name: name}).(*pod.Pod)
	return p
}

func (w *world) Read(kind object.Kind, key pod.Key) object.Object {
	for o := range w.where(func(o object.Object) bool { return object.KindOf(o) == kind && o.Meta().Key() == key }) {
		return o
	}
	return nil
}

func (w *world) where(ok func(o object.Object) bool) iter.Seq[object.Object] {
	return func(yield func(object.Object) bool) {
		for _, o := range slices.Clone(w.objects) {
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

// put stores an object, new or changed.
func (w *world) put(o object.Object) {
	w.version++
	m := o.Meta()
	m.ResourceVersion = fmt.Sprint(w.version)
	kind := object.KindOf(o)
	i := slices.IndexFunc(w.objects, func(x object.Object) bool { return object.KindOf(x) == kind && x.Meta().Key() == m.Key() })
	if i < 0 {
		m.UID = pod.UID(fmt.Sprint("uid-", w.version))
		m.Generation = 1
		m.CreationTimestamp = pod.NewTime(w.now)
		w.objects = append(w.objects, o)
		w.changed(kind, nil, o)
		return
	}
	was := w.objects[i]
	m.UID, m.CreationTimestamp = was.Meta().UID, was.Meta().CreationTimestamp
	w.objects[i] = o
	w.tell(was, o)
	w.changed(kind, was, o)
}

func (w *world) drop(o object.Object) {
	kind, m := object.KindOf(o), o.Meta()
	w.objects = slices.DeleteFunc(w.objects, func(x object.Object) bool { return object.KindOf(x) == kind && x.Meta().Key() == m.Key() })
	w.say("%s/%s gone", kind, m.Name)
	w.changed(kind, o, nil)
}

func (w *world) changed(kind object.Kind, was, is object.Object) {
	if w.check != nil {
		w.check(was, is)
	}
	for _, d := range w.drivers {
		for _, concern := range d.c.Concerns() {
			if concern.Kind != kind {
				continue
			}
			var keys []pod.Key
			switch {
			case concern.Keys != nil:
				keys = concern.Keys(w, was, is)
			case is != nil:
				keys = []pod.Key{is.Meta().Key()}
			default:
				keys = []pod.Key{was.Meta().Key()}
			}
			for _, k := range keys {
				w.look(d, k, w.now.Add(concern.Delay))
			}
		}
	}
}

func (w *world) look(d *driver, k pod.Key, t time.Time) {
	if due, ok := d.due[k]; ok && !t.Before(due) {
		return
	}
	d.due[k] = t
	w.at(t, func() {
		if due, ok := d.due[k]; !ok || !due.Equal(t) {
			return
		}
		delete(d.due, k)
		plan := d.c.Reconcile(controller.Request{Now: w.now, Key: k, View: w, Memo: d.memos[k]})
		d.memos[k] = plan.Memo
		for _, c := range plan.Changes {
			w.carryOut(c)
		}
		if !plan.Wake.IsZero() {
			w.look(d, k, plan.Wake)
		}
	})
}

func (w *world) carryOut(c controller.Change) {
	if c.Kind == controller.Emit {
		w.say("%s/%s %s %s: %s", object.KindOf(c.Object), c.Object.Meta().Name, c.Event.Type, c.Event.Reason, c.Event.Message)
		return
	}
	w.writes++
	is := w.Read(object.KindOf(c.Object), c.Object.Meta().Key())
	require.NotNil(w.t, is)
	if c.Kind != controller.Delete {
		require.Equal(w.t, is.Meta().ResourceVersion, c.Object.Meta().ResourceVersion, "%s has changed", is.Meta().Name)
		w.put(c.Object)
		return
	}
	w.remove(is.(*pod.Pod), c.Delete.GracePeriodSeconds)
}

func (w *world) remove(is *pod.Pod, grace *int64) {
	p := is.Clone()
	outcome, err := pod.PrepareDelete(p, pod.NewTime(w.now), pod.DeleteOptions{GracePeriodSeconds: grace})
	require.NoError(w.t, err)
	if outcome == pod.DeletePending {
		return
	}
	w.put(p)
	if outcome == pod.DeleteNow && len(p.Finalizers) == 0 {
		w.drop(p)
		return
	}
	w.stop(p)
}

// stop ends a pod that is being deleted, if its node lives.
func (w *world) stop(p *pod.Pod) {
	if !p.IsTerminating() {
		return
	}
	w.at(w.now.Add(time.Second), func() {
		if is := w.pod(p.Name); is != nil && is.UID == p.UID && !w.silent[p.Spec.NodeName] && w.node(p.Spec.NodeName) != nil {
			w.drop(is)
		}
	})
}

func (w *world) at(t time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(w.timers, t, func(x timer, t time.Time) int {
		if x.at.After(t) {
			return 1
		}
		return -1
	})
	w.timers = slices.Insert(w.timers, i, timer{t, do})
}

// after does something so long after the beginning.
func (w *world) after(d time.Duration, do func()) { w.at(w.begin.Add(d), do) }

func (w *world) runTo(d time.Duration) {
	end := w.begin.Add(d)
	for n := 0; len(w.timers) > 0 && !w.timers[0].at.After(end); n++ {
		require.Less(w.t, n, 1_000_000, "no end in sight")
		next := w.timers[0]
		w.timers = w.timers[1:]
		w.now = next.at
		next.do()
	}
	w.now = end
}

func (w *world) say(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf("%8.2f  %s\n", w.now.Sub(w.begin).Seconds(), fmt.Sprintf(format, args...)))
}

// tell says what is different.
func (w *world) tell(was, is object.Object) {
	if a, b := describe(was), describe(is); a != b {
		w.say("%s/%s %s", object.KindOf(is), is.Meta().Name, b)
	}
}

func describe(o object.Object) string {
	switch o := o.(type) {
	case *object.Node:
		var taints []string
		for _, t := range o.Spec.Taints {
			taints = append(taints, t.Key+":"+string(t.Effect))
		}
		slices.Sort(taints)
		var c object.NodeCondition
		if len(o.Status.Conditions) > 0 {
			c = o.Status.Conditions[0]
		}
		return fmt.Sprintf("%s=%s(%s) taints=%s", c.Type, c.Status, c.Reason, strings.Join(taints, ","))
	case *pod.Pod:
		s := fmt.Sprintf("%s ready=%t", o.Status.Phase, o.Status.IsTrue(pod.Ready))
		if c := o.Status.Condition(pod.DisruptionTarget); c != nil {
			s += fmt.Sprintf(" disrupted=%s(%s)", c.Status, c.Reason)
		}
		if o.IsTerminating() {
			s += fmt.Sprintf(" deleting grace=%d", *o.DeletionGracePeriodSeconds)
		}
		return s
	case *object.PodDisruptionBudget:
		s := o.Status
		if len(s.Conditions) == 0 {
			return ""
		}
		return fmt.Sprintf("expected=%d desired=%d healthy=%d allowed=%d disrupted=%d %v", s.ExpectedPods, s.DesiredHealthy, s.CurrentHealthy,
			s.DisruptionsAllowed, len(s.DisruptedPods), s.Conditions[0].Reason)
	}
	return ""
}

// holds compares the story with the one in testdata.
func (w *world) holds(name string) {
	w.t.Helper()
	file := "testdata/" + name + ".txt"
	got := strings.Join(w.story, "")
	if *update {
		require.NoError(w.t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(w.t, err)
	require.Equal(w.t, string(want), got)
}
