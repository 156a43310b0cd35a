package cluster

import (
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/pod"
)

// pasts is what was published of the latest pods.
type pasts struct {
	limit int
	byUID map[pod.UID]*past
	byKey map[pod.Key]*past // the latest of the name
	order []*past

	silences []silence
}

type past struct {
	key     pod.Key
	uid     pod.UID
	created time.Time
	node    string // where it was bound
	history history.History
}

// silence is a time at which a node was not heard of.
type silence struct {
	node     string
	from, to time.Time // to is zero as long as it lasts
}

// record takes note that a pod was one thing and is another.
func (r *pasts) record(now time.Time, was, is *pod.Pod) {
	switch {
	case r.limit < 0:
	case was == nil:
		r.begin(now, is)
	case r.byUID[was.UID] == nil:
	case is == nil:
		p := r.byUID[was.UID]
		p.history.Gone(now.Sub(p.created))
	default:
		p := r.byUID[is.UID]
		p.node = is.Spec.NodeName
		p.history.Record(now.Sub(p.created), is)
	}
}

func (r *pasts) begin(now time.Time, p *pod.Pod) {
	if r.byUID == nil {
		r.byUID, r.byKey = map[pod.UID]*past{}, map[pod.Key]*past{}
	}
	if len(r.order) == r.limit {
		oldest := r.order[0]
		r.order[0] = nil
		r.order = r.order[1:]
		delete(r.byUID, oldest.uid)
		if r.byKey[oldest.key] == oldest {
			delete(r.byKey, oldest.key)
		}
	}
	q := &past{key: p.Key(), uid: p.UID, created: now, node: p.Spec.NodeName}
	q.history = history.History{Scenario: p.Name, Events: []history.Event{}}
	r.order = append(r.order, q)
	r.byUID[q.uid], r.byKey[q.key] = q, q
	q.history.Record(0, p)
}

// emit takes note of what the node says of a pod.
func (r *pasts) emit(now time.Time, uid pod.UID, e lifecycle.Event) {
	if p := r.byUID[uid]; p != nil {
		p.history.Emit(now.Sub(p.created), e)
	}
}

// silent takes note that a node is not heard of any more.
func (r *pasts) silent(now time.Time, node string) {
	r.silences = append(r.silences, silence{node: node, from: now})
}

// heard takes note that a node is heard of again.
func (r *pasts) heard(now time.Time, node string) {
	for i := range r.silences {
		if s := &r.silences[i]; s.node == node && s.to.IsZero() {
			s.to = now
		}
	}
}

// Timeline is what has happened so far to the pods that History remembers and of which wanted (nil for all) says yes, in the
// order of their creation, and to their nodes: to be printed, or drawn with history.SVG and history.HTML. It begins with the cluster.
func (c *Cluster) Timeline(wanted func(pod.Key) bool) history.Timeline {
	c.mu.Lock()
	defer c.mu.Unlock()
	start := c.cfg.Start.UTC().Round(0)
	t := history.Timeline{End: c.now.Sub(start)}
	for _, p := range c.pasts.order {
		if wanted == nil || wanted(p.key) {
			past := p.history
			past.Statuses, past.Events = slices.Clone(past.Statuses), slices.Clone(past.Events)
			t.Lives = append(t.Lives, history.Life{Name: p.key.Name, Node: p.node, Born: p.created.Sub(start), History: &past})
		}
	}
	for _, s := range c.pasts.silences {
		outage := history.Outage{Node: s.node, From: s.from.Sub(start)}
		if !s.to.IsZero() {
			outage.To = s.to.Sub(start)
		}
		t.Outages = append(t.Outages, outage)
	}
	return t
}
