package object

import "github.com/podlife/podlife/pod"

// PriorityClass is a name for a priority. See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.
type PriorityClass struct {
	pod.TypeMeta     `json:""`
	pod.ObjectMeta   `json:"metadata,omitempty"`
	Value            int32                 `json:"value"`
	GlobalDefault    bool                  `json:"globalDefault,omitempty"`
	Description      string                `json:"description,omitempty"`
	PreemptionPolicy *pod.PreemptionPolicy `json:"preemptionPolicy,omitempty"`
}
