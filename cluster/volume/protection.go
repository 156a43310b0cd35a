package volume

import (
	"iter"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Finalizers that claims and volumes have from the beginning: one that is deleted while it is in use stays until it is not.
// See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection.
const (
	FinalizerClaim  = "kubernetes.io/pvc-protection"
	FinalizerVolume = "kubernetes.io/pv-protection"
)

// ClaimProtection is the controller that lets a claim which is being deleted go when no pod uses it: none that has a node names it, be
// it that the pod has ended. The zero value is ready for use.
type ClaimProtection struct{}

// Name is persistentvolumeclaim-protection-controller.
func (ClaimProtection) Name() string { return "persistentvolumeclaim-protection-controller" }

// Concerns are claims, and those of pods that go.
func (ClaimProtection) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.PersistentVolumeClaimKind}, {Kind: object.PodKind, Keys: ofPod}}
}

// ofPod is the claims of a pod that has gone, or of which its node has nothing any more.
func ofPod(_ controller.View, was, is object.Object) (keys []pod.Key) {
	p, ok := is.(*pod.Pod)
	if ok && !shutDown(p) {
		return nil
	}
	if !ok {
		p = was.(*pod.Pod)
	}
	return Claims(p)
}

// Reconcile looks at one claim.
func (ClaimProtection) Reconcile(r controller.Request) controller.Plan {
	claim := readClaim(r.View, r.Key)
	if claim == nil || claim.IsTerminating() && isUsed(r.View, claim) {
		return controller.Plan{}
	}
	return protect(claim, FinalizerClaim)
}

// VolumeProtection is the controller that lets a volume which is being deleted go when it is bound to no claim. The zero value is ready
// for use.
type VolumeProtection struct{}

// Name is persistentvolume-protection-controller.
func (VolumeProtection) Name() string { return "persistentvolume-protection-controller" }

// Concerns are volumes.
func (VolumeProtection) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.PersistentVolumeKind}}
}

// Reconcile looks at one volume.
func (VolumeProtection) Reconcile(r controller.Request) controller.Plan {
	v := readVolume(r.View, r.Key.Name)
	if v == nil || v.IsTerminating() && v.Status.Phase == object.VolumeBound {
		return controller.Plan{}
	}
	return protect(v, FinalizerVolume)
}

// protect takes the finalizer off an object that is being deleted, and gives it to one that is not.
func protect(o object.Object, finalizer string) controller.Plan {
	var d draft
	m := o.Meta()
	if has := slices.Contains(m.Finalizers, finalizer); has != m.IsTerminating() {
		return d.Plan
	}
	own := object.Clone(o)
	n := own.Meta()
	if m.IsTerminating() {
		n.Finalizers = slices.DeleteFunc(n.Finalizers, func(f string) bool { return f == finalizer })
	} else {
		n.Finalizers = append(n.Finalizers, finalizer)
	}
	d.write(controller.Update, own)
	return d.Plan
}

// isUsed reports whether a pod uses the claim.
func isUsed(v controller.View, claim *object.PersistentVolumeClaim) bool {
	for p := range podsOf(v, claim.Key()) {
		if uses(p, claim) {
			return true
		}
	}
	return false
}

// podsOf are the pods that have a volume of that claim.
func podsOf(v controller.View, claim pod.Key) iter.Seq[*pod.Pod] {
	if fast, ok := v.(controller.Claiming); ok {
		return fast.Claiming(claim)
	}
	return func(yield func(*pod.Pod) bool) {
		for o := range v.List(object.PodKind, claim.Namespace) {
			if p := o.(*pod.Pod); slices.Contains(Claims(p), claim) && !yield(p) {
				return
			}
		}
	}
}

// uses reports whether the pod has a node and names the claim, or had it made, and its node has something of the pod.
func uses(p *pod.Pod, claim *object.PersistentVolumeClaim) bool {
	if p.Spec.NodeName == "" || p.Namespace != claim.Namespace {
		return false
	}
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if ClaimName(p, v) == claim.Name && (v.PersistentVolumeClaim != nil || !shutDown(p) && madeFor(claim, p)) {
			return true
		}
	}
	return false
}

func madeFor(claim *object.PersistentVolumeClaim, p *pod.Pod) bool {
	ref := claim.ControllerRef()
	return ref != nil && ref.UID == p.UID
}

// shutDown reports whether a node has nothing of the pod any more, or was not asked.
func shutDown(p *pod.Pod) bool {
	return p.DeletionTimestamp != nil && p.DeletionGracePeriodSeconds != nil && *p.DeletionGracePeriodSeconds == 0
}

// ClaimName is the name of the claim that a volume of the pod is of; empty for a volume of another kind. That of a generic ephemeral
// volume is made up of the pod's name and its own.
func ClaimName(p *pod.Pod, v *pod.Volume) string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName
	case v.Ephemeral != nil:
		return p.Name + "-" + v.Name
	}
	return ""
}

// Claims are the claims that the pod's volumes are of, one for each such volume.
func Claims(p *pod.Pod) (keys []pod.Key) {
	for i := range p.Spec.Volumes {
		if name := ClaimName(p, &p.Spec.Volumes[i]); name != "" {
			keys = append(keys, pod.Key{Namespace: p.Namespace, Name: name})
		}
	}
	return keys
}
