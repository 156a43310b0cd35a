package pod

type Condition struct {
	Type               ConditionType   `json:"type"`
	ObservedGeneration int64           `json:"observedGeneration,omitempty"`
	Status             ConditionStatus `json:"status"`
	LastProbeTime      Time            `json:"lastProbeTime,omitempty"`
	LastTransitionTime Time            `json:"lastTransitionTime,omitempty"`
	Reason             Reason          `json:"reason,omitempty"`
	Message            string          `json:"message,omitempty"`
}

type ConditionType string

const (
	ContainersReady           ConditionType = "ContainersReady"
	Initialized               ConditionType = "Initialized"
	Ready                     ConditionType = "Ready"
	PodScheduled              ConditionType = "PodScheduled"
	DisruptionTarget          ConditionType = "DisruptionTarget"
	PodReadyToStartContainers ConditionType = "PodReadyToStartContainers"
	PodResizePending          ConditionType = "PodResizePending"
	PodResizeInProgress       ConditionType = "PodResizeInProgress"
	AllContainersRestarting   ConditionType = "AllContainersRestarting"
)

type ConditionStatus string

const (
	ConditionTrue    ConditionStatus = "True"
	ConditionFalse   ConditionStatus = "False"
	ConditionUnknown ConditionStatus = "Unknown"
)
