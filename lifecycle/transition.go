package lifecycle

import "github.com/podlife/podlife/pod"

// A Transition is one step that a pod's phase may take, and what brings it about.
type Transition struct {
	From, To pod.Phase
	When     string
}

var transitions = []Transition{
	{pod.Pending, pod.Running, "every init container is done and a main container has run"},
	{pod.Pending, pod.Succeeded, "every container ended with exit code 0 before the pod was seen running"},
	{pod.Pending, pod.Failed, "an init container failed for good, or the pod was rejected, evicted or ended before it ran"},
	{pod.Running, pod.Pending, "all containers are restarted in place, or init containers run again in a new sandbox"},
	{pod.Running, pod.Succeeded, "every container ended with exit code 0 and none is restarted"},
	{pod.Running, pod.Failed, "a container failed and none is restarted, or the pod was ended by its node"},
	{pod.Pending, pod.Unknown, "the node is lost"},
	{pod.Running, pod.Unknown, "the node is lost"},
	{pod.Unknown, pod.Pending, "the node is back"},
	{pod.Unknown, pod.Running, "the node is back"},
	{pod.Unknown, pod.Succeeded, "the node is back, and the pod has ended"},
	{pod.Unknown, pod.Failed, "the node is back, and the pod has ended; or it is gone for good"},
}

// Transitions lists every step that a phase may take, in a stable order. Succeeded and Failed are left by none.
// The slice is the caller's own.
func Transitions() []Transition { return append([]Transition(nil), transitions...) }

// Allowed reports whether a pod's phase may go from one to the other in one step. Staying is always allowed.
func Allowed(from, to pod.Phase) bool {
	if from == to {
		return true
	}
	for _, t := range transitions {
		if t.From == from && t.To == to {
			return true
		}
	}
	return false
}
