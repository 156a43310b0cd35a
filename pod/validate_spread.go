package pod

import (
	"slices"

	"github.com/podlife/podlife/naming"
)

// spreadConstraints judges how evenly pods are to be spread.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/.
func (v *validator) spreadConstraints(p path, list []TopologySpreadConstraint) {
	for i := range list {
		v.spreadConstraint(p.at(i), &list[i])
	}
	type pair struct {
		key  string
		when UnsatisfiableConstraintAction
	}
	var later smallSet[pair]
	mark := len(v.errs)
	for i := len(list) - 1; i >= 0; i-- {
		if c := (pair{list[i].TopologyKey, list[i].WhenUnsatisfiable}); !later.add(c) {
			at := p.at(i)
			v.duplicate(at.told("{topologyKey, whenUnsatisfiable}"), c.key+", "+string(c.when))
		}
	}
	slices.Reverse(v.errs[mark:])
}

// spreadConstraint judges one constraint.
func (v *validator) spreadConstraint(p path, c *TopologySpreadConstraint) {
	v.positive(p.field("maxSkew"), c.MaxSkew)
	v.requireText(p.field("topologyKey"), c.TopologyKey)
	oneOf(v, p.field("whenUnsatisfiable"), c.WhenUnsatisfiable, DoNotSchedule, ScheduleAnyway)
	if n := c.MinDomains; n != nil {
		v.positive(p.field("minDomains"), *n)
		if c.WhenUnsatisfiable != DoNotSchedule {
			v.invalid(p.field("minDomains"), *n, "needs whenUnsatisfiable DoNotSchedule")
		}
	}
	if c.NodeAffinityPolicy != nil {
		oneOf(v, p.field("nodeAffinityPolicy"), *c.NodeAffinityPolicy, NodeInclusionPolicyHonor, NodeInclusionPolicyIgnore)
	}
	if c.NodeTaintsPolicy != nil {
		oneOf(v, p.field("nodeTaintsPolicy"), *c.NodeTaintsPolicy, NodeInclusionPolicyHonor, NodeInclusionPolicyIgnore)
	}
	if v.allow.spreadKeysInSelector {
		v.spreadKeysNotInSelector(p.field("matchLabelKeys"), c)
	} else {
		v.labelKeys(p.field("matchLabelKeys"), c.MatchLabelKeys, c.LabelSelector)
		v.labelKeysMergedOnce(p, c.MatchLabelKeys, c.LabelSelector)
	}
	if c.LabelSelector != nil && !v.allow.invalidSpreadSelector {
		v.labelSelector(p.field("labelSelector"), c.LabelSelector)
	}
}

// positive judges that a number is above 0.
func (v *validator) positive(p path, n int32) {
	if n <= 0 {
		v.invalid(p, n, "want 1 or more")
	}
}

// spreadKeysNotInSelector judges keys that were never merged into their selector, as pods had them before Kubernetes
// v1.34.
func (v *validator) spreadKeysNotInSelector(p path, c *TopologySpreadConstraint) {
	if len(c.MatchLabelKeys) > 0 && c.LabelSelector == nil {
		v.forbidden(p, "needs labelSelector")
	}
	for i, key := range c.MatchLabelKeys {
		v.name(p.at(i), key, naming.QualifiedName(key))
		if c.LabelSelector.mentions(key) {
			v.invalid(p.at(i), key, "is in labelSelector already")
		}
	}
}

// mentions reports whether s, which may be nil, says anything about the label key.
func (s *LabelSelector) mentions(key string) bool {
	if s == nil {
		return false
	}
	if _, ok := s.MatchLabels[key]; ok {
		return true
	}
	for i := range s.MatchExpressions {
		if s.MatchExpressions[i].Key == key {
			return true
		}
	}
	return false
}
