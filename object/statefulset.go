package object

import "github.com/podlife/podlife/pod"

// StatefulSet TODO
type StatefulSet struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           StatefulSetSpec   `json:"spec,omitempty"`
	Status         StatefulSetStatus `json:"status,omitempty"`
}

// StatefulSetSpec TODO
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

// StatefulSetStatus TODO
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

// StatefulSetUpdateStrategy TODO
type StatefulSetUpdateStrategy struct {
	Type          StatefulSetUpdateStrategyType     `json:"type,omitempty"`
	RollingUpdate *RollingUpdateStatefulSetStrategy `json:"rollingUpdate,omitempty"`
}

// StatefulSetPersistentVolumeClaimRetentionPolicy TODO
type StatefulSetPersistentVolumeClaimRetentionPolicy struct {
	WhenDeleted PersistentVolumeClaimRetentionPolicyType `json:"whenDeleted,omitempty"`
	WhenScaled  PersistentVolumeClaimRetentionPolicyType `json:"whenScaled,omitempty"`
}

// StatefulSetOrdinals TODO
type StatefulSetOrdinals struct {
	Start int32 `json:"start"`
}

// StatefulSetCondition TODO
type StatefulSetCondition struct {
	Type               StatefulSetConditionType `json:"type"`
	Status             pod.ConditionStatus      `json:"status"`
	LastTransitionTime pod.Time                 `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string                   `json:"reason,omitempty"`
	Message            string                   `json:"message,omitempty"`
}

// RollingUpdateStatefulSetStrategy TODO
type RollingUpdateStatefulSetStrategy struct {
	Partition      *int32           `json:"partition,omitempty"`
	MaxUnavailable *pod.IntOrString `json:"maxUnavailable,omitempty"`
}

// PersistentVolumeClaimRetentionPolicyType TODO
type PersistentVolumeClaimRetentionPolicyType string

// PodManagementPolicyType TODO
type PodManagementPolicyType string

// StatefulSetConditionType TODO
type StatefulSetConditionType string

// StatefulSetUpdateStrategyType TODO
type StatefulSetUpdateStrategyType string
