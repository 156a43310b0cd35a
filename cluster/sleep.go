package cluster

import (
	"bytes"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// A pod sleeps while nothing happens to it and many others have been touched since: then neither its object nor its machine and
// engine are kept, but its template and a few hundred bytes that tell it from that. Whoever looks at it is given an object made anew,
// and what happens to it wakes it up. It cannot be told from one that is awake but by the room that it takes, and by how long a
// look takes.

// sleep is what is kept of a pod that sleeps.
type sleep struct {
	template *template // of a pod that is awake as well
	packed   string    // what tells the object from the template, and behind it the life; empty of a pod that never slept
	head     int32     // how many bytes of packed are the object's
	ended    bool      // it has no life any more: packed has what its status is made of
	waits    waiting   // in the line of those who are to fall asleep
}

// waiting is how a pod stands in line.
type waiting uint8

const (
	outOfLine waiting = iota
	inLine            // nothing has happened to it since it stands there
	touched           // something has
	restless          // it could not fall asleep the last time, and nothing has happened to it since
)

// sleepers is the line in which pods that are awake wait to fall asleep: first those that have not been touched for longest.
type sleepers struct {
	awake int // how many may be awake
	line  []*item
	left  int    // how many have left the line at its beginning
	room  []byte // to pack in
}

// touch takes note that something happens to a pod.
func (s *sleepers) touch(it *item) {
	if it.sleep.waits != outOfLine {
		it.sleep.waits = touched
		return
	}
	s.stand(it, inLine)
}

// stand puts an item at the end of the line.
func (s *sleepers) stand(it *item, as waiting) {
	it.sleep.waits = as
	s.line = append(s.line, it)
}

// tire has pods fall asleep where more are awake than may be: a few at each call, so that no call takes long.
func (s *sleepers) tire() {
	for range 4 {
		if len(s.line)-s.left <= s.awake {
			return
		}
		it := s.next()
		stays := it.sleep.waits != inLine || !it.fallAsleep()
		as := restless
		if it.sleep.waits == touched {
			as = inLine
		}
		it.sleep.waits = outOfLine
		if stays && it.sleeps() {
			s.stand(it, as)
		}
	}
}

// sleeps reports whether the item is a pod that sleeps, or may at some other time.
func (it *item) sleeps() bool { return it.sleep.ended || it.tenant != nil && it.tenant.item == it }

// fallAsleep lets go of what is kept of the pod, if that is possible now, and reports whether it sleeps.
func (it *item) fallAsleep() bool {
	switch {
	case !it.sleeps():
		return false
	case it.sleep.ended:
		return it.restForever()
	}
	return it.tenant.fallAsleep()
}

// next takes the first one out of the line.
func (s *sleepers) next() *item {
	it := s.line[s.left]
	s.line[s.left] = nil
	if s.left++; s.left > len(s.line)/2 {
		s.line = append([]*item(nil), s.line[s.left:]...)
		s.left = 0
	}
	return it
}

// fallAsleep lets go of the pod's object and life, if nothing is about to happen and it is sure to wake up as it was. It reports
// whether the pod sleeps.
func (t *tenant) fallAsleep() bool {
	it := t.item
	if t.life == nil && it.whole == nil {
		return true
	}
	if _, waits := t.host.resizes.waiting[t]; waits || t.news || !t.host.up || t.static != nil {
		return false
	}
	next := it.sleep
	room := append(t.host.c.sleepers.room[:0], next.packed[:next.head]...)
	if it.whole != nil {
		next.template = t.host.c.templates.of(it.pod(), next.template)
		room = next.template.append(room[:0], it.pod())
		next.head = int32(len(room))
	}
	room, ok := t.awake().Save(room)
	t.host.c.sleepers.room = room
	if !ok {
		return false
	}
	next.packed = string(room)
	if it.whole != nil && !t.wakesAs(next) {
		return false
	}
	t.life, it.whole, it.sleep = nil, nil, next
	return true
}

// wakesAs reports whether the pod would wake up from s as it is.
func (t *tenant) wakesAs(s sleep) bool {
	p, life, err := t.resume(s)
	if err != nil || !bytes.Equal(t.life.Machine.AppendKey(nil), life.Machine.AppendKey(nil)) {
		return false
	}
	p.Status = life.Machine.Status()
	return object.Equal(t.item.whole, p)
}

// resume makes the pod, with those conditions of its status alone that are others' than its node's, and its life.
func (t *tenant) resume(s sleep) (*pod.Pod, *script.Life, error) {
	p, err := s.template.read(s.packed[:s.head])
	if err != nil {
		return nil, nil, err
	}
	p.Spec.NodeName = t.host.name
	node := script.Node{Sources: t.host.c.cfg.Sources(p)}
	if addrs, ok := t.host.c.ips.Addrs(p.UID); ok {
		node.IPs = addresses(addrs)
	}
	life, err := script.Resume(p, t.host.machine, t.script, node, []byte(s.packed[s.head:]))
	return p, life, err
}

// awake is the life of the pod, which is woken up if it sleeps.
func (t *tenant) awake() *script.Life {
	if t.life != nil {
		return t.life
	}
	_, life, err := t.resume(t.item.sleep)
	if err != nil {
		panic(err) // it was tried when it fell asleep
	}
	life.Watch = t.watch
	t.life = life
	t.host.c.sleepers.touch(t.item)
	return life
}

// object is the object of a pod whose object is not kept.
func (t *tenant) object() *pod.Pod {
	p, life, err := t.resume(t.item.sleep)
	if err != nil {
		panic(err) // it was tried when it fell asleep
	}
	p.Status = life.Machine.Status()
	return p
}
