package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// tick is the unit in which users and pods think.
const tick = 100 * time.Millisecond

// side is a bubble with pods that live by themselves, and what was seen in it.
type side struct {
	*bubble
	seed int
	// moments are what was seen at each time.
	moments map[time.Duration]*moment
	// names says that the names of revisions are to be the same, not only what they stand for.
	names bool
	grain time.Duration
}

// moment is how objects were at the end of one instant, "" for one that has gone, and what was said in it.
type moment struct {
	objects map[string]string
	said    map[string]bool
}

// action is something that a user does at a time.
type action struct {
	at   time.Duration
	name string
	do   func(s *side)
}

// story is what users do, and for how long it is watched.
type story struct {
	seed    int
	actions []action
	end     time.Duration
	// loose says that the hashes in names may differ.
	loose bool
	// grain is how exact times are compared; 0 is exactly.
	grain time.Duration
}

// seen is what is seen of a story with some controllers, a line for each field that changed and for each event.
func (st story) seen(t *testing.T, add func(b *bubble)) (lines []string) {
	playInBubble(t, uint64(st.seed), func(b *bubble) {
		s := &side{bubble: b, seed: st.seed, moments: map[time.Duration]*moment{}, names: !st.loose, grain: st.grain}
		b.events = s.hear
		b.server.changed = s.change
		add(b)
		for _, a := range st.actions {
			b.at(a.at, func() { a.do(s) })
		}
		b.runTo(st.end)
		lines = s.history()
	})
	return lines
}

// agrees compares what is seen of a story with Kubernetes' controllers and with podlife's.
func (st story) agrees(t *testing.T, addReal, addOwn func(b *bubble)) {
	real, own := st.seen(t, addReal), st.seen(t, addOwn)
	if slices.Equal(real, own) {
		return
	}
	n := 0
	for n < min(len(real), len(own)) && real[n] == own[n] {
		n++
	}
	from, more := max(0, n-25), n+25
	if os.Getenv("PODLIFE_HISTORY") != "" {
		from, more = 0, len(real)+len(own)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d:\n", st.seed)
	for _, a := range st.actions {
		fmt.Fprintf(&b, "%8.3f %s\n", a.at.Seconds(), a.name)
	}
	b.WriteString(sideBySide(real[min(from, len(real)):min(more, len(real))], own[min(from, len(own)):min(more, len(own))]))
	t.Error(b.String())
}

func (s *side) now() *moment {
	at := s.elapsed().Truncate(max(s.grain, 1))
	if s.moments[at] == nil {
		s.moments[at] = &moment{map[string]string{}, map[string]bool{}}
	}
	return s.moments[at]
}

func (s *side) hear(line string) { s.now().said[line] = true }

// change notes a change, and has a new pod live, and one that is asked to stop do so. The server's lock is held.
func (s *side) change(was, is runtime.Object) {
	o, text := is, ""
	if is == nil {
		o = was
	} else {
		b, err := json.Marshal(is)
		if err != nil {
			panic(err)
		}
		text = string(b)
	}
	s.now().objects[kindOfObject(o).gvr.Resource+"/"+metaOf(o).GetName()] = text
	switch p, ok := is.(*v1.Pod); {
	case ok && was == nil:
		s.live(p)
	case ok && p.DeletionTimestamp != nil && metaOf(was).GetDeletionTimestamp() == nil:
		s.stop(p)
	}
}

func (s *side) history() (lines []string) {
	last := map[string]map[string]string{}
	for _, at := range slices.Sorted(maps.Keys(s.moments)) {
		m := s.moments[at]
		var now []string
		for key, text := range m.objects {
			is := flat(text)
			for _, change := range changed(last[key], is) {
				now = append(now, key+" "+change)
			}
			last[key] = is
		}
		now = slices.AppendSeq(now, maps.Keys(m.said))
		for i := range now {
			if !s.names {
				now[i] = s.server.canon(now[i])
			}
			now[i] = fmt.Sprintf("%8.3f %s", at.Seconds(), now[i])
		}
		slices.Sort(now)
		lines = append(lines, now...)
	}
	return lines
}

// flat is an object as paths and values; nil for none.
func flat(text string) map[string]string {
	if text == "" {
		return nil
	}
	var o any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	all := map[string]string{}
	flatten(all, "", o)
	delete(all, ".metadata.resourceVersion")
	return all
}

func flatten(all map[string]string, path string, o any) {
	switch o := o.(type) {
	case map[string]any:
		for k, v := range o {
			flatten(all, path+"."+k, v)
		}
	case []any:
		for i, v := range o {
			flatten(all, fmt.Sprintf("%s[%d]", path, i), v)
		}
	default:
		all[path] = fmt.Sprint(o)
	}
}

// changed is in what an object differs from before.
func changed(was, is map[string]string) (changes []string) {
	if is == nil && was != nil {
		return []string{"gone"}
	}
	paths := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)))
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		a, had := was[path]
		if v, has := is[path]; !has {
			changes = append(changes, path+" gone")
		} else if !had || v != a {
			changes = append(changes, path+" "+v)
		}
	}
	return changes
}

// chance is a number that depends on words alone.
func chance(words ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, words...)
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// later does something to a pod after about d, at a fraction of a tick that hardly any two pods share, unless it has ended by then.
func (s *side) later(p *v1.Pod, d time.Duration, f func(p *v1.Pod)) {
	at := (s.elapsed() + d).Truncate(tick) + tick + time.Duration(1+chance(s.seed, p.Name)%90_000)*time.Microsecond
	s.at(at, func() {
		s.server.alter(p, func(o runtime.Object) {
			if is := o.(*v1.Pod); is.Status.Phase != v1.PodFailed && is.Status.Phase != v1.PodSucceeded {
				f(is)
			}
		})
	})
}

func setReady(p *v1.Pod, status v1.ConditionStatus) {
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == v1.PodReady {
			if c.Status != status {
				c.Status, c.LastTransitionTime = status, now
			}
			return
		}
	}
	p.Status.Conditions = append(p.Status.Conditions, v1.PodCondition{Type: v1.PodReady, Status: status, LastTransitionTime: now})
}

func ticks(words ...any) func(n uint64, what string) time.Duration {
	return func(n uint64, what string) time.Duration {
		return time.Duration(chance(append(words, what)...)%n) * tick
	}
}

// live has a new pod bound, run, get ready, and meet its fate, all of which depends on its name and how many there were of it.
func (s *side) live(p *v1.Pod) {
	roll := ticks(s.seed, p.UID)
	if p.Spec.NodeName == "" && roll(40, "unschedulable") == 0 {
		return
	}
	node := fmt.Sprintf("node-%d", roll(3, "node")/tick)
	if made := madeForNode(p); made != "" {
		node = made
	}
	bound := roll(4, "bound")
	running := bound + 2*tick + roll(12, "running")
	ready := running + tick + roll(40, "ready")
	s.later(p, bound, func(p *v1.Pod) { p.Spec.NodeName = cmp.Or(p.Spec.NodeName, node) })
	s.later(p, running, func(p *v1.Pod) { p.Status.Phase = v1.PodRunning; setReady(p, v1.ConditionFalse) })
	fate := roll(14, "fate") / tick
	if fate == 0 || strings.Contains(p.Spec.Containers[0].Image, "broken") {
		return
	}
	s.later(p, ready, func(p *v1.Pod) { setReady(p, v1.ConditionTrue) })
	late := ready + 5*tick + roll(100, "late")
	switch fate {
	case 1, 2:
		s.later(p, late, func(p *v1.Pod) { setReady(p, v1.ConditionFalse) })
		s.later(p, late+3*tick+roll(80, "again"), func(p *v1.Pod) { setReady(p, v1.ConditionTrue) })
	case 3, 4:
		end := map[time.Duration]v1.PodPhase{3: v1.PodFailed, 4: v1.PodSucceeded}[fate]
		s.later(p, late, func(p *v1.Pod) { p.Status.Phase = end; setReady(p, v1.ConditionFalse) })
	}
}

// stop has a pod that is asked to stop do so, and go.
func (s *side) stop(p *v1.Pod) {
	roll := ticks(s.seed, p.UID)
	d := tick + roll(35, "stop")
	if roll(20, "stubborn") == 0 {
		d = 30 * time.Second
	}
	if roll(2, "says so") == 0 {
		s.later(p, d, func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded; setReady(p, v1.ConditionFalse) })
		d += roll(3, "lingers")
	}
	s.after((d+tick).Truncate(tick)+time.Duration(1+chance(s.seed, p.Name)%90_000)*time.Microsecond, func() {
		none := int64(0)
		s.deletes(p, metav1.DeleteOptions{GracePeriodSeconds: &none, Preconditions: &metav1.Preconditions{UID: &p.UID}})
	})
}

// makes creates an object as a user does, unless there is one of the name.
func (s *side) makes(o runtime.Object) { s.server.create(o) }

// deletes asks for the end of an object as a user does, if there is one of the name.
func (s *side) deletes(o runtime.Object, options metav1.DeleteOptions) {
	s.server.delete(kindOfObject(o), metaOf(o).GetNamespace(), metaOf(o).GetName(), options)
}

// edit is a change of an object by a user.
func edit[T runtime.Object](o T, name string, f func(o T)) action {
	return action{name: name, do: func(s *side) {
		named := newReal(kindOfObject(o))
		metaOf(named).SetNamespace(metaOf(o).GetNamespace())
		metaOf(named).SetName(metaOf(o).GetName())
		s.server.alter(named, func(o runtime.Object) { f(o.(T)) })
	}}
}

func podNamed(name string) *v1.Pod {
	return &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
}
