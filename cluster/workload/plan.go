package workload

import (
	"errors"
	"fmt"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The types of events.
const (
	normal  = "Normal"
	warning = "Warning"
)

// draft is a plan in the making.
type draft struct {
	controller.Plan
	written map[pod.UID]bool
	// hopeless says that a change will be refused, so that those after it are to be carried out regardless.
	hopeless bool
}

func (d *draft) empty() bool { return len(d.Changes) == 0 }

func (d *draft) add(c controller.Change) {
	c.Regardless = c.Regardless || d.hopeless
	d.Changes = append(d.Changes, c)
}

func (d *draft) emit(about object.Object, kind, reason, format string, args ...any) {
	d.add(controller.Change{Kind: controller.Emit, Object: about, Event: event(kind, reason, format, args...)})
}

func (d *draft) delete(o, about object.Object, e controller.Event) {
	d.add(controller.Change{Kind: controller.Delete, Object: o, About: about, Event: e})
}

// write adds an Update or UpdateStatus of an object that is the plan's own. A second write of one object cannot know the version
// that the first one made, and so is not held against one.
func (d *draft) write(kind controller.ChangeKind, o object.Object) {
	m := o.Meta()
	if d.written[m.UID] {
		m.ResourceVersion = ""
	} else if d.written == nil {
		d.written = map[pod.UID]bool{}
	}
	d.written[m.UID] = true
	d.add(controller.Change{Kind: kind, Object: o})
}

// regardless has the last change carried out even where one before it is refused.
func (d *draft) regardless() { d.Changes[len(d.Changes)-1].Regardless = true }

// wakeAt has the next look no later than t.
func (d *draft) wakeAt(t time.Time) {
	if d.Wake.IsZero() || t.Before(d.Wake) {
		d.Wake = t
	}
}

func event(kind, reason, format string, args ...any) controller.Event {
	return controller.Event{Type: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// refused is why a change of that kind, of an object of that kind, was refused in the plan before; nil if none was.
func refused(r controller.Request, change controller.ChangeKind, kind object.Kind) *controller.Refusal {
	var refusal *controller.Refusal
	if !errors.As(r.Refused, &refusal) || refusal.Change.Kind != change || object.KindOf(refusal.Change.Object) != kind {
		return nil
	}
	return refusal
}

// cut is t as the API shows it: to the second.
func cut(t time.Time) time.Time { return t.Truncate(time.Second) }

func stamp(now time.Time) pod.Time { return pod.NewTime(cut(now).UTC()) }

func value[T any](p *T, unset T) T {
	if p == nil {
		return unset
	}
	return *p
}

// manyPods is from how many pods on an owner is looked at at a pace, and lookPerPod what one pod adds to the time between two looks. Were
// it looked at after each change of each pod, its cost would grow with the square of their number.
const (
	manyPods   = 256
	lookPerPod = 20 * time.Microsecond
)

// pace is when an owner of many pods was looked at, and how many there were. The zero value is an owner of few.
type pace struct {
	last time.Time
	pods int
}

func paceOf(memo any) pace {
	p, _ := memo.(pace)
	return p
}

// next is when the owner may be looked at again after a change of its pods.
func (p pace) next() time.Time { return p.last.Add(time.Duration(p.pods) * lookPerPod) }
