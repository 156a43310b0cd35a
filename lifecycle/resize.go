package lifecycle

import (
	"encoding/json"
	"fmt"

	"github.com/podlife/podlife/pod"
)

// resizing is an in-place resize of a running container that is not done yet. It is never changed once made.
// See KEP-1287 and https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/.
type resizing struct {
	from       *pod.ResourceRequirements // what the container still has
	since      int64                     // never: nothing has been done about it yet
	generation int64
	action     ActionID
	failed     string // why the latest try failed
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

// noteResize notes that the spec of a running container asks for other resources than it has.
func (c *container) noteResize(before *pod.Container) {
	has := &before.Resources
	if r := c.resize(); r != nil {
		has = r.from
	}
	switch {
	case !c.cur.alive() || sameResources(has, &c.spec.Resources):
		c.setResize(nil)
	case c.resize() == nil || !sameResources(&before.Resources, &c.spec.Resources):
		c.setResize(&resizing{from: has, since: never})
	}
}

// resizable are the resources that change in place.
var resizable = []pod.ResourceName{pod.ResourceCPU, pod.ResourceMemory}

func sameResources(a, b *pod.ResourceRequirements) bool {
	for _, name := range resizable {
		if changedResource(a, b, name) {
			return false
		}
	}
	return true
}

func changedResource(a, b *pod.ResourceRequirements, name pod.ResourceName) bool {
	return !sameAmount(a.Requests, b.Requests, name) || !sameAmount(a.Limits, b.Limits, name)
}

func sameAmount(a, b pod.ResourceList, name pod.ResourceName) bool {
	x, ok := a[name]
	y, also := b[name]
	return ok == also && x.Cmp(y) == 0
}

// resizeRestarts reports whether the container must be restarted to get what its spec asks for.
func (c *container) resizeRestarts() bool {
	r := c.resize()
	if r == nil {
		return false
	}
	for i := range c.spec.ResizePolicy {
		p := &c.spec.ResizePolicy[i]
		if p.RestartPolicy == pod.RestartContainer && changedResource(r.from, &c.spec.Resources, p.ResourceName) {
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
		next := *r
		if next.since == never {
			next.since, next.generation = w.now, w.generation
			w.say(Event{Kind: ResizeStarted, Text: w.resizeText()})
			w.set(flagChanged)
		}
		next.action = w.act(Action{Kind: Resize, Container: c.spec.Name, Attempt: c.cur.attempt})
		c.setResize(&next)
	}
}

// resizeDone takes in how a resize went.
func (w work) resizeDone(c *container, r Result) {
	w.set(flagChanged)
	if r.Outcome == Succeeded {
		c.setResize(nil)
		if w.resizeInProgress() == nil {
			w.say(Event{Kind: ResizeCompleted, Text: w.resizeText()})
		}
		return
	}
	next := *c.resize()
	next.action, next.failed = 0, r.Message
	c.setResize(&next)
	w.say(Event{Kind: ResizeError, Text: w.resizeText(), Note: r.Message})
	w.retry(retryDelay)
}

// resizeInProgress is a resize that has begun and is not done; one that failed goes before others.
func (m *Machine) resizeInProgress() (found *resizing) {
	for i := range m.containers {
		if r := m.containers[i].resize(); r != nil && r.since != never && (found == nil || r.failed != "") {
			found = r
		}
	}
	return found
}

// resizeCondition is PodResizeInProgress as it is to be published.
func resizeCondition(r *resizing) pod.Condition {
	c := pod.Condition{
		Type: pod.PodResizeInProgress, Status: pod.ConditionTrue, ObservedGeneration: r.generation,
		LastTransitionTime: apiTime(r.since),
	}
	if r.failed != "" {
		c.Reason, c.Message = pod.ReasonError, r.failed
	}
	return c
}

// resources is what the container has, as the status shows it.
func (c *container) resources() pod.ResourceRequirements {
	if r := c.resize(); r != nil {
		return *r.from
	}
	return c.spec.Resources
}

// resizeText is what the kubelet's events say of the resources that the pod is getting.
func (m *Machine) resizeText() string {
	type entry struct {
		Name      string                    `json:"name"`
		Resources *pod.ResourceRequirements `json:"resources"`
	}
	var text struct {
		Containers []entry `json:"containers"`
		Generation int64   `json:"generation"`
	}
	text.Generation = m.generation
	for i := range m.containers {
		if c := &m.containers[i]; c.kind != ephemeralContainer {
			text.Containers = append(text.Containers, entry{c.spec.Name, &c.spec.Resources})
		}
	}
	b, err := json.Marshal(text)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}
