package node

import (
	"slices"
	"strconv"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// matchesNode reports whether the pod's node selector and required node affinity select the node. See
// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
func matchesNode(s *pod.Spec, n *object.Node) bool {
	for key, value := range s.NodeSelector {
		if have, ok := n.Labels[key]; !ok || have != value {
			return false
		}
	}
	if s.Affinity == nil || s.Affinity.NodeAffinity == nil {
		return true
	}
	required := s.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	return required == nil || slices.ContainsFunc(required.NodeSelectorTerms, func(t pod.NodeSelectorTerm) bool {
		return matchesTerm(&t, n)
	})
}

// matchesTerm reports whether all of a term holds; an empty one never does.
func matchesTerm(t *pod.NodeSelectorTerm, n *object.Node) bool {
	fails := func(labels map[string]string) func(pod.NodeSelectorRequirement) bool {
		return func(r pod.NodeSelectorRequirement) bool { return !holds(&r, labels) }
	}
	return len(t.MatchExpressions)+len(t.MatchFields) > 0 && !slices.ContainsFunc(t.MatchExpressions, fails(n.Labels)) &&
		!slices.ContainsFunc(t.MatchFields, fails(map[string]string{"metadata.name": n.Name}))
}

// holds reports whether labels are as r requires.
func holds(r *pod.NodeSelectorRequirement, labels map[string]string) bool {
	value, ok := labels[r.Key]
	switch r.Operator {
	case pod.NodeSelectorOpIn:
		return ok && slices.Contains(r.Values, value)
	case pod.NodeSelectorOpNotIn:
		return !ok || !slices.Contains(r.Values, value)
	case pod.NodeSelectorOpExists:
		return ok
	case pod.NodeSelectorOpDoesNotExist:
		return !ok
	}
	if !ok || len(r.Values) != 1 {
		return false
	}
	have, err1 := strconv.ParseInt(value, 10, 64)
	limit, err2 := strconv.ParseInt(r.Values[0], 10, 64)
	switch {
	case err1 != nil || err2 != nil:
		return false
	case r.Operator == pod.NodeSelectorOpGt:
		return have > limit
	}
	return r.Operator == pod.NodeSelectorOpLt && have < limit
}
