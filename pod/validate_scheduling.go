package pod

import (
	"strconv"

	"github.com/podlife/podlife/naming"
)

// podScheduling judges which nodes a pod wants and when it may be scheduled.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
func (v *validator) podScheduling(p path, s *Spec) {
	v.labels(p.field("nodeSelector"), s.NodeSelector)
	if s.Affinity != nil {
		v.affinity(p.field("affinity"), s.Affinity)
	}
	v.tolerations(p.field("tolerations"), s.Tolerations)
	if s.PreemptionPolicy != nil {
		requireOneOf(v, p.field("preemptionPolicy"), *s.PreemptionPolicy, PreemptLowerPriority, PreemptNever)
	}
	v.readinessGates(p.field("readinessGates"), s.ReadinessGates)
	v.spreadConstraints(p.field("topologySpreadConstraints"), s.TopologySpreadConstraints)
	v.schedulingGates(p.field("schedulingGates"), s.SchedulingGates)
	if s.SchedulingGroup != nil {
		v.schedulingGroup(p.field("schedulingGroup"), s)
	}
}

// tolerations judges which taints a pod bears.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/.
func (v *validator) tolerations(p path, list []Toleration) {
	for i := range list {
		at, t := p.at(i), &list[i]
		if t.Key != "" {
			v.name(at.field("key"), t.Key, naming.QualifiedName(t.Key))
		} else if t.Operator != TolerationOpExists {
			v.invalid(at.field("operator"), string(t.Operator), "want Exists where key is empty")
		}
		v.tolerationOperator(at, t)
		if t.Effect != "" {
			oneOf(v, at.field("effect"), t.Effect, TaintEffectNoSchedule, TaintEffectPreferNoSchedule, TaintEffectNoExecute)
		}
		if t.TolerationSeconds != nil && t.Effect != TaintEffectNoExecute {
			v.invalid(at.field("effect"), string(t.Effect), "want NoExecute where tolerationSeconds is set")
		}
	}
}

// tolerationOperator judges how a toleration compares, and the value it compares with.
func (v *validator) tolerationOperator(p path, t *Toleration) {
	value := p.told("operator")
	switch t.Operator {
	case "", TolerationOpEqual:
		v.name(value.real("value"), t.Value, naming.LabelValue(t.Value))
	case TolerationOpExists:
		if t.Value != "" {
			v.invalid(value.real("value"), t.Value, "want none with the operator Exists")
		}
	case TolerationOpLt, TolerationOpGt:
		if !v.allow.tolerationComparison {
			notSupported(v, p.field("operator"), t.Operator, TolerationOpEqual, TolerationOpExists)
		} else if !isDecimalInteger(t.Value) {
			v.invalid(p.field("value"), t.Value, "want an integer of 64 bits in its shortest form")
		}
	default:
		notSupported(v, p.field("operator"), t.Operator, TolerationOpEqual, TolerationOpExists)
	}
}

// isDecimalInteger reports whether s is an integer of 64 bits in its shortest form.
func isDecimalInteger(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && s == strconv.FormatInt(n, 10)
}

// readinessGates judges the conditions that a pod needs beside its containers to be ready.
func (v *validator) readinessGates(p path, list []PodReadinessGate) {
	for i := range list {
		at, s := p.at(i), string(list[i].ConditionType)
		v.name(at.field("conditionType"), s, naming.QualifiedName(s))
	}
}

// schedulingGates judges what holds back a pod from being scheduled.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/.
func (v *validator) schedulingGates(p path, list []PodSchedulingGate) {
	var seen smallSet[string]
	for i := range list {
		at, s := p.at(i), list[i].Name
		v.name(at.real("name"), s, naming.QualifiedName(s))
		if !seen.add(s) {
			v.duplicate(at.real("name"), s)
		}
	}
}

// schedulingGroup judges the group of pods that are scheduled together. Such a pod has no eviction responders.
func (v *validator) schedulingGroup(p path, s *Spec) {
	if name := s.SchedulingGroup.PodGroupName; name == nil {
		v.invalid(p.field("podGroupName"), nil, "want a name")
	} else {
		v.name(p.field("podGroupName"), *name, naming.DNS1123Subdomain(*name))
	}
	if len(s.EvictionResponders) > 0 {
		v.forbidden(p, "not together with evictionResponders")
	}
}

// affinity judges near which nodes and pods a pod wants to be.
func (v *validator) affinity(p path, a *Affinity) {
	if n := a.NodeAffinity; n != nil {
		v.nodeAffinity(p.field("nodeAffinity"), n)
	}
	if n := a.PodAffinity; n != nil {
		v.podAffinity(p.field("podAffinity"), n.RequiredDuringSchedulingIgnoredDuringExecution,
			n.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if n := a.PodAntiAffinity; n != nil {
		v.podAffinity(p.field("podAntiAffinity"), n.RequiredDuringSchedulingIgnoredDuringExecution,
			n.PreferredDuringSchedulingIgnoredDuringExecution)
	}
}

// The two lists that affinity of each kind has.
const (
	fieldRequired  = "requiredDuringSchedulingIgnoredDuringExecution"
	fieldPreferred = "preferredDuringSchedulingIgnoredDuringExecution"
)

// nodeAffinity judges which nodes a pod must have and would like. What it would like is not looked at so closely: its
// values may be anything, and then match no node.
func (v *validator) nodeAffinity(p path, n *NodeAffinity) {
	if r := n.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
		required := p.field(fieldRequired)
		terms := required.field("nodeSelectorTerms")
		if len(r.NodeSelectorTerms) == 0 {
			v.required(terms, "want at least one")
		}
		for i := range r.NodeSelectorTerms {
			v.nodeSelectorTerm(terms.at(i), &r.NodeSelectorTerms[i])
			if !v.allow.invalidNodeAffinityValue {
				v.nodeSelectorValues(terms.at(i), r.NodeSelectorTerms[i].MatchExpressions)
			}
		}
	}
	preferred := p.field(fieldPreferred)
	for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
		at, t := preferred.at(i), &n.PreferredDuringSchedulingIgnoredDuringExecution[i]
		v.affinityWeight(at.field("weight"), t.Weight)
		v.nodeSelectorTerm(at.field("preference"), &t.Preference)
	}
}

// affinityWeight judges how much a preference counts.
func (v *validator) affinityWeight(p path, weight int32) { v.inRange(p, int64(weight), 1, 100) }

// nodeSelectorTerm judges labels and fields of nodes that must all match.
func (v *validator) nodeSelectorTerm(p path, t *NodeSelectorTerm) {
	labels := p.field("matchExpressions")
	for i := range t.MatchExpressions {
		v.nodeLabelRequirement(labels.at(i), &t.MatchExpressions[i])
	}
	fields := p.field("matchFields")
	for i := range t.MatchFields {
		v.nodeFieldRequirement(fields.at(i), &t.MatchFields[i])
	}
}

// nodeLabelRequirement judges one label that nodes must have, but for the values.
func (v *validator) nodeLabelRequirement(p path, r *NodeSelectorRequirement) {
	v.name(p.field("key"), r.Key, naming.QualifiedName(r.Key))
	switch r.Operator {
	case NodeSelectorOpIn, NodeSelectorOpNotIn:
		v.wantValues(p, r.Values)
	case NodeSelectorOpExists, NodeSelectorOpDoesNotExist:
		v.wantNoValues(p, r.Values)
	case NodeSelectorOpGt, NodeSelectorOpLt:
		if len(r.Values) != 1 {
			v.required(p.field("values"), "want one value with the operator "+string(r.Operator))
		}
	default:
		v.invalid(p.field("operator"), string(r.Operator), "want In, NotIn, Exists, DoesNotExist, Gt or Lt")
	}
}

// wantValues reports that there are no values for In or NotIn.
func (v *validator) wantValues(p path, values []string) {
	if len(values) == 0 {
		v.required(p.field("values"), "the operators In and NotIn need it")
	}
}

// wantNoValues reports that there are values for Exists or DoesNotExist.
func (v *validator) wantNoValues(p path, values []string) {
	if len(values) > 0 {
		v.forbidden(p.field("values"), "the operators Exists and DoesNotExist take none")
	}
}

// nodeSelectorValues judges that the values of requirements are label values.
func (v *validator) nodeSelectorValues(p path, list []NodeSelectorRequirement) {
	expressions := p.field("matchExpressions")
	for i := range list {
		at := expressions.at(i)
		v.labelValues(at.field("values"), list[i].Values)
	}
}

// labelValues judges a list of label values.
func (v *validator) labelValues(p path, values []string) {
	for i, s := range values {
		v.name(p.at(i), s, naming.LabelValue(s))
	}
}

// nodeFieldRequirement judges one field of nodes; there is but the name.
func (v *validator) nodeFieldRequirement(p path, r *NodeSelectorRequirement) {
	switch r.Operator {
	case NodeSelectorOpIn, NodeSelectorOpNotIn:
		if len(r.Values) != 1 {
			v.required(p.field("values"), "want one value")
		}
	default:
		v.invalid(p.field("operator"), string(r.Operator), "want In or NotIn")
	}
	if r.Key != "metadata.name" {
		v.invalid(p.field("key"), r.Key, "want metadata.name")
		return
	}
	values := p.field("values")
	for i, s := range r.Values {
		v.name(values.at(i), s, naming.DNS1123Subdomain(s))
	}
}

// podAffinity judges near which pods, or away from which, a pod must be and would like to be.
func (v *validator) podAffinity(p path, required []PodAffinityTerm, preferred []WeightedPodAffinityTerm) {
	must := p.field(fieldRequired)
	for i := range required {
		v.podAffinityTerm(must.at(i), &required[i])
	}
	would := p.field(fieldPreferred)
	for i := range preferred {
		at := would.at(i)
		v.affinityWeight(at.field("weight"), preferred[i].Weight)
		v.podAffinityTerm(at.field("podAffinityTerm"), &preferred[i].PodAffinityTerm)
	}
}

// podAffinityTerm judges which pods are meant, and what being near them means. An empty topologyKey has two faults: it
// is missing, and it is no label key.
func (v *validator) podAffinityTerm(p path, t *PodAffinityTerm) {
	v.affinitySelector(p.field("labelSelector"), t.LabelSelector)
	namespaces := p.misspelt("namespace", "namespaces")
	for i, s := range t.Namespaces {
		v.name(namespaces.realAt(i), s, naming.DNS1123Label(s))
	}
	if t.TopologyKey == "" {
		v.required(p.field("topologyKey"), "")
	}
	v.name(p.field("topologyKey"), t.TopologyKey, naming.QualifiedName(t.TopologyKey))
	v.affinitySelector(p.field("namespaceSelector"), t.NamespaceSelector)
	v.labelKeys(p.field("matchLabelKeys"), t.MatchLabelKeys, t.LabelSelector)
	v.labelKeys(p.field("mismatchLabelKeys"), t.MismatchLabelKeys, t.LabelSelector)
	v.labelKeysMergedOnce(p, t.MatchLabelKeys, t.LabelSelector)
	var mismatch smallSet[string]
	for _, key := range t.MismatchLabelKeys {
		mismatch.add(key)
	}
	for i, key := range t.MatchLabelKeys {
		if mismatch.has(key) {
			keys := p.field("matchLabelKeys")
			v.invalid(keys.at(i), key, "is among mismatchLabelKeys as well")
		}
	}
}

// affinitySelector judges which pods or namespaces are meant.
func (v *validator) affinitySelector(p path, s *LabelSelector) {
	if s == nil {
		return
	}
	v.selectorKeys(p, s)
	if !v.allow.invalidAffinityLabelValue {
		v.selectorValues(p, s)
	}
}

// labelSelector judges a label selector.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors.
func (v *validator) labelSelector(p path, s *LabelSelector) {
	v.selectorKeys(p, s)
	v.selectorValues(p, s)
}

// selectorKeys judges a label selector, but for the values of its expressions.
func (v *validator) selectorKeys(p path, s *LabelSelector) {
	v.labels(p.field("matchLabels"), s.MatchLabels)
	expressions := p.field("matchExpressions")
	for i := range s.MatchExpressions {
		at, r := expressions.at(i), &s.MatchExpressions[i]
		v.name(at.field("key"), r.Key, naming.QualifiedName(r.Key))
		switch r.Operator {
		case LabelSelectorOpIn, LabelSelectorOpNotIn:
			v.wantValues(at, r.Values)
		case LabelSelectorOpExists, LabelSelectorOpDoesNotExist:
			v.wantNoValues(at, r.Values)
		default:
			v.invalid(at.field("operator"), string(r.Operator), "want In, NotIn, Exists or DoesNotExist")
		}
	}
}

// selectorValues judges the values of the expressions of a label selector.
func (v *validator) selectorValues(p path, s *LabelSelector) {
	expressions := p.field("matchExpressions")
	for i := range s.MatchExpressions {
		at := expressions.at(i)
		v.labelValues(at.field("values"), s.MatchExpressions[i].Values)
	}
}

// labelKeys judges keys of the pod's own labels that are merged into a selector, which there must be.
func (v *validator) labelKeys(p path, keys []string, s *LabelSelector) {
	if len(keys) > 0 && s == nil {
		v.forbidden(p, "needs labelSelector")
		return
	}
	for i, key := range keys {
		v.name(p.at(i), key, naming.QualifiedName(key))
	}
}

// labelKeysMergedOnce judges that a key whose label was merged into a selector is not in that selector already. p is
// what has both; Kubernetes' path leaves out which list the index is of.
func (v *validator) labelKeysMergedOnce(p path, keys []string, s *LabelSelector) {
	if s == nil || len(keys) == 0 {
		return
	}
	list := p.real("matchLabelKeys")
	var seen smallSet[string]
	var last map[string]int // where each key occurs last; made for the first fault
	for i := range s.MatchExpressions {
		key := s.MatchExpressions[i].Key
		if _, twice := s.MatchLabels[key]; seen.add(key) && !twice {
			continue
		}
		if last == nil {
			last = lastIndexes(keys)
		}
		if at, ok := last[key]; ok {
			v.invalid(list.at(at), key, "is in labelSelector already")
		}
	}
}

// lastIndexes returns where each item of a list occurs last.
func lastIndexes(list []string) map[string]int {
	last := make(map[string]int, len(list))
	for i, s := range list {
		last[s] = i
	}
	return last
}
