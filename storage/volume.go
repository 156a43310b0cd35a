package storage

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

// Kind is the kind of a volume, spelt as the field of the volume that holds its source: emptyDir, configMap and so on.
// See https://kubernetes.io/docs/concepts/storage/volumes/#volume-types.
type Kind string

// The kinds that this package knows more of than their name. Every other source of a volume has the name of its field
// as its kind, and is left to a Plugin.
const (
	EmptyDir              Kind = "emptyDir"
	HostPath              Kind = "hostPath"
	ConfigMap             Kind = "configMap"
	Secret                Kind = "secret"
	DownwardAPI           Kind = "downwardAPI"
	Projected             Kind = "projected"
	PersistentVolumeClaim Kind = "persistentVolumeClaim"
	Ephemeral             Kind = "ephemeral"
	Image                 Kind = "image"
	CSI                   Kind = "csi"
)

// Content reports whether a volume of this kind holds files made out of Sources.
func (k Kind) Content() bool {
	return k == ConfigMap || k == Secret || k == DownwardAPI || k == Projected
}

// Lifetime says what the life of a volume is tied to. The zero value is PodLifetime.
type Lifetime uint8

const (
	// PodLifetime is the life of one UID: made for it, gone with it.
	PodLifetime Lifetime = iota
	// LongerLifetime is a life of its own: the volume was there before the pod, or stays after it.
	LongerLifetime
)

// String returns "pod" or "longer".
func (l Lifetime) String() string {
	if l == PodLifetime {
		return "pod"
	}
	return "longer"
}

// Volume is the plan of one volume of a pod. It points into the pod it was made of.
type Volume struct {
	// Name is the volume's name in the pod.
	Name string
	// Kind is which source the volume has.
	Kind Kind
	// Lifetime is how long its contents live.
	Lifetime Lifetime
	// ReadOnly says that no container may write to it, whatever its mount says.
	ReadOnly bool
	// Source is the volume's source in the pod; of a volume without one, an emptyDir.
	Source *pod.VolumeSource
	// Claim is the claim of a persistentVolumeClaim or ephemeral volume, and the zero Claim otherwise.
	Claim Claim
}

// Claim names a persistent volume claim, and says what is known of it from the pod.
// See https://kubernetes.io/docs/concepts/storage/persistent-volumes/.
type Claim struct {
	// Namespace and Name name it.
	Namespace, Name string
	// Owner is the pod that an ephemeral claim was made for and goes with; empty for a claim with a life of its own.
	Owner pod.UID
	// AccessModes are those of an ephemeral volume's template; nil where the claim itself has to tell.
	AccessModes []pod.PersistentVolumeAccessMode
}

// Volumes returns the plan of the volumes of p, in the order of its spec. A volume without a source is an emptyDir, as
// the API server has it. Two sources in one volume, an empty name or a name that is used twice is an error.
func Volumes(p *pod.Pod) ([]Volume, error) {
	all := make([]Volume, 0, len(p.Spec.Volumes))
	for i := range p.Spec.Volumes {
		v, err := planVolume(p, &p.Spec.Volumes[i])
		if err != nil {
			return nil, fmt.Errorf("spec.volumes[%d]: %w", i, err)
		}
		for _, other := range all {
			if other.Name == v.Name {
				return nil, fmt.Errorf("spec.volumes[%d]: volume name %q is used twice, expected it once", i, v.Name)
			}
		}
		all = append(all, v)
	}
	return all, nil
}

func planVolume(p *pod.Pod, v *pod.Volume) (Volume, error) {
	if err := checkVolumeName(v.Name); err != nil {
		return Volume{}, err
	}
	kind, err := kindOf(v)
	if err != nil {
		return Volume{}, err
	}
	plan := Volume{Name: v.Name, Kind: kind, Source: &v.VolumeSource}
	switch kind {
	case HostPath:
		plan.Lifetime = LongerLifetime
	case ConfigMap, Secret, DownwardAPI, Projected, Image:
		plan.ReadOnly = true
	case PersistentVolumeClaim:
		plan.Lifetime = LongerLifetime
		plan.ReadOnly = v.PersistentVolumeClaim.ReadOnly
		plan.Claim = Claim{Namespace: namespaceOf(p), Name: v.PersistentVolumeClaim.ClaimName}
	case Ephemeral:
		plan.Claim = ephemeralClaim(p, v)
	case CSI:
		plan.ReadOnly = isTrue(v.CSI.ReadOnly)
	case EmptyDir, "gitRepo":
	default:
		plan.Lifetime = LongerLifetime
		plan.ReadOnly = readOnlyOf(&v.VolumeSource)
	}
	return plan, nil
}

// ephemeralClaim is the claim of an ephemeral volume: named after pod and volume, owned by the pod.
// See https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes.
func ephemeralClaim(p *pod.Pod, v *pod.Volume) Claim {
	c := Claim{Namespace: namespaceOf(p), Name: p.Name + "-" + v.Name, Owner: p.UID}
	if t := v.Ephemeral.VolumeClaimTemplate; t != nil {
		c.AccessModes = t.Spec.AccessModes
	}
	return c
}

func namespaceOf(p *pod.Pod) string {
	if p.Namespace == "" {
		return pod.NamespaceDefault
	}
	return p.Namespace
}
