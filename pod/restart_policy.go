package pod

// RestartPolicy says which ends of a container lead to a restart; a pod has one, and a container may have its
// own. See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy.
type RestartPolicy string

const (
	// RestartPolicyAlways restarts after every end.
	RestartPolicyAlways RestartPolicy = "Always"
	// RestartPolicyOnFailure restarts after an exit code other than 0.
	RestartPolicyOnFailure RestartPolicy = "OnFailure"
	// RestartPolicyNever does not restart.
	RestartPolicyNever RestartPolicy = "Never"
)

// ContainerRestartRule acts on some exit codes before the restart policy is asked.
type ContainerRestartRule struct {
	Action    ContainerRestartRuleAction       `json:"action,omitempty"`
	ExitCodes *ContainerRestartRuleOnExitCodes `json:"exitCodes,omitempty"`
}

// ContainerRestartRuleAction is what a matching rule does.
type ContainerRestartRuleAction string

const (
	// ContainerRestartRuleActionRestart restarts the container.
	ContainerRestartRuleActionRestart ContainerRestartRuleAction = "Restart"
	// ContainerRestartRuleActionRestartAllContainers restarts the whole pod in place (KEP-5532).
	ContainerRestartRuleActionRestartAllContainers ContainerRestartRuleAction = "RestartAllContainers"
)

// ContainerRestartRuleOnExitCodes is a condition on an exit code.
type ContainerRestartRuleOnExitCodes struct {
	Operator ContainerRestartRuleOnExitCodesOperator `json:"operator,omitempty"`
	// 255 at most.
	Values []int32 `json:"values,omitempty"`
}

// ContainerRestartRuleOnExitCodesOperator relates an exit code to a set.
type ContainerRestartRuleOnExitCodesOperator string

const (
	// ContainerRestartRuleOnExitCodesOpIn holds for the codes listed.
	ContainerRestartRuleOnExitCodesOpIn ContainerRestartRuleOnExitCodesOperator = "In"
	// ContainerRestartRuleOnExitCodesOpNotIn holds for all others.
	ContainerRestartRuleOnExitCodesOpNotIn ContainerRestartRuleOnExitCodesOperator = "NotIn"
)
