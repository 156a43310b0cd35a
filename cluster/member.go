package cluster

import (
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// member is one pod: its object, its life on the node, and what was published of it.
type member struct {
	cluster *Cluster
	key     pod.Key
	object  *pod.Pod // nil once the object is deleted; the node may still be stopping it
	created time.Time
	life    script.Life
	history history.History
}

func (m *member) since() time.Duration { return m.cluster.now.Sub(m.created) }

func (m *member) record() {
	m.key = m.object.Key()
	m.history.Record(m.since(), m.object)
}

// watch takes in what the machine decided.
func (m *member) watch(_ time.Time, _ lifecycle.Input, out lifecycle.Output) {
	for _, e := range out.Events {
		m.history.Emit(m.since(), e)
	}
	if m.object == nil {
		return
	}
	if out.Changed {
		next := *m.object
		next.Status = m.life.Machine.Status()
		m.object = &next
		m.record()
	}
	if m.object.IsTerminating() && m.life.Machine.Ended() {
		m.remove()
	}
}

// remove deletes the object, the node having said that the pod has ended.
func (m *member) remove() {
	if *m.object.DeletionGracePeriodSeconds != 0 {
		next, zero := *m.object, int64(0)
		next.DeletionGracePeriodSeconds = &zero
		m.object = &next
		m.record()
	}
	m.forget()
}

func (m *member) forget() {
	m.history.Gone(m.since())
	m.object = nil
}

// put makes next the object and tells the node.
func (m *member) put(next *pod.Pod, kind lifecycle.InputKind) {
	m.object = next
	m.record()
	m.life.Do(m.cluster.now, lifecycle.Input{Kind: kind, Pod: next})
	m.cluster.retire(m)
}
