package scheduling

import (
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// tolerates reports whether one of the tolerations accepts the taint. Lt and Gt accept none, as their feature gate is off
// by default. See https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/.
func tolerates(tolerations []pod.Toleration, taint *object.Taint) bool {
	for i := range tolerations {
		if tolerations[i].Tolerates(taint.Key, taint.Value, taint.Effect) {
			return true
		}
	}
	return false
}

// taintMarks says whether one of the taints keeps pods away, and whether one would rather.
func taintMarks(taints []object.Taint) (m mark) {
	for i := range taints {
		switch taints[i].Effect {
		case pod.TaintEffectNoSchedule, pod.TaintEffectNoExecute:
			m |= isolated
		case pod.TaintEffectPreferNoSchedule:
			m |= disliked
		}
	}
	return m
}

// toleratesNode reports whether the tolerations accept all taints that keep pods away from the node.
func toleratesNode(tolerations []pod.Toleration, n *node) bool {
	for i := range n.object.Spec.Taints {
		taint := &n.object.Spec.Taints[i]
		if taint.Effect != pod.TaintEffectPreferNoSchedule && !tolerates(tolerations, taint) {
			return false
		}
	}
	return true
}

// filterTaintToleration keeps a pod off nodes with taints that it does not tolerate.
func (c *cycle) filterTaintToleration(n *node) verdict {
	if !toleratesNode(c.pod.Spec.Tolerations, n) {
		return verdict{byTaintToleration, unresolvable, 1}
	}
	return verdict{}
}

// scoreTaintToleration prefers nodes with fewer taints that would rather keep the pod away.
func (c *cycle) scoreTaintToleration(scores []int64) {
	for i, at := range c.feasible {
		scores[i] = 0
		if c.s.table[at].flags&disliked != 0 {
			scores[i] = disliking(c.pod.Spec.Tolerations, c.node(i).object.Spec.Taints)
		}
	}
	normalize(scores, true)
}

// disliking is how many taints would rather keep the pod away. Tolerations of other effects do not count.
func disliking(tolerations []pod.Toleration, taints []object.Taint) (count int64) {
	for i := range taints {
		if taints[i].Effect == pod.TaintEffectPreferNoSchedule && !tolerates(tolerations, &taints[i]) {
			count++
		}
	}
	return count
}
