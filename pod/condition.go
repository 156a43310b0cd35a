package pod

// Condition is one aspect of a pod's state, with the time since when.
type Condition struct {
	Type ConditionType `json:"type"`
	// metadata.generation this condition speaks of; 0 unknown.
	ObservedGeneration int64           `json:"observedGeneration,omitempty"`
	Status             ConditionStatus `json:"status"`
	// Never set nowadays; printed as null.
	LastProbeTime Time `json:"lastProbeTime,omitempty"`
	// When Status last changed.
	LastTransitionTime Time   `json:"lastTransitionTime,omitempty"`
	Reason             Reason `json:"reason,omitempty"`
	// For people.
	Message string `json:"message,omitempty"`
}

// ConditionType names an aspect of a pod's state; others than these are qualified names. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions.
type ConditionType string

const (
	// ContainersReady means that all containers, sidecars included, are ready.
	ContainersReady ConditionType = "ContainersReady"
	// Initialized means that all init containers have succeeded, and sidecars started.
	Initialized ConditionType = "Initialized"
	// Ready means ContainersReady and every readiness gate.
	Ready ConditionType = "Ready"
	// PodScheduled means bound to a node.
	PodScheduled ConditionType = "PodScheduled"
	// DisruptionTarget means about to be ended by preemption, eviction, taint or garbage collection.
	DisruptionTarget ConditionType = "DisruptionTarget"
	// PodReadyToStartContainers means that sandbox, network and volumes are there.
	PodReadyToStartContainers ConditionType = "PodReadyToStartContainers"
	// PodResizePending means that the node has not granted a resize, and says why.
	PodResizePending ConditionType = "PodResizePending"
	// PodResizeInProgress means that a granted resize is being carried out.
	PodResizeInProgress ConditionType = "PodResizeInProgress"
	// AllContainersRestarting means that a rule is restarting the whole pod in place; only pods with such a rule
	// have it.
	AllContainersRestarting ConditionType = "AllContainersRestarting"
)

// ConditionStatus is whether a condition holds. A missing condition counts as False or Unknown, by its kind.
type ConditionStatus string

// The three values of a condition.
const (
	ConditionTrue    ConditionStatus = "True"
	ConditionFalse   ConditionStatus = "False"
	ConditionUnknown ConditionStatus = "Unknown"
)
