package object

import "github.com/podlife/podlife/pod"

// Job runs pods until enough of them have succeeded. See https://kubernetes.io/docs/concepts/workloads/controllers/job/.
type Job struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           JobSpec   `json:"spec,omitempty"`
	Status         JobStatus `json:"status,omitempty"`
}

// JobSpec is how many, how many at once, and what counts as failure.
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

// JobStatus counts pods, each once: as active, or as succeeded or failed for good.
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

// PodFailurePolicy says what a failed pod means; the first rule that matches counts.
type PodFailurePolicy struct {
	Rules []PodFailurePolicyRule `json:"rules"`
}

// SuccessPolicy says when an indexed Job has succeeded before all its indexes have.
type SuccessPolicy struct {
	Rules []SuccessPolicyRule `json:"rules"`
}

// JobSchedulingConfiguration is how the pods of a Job are to be scheduled together.
type JobSchedulingConfiguration struct {
	SchedulingPolicy      *WorkloadPodGroupSchedulingPolicy      `json:"schedulingPolicy,omitempty"`
	SchedulingConstraints *WorkloadPodGroupSchedulingConstraints `json:"schedulingConstraints,omitempty"`
	DisruptionMode        *WorkloadPodGroupDisruptionMode        `json:"disruptionMode,omitempty"`
	ResourceClaims        []WorkloadPodGroupResourceClaim        `json:"resourceClaims,omitempty"`
}

// JobCondition is how one aspect of a Job stands.
type JobCondition struct {
	Type               JobConditionType    `json:"type"`
	Status             pod.ConditionStatus `json:"status"`
	LastProbeTime      pod.Time            `json:"lastProbeTime,omitempty"`
	LastTransitionTime pod.Time            `json:"lastTransitionTime,omitempty"`
	Reason             string              `json:"reason,omitempty"`
	Message            string              `json:"message,omitempty"`
}

// UncountedTerminatedPods are pods that have ended and are not yet in the counts.
type UncountedTerminatedPods struct {
	Succeeded []pod.UID `json:"succeeded,omitempty"`
	Failed    []pod.UID `json:"failed,omitempty"`
}

// PodFailurePolicyRule is an action, and the exit codes or pod conditions that call for it.
type PodFailurePolicyRule struct {
	Action          PodFailurePolicyAction                   `json:"action"`
	OnExitCodes     *PodFailurePolicyOnExitCodesRequirement  `json:"onExitCodes,omitempty"`
	OnPodConditions []PodFailurePolicyOnPodConditionsPattern `json:"onPodConditions,omitempty"`
}

// SuccessPolicyRule is a set of indexes, a number of them, or both.
type SuccessPolicyRule struct {
	SucceededIndexes *string `json:"succeededIndexes,omitempty"`
	SucceededCount   *int32  `json:"succeededCount,omitempty"`
}

// WorkloadPodGroupSchedulingPolicy is basic or gang; exactly one is set.
type WorkloadPodGroupSchedulingPolicy struct {
	Basic *WorkloadPodGroupBasicSchedulingPolicy `json:"basic,omitempty"`
	Gang  *WorkloadPodGroupGangSchedulingPolicy  `json:"gang,omitempty"`
}

// WorkloadPodGroupSchedulingConstraints say where the group's pods may be.
type WorkloadPodGroupSchedulingConstraints struct {
	Topology []TopologyConstraint `json:"topology,omitempty"`
}

// WorkloadPodGroupDisruptionMode is whether the group's pods are preempted singly or all together.
type WorkloadPodGroupDisruptionMode struct {
	Single *WorkloadPodGroupSingleDisruptionMode `json:"single,omitempty"`
	All    *WorkloadPodGroupAllDisruptionMode    `json:"all,omitempty"`
}

// WorkloadPodGroupResourceClaim is a claim that the group's pods share.
type WorkloadPodGroupResourceClaim struct {
	Name                      string  `json:"name"`
	ResourceClaimName         *string `json:"resourceClaimName,omitempty"`
	ResourceClaimTemplateName *string `json:"resourceClaimTemplateName,omitempty"`
}

// PodFailurePolicyOnExitCodesRequirement matches the exit code of a container of a failed pod.
type PodFailurePolicyOnExitCodesRequirement struct {
	ContainerName *string                             `json:"containerName,omitempty"`
	Operator      PodFailurePolicyOnExitCodesOperator `json:"operator"`
	Values        []int32                             `json:"values"`
}

// PodFailurePolicyOnPodConditionsPattern matches a condition of a failed pod.
type PodFailurePolicyOnPodConditionsPattern struct {
	Type   pod.ConditionType   `json:"type"`
	Status pod.ConditionStatus `json:"status"`
}

// WorkloadPodGroupBasicSchedulingPolicy schedules pods one by one.
type WorkloadPodGroupBasicSchedulingPolicy struct {
}

// WorkloadPodGroupGangSchedulingPolicy schedules a number of pods or none.
type WorkloadPodGroupGangSchedulingPolicy struct {
	MinCount *int32 `json:"minCount,omitempty"`
}

// TopologyConstraint asks for one value of a node label.
type TopologyConstraint struct {
	Key string `json:"key"`
}

// WorkloadPodGroupSingleDisruptionMode lets pods be preempted one by one.
type WorkloadPodGroupSingleDisruptionMode struct {
}

// WorkloadPodGroupAllDisruptionMode preempts the group as a whole.
type WorkloadPodGroupAllDisruptionMode struct {
}

// CompletionMode is how the completions of a Job are counted; empty becomes NonIndexed.
type CompletionMode string

// The values of CompletionMode.
const (
	NonIndexedCompletion CompletionMode = "NonIndexed"
	IndexedCompletion    CompletionMode = "Indexed"
)

// JobConditionType names an aspect of a Job.
type JobConditionType string

// The values of JobConditionType.
const (
	JobSuspended          JobConditionType = "Suspended"
	JobComplete           JobConditionType = "Complete"
	JobFailed             JobConditionType = "Failed"
	JobFailureTarget      JobConditionType = "FailureTarget"
	JobSuccessCriteriaMet JobConditionType = "SuccessCriteriaMet"
)

// PodFailurePolicyAction is what a rule makes of a failed pod.
type PodFailurePolicyAction string

// The values of PodFailurePolicyAction.
const (
	PodFailurePolicyActionFailJob   PodFailurePolicyAction = "FailJob"
	PodFailurePolicyActionFailIndex PodFailurePolicyAction = "FailIndex"
	PodFailurePolicyActionIgnore    PodFailurePolicyAction = "Ignore"
	PodFailurePolicyActionCount     PodFailurePolicyAction = "Count"
)

// PodFailurePolicyOnExitCodesOperator relates an exit code to a set.
type PodFailurePolicyOnExitCodesOperator string

// The values of PodFailurePolicyOnExitCodesOperator.
const (
	PodFailurePolicyOnExitCodesOpIn    PodFailurePolicyOnExitCodesOperator = "In"
	PodFailurePolicyOnExitCodesOpNotIn PodFailurePolicyOnExitCodesOperator = "NotIn"
)

// PodReplacementPolicy says when a pod that goes is replaced.
type PodReplacementPolicy string

// The values of PodReplacementPolicy.
const (
	TerminatingOrFailed PodReplacementPolicy = "TerminatingOrFailed"
	Failed              PodReplacementPolicy = "Failed"
)
