package cluster

import (
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
)

// Lag says how late some controllers see some objects, as those do that read from the cache of an informer. All that is given must
// match; a Lag with neither Controller nor Kind is for all.
type Lag struct {
	// Controller is the name of a controller, as in "replicaset-controller".
	Controller string
	// Kind is the kind of the objects.
	Kind object.Kind
	// By is how much later than it is stored a change is seen, and heard of.
	By time.Duration
	// Unawaited has a controller of the user's called although its View does not show yet what it has written itself of these
	// objects. Without it, a key waits until the View shows what was written for it before, which is what the expectations of
	// Kubernetes' controllers are for; those always wait.
	Unawaited bool
}

func (l *Lag) matches(name string, kind object.Kind) bool {
	return (l.Controller == "" || l.Controller == name) && (l.Kind == object.Kind{} || l.Kind == kind)
}

// lagsOf are the lags that concern a controller, without its name.
func (cfg *Config) lagsOf(name string) []Lag {
	var out []Lag
	for _, l := range cfg.Lags {
		if l.Controller == "" || l.Controller == name {
			l.Controller = ""
			out = append(out, l)
		}
	}
	return out
}

// informer is what controllers that see late see: a store of its own, which changes reach after their lag. Those of one kind arrive in
// the order in which they were stored; kinds do not wait for each other.
type informer struct {
	timer
	c       *Cluster
	lags    []Lag
	store   store
	queues  []*arrivals
	drivers []*driver // those who see what it shows
}

// arrivals are the changes of one kind that are under way.
type arrivals struct {
	kind    object.Kind
	lag     Lag
	pending []arrival
	last    int64 // when the latest change arrives, or did
}

// arrival is one change under way. A seq of 0 is that of an object which is not stored.
type arrival struct {
	at      int64
	order   uint64
	seq     uint64
	was, is object.Object
}

// inform makes the driver see what its controller is to see: through an informer, which it shares with those that lag alike, or as
// it is.
func (c *Cluster) inform(d *driver) {
	lags := c.cfg.lagsOf(d.controller.Name())
	if !slices.ContainsFunc(lags, func(l Lag) bool { return l.By > 0 }) && c.faults.chaos.WatchDelay <= 0 {
		return
	}
	i := slices.IndexFunc(c.informers, func(have *informer) bool { return slices.Equal(have.lags, lags) })
	if i < 0 {
		i = len(c.informers)
		made := &informer{c: c, lags: lags, store: newStore(0)}
		made.timer.owner, made.timer.order = made, turnInformer.in(uint64(i))
		c.informers = append(c.informers, made)
	}
	d.informer = c.informers[i]
	d.informer.drivers = append(d.informer.drivers, d)
}

// queue is the arrivals of a kind.
func (i *informer) queue(kind object.Kind) *arrivals {
	at := slices.IndexFunc(i.queues, func(q *arrivals) bool { return q.kind == kind })
	if at >= 0 {
		return i.queues[at]
	}
	q := &arrivals{kind: kind}
	if n := slices.IndexFunc(i.lags, func(l Lag) bool { return l.matches("", kind) }); n >= 0 {
		q.lag = i.lags[n]
	}
	i.queues = append(i.queues, q)
	return q
}

// hear sends a change on its way. One that takes no time has arrived when hear returns.
func (i *informer) hear(kind object.Kind, seq uint64, was, is object.Object) {
	c, q := i.c, i.queue(kind)
	q.last = max(q.last, nanos(c.now.Add(q.lag.By+c.faults.delay(c.now))))
	a := arrival{at: q.last, order: c.nextTurn(), seq: seq, was: was, is: is}
	if len(q.pending) == 0 && a.at <= nanos(c.now) {
		i.deliver(kind, a)
		return
	}
	q.pending = append(q.pending, a)
	if !i.timer.isSet() || a.at < i.timer.at {
		c.times.set(&i.timer, a.at)
	}
}

// ring delivers what is due.
func (i *informer) ring(c *Cluster) {
	for q := i.first(); q != nil; q = i.first() {
		a := q.pending[0]
		if a.at > nanos(c.now) {
			c.times.set(&i.timer, a.at)
			return
		}
		q.pending[0] = arrival{}
		q.pending = q.pending[1:]
		i.deliver(q.kind, a)
	}
}

// first is the queue whose next change arrives before all others.
func (i *informer) first() (best *arrivals) {
	for _, q := range i.queues {
		if len(q.pending) > 0 && (best == nil || q.pending[0].before(best.pending[0])) {
			best = q
		}
	}
	return best
}

func (a arrival) before(b arrival) bool { return a.at < b.at || a.at == b.at && a.order < b.order }

// deliver shows a change, and tells the controllers.
func (i *informer) deliver(kind object.Kind, a arrival) {
	if a.seq != 0 {
		i.store.mirror(kind, a.seq, a.was, a.is)
	}
	for _, d := range i.drivers {
		d.hear(kind, a.was, a.is)
	}
}

// mirror stores what another store has stored.
func (s *store) mirror(kind object.Kind, seq uint64, was, is object.Object) {
	sh := s.shelf(kind)
	switch {
	case was == nil:
		it := &item{seq: seq, shelf: sh, whole: is}
		sh.items.Put(is.Meta().Key(), it)
		sh.all.add(it)
		s.index(it, nil, is)
	case is == nil:
		key := was.Meta().Key()
		it := sh.items.At(key)
		sh.items.Delete(key)
		sh.all.drop(it)
		s.index(it, was, nil)
	default:
		it := sh.items.At(is.Meta().Key())
		it.whole = is
		s.index(it, was, is)
	}
}

// tellControllers has everybody hear of a change: those who see late when it reaches them.
func (c *Cluster) tellControllers(kind object.Kind, seq uint64, was, is object.Object) {
	for _, i := range c.informers {
		i.hear(kind, seq, was, is)
	}
	for _, d := range c.drivers {
		if d.informer == nil {
			d.hear(kind, was, is)
		}
	}
}

// view is what the driver's controller sees.
func (d *driver) view() controller.View { return view{d.c, d.informer} }

// awaited is a write of a driver's own that its controller has not seen yet.
type awaited struct {
	queue *arrivals
	order uint64
	at    int64
}

// seen reports whether the write has arrived.
func (a *awaited) seen() bool {
	return len(a.queue.pending) == 0 || a.queue.pending[0].order > a.order
}

// await has the key wait until the controller sees what it has just written of a kind.
func (d *driver) await(t *task, kind object.Kind) {
	if d.informer == nil {
		return
	}
	q := d.informer.queue(kind)
	n := len(q.pending)
	if n == 0 || d.user && q.lag.Unawaited {
		return
	}
	own := awaited{queue: q, order: q.pending[n-1].order, at: q.pending[n-1].at}
	all := d.awaited[t.key]
	if i := slices.IndexFunc(all, func(a awaited) bool { return a.queue == q }); i >= 0 {
		all[i] = own
		return
	}
	d.awaited[t.key] = append(all, own)
}

// waits reports whether the key still waits for the controller's own writes to be seen, and has it looked at then.
func (d *driver) waits(t *task) bool {
	at := int64(0)
	for _, a := range d.awaited[t.key] {
		if !a.seen() {
			at = max(at, a.at)
		}
	}
	if at == 0 {
		delete(d.awaited, t.key)
		return false
	}
	t.order = turnController.in(d.c.nextTurn())
	d.c.times.set(&t.timer, max(at, nanos(d.c.now)))
	return true
}
