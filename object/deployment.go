package object

import "github.com/podlife/podlife/pod"

// Deployment TODO
type Deployment struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           DeploymentSpec   `json:"spec,omitempty"`
	Status         DeploymentStatus `json:"status,omitempty"`
}

// DeploymentSpec TODO
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

// DeploymentStatus TODO
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

// DeploymentStrategy TODO
type DeploymentStrategy struct {
	Type          DeploymentStrategyType   `json:"type,omitempty"`
	RollingUpdate *RollingUpdateDeployment `json:"rollingUpdate,omitempty"`
}

// DeploymentCondition TODO
type DeploymentCondition struct {
	Type               DeploymentConditionType `json:"type"`
	Status             pod.ConditionStatus     `json:"status"`
	LastUpdateTime     pod.Time                `json:"lastUpdateTime,omitempty,omitzero"`
	LastTransitionTime pod.Time                `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string                  `json:"reason,omitempty"`
	Message            string                  `json:"message,omitempty"`
}

// RollingUpdateDeployment TODO
type RollingUpdateDeployment struct {
	MaxUnavailable *pod.IntOrString `json:"maxUnavailable,omitempty"`
	MaxSurge       *pod.IntOrString `json:"maxSurge,omitempty"`
}

// DeploymentConditionType TODO
type DeploymentConditionType string

// DeploymentStrategyType TODO
type DeploymentStrategyType string
