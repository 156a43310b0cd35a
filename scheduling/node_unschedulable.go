package scheduling

import (
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// taintUnschedulable is the taint that a cordoned node has; a pod that tolerates it is not kept from the node, whether or
// not the taint is there yet. See https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-unschedulable.
var taintUnschedulable = object.Taint{Key: "node.kubernetes.io/unschedulable", Effect: pod.TaintEffectNoSchedule}

// filterNodeUnschedulable keeps pods off a cordoned node.
func (c *cycle) filterNodeUnschedulable(n *node) verdict {
	if n.object.Spec.Unschedulable && !tolerates(c.pod.Spec.Tolerations, &taintUnschedulable) {
		return verdict{byNodeUnschedulable, unresolvable, 1}
	}
	return verdict{}
}
