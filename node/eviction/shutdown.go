package eviction

import (
	"cmp"
	"slices"
	"time"

	"github.com/podlife/podlife/pod"
)

// What pods that end with their node, and pods that come while it shuts down, are told. See
// https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/.
const (
	ShutdownReason    pod.Reason = "Terminated"
	ShutdownMessage              = "Pod was terminated in response to imminent node shutdown."
	NotAdmittedReason pod.Reason = "NodeShutdown"
	NotAdmittedText              = "Pod was rejected as the node is shutting down."
)

// PriorityGrace is how long pods of a priority, and of those above it up to the next PriorityGrace, may take to end when the node
// shuts down.
type PriorityGrace struct {
	Priority int32
	Grace    time.Duration
}

// Group is pods that end together, each within its own grace period, but within Grace at most.
type Group struct {
	Pods  []*pod.Pod
	Grace time.Duration
}

// Shutdown returns in which groups pods end when the node shuts down: those of the lowest priority first, each group when the one
// before it has ended or had its time. Pods below the lowest priority belong to that. Without any PriorityGrace all pods are one group
// that has no time at all.
func Shutdown(pods []*pod.Pod, by []PriorityGrace) []Group {
	by = slices.Clone(by)
	if len(by) == 0 {
		by = []PriorityGrace{{}}
	}
	slices.SortStableFunc(by, func(a, b PriorityGrace) int { return cmp.Compare(a.Priority, b.Priority) })
	groups := make([]Group, len(by))
	for i := range by {
		groups[i].Grace = by[i].Grace
	}
	for _, p := range pods {
		i := 0
		for i+1 < len(by) && by[i+1].Priority <= Priority(p) {
			i++
		}
		groups[i].Pods = append(groups[i].Pods, p)
	}
	return slices.DeleteFunc(groups, func(g Group) bool { return len(g.Pods) == 0 })
}

// GraceSeconds is how long a pod of the group may take.
func (g Group) GraceSeconds(p *pod.Pod) int64 {
	grace := int64(g.Grace / time.Second)
	if own := p.Spec.TerminationGracePeriodSeconds; own != nil {
		return min(grace, *own)
	}
	return grace
}
