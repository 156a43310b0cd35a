package object

import "github.com/podlife/podlife/pod"

// Deployment keeps replicas of a template and rolls out changes of it, by way of ReplicaSets. See https://kubernetes.io/docs/concepts/workloads/controllers/deployment/.
type Deployment struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           DeploymentSpec   `json:"spec,omitempty"`
	Status         DeploymentStatus `json:"status,omitempty"`
}

// DeploymentSpec is how many pods of which template, and how to get from one template to the next.
type DeploymentSpec struct {
	Replicas                *int32             `json:"replicas,omitempty"`
	Selector                *pod.LabelSelector `json:"selector"`
	Template                pod.Template       `json:"template"`
	Strategy                DeploymentStrategy `json:"strategy,omitempty"`
	MinReadySeconds         int32              `json:"minReadySeconds,omitempty"`
	RevisionHistoryLimit    *int32             `json:"revisionHistoryLimit,omitempty"`
	Paused                  bool               `json:"paused,omitempty"`
	ProgressDeadlineSeconds *int32             `json:"progressDeadlineSeconds,omitempty"`
}

// DeploymentStatus counts pods over all ReplicaSets of the Deployment.
type DeploymentStatus struct {
	ObservedGeneration  int64                 `json:"observedGeneration,omitempty"`
	Replicas            int32                 `json:"replicas,omitempty"`
	UpdatedReplicas     int32                 `json:"updatedReplicas,omitempty"`
	ReadyReplicas       int32                 `json:"readyReplicas,omitempty"`
	AvailableReplicas   int32                 `json:"availableReplicas,omitempty"`
	UnavailableReplicas int32                 `json:"unavailableReplicas,omitempty"`
	TerminatingReplicas *int32                `json:"terminatingReplicas,omitempty"`
	Conditions          []DeploymentCondition `json:"conditions,omitempty"`
	CollisionCount      *int32                `json:"collisionCount,omitempty"`
}

// DeploymentStrategy says how pods are replaced when the template changes.
type DeploymentStrategy struct {
	Type          DeploymentStrategyType   `json:"type,omitempty"`
	RollingUpdate *RollingUpdateDeployment `json:"rollingUpdate,omitempty"`
}

// DeploymentCondition is how one aspect of a Deployment stands.
type DeploymentCondition struct {
	Type               DeploymentConditionType `json:"type"`
	Status             pod.ConditionStatus     `json:"status"`
	LastUpdateTime     pod.Time                `json:"lastUpdateTime,omitempty"`
	LastTransitionTime pod.Time                `json:"lastTransitionTime,omitempty"`
	Reason             string                  `json:"reason,omitempty"`
	Message            string                  `json:"message,omitempty"`
}

// RollingUpdateDeployment bounds a rolling update, in pods or per cent of replicas; nil becomes 25%.
type RollingUpdateDeployment struct {
	MaxUnavailable *pod.IntOrString `json:"maxUnavailable,omitempty"`
	MaxSurge       *pod.IntOrString `json:"maxSurge,omitempty"`
}

// DeploymentConditionType names an aspect of a Deployment.
type DeploymentConditionType string

// The values of DeploymentConditionType.
const (
	DeploymentAvailable      DeploymentConditionType = "Available"
	DeploymentProgressing    DeploymentConditionType = "Progressing"
	DeploymentReplicaFailure DeploymentConditionType = "ReplicaFailure"
)

// DeploymentStrategyType is how a Deployment replaces pods.
type DeploymentStrategyType string

// The values of DeploymentStrategyType.
const (
	RecreateDeploymentStrategyType      DeploymentStrategyType = "Recreate"
	RollingUpdateDeploymentStrategyType DeploymentStrategyType = "RollingUpdate"
)
