package workload

import (
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// fits reports whether a pod with that spec and those tolerations should run on a node, and whether one that is there may stay.
func fits(spec *pod.Spec, tolerations []pod.Toleration, n *object.Node) (runs, stays bool) {
	if spec.NodeName != "" && spec.NodeName != n.Name || !scheduling.MatchesNode(spec, n) {
		return false, false
	}
	runs, stays = true, true
	for i := range n.Spec.Taints {
		t := &n.Spec.Taints[i]
		if t.Effect == pod.TaintEffectPreferNoSchedule || tolerates(tolerations, t) {
			continue
		}
		runs = false
		stays = stays && t.Effect != pod.TaintEffectNoExecute
	}
	return runs, stays
}

func tolerates(tolerations []pod.Toleration, t *object.Taint) bool {
	return slices.ContainsFunc(tolerations, func(x pod.Toleration) bool { return x.Tolerates(t.Key, t.Value, t.Effect) })
}

// daemonTolerations are a template's own tolerations and those that let a daemon stay where a node is in trouble.
// See https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations.
func daemonTolerations(s *pod.Spec) []pod.Toleration {
	added := []pod.Toleration{
		{Key: "node.kubernetes.io/not-ready", Effect: pod.TaintEffectNoExecute},
		{Key: "node.kubernetes.io/unreachable", Effect: pod.TaintEffectNoExecute},
		{Key: "node.kubernetes.io/disk-pressure", Effect: pod.TaintEffectNoSchedule},
		{Key: "node.kubernetes.io/memory-pressure", Effect: pod.TaintEffectNoSchedule},
		{Key: "node.kubernetes.io/pid-pressure", Effect: pod.TaintEffectNoSchedule},
		{Key: "node.kubernetes.io/unschedulable", Effect: pod.TaintEffectNoSchedule},
	}
	if s.HostNetwork {
		added = append(added, pod.Toleration{Key: "node.kubernetes.io/network-unavailable", Effect: pod.TaintEffectNoSchedule})
	}
	all := slices.Clone(s.Tolerations)
	for _, t := range added {
		t.Operator = pod.TolerationOpExists
		at := slices.IndexFunc(all, func(x pod.Toleration) bool {
			return x.Key == t.Key && x.Effect == t.Effect && x.Operator == t.Operator && x.Value == ""
		})
		if at < 0 {
			all = append(all, t)
		} else {
			all[at] = t
		}
	}
	return all
}

// newPod is the pod of a node. The scheduler is left one node to choose from.
func (c *daemonSetCall) newPod(node string) *pod.Pod {
	p := fromTemplate(&c.set.Spec.Template, object.DaemonSetKind, &c.set.ObjectMeta)
	if p.Labels == nil {
		p.Labels = map[string]string{}
	}
	p.Labels[podRevisionLabel] = c.hash
	p.Spec.Tolerations = slices.Clone(c.tolerations)
	if p.Spec.Affinity == nil {
		p.Spec.Affinity = &pod.Affinity{}
	}
	if p.Spec.Affinity.NodeAffinity == nil {
		p.Spec.Affinity.NodeAffinity = &pod.NodeAffinity{}
	}
	p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = &pod.NodeSelector{
		NodeSelectorTerms: []pod.NodeSelectorTerm{{MatchFields: []pod.NodeSelectorRequirement{{
			Key: "metadata.name", Operator: pod.NodeSelectorOpIn, Values: []string{node},
		}}}},
	}
	return p
}

// nodeFor is the node that a pod is on, or was made for; "" if there is none.
func nodeFor(p *pod.Pod) string {
	if p.Spec.NodeName != "" {
		return p.Spec.NodeName
	}
	a := p.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return ""
	}
	for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, f := range term.MatchFields {
			if f.Key == "metadata.name" && f.Operator == pod.NodeSelectorOpIn && len(f.Values) == 1 {
				return f.Values[0]
			}
		}
	}
	return ""
}
