package object

import "github.com/podlife/podlife/pod"

// StatefulSet keeps pods that have a number, a name and claims of their own. See https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/.
type StatefulSet struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           StatefulSetSpec   `json:"spec,omitempty"`
	Status         StatefulSetStatus `json:"status,omitempty"`
}

// StatefulSetSpec is how many pods of which template, and in which order they come and go.
type StatefulSetSpec struct {
	Replicas                             *int32                                           `json:"replicas,omitempty"`
	Selector                             *pod.LabelSelector                               `json:"selector"`
	Template                             pod.Template                                     `json:"template"`
	VolumeClaimTemplates                 []PersistentVolumeClaim                          `json:"volumeClaimTemplates,omitempty"`
	ServiceName                          string                                           `json:"serviceName"`
	PodManagementPolicy                  PodManagementPolicyType                          `json:"podManagementPolicy,omitempty"`
	UpdateStrategy                       StatefulSetUpdateStrategy                        `json:"updateStrategy,omitempty"`
	RevisionHistoryLimit                 *int32                                           `json:"revisionHistoryLimit,omitempty"`
	MinReadySeconds                      int32                                            `json:"minReadySeconds,omitempty"`
	PersistentVolumeClaimRetentionPolicy *StatefulSetPersistentVolumeClaimRetentionPolicy `json:"persistentVolumeClaimRetentionPolicy,omitempty"`
	Ordinals                             *StatefulSetOrdinals                             `json:"ordinals,omitempty"`
}

// StatefulSetStatus counts the pods of the StatefulSet, by revision.
type StatefulSetStatus struct {
	ObservedGeneration int64                  `json:"observedGeneration,omitempty"`
	Replicas           int32                  `json:"replicas"`
	ReadyReplicas      int32                  `json:"readyReplicas,omitempty"`
	CurrentReplicas    int32                  `json:"currentReplicas,omitempty"`
	UpdatedReplicas    int32                  `json:"updatedReplicas,omitempty"`
	CurrentRevision    string                 `json:"currentRevision,omitempty"`
	UpdateRevision     string                 `json:"updateRevision,omitempty"`
	CollisionCount     *int32                 `json:"collisionCount,omitempty"`
	Conditions         []StatefulSetCondition `json:"conditions,omitempty"`
	AvailableReplicas  int32                  `json:"availableReplicas"`
}

// StatefulSetUpdateStrategy says how pods are replaced when the template changes.
type StatefulSetUpdateStrategy struct {
	Type          StatefulSetUpdateStrategyType     `json:"type,omitempty"`
	RollingUpdate *RollingUpdateStatefulSetStrategy `json:"rollingUpdate,omitempty"`
}

// StatefulSetPersistentVolumeClaimRetentionPolicy says what becomes of claims whose pod is not wanted any more.
type StatefulSetPersistentVolumeClaimRetentionPolicy struct {
	WhenDeleted PersistentVolumeClaimRetentionPolicyType `json:"whenDeleted,omitempty"`
	WhenScaled  PersistentVolumeClaimRetentionPolicyType `json:"whenScaled,omitempty"`
}

// StatefulSetOrdinals is where numbers begin.
type StatefulSetOrdinals struct {
	Start int32 `json:"start"`
}

// StatefulSetCondition is how one aspect of a StatefulSet stands.
type StatefulSetCondition struct {
	Type               StatefulSetConditionType `json:"type"`
	Status             pod.ConditionStatus      `json:"status"`
	LastTransitionTime pod.Time                 `json:"lastTransitionTime,omitempty"`
	Reason             string                   `json:"reason,omitempty"`
	Message            string                   `json:"message,omitempty"`
}

// RollingUpdateStatefulSetStrategy bounds a rolling update.
type RollingUpdateStatefulSetStrategy struct {
	Partition      *int32           `json:"partition,omitempty"`
	MaxUnavailable *pod.IntOrString `json:"maxUnavailable,omitempty"`
}

// PersistentVolumeClaimRetentionPolicyType is Retain or Delete.
type PersistentVolumeClaimRetentionPolicyType string

// The values of PersistentVolumeClaimRetentionPolicyType.
const (
	RetainPersistentVolumeClaimRetentionPolicyType PersistentVolumeClaimRetentionPolicyType = "Retain"
	DeletePersistentVolumeClaimRetentionPolicyType PersistentVolumeClaimRetentionPolicyType = "Delete"
)

// PodManagementPolicyType is whether pods come and go one by one; empty becomes OrderedReady.
type PodManagementPolicyType string

// The values of PodManagementPolicyType.
const (
	OrderedReadyPodManagement PodManagementPolicyType = "OrderedReady"
	ParallelPodManagement     PodManagementPolicyType = "Parallel"
)

// StatefulSetConditionType names an aspect of a StatefulSet.
type StatefulSetConditionType string

// StatefulSetUpdateStrategyType is how a StatefulSet replaces pods.
type StatefulSetUpdateStrategyType string

// The values of StatefulSetUpdateStrategyType.
const (
	RollingUpdateStatefulSetStrategyType StatefulSetUpdateStrategyType = "RollingUpdate"
	OnDeleteStatefulSetStrategyType      StatefulSetUpdateStrategyType = "OnDelete"
)
