package object

import (
	"strings"

	"github.com/podlife/podlife/pod"
)

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

// plain are those kinds of Kubernetes' own groups that this package does not know, and that a Custom object can be.
var plain = map[Kind]bool{
	{"v1", "Endpoints"}: true, {"v1", "LimitRange"}: true, {"v1", "PodTemplate"}: true, {"v1", "ReplicationController"}: true,
	{"v1", "ResourceQuota"}: true, {"v1", "ServiceAccount"}: true,
	{"autoscaling/v1", "HorizontalPodAutoscaler"}: true, {"autoscaling/v2", "HorizontalPodAutoscaler"}: true,
}

// Exists reports whether there can be objects of the kind. A group with a dot in its name may have any; the others, such as apps and
// batch, are Kubernetes' own, and have those that it has.
// See https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/.
func Exists(k Kind) bool {
	group, _, _ := strings.Cut(k.APIVersion, "/")
	return sorts[k] != nil || plain[k] || k == PodKind || strings.Contains(group, ".")
}

// Clone returns a copy of o that shares nothing with it; nil, and a type that this package does not know, give nil.
func Clone(o Object) Object {
	if s := sortOf(o); s != nil {
		return s.clone(o)
	}
	return nil
}
