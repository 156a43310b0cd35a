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

// KindOf returns the kind of o; for a Custom object it is what the object says of itself, and the zero Kind for a type that
// this package does not know.
func KindOf(o Object) Kind {
	switch o := o.(type) {
	case *pod.Pod:
		return PodKind
	case *Node:
		return NodeKind
	case *Namespace:
		return NamespaceKind
	case *Service:
		return ServiceKind
	case *ConfigMap:
		return ConfigMapKind
	case *Secret:
		return SecretKind
	case *PersistentVolumeClaim:
		return PersistentVolumeClaimKind
	case *PersistentVolume:
		return PersistentVolumeKind
	case *Event:
		return EventKind
	case *Lease:
		return LeaseKind
	case *StorageClass:
		return StorageClassKind
	case *CSINode:
		return CSINodeKind
	case *PriorityClass:
		return PriorityClassKind
	case *PodDisruptionBudget:
		return PodDisruptionBudgetKind
	case *ReplicaSet:
		return ReplicaSetKind
	case *Deployment:
		return DeploymentKind
	case *StatefulSet:
		return StatefulSetKind
	case *DaemonSet:
		return DaemonSetKind
	case *ControllerRevision:
		return ControllerRevisionKind
	case *Job:
		return JobKind
	case *CronJob:
		return CronJobKind
	case *Custom:
		return Kind{o.APIVersion, o.Kind}
	}
	return Kind{}
}

// Custom is an object of any other kind. What is not metadata stays as it is written, field by field.
type Custom struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	// Fields are the other fields of the object, spec and status among them.
	Fields map[string]Raw `json:"-"`
}
