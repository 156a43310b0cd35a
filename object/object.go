package object

import "github.com/podlife/podlife/pod"

// Object is an object of any kind: a pointer to a struct that embeds pod.ObjectMeta, such as *pod.Pod or *Deployment.
type Object interface {
	// Meta is the object's own metadata.
	Meta() *pod.ObjectMeta
}

// Kind is a kind of object. Kinds compare with ==.
type Kind struct {
	// APIVersion is group and version, as in apps/v1; just v1 for the core group.
	APIVersion string
	// Name is what stands in a manifest as kind, as in Deployment.
	Name string
}

// String is the bare name.
func (k Kind) String() string { return k.Name }

// Condition is how one aspect of an object stands, for the kinds that have no condition type of their own.
type Condition struct {
	Type               string              `json:"type"`
	Status             pod.ConditionStatus `json:"status"`
	ObservedGeneration int64               `json:"observedGeneration,omitempty"`
	LastTransitionTime pod.Time            `json:"lastTransitionTime"`
	Reason             string              `json:"reason"`
	Message            string              `json:"message"`
}
