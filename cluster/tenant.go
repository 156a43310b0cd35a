package cluster

import (
	"net/netip"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// tenant is the life of one pod on its node. It begins when the node hears of the pod, and ends when nothing of the pod runs
// any more; the object may go before that.
type tenant struct {
	timer
	host *host
	item *item        // nil once the object has gone
	last *pod.Pod     // the object as the node is to see it, where the object has gone
	life *script.Life // nil while the pod sleeps

	script *script.Script
	static *static // of a pod that is not the API's

	place      int32 // among the node's tenants, counted from 1; 0 for one that has left
	news       bool  // the object has changed, and the node has not looked at it
	writing    bool  // the change is the node's own
	unreported bool  // the node could not say how the pod is
}

// hear tells the pod's node that the object was one thing and is another.
func (c *Cluster) hear(it *item, was, is *pod.Pod) {
	t := it.tenant
	switch {
	case t != nil && t.static != nil:
		if !t.writing {
			t.static.hear(it, is)
		}
	case is == nil && t != nil:
		t.awake()
		t.item, t.last = nil, gone(was, c.now)
		t.tell()
		t.host.freed()
	case is == nil:
		delete(c.scripts, was.UID)
	case t == nil:
		c.settle(it)
	case !t.writing:
		t.tell()
	}
}

// gone is how a node sees a pod whose object has gone: as one that is to end at once.
func gone(p *pod.Pod, now time.Time) *pod.Pod {
	last := *p
	at := pod.NewTime(now)
	if last.DeletionTimestamp == nil {
		last.DeletionTimestamp = &at
	}
	last.DeletionGracePeriodSeconds = new(int64)
	return &last
}

// settle begins the life of a pod that is bound to a node which is there and listens.
func (c *Cluster) settle(it *item) {
	p := it.pod()
	if p.Spec.NodeName == "" || p.Status.Phase.IsTerminal() || isMirror(p) {
		return
	}
	h := c.hosts[p.Spec.NodeName]
	if h == nil || !h.up || c.refuses(h, it) {
		return
	}
	t, err := c.newTenant(h, it)
	if err != nil {
		h.turnAway(c, it, err)
		return
	}
	it.tenant = t
	h.takeIn(t)
	t.tell()
}

func (c *Cluster) newTenant(h *host, it *item) (*tenant, error) {
	t, err := c.moveIn(h, it, it.pod(), h.machine)
	if err == nil {
		c.sleepers.touch(it)
	}
	return t, err
}

// moveIn makes a tenant of p, which the node knows by the object of it, with addresses of its own.
func (c *Cluster) moveIn(h *host, it *item, p *pod.Pod, cfg *lifecycle.Config) (*tenant, error) {
	machine, err := lifecycle.New(p, cfg)
	if err != nil {
		return nil, err
	}
	node := script.Node{Sources: c.cfg.Sources(p)}
	if !p.Spec.HostNetwork {
		addrs, err := c.ips.Acquire(c.now, network.Holder{UID: p.UID})
		if err != nil {
			return nil, err
		}
		node.IPs = addresses(addrs)
	}
	t := &tenant{host: h, item: it, script: c.behaviorOf(it)}
	t.timer.owner, t.timer.order = t, turnPod.in(it.seq)
	t.life = &script.Life{Machine: machine, Engine: script.New(p, t.script, node), Watch: t.watch}
	return t, nil
}

func addresses(a network.Addrs) []netip.Addr {
	if a.Secondary.IsValid() {
		return []netip.Addr{a.Primary, a.Secondary}
	}
	return []netip.Addr{a.Primary}
}

// tell makes the node look at the object now.
func (t *tenant) tell() {
	t.news = true
	if t.host.up {
		t.host.c.times.set(&t.timer, nanos(t.host.c.now))
	}
}

// ring plays what is due, then what the API has said.
func (t *tenant) ring(c *Cluster) {
	wrote := c.store.version
	life := t.awake()
	if t.item != nil {
		c.sleepers.touch(t.item)
	}
	life.Advance(c.now)
	if t.news && t.host.up {
		t.news = false
		t.listen()
		t.correct()
	}
	t.rest()
	t.timer.idle = c.store.version == wrote && life.Engine.Wake().IsZero()
}

// listen hands the object to the machine.
func (t *tenant) listen() {
	life := t.awake()
	if t.static != nil {
		t.static.obey()
		return
	}
	before, now := life.Machine.Pod(), t.last
	if t.item != nil {
		now = t.item.pod()
	}
	if now.DeletionTimestamp != nil && !sameDeletion(before, now) {
		life.Do(t.host.c.now, t.deletion(now))
		return
	}
	life.Do(t.host.c.now, t.update(now))
}

func sameDeletion(a, b *pod.Pod) bool {
	return a.DeletionTimestamp != nil && a.DeletionTimestamp.Time.Equal(b.DeletionTimestamp.Time) &&
		*a.DeletionGracePeriodSeconds == *b.DeletionGracePeriodSeconds
}

// rest waits for what comes next; for a pod of which nothing is left, that is the end.
func (t *tenant) rest() {
	c := t.host.c
	if s := t.static; s != nil {
		if t.life.Machine.Ended() && t.host.up && !t.news && s.leaves() {
			t.leave()
			return
		}
	} else if t.life.Machine.Ended() && t.host.up && !t.news {
		if t.item != nil && t.item.object().Meta().DeletionTimestamp != nil {
			t.removePod()
		}
		if t.item == nil || t.item.pod().Status.Phase.IsTerminal() {
			t.leave()
			return
		}
	}
	if wake := t.life.Wake(); !wake.IsZero() {
		c.times.set(&t.timer, max(nanos(wake), nanos(c.now)))
	} else if !t.news {
		c.times.cancel(&t.timer)
	}
}

// removePod deletes the object for good, the pod having ended.
func (t *tenant) removePod() {
	t.writing = true
	t.host.c.endObject(t.item)
	t.writing = false
	t.news = t.news && t.item != nil
}

// endObject deletes the object of a pod of which nothing is left.
func (c *Cluster) endObject(it *item) {
	// The grace period is shortened to nothing; that is refused for no pod that is being deleted.
	_ = c.delete(it, object.DeleteOptions{DeleteOptions: pod.DeleteOptions{GracePeriodSeconds: new(int64)}})
}

// leave frees what the pod had on the node.
func (t *tenant) leave() {
	c := t.host.c
	c.times.cancel(&t.timer)
	t.host.letGo(t)
	delete(t.host.resizes.waiting, t)
	uid := t.life.Machine.Pod().UID
	c.ips.Release(c.now, uid)
	delete(c.scripts, uid)
	if t.item != nil {
		t.retire()
	}
}

// watch takes in what the machine decided.
func (t *tenant) watch(_ time.Time, _ lifecycle.Input, out lifecycle.Output) {
	if t.static != nil {
		t.static.looked = t.host.c.now
	}
	if t.host.up {
		for _, e := range out.Events {
			t.say(e)
		}
	}
	if out.Changed {
		t.publish()
	}
}

func (t *tenant) say(e lifecycle.Event) {
	uid := t.life.Machine.Pod().UID
	if t.static != nil && t.item != nil {
		uid = t.item.object().Meta().UID
	}
	t.host.c.pasts.emit(t.host.c.now, uid, e)
	if t.item != nil {
		t.host.c.emitPod(t.item.pod(), t.host.name, e)
	}
}

// publish writes the pod's status, if the node can.
func (t *tenant) publish() {
	switch {
	case t.item == nil, t.static != nil && t.static.removed:
		return
	case !t.host.up:
		t.unreported = true
		return
	}
	t.unreported = false
	old := t.item.pod()
	next := *old
	next.Status = t.life.Machine.Status()
	if t.news {
		keepForeign(&next.Status, old.Status.Conditions)
	}
	t.writing = true
	t.host.c.put(t.item, &next)
	t.writing = false
	if len(t.host.resizes.waiting) > 0 && givesBack(&old.Status, &next.Status) {
		t.host.freed()
	}
}

// keepForeign keeps conditions that somebody else has set and the node has not seen yet.
func keepForeign(s *pod.Status, have []pod.Condition) {
	for _, c := range foreign(have) {
		if s.Condition(c.Type) == nil {
			s.Conditions = append(s.Conditions, c)
		}
	}
}

// report says how the pod is, if that is not what the object says.
func (t *tenant) report() {
	if t.item == nil {
		return
	}
	next := *t.item.pod()
	next.Status = t.awake().Machine.Status()
	if !object.Equal(t.item.object(), &next) {
		t.publish()
	}
	t.unreported = false
}
