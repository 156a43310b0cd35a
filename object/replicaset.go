package object

import "github.com/podlife/podlife/pod"

// ReplicaSet keeps replicas of a template. See https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/.
type ReplicaSet struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           ReplicaSetSpec   `json:"spec,omitempty"`
	Status         ReplicaSetStatus `json:"status,omitempty"`
}

// ReplicaSetSpec is how many pods of which template.
type ReplicaSetSpec struct {
	Replicas        *int32             `json:"replicas,omitempty"`
	MinReadySeconds int32              `json:"minReadySeconds,omitempty"`
	Selector        *pod.LabelSelector `json:"selector"`
	Template        pod.Template       `json:"template,omitempty"`
}

// ReplicaSetStatus counts the pods of the ReplicaSet.
type ReplicaSetStatus struct {
	Replicas             int32                 `json:"replicas"`
	FullyLabeledReplicas int32                 `json:"fullyLabeledReplicas,omitempty"`
	ReadyReplicas        int32                 `json:"readyReplicas,omitempty"`
	AvailableReplicas    int32                 `json:"availableReplicas,omitempty"`
	TerminatingReplicas  *int32                `json:"terminatingReplicas,omitempty"`
	ObservedGeneration   int64                 `json:"observedGeneration,omitempty"`
	Conditions           []ReplicaSetCondition `json:"conditions,omitempty"`
}

// ReplicaSetCondition is how one aspect of a ReplicaSet stands.
type ReplicaSetCondition struct {
	Type               ReplicaSetConditionType `json:"type"`
	Status             pod.ConditionStatus     `json:"status"`
	LastTransitionTime pod.Time                `json:"lastTransitionTime,omitempty"`
	Reason             string                  `json:"reason,omitempty"`
	Message            string                  `json:"message,omitempty"`
}

// ReplicaSetConditionType names an aspect of a ReplicaSet.
type ReplicaSetConditionType string

// The values of ReplicaSetConditionType.
const (
	ReplicaSetReplicaFailure ReplicaSetConditionType = "ReplicaFailure"
)
