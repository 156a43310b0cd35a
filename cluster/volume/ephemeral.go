package volume

import (
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Ephemeral is the controller that makes the claims of generic ephemeral volumes: each is of the pod, and goes with it. One that somebody
// deletes is made again; one of the same name that is not of the pod is left alone, and said on the pod. The zero value is ready for use.
// See https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes.
type Ephemeral struct{}

// Name is ephemeral_volume.
func (Ephemeral) Name() string { return "ephemeral_volume" }

// Concerns are pods that come, and the pods of claims that go.
func (Ephemeral) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.PodKind, Keys: ofNewPod}, {Kind: object.PersistentVolumeClaimKind, Keys: ofGoneClaim}}
}

func ofNewPod(_ controller.View, was, is object.Object) []pod.Key {
	if p, ok := is.(*pod.Pod); ok && was == nil && wantsClaims(p) {
		return []pod.Key{p.Key()}
	}
	return nil
}

// ofGoneClaim is the pod that the claim was of, or could be: a name does not tell where the pod's ends and the volume's begins.
func ofGoneClaim(v controller.View, was, is object.Object) (keys []pod.Key) {
	if is != nil {
		return nil
	}
	for p := range podsOf(v, was.Meta().Key()) {
		if wantsClaims(p) {
			keys = append(keys, p.Key())
		}
	}
	return keys
}

// wantsClaims reports whether the pod has generic ephemeral volumes and is not on its way out.
func wantsClaims(p *pod.Pod) bool {
	return !p.IsTerminating() && slices.ContainsFunc(p.Spec.Volumes, func(v pod.Volume) bool { return v.Ephemeral != nil })
}

// Reconcile makes the claims that one pod has not got. One whose name is somebody else's is tried all the same, which brings the next try.
func (Ephemeral) Reconcile(r controller.Request) controller.Plan {
	p, ok := r.View.Read(object.PodKind, r.Key).(*pod.Pod)
	if !ok || p.IsTerminating() {
		return controller.Plan{}
	}
	var d draft
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if v.Ephemeral == nil {
			continue
		}
		claim := readClaim(r.View, pod.Key{Namespace: p.Namespace, Name: ClaimName(p, v)})
		switch {
		case claim == nil:
			d.Changes = append(d.Changes, create(p, v))
		case !madeFor(claim, p):
			d.emit(p, warning, failedBinding, "ephemeral volume %s: PVC %s was not created for pod %s (pod is not owner)", v.Name, claim.Key(), p.Key())
			d.Changes = append(d.Changes, create(p, v))
			return d.Plan
		}
	}
	return d.Plan
}

// create makes the claim of one volume.
func create(p *pod.Pod, v *pod.Volume) controller.Change {
	template, yes := v.Ephemeral.VolumeClaimTemplate.Clone(), true
	claim := &object.PersistentVolumeClaim{ObjectMeta: pod.ObjectMeta{
		Namespace: p.Namespace, Name: ClaimName(p, v), Labels: template.Labels, Annotations: template.Annotations,
		OwnerReferences: []pod.OwnerReference{{
			APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID, Controller: &yes, BlockOwnerDeletion: &yes,
		}},
	}, Spec: template.Spec}
	return controller.Change{Kind: controller.Create, Object: claim, About: p, Refused: controller.Event{
		Type: warning, Reason: failedBinding, Message: "ephemeral volume " + v.Name + ": create PVC " + claim.Name + ": " + controller.ErrorPlace,
	}}
}
