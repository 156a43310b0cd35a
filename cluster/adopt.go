package cluster

import (
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// checkAdoption refuses an update by which a controller of Kubernetes takes an object in for an owner that has gone, or is about to: what it
// sees may be late, and so it looks at the owner itself before it adopts. The garbage collector would delete what was taken in.
func (d *driver) checkAdoption(o object.Object) error {
	ref := o.Meta().ControllerRef()
	if d.user || ref == nil {
		return nil
	}
	it := d.c.store.find(object.KindOf(o), o.Meta().Key())
	if it == nil || it.object().Meta().ControllerRef() != nil {
		return nil
	}
	owner := d.c.store.uids[ref.UID]
	switch {
	case owner == nil:
		return refuse(pod.StatusReasonConflict, "%s %q: its new controller, %s %q with the UID %s, has gone", object.KindOf(o), o.Meta().Name, ref.Kind, ref.Name, ref.UID)
	case owner.object().Meta().DeletionTimestamp != nil:
		return refuse(pod.StatusReasonConflict, "%s %q: its new controller, %s %q, is being deleted", object.KindOf(o), o.Meta().Name, ref.Kind, ref.Name)
	}
	return nil
}
