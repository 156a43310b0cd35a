package object

import (
	"cmp"
	"maps"

	"github.com/podlife/podlife/pod"
)

// SetDefaults fills in what o leaves out, as the API server of Kubernetes v1.37 does before it looks at an object of the kind.
// It may be called again without effect, and never fails: what is wrong stays for Validate.
func SetDefaults(o Object) {
	switch o := o.(type) {
	case *pod.Pod:
		pod.SetDefaults(o)
	case *Deployment:
		o.setDefaults()
	case *ReplicaSet:
		setPointer(&o.Spec.Replicas, 1)
		pod.SetTemplateDefaults(&o.Spec.Template)
	case *StatefulSet:
		o.setDefaults()
	case *DaemonSet:
		o.setDefaults()
	case *Job:
		o.Spec.setDefaults()
		if len(o.Labels) == 0 {
			o.Labels = maps.Clone(o.Spec.Template.Labels)
		}
	case *CronJob:
		o.setDefaults()
	default:
		setPlainDefaults(o)
	}
}

// setPlainDefaults is for the kinds that hold no template.
func setPlainDefaults(o Object) {
	switch o := o.(type) {
	case *Namespace:
		o.setDefaults()
	case *Service:
		o.setDefaults()
	case *Secret:
		setDefault(&o.Type, "Opaque")
	case *PriorityClass:
		setPointer(&o.PreemptionPolicy, pod.PreemptLowerPriority)
	case *StorageClass:
		setPointer(&o.ReclaimPolicy, PersistentVolumeReclaimDelete)
		setPointer(&o.VolumeBindingMode, VolumeBindingImmediate)
	case *PersistentVolumeClaim:
		setPointer(&o.Spec.VolumeMode, "Filesystem")
		setDefault(&o.Status.Phase, ClaimPending)
	case *PersistentVolume:
		setDefault(&o.Spec.PersistentVolumeReclaimPolicy, PersistentVolumeReclaimRetain)
		setPointer(&o.Spec.VolumeMode, "Filesystem")
		setDefault(&o.Status.Phase, VolumePending)
	case *Node:
		if o.Status.Allocatable == nil {
			o.Status.Allocatable = o.Status.Capacity.Clone()
		}
	}
}

func setDefault[T comparable](field *T, value T) { *field = cmp.Or(*field, value) }

func setPointer[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}
