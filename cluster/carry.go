package cluster

import (
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
)

// carrying is a plan that is being carried out, batch after batch.
type carrying struct {
	plan     controller.Plan
	next     int  // the first change that has not gone out
	creates  int  // how many new pods the batch before had; 0 for none
	failures int  // of the plans before it
	byItself bool // nothing comes of it, and no change led to it
	refused  error
}

// batch is how many changes, from the next one on, go out together: events with the write that they come before, and the pods that one
// plan makes, changes or takes away next to one another; of new ones first 1, then 2, then 4 and so on, so that what is refused is
// not tried many times.
func (b *carrying) batch() int {
	changes := b.plan.Changes[b.next:]
	n := 0
	for n < len(changes) && changes[n].Kind == controller.Emit {
		n++
	}
	if n == len(changes) {
		return n
	}
	kind, most := changes[n].Kind, 1
	if object.KindOf(changes[n].Object) == object.PodKind {
		most = len(changes)
	}
	if most > 1 && kind == controller.Create {
		b.creates = max(1, 2*b.creates)
		most = b.creates
	}
	for size := 0; n < len(changes) && size < most && alike(&changes[n], kind, most > 1); n++ {
		size++
	}
	return n
}

func alike(c *controller.Change, kind controller.ChangeKind, pods bool) bool {
	return c.Kind == kind && (!pods || object.KindOf(c.Object) == object.PodKind)
}

// carry sends out what is left of a plan, up to the first write that has to wait for one before it, and when all of it has gone out
// waits for a reason to look again.
func (t *task) carry(b *carrying) {
	c := t.d.c
	for b.next < len(b.plan.Changes) {
		t.carryBatch(b)
		if c.cfg.WriteLatency > 0 && b.next < len(b.plan.Changes) {
			t.pause(b)
			return
		}
	}
	if b.refused != nil {
		t.refuse(b)
		return
	}
	t.rest(b.plan.Wake, b.byItself)
}

// carryBatch sends out one batch, all of it. The first refusal drops what is left of the plan, but for what is to be done regardless.
func (t *task) carryBatch(b *carrying) {
	for end := b.next + b.batch(); b.next < end; b.next++ {
		change := &b.plan.Changes[b.next]
		if err := t.carryOut(change); err != nil {
			t.d.sayRefused(change, err)
			if b.refused == nil {
				b.refused = &controller.Refusal{Change: *change, Err: err}
			}
		}
	}
	if b.refused != nil {
		left := slices.DeleteFunc(b.plan.Changes[b.next:], func(c controller.Change) bool { return !c.Regardless })
		b.plan.Changes = b.plan.Changes[:b.next+len(left)]
	}
}

// pause has the rest of a plan go out when the writes that have gone out are done. Changes that come meanwhile are looked at after
// that.
func (t *task) pause(b *carrying) {
	c := t.d.c
	if t.isSet() {
		t.miss(t.at, t.gathers)
		c.times.cancel(&t.timer)
	}
	rest := *b
	t.carrying = &rest
	t.order = turnController.in(c.nextTurn())
	c.times.set(&t.timer, nanos(c.now.Add(c.cfg.WriteLatency)))
}

// resume goes on with a plan.
func (t *task) resume() {
	b := t.carrying
	t.carrying = nil
	if at := t.missed; at != 0 {
		t.missed = 0
		t.d.queue(t.key, max(at, nanos(t.d.c.now)), false)
	}
	t.carry(b)
}

// refuse has the controller look again after a growing delay, or at the plan's wake if that is yet to come. If a change has led to this
// try, the next comes no later than it would have without.
func (t *task) refuse(b *carrying) {
	c := t.d.c
	t.refused = b.refused
	t.failures = b.failures + 1
	c.times.cancel(&t.timer)
	t.order = turnController.in(c.nextTurn())
	at := nanos(c.now.Add(t.d.retryAfter(t.failures)))
	if t.retry <= nanos(c.now) || at < t.retry {
		t.retry = at
	}
	if at = t.retry; b.plan.Wake.After(c.now) {
		at = min(at, nanos(b.plan.Wake))
	}
	c.times.set(&t.timer, at)
	t.report()
}

// report has the controller say what it has to say of a refusal.
func (t *task) report() {
	r, ok := t.d.controller.(controller.Reporter)
	if !ok {
		return
	}
	plan := r.Report(t.request())
	for i := range plan.Changes {
		if t.carryOut(&plan.Changes[i]) != nil {
			return
		}
	}
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b < a {
		return b
	}
	return a
}

// First and longest delay after a refused plan, as in most of Kubernetes' work queues.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 1000 * time.Second
)

// retryAfter is the delay after so many refusals in a row.
func (d *driver) retryAfter(failures int) time.Duration {
	delay, longest := firstRetry, lastRetry
	if p, ok := d.controller.(controller.Patient); ok {
		delay, longest = p.Backoff()
	}
	for ; failures > 1 && delay < longest; failures-- {
		delay *= 2
	}
	return min(delay, longest)
}
