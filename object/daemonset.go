package object

import "github.com/podlife/podlife/pod"

// DaemonSet TODO
type DaemonSet struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           DaemonSetSpec   `json:"spec,omitempty"`
	Status         DaemonSetStatus `json:"status,omitempty"`
}

// DaemonSetSpec TODO
type DaemonSetSpec struct {
	Selector             *pod.LabelSelector      `json:"selector"`
	Template             pod.Template            `json:"template"`
	UpdateStrategy       DaemonSetUpdateStrategy `json:"updateStrategy,omitempty"`
	MinReadySeconds      int32                   `json:"minReadySeconds,omitempty"`
	RevisionHistoryLimit *int32                  `json:"revisionHistoryLimit,omitempty"`
}

// DaemonSetStatus TODO
type DaemonSetStatus struct {
	CurrentNumberScheduled int32                `json:"currentNumberScheduled"`
	NumberMisscheduled     int32                `json:"numberMisscheduled"`
	DesiredNumberScheduled int32                `json:"desiredNumberScheduled"`
	NumberReady            int32                `json:"numberReady"`
	ObservedGeneration     int64                `json:"observedGeneration,omitempty"`
	UpdatedNumberScheduled int32                `json:"updatedNumberScheduled,omitempty"`
	NumberAvailable        int32                `json:"numberAvailable,omitempty"`
	NumberUnavailable      int32                `json:"numberUnavailable,omitempty"`
	CollisionCount         *int32               `json:"collisionCount,omitempty"`
	Conditions             []DaemonSetCondition `json:"conditions,omitempty"`
}

// DaemonSetUpdateStrategy TODO
type DaemonSetUpdateStrategy struct {
	Type          DaemonSetUpdateStrategyType `json:"type,omitempty"`
	RollingUpdate *RollingUpdateDaemonSet     `json:"rollingUpdate,omitempty"`
}

// DaemonSetCondition TODO
type DaemonSetCondition struct {
	Type               DaemonSetConditionType `json:"type"`
	Status             pod.ConditionStatus    `json:"status"`
	LastTransitionTime pod.Time               `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string                 `json:"reason,omitempty"`
	Message            string                 `json:"message,omitempty"`
}

// RollingUpdateDaemonSet TODO
type RollingUpdateDaemonSet struct {
	MaxUnavailable *pod.IntOrString `json:"maxUnavailable,omitempty"`
	MaxSurge       *pod.IntOrString `json:"maxSurge,omitempty"`
}

// DaemonSetConditionType TODO
type DaemonSetConditionType string

// DaemonSetUpdateStrategyType TODO
type DaemonSetUpdateStrategyType string
