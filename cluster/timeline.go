package cluster

import "time"

// timeline is what is going to happen, the earliest first: a heap of four children a node, so that a cluster of a million pods
// is ten deep.
type timeline struct {
	heap []*timer
}

// timer is something that happens at a time. It is part of whatever it happens to.
type timer struct {
	at    int64  // Unix nanoseconds
	order uint64 // of timers at one instant
	place int32  // in the heap, counted from 1; 0 for one that is not set
	idle  bool   // nothing came of it the last time, and nothing has happened since
	owner alarm
}

// alarm is what a timer happens to.
type alarm interface {
	ring(c *Cluster)
}

// turn says who goes first of those who are due at one instant.
type turn uint64

const (
	turnPod turn = iota
	turnNode
	turnCollector
	turnInformer
	turnController
	turnScheduler
	turnUser
)

// in returns the order of something within its turn.
func (t turn) in(seq uint64) uint64 { return uint64(t)<<56 | seq&(1<<56-1) }

func (a *timer) isSet() bool { return a.place > 0 }

func (a *timer) before(b *timer) bool {
	return a.at < b.at || a.at == b.at && a.order < b.order
}

// set makes t ring at a time; one that is set already is moved.
func (l *timeline) set(t *timer, at int64) {
	t.idle = false
	if t.place == 0 {
		l.heap = append(l.heap, t)
		t.place = int32(len(l.heap))
		t.at = at
		l.up(t)
		return
	}
	if t.at == at {
		return
	}
	t.at = at
	l.up(t)
	l.down(t)
}

// cancel makes t not ring.
func (l *timeline) cancel(t *timer) {
	if t.place == 0 {
		return
	}
	n := len(l.heap) - 1
	last := l.heap[n]
	l.heap[n] = nil
	l.heap = l.heap[:n]
	if last != t {
		l.put(last, int(t.place)-1)
		l.up(last)
		l.down(last)
	}
	t.place = 0
}

// pop takes the earliest timer that is due at now, or returns nil.
func (l *timeline) pop(now int64) *timer {
	if len(l.heap) == 0 || l.heap[0].at > now {
		return nil
	}
	t := l.heap[0]
	l.cancel(t)
	return t
}

// next is when something next happens.
func (l *timeline) next() (at int64, ok bool) {
	if len(l.heap) == 0 {
		return 0, false
	}
	return l.heap[0].at, true
}

func (l *timeline) put(t *timer, i int) {
	l.heap[i] = t
	t.place = int32(i + 1)
}

func (l *timeline) up(t *timer) {
	i := int(t.place) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !t.before(l.heap[parent]) {
			break
		}
		l.put(l.heap[parent], i)
		i = parent
	}
	l.put(t, i)
}

func (l *timeline) down(t *timer) {
	i := int(t.place) - 1
	for {
		child := 4*i + 1
		if child >= len(l.heap) {
			break
		}
		for j := child + 1; j < min(4*i+5, len(l.heap)); j++ {
			if l.heap[j].before(l.heap[child]) {
				child = j
			}
		}
		if !l.heap[child].before(t) {
			break
		}
		l.put(l.heap[child], i)
		i = child
	}
	l.put(t, i)
}

// nanos is t as timers have it.
func nanos(t time.Time) int64 { return t.UnixNano() }
