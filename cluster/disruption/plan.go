package disruption

import (
	"fmt"
	"iter"
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

// cluster is the key of what is looked at as a whole.
var cluster = pod.Key{}

// draft is a plan in the making.
type draft struct{ controller.Plan }

func (d *draft) add(kind controller.ChangeKind, o object.Object) {
	d.Changes = append(d.Changes, controller.Change{Kind: kind, Object: o})
}

func (d *draft) emit(about object.Object, kind, reason, format string, args ...any) {
	e := controller.Event{Type: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
	d.Changes = append(d.Changes, controller.Change{Kind: controller.Emit, Object: about, Event: e})
}

// delete asks for a pod's end, within its own grace period or, with 0, at once.
func (d *draft) delete(p *pod.Pod, grace *int64) {
	c := controller.Change{Kind: controller.Delete, Object: mention(p)}
	c.Delete.UID, c.Delete.GracePeriodSeconds = p.UID, grace
	d.Changes = append(d.Changes, c)
}

// wakeAt has the next look no later than t.
func (d *draft) wakeAt(t time.Time) {
	if d.Wake.IsZero() || t.Before(d.Wake) {
		d.Wake = t
	}
}

// mention is a pod as an event speaks of it.
func mention(p *pod.Pod) *pod.Pod {
	return &pod.Pod{
		TypeMeta:   pod.TypeMeta{APIVersion: object.PodKind.APIVersion, Kind: object.PodKind.Name},
		ObjectMeta: pod.ObjectMeta{Namespace: p.Namespace, Name: p.Name, UID: p.UID, ResourceVersion: p.ResourceVersion},
	}
}

// mentionNode is a node as an event speaks of it.
func mentionNode(name string, uid pod.UID) *object.Node {
	return &object.Node{
		TypeMeta:   pod.TypeMeta{APIVersion: object.NodeKind.APIVersion, Kind: object.NodeKind.Name},
		ObjectMeta: pod.ObjectMeta{Name: name, UID: uid},
	}
}

// stamp is an instant as the API keeps it.
func stamp(t time.Time) pod.Time { return pod.NewTime(t.UTC().Truncate(time.Second)) }

// onNode yields the pods that are bound to a node.
func onNode(v controller.View, node string) iter.Seq[*pod.Pod] {
	if p, ok := v.(controller.Placed); ok {
		return p.OnNode(node)
	}
	return func(yield func(*pod.Pod) bool) {
		for p := range pods(v) {
			if p.Spec.NodeName == node && !yield(p) {
				return
			}
		}
	}
}

func pods(v controller.View) iter.Seq[*pod.Pod] {
	return func(yield func(*pod.Pod) bool) {
		for o := range v.List(object.PodKind, "") {
			if !yield(o.(*pod.Pod)) {
				return
			}
		}
	}
}

// readNode is the node of that name, or nil.
func readNode(v controller.View, name string) *object.Node {
	node, _ := v.Read(object.NodeKind, pod.Key{Name: name}).(*object.Node)
	return node
}

// grid is the first time at or after t that is a multiple of period and phase.
func grid(t time.Time, period, phase time.Duration) time.Time {
	at := t.Add(-phase).Truncate(period).Add(phase)
	if at.Before(t) {
		at = at.Add(period)
	}
	return at
}
