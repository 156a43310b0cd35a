package cluster

import (
	"cmp"
	"fmt"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// recorder keeps what is said about objects: equal events are one, with a count.
type recorder struct {
	known map[eventKey]*item
	order []*item // the oldest first; it holds those that have gone too, until they are met
	spent map[spender]*allowance
}

// eventKey is what makes two events equal.
type eventKey struct {
	about                         pod.UID
	source, host                  string
	kind, reason, message, object string
}

// spender is who says something about what; each has an allowance, as in a client-go recorder.
type spender struct {
	source string
	about  pod.UID
}

type allowance struct {
	tokens float64
	at     time.Time
}

// Types of events.
const (
	eventNormal  = "Normal"
	eventWarning = "Warning"
)

// Bounds of events.
const (
	eventsKept  = 10_000
	eventTTL    = time.Hour
	eventBurst  = 25
	eventRefill = 5 * time.Minute // for one more
)

// allowed takes one of those that a source may say about an object.
func (r *recorder) allowed(now time.Time, who spender) bool {
	a := r.spent[who]
	if a == nil {
		if r.spent == nil || len(r.spent) >= 4096 {
			r.spent = map[spender]*allowance{}
		}
		a = &allowance{tokens: eventBurst, at: now}
		r.spent[who] = a
	}
	a.tokens = min(eventBurst, a.tokens+float64(now.Sub(a.at))/float64(eventRefill))
	a.at = now
	if a.tokens < 1 {
		return false
	}
	a.tokens--
	return true
}

// emit records what a source says about an object.
func (c *Cluster) emit(about object.Object, source, host, kind, reason, message string) {
	m := about.Meta()
	if !c.events.allowed(c.now, spender{source + host, m.UID}) {
		return
	}
	c.record(about, "", source, host, kind, reason, message)
}

// emitPod records what a kubelet says about a pod.
func (c *Cluster) emitPod(p *pod.Pod, host string, e lifecycle.Event) {
	path := ""
	if e.Container != "" {
		path = fieldPath(&p.Spec, e.Container)
	}
	c.record(p, path, "kubelet", host, e.Type(), string(e.ReasonWord()), e.Message())
}

func fieldPath(s *pod.Spec, container string) string {
	for i := range s.InitContainers {
		if s.InitContainers[i].Name == container {
			return "spec.initContainers{" + container + "}"
		}
	}
	for i := range s.EphemeralContainers {
		if s.EphemeralContainers[i].Name == container {
			return "spec.ephemeralContainers{" + container + "}"
		}
	}
	return "spec.containers{" + container + "}"
}

func (c *Cluster) record(about object.Object, path, source, host, kind, reason, message string) {
	m := about.Meta()
	key := eventKey{m.UID, source, host, kind, reason, message, path}
	if it := c.events.known[key]; it != nil {
		c.again(it)
		return
	}
	c.forgetEvents()
	now := pod.NewTime(c.now)
	k := object.KindOf(about)
	e := &object.Event{
		InvolvedObject: pod.ObjectReference{
			Kind: k.Name, APIVersion: k.APIVersion, Namespace: m.Namespace, Name: m.Name, UID: m.UID,
			ResourceVersion: m.ResourceVersion, FieldPath: path,
		},
		Type: kind, Reason: reason, Message: message, Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: object.EventSource{Component: source, Host: host}, ReportingController: source, ReportingInstance: host,
	}
	e.SetKind(object.EventKind.APIVersion, object.EventKind.Name)
	e.Namespace = cmp.Or(m.Namespace, pod.NamespaceDefault)
	e.UID, e.CreationTimestamp = c.newUID(), now
	e.Name = fmt.Sprintf("%s.%016x", m.Name, c.store.seq+1)
	it := &item{shelf: c.store.shelf(object.EventKind), whole: e}
	c.insert(it)
	if c.events.known == nil {
		c.events.known = map[eventKey]*item{}
	}
	c.events.known[key] = it
	c.events.order = append(c.events.order, it)
}

// again counts an event that is there already.
func (c *Cluster) again(it *item) {
	next := it.object().(*object.Event).Clone()
	next.Count++
	next.LastTimestamp = pod.NewTime(c.now)
	c.put(it, next)
}

// forgetEvents takes away the events that are too old or too many.
func (c *Cluster) forgetEvents() {
	r := &c.events
	for len(r.order) > 0 {
		it := r.order[0]
		e := it.object().(*object.Event)
		stored := it.shelf.items.At(e.Key()) == it
		if stored && len(r.order) < eventsKept && c.now.Sub(e.LastTimestamp.Time) < eventTTL {
			return
		}
		r.order[0] = nil
		r.order = r.order[1:]
		delete(r.known, keyOfEvent(e))
		if stored {
			c.remove(it)
		}
	}
}

func keyOfEvent(e *object.Event) eventKey {
	return eventKey{e.InvolvedObject.UID, e.Source.Component, e.Source.Host, e.Type, e.Reason, e.Message, e.InvolvedObject.FieldPath}
}
