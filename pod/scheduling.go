package pod

// Affinity says which nodes and which neighbours a pod wants. See
// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
type Affinity struct {
	NodeAffinity    *NodeAffinity    `json:"nodeAffinity,omitempty"`
	PodAffinity     *PodAffinity     `json:"podAffinity,omitempty"`
	PodAntiAffinity *PodAntiAffinity `json:"podAntiAffinity,omitempty"`
}

// NodeAffinity chooses nodes.
type NodeAffinity struct {
	// nil requires nothing.
	RequiredDuringSchedulingIgnoredDuringExecution *NodeSelector `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
	// Each match adds its weight to the node's score.
	PreferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm `json:"preferredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// NodeSelector matches a node if any of its terms does.
type NodeSelector struct {
	// At least one.
	NodeSelectorTerms []NodeSelectorTerm `json:"nodeSelectorTerms"`
}

// NodeSelectorTerm matches a node if all of both lists hold. An empty term matches none.
type NodeSelectorTerm struct {
	// On labels.
	MatchExpressions []NodeSelectorRequirement `json:"matchExpressions,omitempty"`
	// On fields; only metadata.name exists.
	MatchFields []NodeSelectorRequirement `json:"matchFields,omitempty"`
}

// NodeSelectorRequirement is one condition on a label or field of a node.
type NodeSelectorRequirement struct {
	Key      string               `json:"key"`
	Operator NodeSelectorOperator `json:"operator"`
	// At least one for In and NotIn, none for Exists and DoesNotExist, one integer for Gt and Lt.
	Values []string `json:"values,omitempty"`
}

// NodeSelectorOperator relates a node's value to a set or a number.
type NodeSelectorOperator string

const (
	// NodeSelectorOpIn needs one of the values.
	NodeSelectorOpIn NodeSelectorOperator = "In"
	// NodeSelectorOpNotIn holds where none of the values is there, or the key is missing.
	NodeSelectorOpNotIn NodeSelectorOperator = "NotIn"
	// NodeSelectorOpExists needs the key.
	NodeSelectorOpExists NodeSelectorOperator = "Exists"
	// NodeSelectorOpDoesNotExist needs the key to be missing.
	NodeSelectorOpDoesNotExist NodeSelectorOperator = "DoesNotExist"
	// NodeSelectorOpGt needs an integer above the value.
	NodeSelectorOpGt NodeSelectorOperator = "Gt"
	// NodeSelectorOpLt needs an integer below the value.
	NodeSelectorOpLt NodeSelectorOperator = "Lt"
)

// PreferredSchedulingTerm is a node selector term with a weight.
type PreferredSchedulingTerm struct {
	// 1 to 100.
	Weight int32 `json:"weight"`
	// An empty one matches no node.
	Preference NodeSelectorTerm `json:"preference"`
}

// PodAffinity draws a pod towards others.
type PodAffinity struct {
	// All must hold at one node.
	RequiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
	PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm `json:"preferredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// PodAffinityTerm is a set of pods, and how near is near.
type PodAffinityTerm struct {
	// nil matches no pod.
	LabelSelector *LabelSelector `json:"labelSelector,omitempty"`
	// Added to what NamespaceSelector matches; with both unset it is the pod's own namespace.
	Namespaces []string `json:"namespaces,omitempty"`
	// Nodes with the same value of this label are one place.
	TopologyKey string `json:"topologyKey"`
	// nil matches none, empty all namespaces.
	NamespaceSelector *LabelSelector `json:"namespaceSelector,omitempty"`
	// Keys whose values the other pod must share with this one.
	MatchLabelKeys []string `json:"matchLabelKeys,omitempty"`
	// Keys whose values the other pod must not share with this one.
	MismatchLabelKeys []string `json:"mismatchLabelKeys,omitempty"`
}

// WeightedPodAffinityTerm is a term with a weight.
type WeightedPodAffinityTerm struct {
	// 1 to 100.
	Weight          int32           `json:"weight"`
	PodAffinityTerm PodAffinityTerm `json:"podAffinityTerm"`
}

// PodAntiAffinity keeps a pod away from others.
type PodAntiAffinity struct {
	// None may match at the node's place; it also keeps later pods away.
	RequiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
	PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm `json:"preferredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// TopologySpreadConstraint spreads matching pods evenly over places. See
// https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/.
type TopologySpreadConstraint struct {
	// How many more pods one place may have than the emptiest; at least 1.
	MaxSkew int32 `json:"maxSkew"`
	// Nodes with the same value of this label are one place.
	TopologyKey       string                        `json:"topologyKey"`
	WhenUnsatisfiable UnsatisfiableConstraintAction `json:"whenUnsatisfiable"`
	// Which pods of the namespace are counted; nil counts none.
	LabelSelector *LabelSelector `json:"labelSelector,omitempty"`
	// With fewer places than this, the emptiest counts as 0; nil counts as 1.
	MinDomains *int32 `json:"minDomains,omitempty"`
	// Whether only nodes that fit the pod's selector and affinity are counted; nil counts as Honor.
	NodeAffinityPolicy *NodeInclusionPolicy `json:"nodeAffinityPolicy,omitempty"`
	// Whether only nodes whose taints the pod tolerates are counted; nil counts as Ignore.
	NodeTaintsPolicy *NodeInclusionPolicy `json:"nodeTaintsPolicy,omitempty"`
	// Keys of the pod's own labels, added to LabelSelector; needs one.
	MatchLabelKeys []string `json:"matchLabelKeys,omitempty"`
}

// UnsatisfiableConstraintAction is what a spread constraint means where it cannot hold.
type UnsatisfiableConstraintAction string

const (
	// DoNotSchedule rules the node out.
	DoNotSchedule UnsatisfiableConstraintAction = "DoNotSchedule"
	// ScheduleAnyway only lowers its score.
	ScheduleAnyway UnsatisfiableConstraintAction = "ScheduleAnyway"
)

// NodeInclusionPolicy says whether something about a node counts.
type NodeInclusionPolicy string

const (
	// NodeInclusionPolicyIgnore counts the node in any case.
	NodeInclusionPolicyIgnore NodeInclusionPolicy = "Ignore"
	// NodeInclusionPolicyHonor leaves out nodes that do not fit.
	NodeInclusionPolicyHonor NodeInclusionPolicy = "Honor"
)

// PodSchedulingGate keeps a pod from being scheduled until it is removed.
type PodSchedulingGate struct {
	// A qualified name, unique in the pod.
	Name string `json:"name"`
}

// PodReadinessGate is a condition that somebody else sets.
type PodReadinessGate struct {
	// The pod is not Ready while this is missing or not True.
	ConditionType ConditionType `json:"conditionType"`
}

// PreemptionPolicy says whether a pod may push others off a node.
type PreemptionPolicy string

const (
	// PreemptLowerPriority evicts pods of lower priority if that makes room.
	PreemptLowerPriority PreemptionPolicy = "PreemptLowerPriority"
	// PreemptNever waits for room.
	PreemptNever PreemptionPolicy = "Never"
)
