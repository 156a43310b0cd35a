package object

import "github.com/podlife/podlife/pod"

// PodDisruptionBudget bounds how many pods of a set may be taken away at once by evictions. See https://kubernetes.io/docs/concepts/workloads/pods/disruptions/.
type PodDisruptionBudget struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           PodDisruptionBudgetSpec   `json:"spec,omitempty"`
	Status         PodDisruptionBudgetStatus `json:"status,omitempty"`
}

// PodDisruptionBudgetSpec says which pods, and how many of them must stay or may be missing: exactly one of MinAvailable and MaxUnavailable.
type PodDisruptionBudgetSpec struct {
	MinAvailable               *pod.IntOrString                `json:"minAvailable,omitempty"`
	Selector                   *pod.LabelSelector              `json:"selector,omitempty"`
	MaxUnavailable             *pod.IntOrString                `json:"maxUnavailable,omitempty"`
	UnhealthyPodEvictionPolicy *UnhealthyPodEvictionPolicyType `json:"unhealthyPodEvictionPolicy,omitempty"`
}

// PodDisruptionBudgetStatus is what the disruption controller counted; DisruptionsAllowed is what evictions draw on.
type PodDisruptionBudgetStatus struct {
	ObservedGeneration int64               `json:"observedGeneration,omitempty"`
	DisruptedPods      map[string]pod.Time `json:"disruptedPods,omitempty"`
	DisruptionsAllowed int32               `json:"disruptionsAllowed"`
	CurrentHealthy     int32               `json:"currentHealthy"`
	DesiredHealthy     int32               `json:"desiredHealthy"`
	ExpectedPods       int32               `json:"expectedPods"`
	Conditions         []Condition         `json:"conditions,omitempty"`
}

// UnhealthyPodEvictionPolicyType says when pods that are not ready may be evicted.
type UnhealthyPodEvictionPolicyType string

// The values of UnhealthyPodEvictionPolicyType.
const (
	IfHealthyBudget UnhealthyPodEvictionPolicyType = "IfHealthyBudget"
	AlwaysAllow     UnhealthyPodEvictionPolicyType = "AlwaysAllow"
)
