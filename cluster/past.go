package cluster

import (
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
}

type past struct {
	key     pod.Key
	uid     pod.UID
	created time.Time
	history history.History
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
	q := &past{key: p.Key(), uid: p.UID, created: now}
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
