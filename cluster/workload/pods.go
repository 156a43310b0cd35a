package workload

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// isActive reports whether p counts as one of its owner's pods: neither ended nor on its way out.
func isActive(p *pod.Pod) bool { return !p.Status.Phase.IsTerminal() && !p.IsTerminating() }

func isReady(p *pod.Pod) bool { return p.Status.IsTrue(pod.Ready) }

// readySince is when p got ready, to the second; the zero time if it is not.
func readySince(p *pod.Pod) time.Time {
	if c := p.Status.Condition(pod.Ready); c != nil && c.Status == pod.ConditionTrue {
		return cut(c.LastTransitionTime.Time)
	}
	return time.Time{}
}

// isAvailable reports whether p has been ready for long enough, and if it only has to stay ready, until when.
func isAvailable(p *pod.Pod, minReadySeconds int32, now time.Time) (ok bool, at time.Time) {
	switch {
	case !isReady(p):
		return false, time.Time{}
	case minReadySeconds <= 0:
		return true, time.Time{}
	}
	since := readySince(p)
	if since.IsZero() {
		return false, time.Time{}
	}
	if at = since.Add(time.Duration(minReadySeconds) * time.Second); at.After(now) {
		return false, at
	}
	return true, time.Time{}
}

// controllerRef is the reference to owner by which a dependent names its controller.
func controllerRef(kind object.Kind, owner *pod.ObjectMeta) pod.OwnerReference {
	yes, blocks := true, true
	return pod.OwnerReference{
		APIVersion: kind.APIVersion, Kind: kind.Name, Name: owner.Name, UID: owner.UID,
		Controller: &yes, BlockOwnerDeletion: &blocks,
	}
}

// fromTemplate is a new pod of owner. Its name is the server's to make.
func fromTemplate(t *pod.Template, kind object.Kind, owner *pod.ObjectMeta) *pod.Pod {
	own := t.Clone()
	return &pod.Pod{
		ObjectMeta: pod.ObjectMeta{
			GenerateName: owner.Name + "-", Namespace: owner.Namespace,
			Labels: own.Labels, Annotations: own.Annotations, Finalizers: own.Finalizers,
			OwnerReferences: []pod.OwnerReference{controllerRef(kind, owner)},
		},
		Spec: own.Spec,
	}
}

// making is the change that makes a pod, and what is said of it about its owner.
func making(p *pod.Pod, owner object.Object) controller.Change {
	return controller.Change{
		Kind: controller.Create, Object: p, About: owner,
		Event:   event(normal, "SuccessfulCreate", "Created pod: %s", controller.NamePlace),
		Refused: event(warning, "FailedCreate", "Error creating: %s", controller.ErrorPlace),
	}
}

// takingAway is the change that deletes a pod, likewise.
func takingAway(p *pod.Pod, owner object.Object) controller.Change {
	return controller.Change{
		Kind: controller.Delete, Object: p, About: owner,
		Event:   event(normal, "SuccessfulDelete", "Deleted pod: %s", p.Name),
		Refused: event(warning, "FailedDelete", "Error deleting: %s", controller.ErrorPlace),
	}
}

// controlledBy is the key of the owner of that kind that controls o, which may be nil.
func controlledBy(o object.Object, kind object.Kind) (pod.Key, bool) {
	if o == nil {
		return pod.Key{}, false
	}
	ref := o.Meta().ControllerRef()
	if ref == nil || ref.Kind != kind.Name || ref.APIVersion != kind.APIVersion {
		return pod.Key{}, false
	}
	return pod.Key{Namespace: o.Meta().Namespace, Name: ref.Name}, true
}
