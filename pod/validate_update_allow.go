package pod

import (
	"slices"
	"strings"
)

// allowancesOf are the faults that an update need not mend, as the stored pod has them already.
//
// An allowance is granted where it makes a difference to what is wrong with the stored pod.
func allowancesOf(old *Pod) allowances {
	var granted allowances
	strict := faultsWith(old, allowances{})
	if len(strict) > 0 {
		for _, allowance := range eachAllowance {
			var one allowances
			*allowance(&one) = true
			if !slices.Equal(strict, faultsWith(old, one)) {
				*allowance(&granted) = true
			}
		}
	}
	granted.sysAdminWithoutEscalation = granted.sysAdminWithoutEscalation || mayAddSysAdmin(&old.Spec)
	return granted
}

// fault tells faults apart, as far as that matters here.
type fault struct {
	kind ErrorType
	path string
}

func faultsWith(p *Pod, allow allowances) []fault {
	v := validator{allow: allow}
	v.pod(p)
	var all []fault
	for _, e := range v.errs {
		all = append(all, fault{e.Type, e.Path})
	}
	slices.SortFunc(all, func(a, b fault) int { return strings.Compare(a.path+string(a.kind), b.path+string(b.kind)) })
	return all
}

var eachAllowance = [...]func(*allowances) *bool{
	func(a *allowances) *bool { return &a.invalidDeletionCost },
	func(a *allowances) *bool { return &a.indivisibleHugePages },
	func(a *allowances) *bool { return &a.invalidAffinityLabelValue },
	func(a *allowances) *bool { return &a.invalidNodeAffinityValue },
	func(a *allowances) *bool { return &a.invalidSpreadSelector },
	func(a *allowances) *bool { return &a.spreadKeysInSelector },
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
