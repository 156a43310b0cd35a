package object

import "github.com/podlife/podlife/pod"

// Job TODO
type Job struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           JobSpec   `json:"spec,omitempty"`
	Status         JobStatus `json:"status,omitempty"`
}

// JobSpec TODO
type JobSpec struct {
	Parallelism             *int32                      `json:"parallelism,omitempty"`
	Completions             *int32                      `json:"completions,omitempty"`
	ActiveDeadlineSeconds   *int64                      `json:"activeDeadlineSeconds,omitempty"`
	PodFailurePolicy        *PodFailurePolicy           `json:"podFailurePolicy,omitempty"`
	SuccessPolicy           *SuccessPolicy              `json:"successPolicy,omitempty"`
	BackoffLimit            *int32                      `json:"backoffLimit,omitempty"`
	BackoffLimitPerIndex    *int32                      `json:"backoffLimitPerIndex,omitempty"`
	MaxFailedIndexes        *int32                      `json:"maxFailedIndexes,omitempty"`
	Selector                *pod.LabelSelector          `json:"selector,omitempty"`
	ManualSelector          *bool                       `json:"manualSelector,omitempty"`
	Template                pod.Template                `json:"template"`
	TTLSecondsAfterFinished *int32                      `json:"ttlSecondsAfterFinished,omitempty"`
	CompletionMode          *CompletionMode             `json:"completionMode,omitempty"`
	Suspend                 *bool                       `json:"suspend,omitempty"`
	PodReplacementPolicy    *PodReplacementPolicy       `json:"podReplacementPolicy,omitempty"`
	ManagedBy               *string                     `json:"managedBy,omitempty"`
	Scheduling              *JobSchedulingConfiguration `json:"scheduling,omitempty"`
}

// JobStatus TODO
type JobStatus struct {
	Conditions              []JobCondition           `json:"conditions,omitempty"`
	StartTime               *pod.Time                `json:"startTime,omitempty"`
	CompletionTime          *pod.Time                `json:"completionTime,omitempty"`
	Active                  int32                    `json:"active,omitempty"`
	Succeeded               int32                    `json:"succeeded,omitempty"`
	Failed                  int32                    `json:"failed,omitempty"`
	Terminating             *int32                   `json:"terminating,omitempty"`
	CompletedIndexes        string                   `json:"completedIndexes,omitempty"`
	FailedIndexes           *string                  `json:"failedIndexes,omitempty"`
	UncountedTerminatedPods *UncountedTerminatedPods `json:"uncountedTerminatedPods,omitempty"`
	Ready                   *int32                   `json:"ready,omitempty"`
}

// PodFailurePolicy TODO
type PodFailurePolicy struct {
	Rules []PodFailurePolicyRule `json:"rules"`
}

// SuccessPolicy TODO
type SuccessPolicy struct {
	Rules []SuccessPolicyRule `json:"rules"`
}

// JobSchedulingConfiguration TODO
type JobSchedulingConfiguration struct {
	SchedulingPolicy      *WorkloadPodGroupSchedulingPolicy      `json:"schedulingPolicy,omitempty"`
	SchedulingConstraints *WorkloadPodGroupSchedulingConstraints `json:"schedulingConstraints,omitempty"`
	DisruptionMode        *WorkloadPodGroupDisruptionMode        `json:"disruptionMode,omitempty"`
	ResourceClaims        []WorkloadPodGroupResourceClaim        `json:"resourceClaims,omitempty"`
}

// JobCondition TODO
type JobCondition struct {
	Type               JobConditionType    `json:"type"`
	Status             pod.ConditionStatus `json:"status"`
	LastProbeTime      pod.Time            `json:"lastProbeTime,omitempty,omitzero"`
	LastTransitionTime pod.Time            `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string              `json:"reason,omitempty"`
	Message            string              `json:"message,omitempty"`
}

// UncountedTerminatedPods TODO
type UncountedTerminatedPods struct {
	Succeeded []pod.UID `json:"succeeded,omitempty"`
	Failed    []pod.UID `json:"failed,omitempty"`
}

// PodFailurePolicyRule TODO
type PodFailurePolicyRule struct {
	Action          PodFailurePolicyAction                   `json:"action"`
	OnExitCodes     *PodFailurePolicyOnExitCodesRequirement  `json:"onExitCodes,omitempty"`
	OnPodConditions []PodFailurePolicyOnPodConditionsPattern `json:"onPodConditions,omitempty"`
}

// SuccessPolicyRule TODO
type SuccessPolicyRule struct {
	SucceededIndexes *string `json:"succeededIndexes,omitempty"`
	SucceededCount   *int32  `json:"succeededCount,omitempty"`
}

// WorkloadPodGroupSchedulingPolicy TODO
type WorkloadPodGroupSchedulingPolicy struct {
	Basic *WorkloadPodGroupBasicSchedulingPolicy `json:"basic,omitempty"`
	Gang  *WorkloadPodGroupGangSchedulingPolicy  `json:"gang,omitempty"`
}

// WorkloadPodGroupSchedulingConstraints TODO
type WorkloadPodGroupSchedulingConstraints struct {
	Topology []TopologyConstraint `json:"topology,omitempty"`
}

// WorkloadPodGroupDisruptionMode TODO
type WorkloadPodGroupDisruptionMode struct {
	Single *WorkloadPodGroupSingleDisruptionMode `json:"single,omitempty"`
	All    *WorkloadPodGroupAllDisruptionMode    `json:"all,omitempty"`
}

// WorkloadPodGroupResourceClaim TODO
type WorkloadPodGroupResourceClaim struct {
	Name                      string  `json:"name"`
	ResourceClaimName         *string `json:"resourceClaimName,omitempty"`
	ResourceClaimTemplateName *string `json:"resourceClaimTemplateName,omitempty"`
}

// PodFailurePolicyOnExitCodesRequirement TODO
type PodFailurePolicyOnExitCodesRequirement struct {
	ContainerName *string                             `json:"containerName,omitempty"`
	Operator      PodFailurePolicyOnExitCodesOperator `json:"operator"`
	Values        []int32                             `json:"values"`
}

// PodFailurePolicyOnPodConditionsPattern TODO
type PodFailurePolicyOnPodConditionsPattern struct {
	Type   pod.ConditionType   `json:"type"`
	Status pod.ConditionStatus `json:"status"`
}

// WorkloadPodGroupBasicSchedulingPolicy TODO
type WorkloadPodGroupBasicSchedulingPolicy struct {
}

// WorkloadPodGroupGangSchedulingPolicy TODO
type WorkloadPodGroupGangSchedulingPolicy struct {
	MinCount *int32 `json:"minCount,omitempty"`
}

// TopologyConstraint TODO
type TopologyConstraint struct {
	Key string `json:"key"`
}

// WorkloadPodGroupSingleDisruptionMode TODO
type WorkloadPodGroupSingleDisruptionMode struct {
}

// WorkloadPodGroupAllDisruptionMode TODO
type WorkloadPodGroupAllDisruptionMode struct {
}

// CompletionMode TODO
type CompletionMode string

// JobConditionType TODO
type JobConditionType string

// PodFailurePolicyAction TODO
type PodFailurePolicyAction string

// PodFailurePolicyOnExitCodesOperator TODO
type PodFailurePolicyOnExitCodesOperator string

// PodReplacementPolicy TODO
type PodReplacementPolicy string
