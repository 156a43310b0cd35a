package volume

import (
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// concerns are claims, each with the volume that it names, volumes, each with the claims that it may concern, and the claims of a class.
func concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.PersistentVolumeClaimKind, Keys: ofClaim},
		{Kind: object.PersistentVolumeKind, Keys: ofVolume},
		{Kind: object.StorageClassKind, Keys: ofClass},
	}
}

func ofClaim(_ controller.View, was, is object.Object) []pod.Key {
	claim, ok := is.(*object.PersistentVolumeClaim)
	if !ok {
		claim = was.(*object.PersistentVolumeClaim)
	}
	keys := []pod.Key{claim.Key()}
	if claim.Spec.VolumeName != "" {
		keys = append(keys, pod.Key{Name: claim.Spec.VolumeName})
	}
	return keys
}

// ofVolume is the volume itself, which has no namespace, and the claim that it is set aside for; of one that is free, all claims of its
// class that still want one.
func ofVolume(v controller.View, was, is object.Object) []pod.Key {
	volume, ok := is.(*object.PersistentVolume)
	if !ok {
		volume = was.(*object.PersistentVolume)
	}
	keys := []pod.Key{{Name: volume.Name}}
	if ref := volume.Spec.ClaimRef; ref != nil {
		return append(keys, pod.Key{Namespace: ref.Namespace, Name: ref.Name})
	}
	return append(keys, wanting(v, scheduling.VolumeClass(volume))...)
}

func ofClass(v controller.View, was, is object.Object) []pod.Key {
	o := is
	if o == nil {
		o = was
	}
	return wanting(v, o.Meta().Name)
}

// wanting are the claims of a class that have no volume.
func wanting(v controller.View, class string) (keys []pod.Key) {
	for o := range v.List(object.PersistentVolumeClaimKind, "") {
		if claim := o.(*object.PersistentVolumeClaim); claim.Status.Phase == object.ClaimPending && scheduling.ClaimClass(claim) == class {
			keys = append(keys, claim.Key())
		}
	}
	return keys
}
