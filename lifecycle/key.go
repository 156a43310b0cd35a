package lifecycle

import (
	"encoding/binary"

	"github.com/podlife/podlife/pod"
)

// AppendKey appends to dst what tells m from other machines of the same pod and Config, and returns it: two machines
// with equal keys answer equal inputs, after equal waits, with equal outputs but for the IDs of actions and the times and
// texts that a status shows. Times count from the latest now, so that a key does not depend on the time of day. It is for
// model checkers, which must know a state that they have been in; its bytes mean nothing beyond this process.
func (m *Machine) AppendKey(dst []byte) []byte {
	k := key{m: m, out: dst}
	k.put(int64(m.stage), int64(m.round), int64(m.flags), int64(m.start), int64(m.box), int64(m.tries))
	k.put(m.generation, m.deleteGrace, int64(m.attempt), int64(min(m.boxCount, 1)))
	k.times(m.startTime, m.retryAt, m.mountAt)
	k.action(m.roundAction)
	k.flag(m.lastAction != 0)
	k.evicted(m.evicted())
	k.resizes(m.rarely().resizes)
	k.resizes(m.rarely().shown)
	k.put(int64(len(m.ips)))
	for _, a := range m.ips {
		k.word(a.String())
	}
	for _, i := range m.queue {
		k.put(int64(i) + 1)
	}
	k.put(0)
	k.shown(&m.shown)
	for i := range m.containers {
		k.container(&m.containers[i])
	}
	return k.out
}

// key is a key in the making.
type key struct {
	m   *Machine
	out []byte
}

func (k *key) put(values ...int64) {
	for _, v := range values {
		k.out = binary.AppendVarint(k.out, v)
	}
}

func (k *key) flag(is bool) {
	if is {
		k.out = append(k.out, 1)
		return
	}
	k.out = append(k.out, 0)
}

// times puts in instants as seen from now.
func (k *key) times(at ...int64) {
	for _, t := range at {
		if t == never {
			k.out = append(k.out, "never"...)
			continue
		}
		k.put(t - k.m.now)
	}
}

// action puts in whether an action is in flight.
func (k *key) action(id ActionID) { k.flag(id != 0) }

func (k *key) word(s string) {
	k.put(int64(len(s)))
	k.out = append(k.out, s...)
}

func (k *key) evicted(e *eviction) {
	k.flag(e != nil)
	if e != nil {
		k.word(string(e.reason))
		k.flag(e.condition)
		k.put(deref(e.grace, -1))
	}
}

func (k *key) resizes(r *resizeConditions) {
	k.flag(r != nil)
	if r == nil {
		return
	}
	for _, c := range [...]*resizeCondition{&r.pending, &r.progress} {
		k.flag(c.known)
		k.put(c.generation)
		k.word(string(c.reason))
		k.word(c.message)
	}
}

func (k *key) shown(s *shownPod) {
	k.word(string(s.phase))
	k.waiting(s.end)
	k.flag(s.looked)
	k.flag(s.addressed)
	k.put(s.generation)
	for i := range s.conditions {
		c := &s.conditions[i]
		k.flag(c.known)
		k.flag(c.true)
		k.put(int64(c.why))
	}
}

func (k *key) container(c *container) {
	k.put(int64(c.declared), int64(c.marks), int64(c.removed))
	k.run(&c.cur)
	k.pastRun(c.last)
	k.pastRun(c.older())
	k.waiting(c.wait)
	k.backOff(c.backOff)
	p := c.pull()
	k.flag(p != nil)
	if p != nil {
		k.flag(p.image == c.spec.Image)
		k.backOff(p.backOff)
		k.times(p.failed)
		k.waiting(&p.err)
	}
	z := c.resize()
	k.flag(z != nil)
	if z != nil {
		k.action(z.action)
		k.flag(z.again)
		k.flag(z.to != nil && pod.SameSize(z.to, &c.spec.Resources))
		k.flag(z.to != nil)
		k.flag(c.resizeRestarts())
	}
	k.view(&c.shown)
	k.stopping(c.stop)
	for p := c.probes; p != nil; p = p.next {
		k.probe(p)
	}
}

func (k *key) run(r *run) {
	k.put(int64(r.state), int64(r.attempt), int64(r.exit), int64(k.m.boxCount-r.box))
	k.times(r.started, r.finished)
	k.word(string(r.note().reason))
}

func (k *key) pastRun(r *run) {
	k.flag(r != nil)
	if r != nil {
		k.run(r)
	}
}

func (k *key) waiting(w *note) {
	k.flag(w != nil)
	if w != nil {
		k.word(string(w.reason))
	}
}

func (k *key) backOff(b backOff) {
	k.put(int64(b.wait))
	if b.wait != 0 {
		k.times(b.at)
	}
}

func (k *key) view(v *view) {
	k.waiting(v.wait)
	k.put(int64(v.attempt), int64(v.of), int64(v.state))
	k.flag(v.ready)
	k.flag(v.started)
}

func (k *key) stopping(s *stopping) {
	k.put(int64(s.stage), int64(s.reason))
	if s.stage == stopIdle {
		return
	}
	k.times(s.since)
	k.put(s.grace)
	k.action(s.action)
	k.action(s.sent)
}

func (k *key) probe(p *probe) {
	k.times(p.anchor, p.latest)
	k.put(int64(p.attempt), int64(p.run), int64(p.verdict))
	k.action(p.action)
	k.flag(p.failing)
	k.flag(p.hold)
	k.flag(p.trigger)
}
