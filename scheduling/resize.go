package scheduling

import (
	"cmp"

	"github.com/podlife/podlife/pod"
)

// Resize is a pod that waits for other resources where it runs.
type Resize struct {
	// Wanted is the pod as its user wants it, Given what its node has given it so far.
	Wanted, Given *pod.Pod
	// Since is when its status began to say that it waits; the zero Time of one that does not say so yet.
	Since pod.Time
}

// CompareResizes orders resizes as a node serves them: first those that ask for no more than they have, then by priority, guaranteed pods
// before others, then by how long they have waited, at last by UID. See
// https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status.
func CompareResizes(a, b Resize) int {
	return cmp.Or(
		cmp.Compare(a.growth(), b.growth()),
		cmp.Compare(priorityOf(b.Wanted), priorityOf(a.Wanted)),
		cmp.Compare(a.qosRank(), b.qosRank()),
		a.Since.Compare(b.Since.Time),
		cmp.Compare(a.Wanted.UID, b.Wanted.UID),
	)
}

// growth is 1 for a resize that asks for more than the pod has, and otherwise 0.
func (r Resize) growth() int {
	has, wants := r.Given.Spec.EffectiveRequests(), r.Wanted.Spec.EffectiveRequests()
	for _, name := range [...]pod.ResourceName{pod.ResourceCPU, pod.ResourceMemory} {
		q := wants[name]
		if q.Cmp(has[name]) > 0 {
			return 1
		}
	}
	return 0
}

// qosRank is 0 for a guaranteed pod, and otherwise 1.
func (r Resize) qosRank() int {
	if r.Wanted.Spec.QOSClass() == pod.QOSGuaranteed {
		return 0
	}
	return 1
}
