package cluster

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// driver runs one controller: it keeps the queue of keys, and carries plans out.
type driver struct {
	c          *Cluster
	controller controller.Controller
	concerns   []controller.Concern
	user       bool      // the controller is the user's
	gathers    bool      // it waits for more after some changes
	informer   *informer // what the controller sees; nil for one that sees everything as it is
	tasks      map[pod.Key]*task
	memos      map[pod.Key]any       // what plans have left for the next call
	awaited    map[pod.Key][]awaited // own writes for a key, the latest of each kind, that may not be seen yet
	tally      tally
}

// task is one key that a controller looks at: queued, waiting for its wake, or refused.
type task struct {
	timer
	d        *driver
	key      pod.Key
	wake     bool  // it was set by a plan and not by a change
	gathers  bool  // it was set by a change after which the controller waits for more
	later    int64 // when it would have looked so, had a change not made it look at once; 0 for none
	refused  error
	failures int
	retry    int64     // when to try again after the last refusal
	carrying *carrying // the plan of which a part has not gone out yet
	missed   int64     // carrying: when to look again, for a change that came meanwhile; 0 for none
}

func newDriver(c *Cluster, k controller.Controller) *driver {
	concerns := k.Concerns()
	return &driver{
		gathers: slices.ContainsFunc(concerns, func(c controller.Concern) bool { return c.Delay > 0 }),
		c:       c, controller: k, concerns: concerns, tasks: map[pod.Key]*task{}, memos: map[pod.Key]any{}, awaited: map[pod.Key][]awaited{},
	}
}

// hear queues the keys that a change concerns.
func (d *driver) hear(kind object.Kind, was, is object.Object) {
	for i := range d.concerns {
		concern := &d.concerns[i]
		if concern.Kind != kind {
			continue
		}
		at := nanos(d.c.now.Add(d.c.cfg.Latency + concern.Delay))
		if concern.Keys == nil {
			d.queue(keyOf(was, is), at, concern.Delay > 0)
			continue
		}
		for _, key := range concern.Keys(d.view(), was, is) {
			d.queue(key, at, concern.Delay > 0)
		}
	}
}

func keyOf(was, is object.Object) pod.Key {
	if is != nil {
		return is.Meta().Key()
	}
	return was.Meta().Key()
}

// queue makes the controller look at a key at a time, or earlier if it is to do so anyway. A controller that gathers changes looks for
// that also where it has looked at once before, as with the delaying queue of Kubernetes' controllers.
func (d *driver) queue(key pod.Key, at int64, gathers bool) {
	t := d.tasks[key]
	if t == nil {
		t = &task{d: d, key: key}
		t.timer.owner = t
		d.tasks[key] = t
	}
	if t.carrying != nil {
		t.miss(at, gathers)
		return
	}
	if t.isSet() && (t.at < at || t.at == at && !t.wake) {
		if gathers && !t.gathers && !t.wake {
			t.later = earlier(t.later, at)
		}
		return
	}
	if t.isSet() && d.gathers && !gathers {
		t.later = earlier(t.later, t.at)
	}
	d.c.times.cancel(&t.timer)
	t.wake, t.gathers = false, gathers
	t.order = turnController.in(d.c.nextTurn())
	d.c.times.set(&t.timer, at)
}

// miss keeps a look for when the plan under way has gone out.
func (t *task) miss(at int64, gathers bool) {
	if gathers {
		t.later = earlier(t.later, at)
	} else {
		t.missed = earlier(t.missed, at)
	}
}

// ring looks at the key, or goes on with the plan of the look before.
func (t *task) ring(c *Cluster) {
	if t.carrying != nil {
		t.resume()
		return
	}
	if t.d.waits(t) {
		return
	}
	plan := t.d.controller.Reconcile(t.request())
	t.d.keep(t.key, plan.Memo)
	t.d.count(t.key, plan.Changes)
	b := carrying{plan: plan, failures: t.failures, byItself: t.wake && len(plan.Changes) == 0}
	t.wake, t.gathers, t.refused, t.failures = false, false, nil, 0
	t.carry(&b)
}

// request is what the controller is asked.
func (t *task) request() controller.Request {
	return controller.Request{
		Now: t.d.c.now, Key: t.key, View: t.d.view(), Refused: t.refused, Failures: t.failures, Memo: t.d.memos[t.key],
	}
}

// keep holds a memo for the next call.
func (d *driver) keep(key pod.Key, memo any) {
	if memo == nil {
		delete(d.memos, key)
		return
	}
	d.memos[key] = memo
}

// rest waits for the plan's wake, or for a change that has come already.
func (t *task) rest(wake time.Time, byItself bool) {
	c := t.d.c
	if at := t.later; at != 0 {
		t.later = 0
		t.d.queue(t.key, max(at, nanos(c.now)), true)
	}
	if !wake.IsZero() && (!t.isSet() || nanos(wake) < t.at) {
		if t.isSet() && t.d.gathers && !wake.After(c.now) {
			t.later = t.at
		}
		c.times.cancel(&t.timer)
		t.wake = true
		t.order = turnController.in(c.nextTurn())
		c.times.set(&t.timer, max(nanos(wake), nanos(c.now)))
		t.timer.idle = byItself
	}
	if !t.isSet() {
		delete(t.d.tasks, t.key)
	}
}

// carryOut makes one change, and says what the controller says of it.
func (t *task) carryOut(change *controller.Change) error {
	d, o, about := t.d, change.Object, change.About
	if change.Kind == controller.Emit {
		d.say(o, change.Event, o)
		return nil
	}
	if err := d.c.faults.refuse(d.c, change.Kind, o); err != nil {
		return err
	}
	stored, err := d.write(change)
	if err != nil {
		return err
	}
	d.await(t, object.KindOf(o))
	if change.Event.Reason == "" {
		return nil
	}
	if stored == nil {
		stored = o
	}
	if about == nil {
		about = stored
	}
	d.say(about, change.Event, stored)
	return nil
}

func (d *driver) say(about object.Object, e controller.Event, named object.Object) {
	message := strings.ReplaceAll(e.Message, controller.NamePlace, named.Meta().Name)
	d.c.emit(about, d.controller.Name(), "", e.Type, e.Reason, message)
}

// sayRefused says what the controller has to say where a change is refused.
func (d *driver) sayRefused(change *controller.Change, err error) {
	if change.Refused.Reason == "" || errors.Is(err, ErrAlreadyExists) {
		return
	}
	about, e := change.About, change.Refused
	if about == nil {
		about = change.Object
	}
	e.Message = strings.ReplaceAll(e.Message, controller.ErrorPlace, err.Error())
	d.say(about, e, change.Object)
}

// write carries out one change that is a write, and returns what is stored then.
func (d *driver) write(change *controller.Change) (object.Object, error) {
	c, o := d.c, change.Object
	var it *item
	var err error
	switch change.Kind {
	case controller.Create:
		it, err = c.create(o)
	case controller.Update:
		if err = d.checkAdoption(o); err == nil {
			it, err = c.update(o, pod.SubresourceNone)
		}
	case controller.UpdateStatus:
		it, err = c.update(o, pod.SubresourceStatus)
	case controller.Delete, controller.Evict:
		return nil, d.end(change)
	default:
		return nil, refuse(pod.StatusReasonBadRequest, "change %d: not a kind of change", change.Kind)
	}
	if err != nil {
		return nil, err
	}
	return it.object(), nil
}

// end deletes or evicts; what has gone already is left alone.
func (d *driver) end(change *controller.Change) error {
	m := change.Object.Meta()
	it := d.c.store.find(object.KindOf(change.Object), m.Key())
	if it == nil || m.UID != "" && m.UID != it.object().Meta().UID {
		return nil
	}
	if change.Kind == controller.Evict {
		return d.c.evict(it, change.Delete)
	}
	err := d.c.delete(it, change.Delete)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
