package object

import "github.com/podlife/podlife/pod"

// DaemonSet runs one pod on every node that fits. See https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/.
type DaemonSet struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           DaemonSetSpec   `json:"spec,omitempty"`
	Status         DaemonSetStatus `json:"status,omitempty"`
}

// DaemonSetSpec is the template and how to replace pods when it changes.
type DaemonSetSpec struct {
	Selector             *pod.LabelSelector      `json:"selector"`
	Template             pod.Template            `json:"template"`
	UpdateStrategy       DaemonSetUpdateStrategy `json:"updateStrategy,omitempty"`
	MinReadySeconds      int32                   `json:"minReadySeconds,omitempty"`
	RevisionHistoryLimit *int32                  `json:"revisionHistoryLimit,omitempty"`
}

// DaemonSetStatus counts nodes: those that should have a pod, those that have, those that should not.
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

// DaemonSetUpdateStrategy says how pods are replaced when the template changes.
type DaemonSetUpdateStrategy struct {
	Type          DaemonSetUpdateStrategyType `json:"type,omitempty"`
	RollingUpdate *RollingUpdateDaemonSet     `json:"rollingUpdate,omitempty"`
}

// DaemonSetCondition is how one aspect of a DaemonSet stands.
type DaemonSetCondition struct {
	Type               DaemonSetConditionType `json:"type"`
	Status             pod.ConditionStatus    `json:"status"`
	LastTransitionTime pod.Time               `json:"lastTransitionTime,omitempty"`
	Reason             string                 `json:"reason,omitempty"`
	Message            string                 `json:"message,omitempty"`
}

// RollingUpdateDaemonSet bounds a rolling update; of the two, one may be 0.
type RollingUpdateDaemonSet struct {
	MaxUnavailable *pod.IntOrString `json:"maxUnavailable,omitempty"`
	MaxSurge       *pod.IntOrString `json:"maxSurge,omitempty"`
}

// DaemonSetConditionType names an aspect of a DaemonSet.
type DaemonSetConditionType string

// DaemonSetUpdateStrategyType is how a DaemonSet replaces pods.
type DaemonSetUpdateStrategyType string

// The values of DaemonSetUpdateStrategyType.
const (
	RollingUpdateDaemonSetStrategyType DaemonSetUpdateStrategyType = "RollingUpdate"
	OnDeleteDaemonSetStrategyType      DaemonSetUpdateStrategyType = "OnDelete"
)
