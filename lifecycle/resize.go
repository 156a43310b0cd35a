package lifecycle

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/podlife/podlife/pod"
)

// A resize gives a pod other resources where it runs. The node decides first whether it has them: what an Update brings in Input.Pod
// is what the pod has been given, and Input.Wanted what its user asks for beyond that. The machine tells of both, and has the runtime
// give running containers what they do not have yet.
// See KEP-1287 and https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/.

// resizing is the resize of a running container that is not done yet. It is never changed once made.
type resizing struct {
	from   *pod.ResourceRequirements // what the container still has
	to     *pod.ResourceRequirements // what the runtime was asked to give it, and may have; nil before
	action ActionID
	again  bool // the pod's own resources have changed since the runtime was asked
}

func (c *container) resize() *resizing {
	if c.rare == nil {
		return nil
	}
	return c.rare.resize
}

func (c *container) setResize(r *resizing) {
	if r != c.resize() {
		c.rare = newRare(c.older(), c.pull(), r)
	}
}

// noteResize notes that a running container, or the pod as a whole, is to have other resources than it has.
func (c *container) noteResize(before *pod.Container, podChanged bool) {
	r := c.resize()
	next := resizing{from: &before.Resources}
	if r != nil {
		next = *r
		next.again = r.again || podChanged
	}
	switch {
	case !c.cur.alive():
		c.setResize(nil)
	case next.to == nil && !podChanged && pod.SameSize(next.from, &c.spec.Resources):
		c.setResize(nil)
	case r == nil || next != *r:
		c.setResize(&next)
	}
}

// resizeRestarts reports whether the container must be restarted to get what its spec asks for.
func (c *container) resizeRestarts() bool {
	r := c.resize()
	if r == nil || r.action != 0 {
		return false
	}
	for i := range c.spec.ResizePolicy {
		p := &c.spec.ResizePolicy[i]
		if p.RestartPolicy == pod.RestartContainer && !pod.SameAmount(r.from, &c.spec.Resources, p.ResourceName) {
			return true
		}
	}
	return false
}

// planResize asks for the resizes that need no restart.
func (w work) planResize() {
	for i := range w.containers {
		c := &w.containers[i]
		r := c.resize()
		if r == nil || r.action != 0 || !c.cur.alive() || c.resizeRestarts() {
			continue
		}
		c.setResize(&resizing{
			from: r.from, to: &c.spec.Resources,
			action: w.act(Action{Kind: Resize, Container: c.spec.Name, Attempt: c.cur.attempt}),
		})
	}
}

// resizeDone takes in how a resize went.
func (w work) resizeDone(c *container, r Result) {
	before, next := c.resources(), *c.resize()
	next.action = 0
	switch {
	case !r.OK():
		c.setResize(&next)
		w.resizeFailed(r.Message)
		w.retry(retryDelay)
		return
	case !next.again && pod.SameSize(next.to, &c.spec.Resources):
		c.setResize(nil)
	default:
		c.setResize(&resizing{from: next.to})
	}
	if !reflect.DeepEqual(before, c.resources()) {
		w.set(flagChanged)
	}
	if w.stage == stageLive {
		w.set(flagDue)
	}
}

// resizeConditions is what is told of a pod's resizes. It is never changed once made; nil tells of none.
type resizeConditions struct {
	pending, progress resizeCondition
}

// resizeCondition is a condition that is True; the zero value is one that is not there.
type resizeCondition struct {
	since      int64
	told       int64 // when it was last decided anew
	generation int64
	reason     pod.Reason
	message    string
	known      bool
}

// tellResizes has conditions told from the next look on.
func (m *Machine) tellResizes(pending, progress resizeCondition) {
	r := m.rarely()
	r.resizes = nil
	if pending.known || progress.known {
		r.resizes = &resizeConditions{pending, progress}
	}
	m.setRare(r)
}

// told is what there is to tell of resizes.
func (m *Machine) told() resizeConditions { return deref(m.rarely().resizes, resizeConditions{}) }

// showResizes publishes what there is to tell: of a pod of which nothing can run any more, nothing.
func (m *Machine) showResizes() {
	if m.is(flagStopped) {
		m.tellResizes(resizeCondition{}, resizeCondition{})
	}
	r := m.rarely()
	if deref(r.shown, resizeConditions{}) != m.told() {
		m.set(flagChanged)
	}
	if r.shown != r.resizes {
		r.shown = r.resizes
		m.setRare(r)
	}
}

// beginResize is for a pod that has been given other resources. What it is told of is this resize from now on, and no earlier one.
func (w work) beginResize() {
	w.tellResizes(w.told().pending, resizeCondition{known: true, since: w.now, told: w.now, generation: w.generation})
	w.say(Event{Kind: ResizeStarted, Text: resizeText(w.pod, w.generation, "")})
}

// resizeFailed is for a resize that the runtime could not do yet. It is published at once, for the next look is far.
func (w work) resizeFailed(message string) {
	told := w.told()
	next := told.progress
	if !next.known {
		next = resizeCondition{known: true, generation: w.generation}
	}
	if next.reason != pod.ReasonError {
		next.since = w.now
	}
	next.reason, next.message = pod.ReasonError, message
	if next == told.progress {
		return
	}
	next.told = w.now
	w.tellResizes(told.pending, next)
	w.showResizes()
	w.say(Event{Kind: ResizeError, Text: resizeText(w.pod, next.generation, message)})
}

// settleResize notes that all that runs has what it was given, if so.
func (w work) settleResize() {
	told := w.told()
	if !told.progress.known || w.anyResizing() {
		return
	}
	w.tellResizes(told.pending, resizeCondition{})
	w.say(Event{Kind: ResizeCompleted, Text: resizeText(w.pod, told.progress.generation, "")})
}

func (m *Machine) anyResizing() bool {
	for i := range m.containers {
		if c := &m.containers[i]; c.resize() != nil && c.cur.alive() {
			return true
		}
	}
	return false
}

// notePending takes in whether an Update brings less than the pod's user asks for.
func (w work) notePending(in Input) {
	if w.stage != stageLive {
		return
	}
	told := w.told()
	if in.Wanted == nil {
		if told.pending.known {
			w.tellResizes(resizeCondition{}, told.progress)
		}
		return
	}
	next := resizeCondition{
		known: true, since: w.now, told: w.now, generation: in.Wanted.Generation, reason: pod.ReasonDeferred, message: in.Message,
	}
	kind := ResizeDeferred
	if in.Reason == pod.ReasonInfeasible {
		kind, next.reason = ResizeInfeasible, in.Reason
	}
	if told.pending.reason == next.reason {
		next.since = told.pending.since
	}
	w.tellResizes(next, told.progress)
	if told.pending.reason != next.reason || told.pending.generation != next.generation {
		w.say(Event{Kind: kind, Text: resizeText(in.Wanted, in.Wanted.Generation, in.Message), Note: string(in.Reason)})
	}
}

// appendResizes appends the conditions of resizes as they are published.
func (m *Machine) appendResizes(out []pod.Condition) []pod.Condition {
	told := deref(m.rarely().shown, resizeConditions{})
	out = told.pending.appendTo(out, pod.PodResizePending)
	return told.progress.appendTo(out, pod.PodResizeInProgress)
}

func (c resizeCondition) appendTo(out []pod.Condition, t pod.ConditionType) []pod.Condition {
	if !c.known {
		return out
	}
	return append(out, pod.Condition{
		Type: t, Status: pod.ConditionTrue, ObservedGeneration: c.generation,
		LastProbeTime: apiTime(c.told), LastTransitionTime: apiTime(c.since),
		Reason: c.reason, Message: c.message,
	})
}

// resources is what the container has, as the status shows it.
func (c *container) resources() pod.ResourceRequirements {
	if r := c.resize(); r != nil {
		return *r.from
	}
	return c.spec.Resources
}

// resizeText is what the kubelet's events say of the resources that p asks for.
func resizeText(p *pod.Pod, generation int64, err string) string {
	type entry struct {
		Name      string                    `json:"name"`
		Resources *pod.ResourceRequirements `json:"resources"`
	}
	list := func(containers []pod.Container) (out []entry) {
		for i := range containers {
			out = append(out, entry{containers[i].Name, &containers[i].Resources})
		}
		return out
	}
	b, fault := json.Marshal(struct {
		InitContainers []entry `json:"initContainers,omitempty"`
		Containers     []entry `json:"containers,omitempty"`
		Generation     int64   `json:"generation"`
		Error          string  `json:"error,omitempty"`
	}{list(p.Spec.InitContainers), list(p.Spec.Containers), generation, err})
	if fault != nil {
		return fmt.Sprint(fault)
	}
	return string(b)
}
