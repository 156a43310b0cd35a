package disruption

import (
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// conditionTaint is a NoSchedule taint that stands for a condition.
type conditionTaint struct {
	taint     string
	condition object.NodeConditionType
	status    pod.ConditionStatus
}

var conditionTaintTable = []conditionTaint{
	{TaintNotReady, object.NodeReady, pod.ConditionFalse},
	{TaintUnreachable, object.NodeReady, pod.ConditionUnknown},
	{TaintMemoryPressure, object.NodeMemoryPressure, pod.ConditionTrue},
	{TaintDiskPressure, object.NodeDiskPressure, pod.ConditionTrue},
	{TaintNetworkUnavailable, object.NodeNetworkUnavailable, pod.ConditionTrue},
	{TaintPIDPressure, object.NodePIDPressure, pod.ConditionTrue},
}

// conditionTaints brings the NoSchedule taints of a node in line with its conditions and with whether it is cordoned.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition.
func conditionTaints(n *object.Node) controller.Plan {
	if n == nil {
		return controller.Plan{}
	}
	missing := wantedTaints(n)
	var taints []object.Taint
	for _, t := range n.Spec.Taints {
		if t.Effect == pod.TaintEffectNoSchedule && isConditionTaint(t.Key) {
			i := slices.Index(missing, t.Key)
			if i < 0 {
				continue
			}
			missing = slices.Delete(missing, i, i+1)
		}
		taints = append(taints, t)
	}
	if len(taints) == len(n.Spec.Taints) && len(missing) == 0 {
		return controller.Plan{}
	}
	for _, key := range missing {
		taints = append(taints, object.Taint{Key: key, Effect: pod.TaintEffectNoSchedule})
	}
	var d draft
	d.add(controller.Update, withTaints(n, taints))
	return d.Plan
}

// wantedTaints are the keys of the NoSchedule taints that fit the node.
func wantedTaints(n *object.Node) []string {
	var keys []string
	for _, t := range conditionTaintTable {
		if c := condition(n, t.condition); c != nil && c.Status == t.status {
			keys = append(keys, t.taint)
		}
	}
	if n.Spec.Unschedulable {
		keys = append(keys, TaintUnschedulable)
	}
	return keys
}

// isConditionTaint reports whether NoSchedule taints of that key are this controller's.
func isConditionTaint(key string) bool {
	return key == TaintUnschedulable || slices.ContainsFunc(conditionTaintTable, func(t conditionTaint) bool { return t.taint == key })
}

func withTaints(n *object.Node, taints []object.Taint) *object.Node {
	next := n.Clone()
	next.Spec.Taints = slices.Clone(taints)
	return next
}

// noExecute reports whether the node has the NoExecute taint of that key.
func noExecute(n *object.Node, key string) bool {
	return slices.ContainsFunc(n.Spec.Taints, func(t object.Taint) bool { return t.Key == key && t.Effect == pod.TaintEffectNoExecute })
}

// taintFor is the NoExecute taint that fits the node's condition, and the one that does not; empty for a node that is ready.
func taintFor(n *object.Node) (fits, other string) {
	switch readiness(n) {
	case pod.ConditionFalse:
		return TaintNotReady, TaintUnreachable
	case pod.ConditionUnknown:
		return TaintUnreachable, TaintNotReady
	}
	return "", ""
}

// retaint writes the node's NoExecute taints for its condition: the one of that key, or none.
func (l *nodeLook) retaint(n *object.Node, key string) {
	taints := slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t object.Taint) bool {
		return t.Effect == pod.TaintEffectNoExecute && (t.Key == TaintNotReady || t.Key == TaintUnreachable)
	})
	if key != "" {
		taints = append(taints, object.Taint{Key: key, Effect: pod.TaintEffectNoExecute, TimeAdded: new(stamp(l.now))})
	}
	l.plan.add(controller.Update, withTaints(n, taints))
}
