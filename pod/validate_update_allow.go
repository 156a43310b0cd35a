package pod

import (
	"slices"

	"github.com/podlife/podlife/naming"
)

// allowancesOf are the faults that an update need not mend, as the stored pod has them already.
//
// An allowance is granted where it removes a fault of the stored pod. The last four have wider conditions.
func allowancesOf(old *Pod) allowances {
	var granted allowances
	strict := faultsWith(old, allowances{})
	if len(strict) > 0 {
		for _, allowance := range eachAllowance {
			var one allowances
			*allowance(&one) = true
			if left := faultsWith(old, one); slices.ContainsFunc(strict, func(f fault) bool { return !slices.Contains(left, f) }) {
				*allowance(&granted) = true
			}
		}
	}
	granted.invalidAffinityLabelValue = affinitySelectorsAtFault(old.Spec.Affinity)
	granted.invalidNodeAffinityValue = nodeValuesAtFault(requiredTerms(old.Spec.Affinity))
	granted.spreadKeysInSelector = spreadKeysAtFault(&old.Spec)
	granted.sysAdminWithoutEscalation = granted.sysAdminWithoutEscalation || mayAddSysAdmin(&old.Spec)
	return granted
}

// fault tells faults apart, as far as that matters here.
type fault struct {
	kind ErrorType
	path string
}

// faultsWith are the faults of p, but for those of the resources that it has as a whole: these get no allowance.
func faultsWith(p *Pod, allow allowances) []fault {
	parts := *p
	parts.Spec.Resources = nil
	v := validator{allow: allow}
	v.pod(&parts)
	var all []fault
	for _, e := range v.errs {
		all = append(all, fault{e.Type, e.Path})
	}
	return all
}

var eachAllowance = [...]func(*allowances) *bool{
	func(a *allowances) *bool { return &a.invalidDeletionCost },
	func(a *allowances) *bool { return &a.indivisibleHugePages },
	func(a *allowances) *bool { return &a.invalidSpreadSelector },
	func(a *allowances) *bool { return &a.nonLocalTokenPath },
	func(a *allowances) *bool { return &a.hostSysctls },
	func(a *allowances) *bool { return &a.initRestartContainer },
	func(a *allowances) *bool { return &a.userNamespaceVolumeDevices },
	func(a *allowances) *bool { return &a.userNamespaceHostNetwork },
	func(a *allowances) *bool { return &a.tolerationComparison },
	func(a *allowances) *bool { return &a.emptyImageReference },
	func(a *allowances) *bool { return &a.sysAdminWithoutEscalation },
}

// mayAddSysAdmin reports whether a container has CAP_SYS_ADMIN and says nothing about privilege escalation. It may say
// later that there is none.
func mayAddSysAdmin(s *Spec) bool {
	for _, c := range s.AllContainers() {
		if sc := c.SecurityContext; sc != nil && sc.AllowPrivilegeEscalation == nil && sc.Capabilities != nil &&
			slices.Contains(sc.Capabilities.Add, "CAP_SYS_ADMIN") {
			return true
		}
	}
	return false
}

// spreadKeysAtFault reports whether the matchLabelKeys of a spread constraint are at fault: they are then judged as
// before Kubernetes v1.34, which merges them into selectors.
func spreadKeysAtFault(s *Spec) bool {
	var v validator
	var root path
	for i := range s.TopologySpreadConstraints {
		c := &s.TopologySpreadConstraints[i]
		v.labelKeys(root, c.MatchLabelKeys, c.LabelSelector)
		v.labelKeysMergedOnce(root, c.MatchLabelKeys, c.LabelSelector)
	}
	return len(v.errs) > 0
}

// affinitySelectorsAtFault reports whether a selector of pod affinity has any fault.
func affinitySelectorsAtFault(a *Affinity) bool {
	if a == nil {
		return false
	}
	var terms []PodAffinityTerm
	var weighted []WeightedPodAffinityTerm
	if n := a.PodAffinity; n != nil {
		terms = append(terms, n.RequiredDuringSchedulingIgnoredDuringExecution...)
		weighted = append(weighted, n.PreferredDuringSchedulingIgnoredDuringExecution...)
	}
	if n := a.PodAntiAffinity; n != nil {
		terms = append(terms, n.RequiredDuringSchedulingIgnoredDuringExecution...)
		weighted = append(weighted, n.PreferredDuringSchedulingIgnoredDuringExecution...)
	}
	for i := range weighted {
		terms = append(terms, weighted[i].PodAffinityTerm)
	}
	var v validator
	var root path
	for i := range terms {
		v.affinitySelector(root, terms[i].LabelSelector)
		v.affinitySelector(root, terms[i].NamespaceSelector)
	}
	return len(v.errs) > 0
}

// nodeValuesAtFault reports whether a value in required node affinity is no label value.
func nodeValuesAtFault(terms []NodeSelectorTerm) bool {
	for i := range terms {
		for _, r := range terms[i].MatchExpressions {
			if slices.ContainsFunc(r.Values, func(s string) bool { return naming.LabelValue(s) != nil }) {
				return true
			}
		}
	}
	return false
}
