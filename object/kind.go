package object

import "github.com/podlife/podlife/pod"

// The kinds of this package, and the Pod.
var (
	PodKind                   = Kind{"v1", "Pod"}
	NodeKind                  = Kind{"v1", "Node"}
	NamespaceKind             = Kind{"v1", "Namespace"}
	ServiceKind               = Kind{"v1", "Service"}
	ConfigMapKind             = Kind{"v1", "ConfigMap"}
	SecretKind                = Kind{"v1", "Secret"}
	PersistentVolumeClaimKind = Kind{"v1", "PersistentVolumeClaim"}
	PersistentVolumeKind      = Kind{"v1", "PersistentVolume"}
	EventKind                 = Kind{"v1", "Event"}
	LeaseKind                 = Kind{"coordination.k8s.io/v1", "Lease"}
	StorageClassKind          = Kind{"storage.k8s.io/v1", "StorageClass"}
	CSINodeKind               = Kind{"storage.k8s.io/v1", "CSINode"}
	PriorityClassKind         = Kind{"scheduling.k8s.io/v1", "PriorityClass"}
	PodDisruptionBudgetKind   = Kind{"policy/v1", "PodDisruptionBudget"}
	ReplicaSetKind            = Kind{"apps/v1", "ReplicaSet"}
	DeploymentKind            = Kind{"apps/v1", "Deployment"}
	StatefulSetKind           = Kind{"apps/v1", "StatefulSet"}
	DaemonSetKind             = Kind{"apps/v1", "DaemonSet"}
	ControllerRevisionKind    = Kind{"apps/v1", "ControllerRevision"}
	JobKind                   = Kind{"batch/v1", "Job"}
	CronJobKind               = Kind{"batch/v1", "CronJob"}
)

// KindOf returns the kind of o; for a Custom object it is what the object says of itself, and the zero Kind for nil and for
// a type that this package does not know.
func KindOf(o Object) Kind {
	switch o := o.(type) {
	case *pod.Pod:
		return PodKind
	case *Custom:
		return Kind{o.APIVersion, o.Kind}
	}
	if s := sortOf(o); s != nil {
		return s.kind
	}
	return Kind{}
}

// New returns an empty object of the kind, which says of itself what it is; a kind that this package does not know gives a
// Custom object.
func New(k Kind) Object {
	if s := sorts[k]; s != nil {
		return s.make()
	}
	return &Custom{TypeMeta: pod.TypeMeta{APIVersion: k.APIVersion, Kind: k.Name}}
}

// Namespaced reports whether objects of the kind are in a namespace, as those of unknown kinds are.
func Namespaced(k Kind) bool {
	s := sorts[k]
	return s == nil || !s.clusterWide
}

// Clone returns a copy of o that shares nothing with it; nil, and a type that this package does not know, give nil.
func Clone(o Object) Object {
	if s := sortOf(o); s != nil {
		return s.clone(o)
	}
	return nil
}
