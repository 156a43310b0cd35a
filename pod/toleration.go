package pod

// Toleration accepts a taint of a node. See
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/.
type Toleration struct {
	// Empty, with Exists, accepts every taint.
	Key string `json:"key,omitempty"`
	// Empty counts as Equal.
	Operator TolerationOperator `json:"operator,omitempty"`
	// Empty with Exists.
	Value string `json:"value,omitempty"`
	// Empty accepts all effects.
	Effect TaintEffect `json:"effect,omitempty"`
	// Seconds a NoExecute taint is put up with; nil for ever, 0 or less not at all.
	TolerationSeconds *int64 `json:"tolerationSeconds,omitempty"`
}

// TolerationOperator relates a toleration to a taint's value.
type TolerationOperator string

const (
	// TolerationOpExists accepts any value.
	TolerationOpExists TolerationOperator = "Exists"
	// TolerationOpEqual accepts the same value.
	TolerationOpEqual TolerationOperator = "Equal"
	// TolerationOpLt accepts a smaller integer; off by default in v1.37.
	TolerationOpLt TolerationOperator = "Lt"
	// TolerationOpGt accepts a larger integer; off by default in v1.37.
	TolerationOpGt TolerationOperator = "Gt"
)

// TaintEffect is what a taint does to pods that do not tolerate it.
type TaintEffect string

const (
	// TaintEffectNoSchedule keeps new pods away.
	TaintEffectNoSchedule TaintEffect = "NoSchedule"
	// TaintEffectPreferNoSchedule keeps new pods away where another node will do.
	TaintEffectPreferNoSchedule TaintEffect = "PreferNoSchedule"
	// TaintEffectNoExecute also evicts those already there.
	TaintEffectNoExecute TaintEffect = "NoExecute"
)
