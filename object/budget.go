package object

import "github.com/podlife/podlife/pod"

// PodDisruptionBudget TODO
type PodDisruptionBudget struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           PodDisruptionBudgetSpec   `json:"spec,omitempty"`
	Status         PodDisruptionBudgetStatus `json:"status,omitempty"`
}

// PodDisruptionBudgetSpec TODO
type PodDisruptionBudgetSpec struct {
	MinAvailable               *pod.IntOrString                `json:"minAvailable,omitempty"`
	Selector                   *pod.LabelSelector              `json:"selector,omitempty"`
	MaxUnavailable             *pod.IntOrString                `json:"maxUnavailable,omitempty"`
	UnhealthyPodEvictionPolicy *UnhealthyPodEvictionPolicyType `json:"unhealthyPodEvictionPolicy,omitempty"`
}

// PodDisruptionBudgetStatus TODO
type PodDisruptionBudgetStatus struct {
	ObservedGeneration int64               `json:"observedGeneration,omitempty"`
	DisruptedPods      map[string]pod.Time `json:"disruptedPods,omitempty"`
	DisruptionsAllowed int32               `json:"disruptionsAllowed"`
	CurrentHealthy     int32               `json:"currentHealthy"`
	DesiredHealthy     int32               `json:"desiredHealthy"`
	ExpectedPods       int32               `json:"expectedPods"`
	Conditions         []Condition         `json:"conditions,omitempty"`
}

// UnhealthyPodEvictionPolicyType TODO
type UnhealthyPodEvictionPolicyType string
