package pod

import "math"

// Bounds that the kernel sets for the processor, and Kubernetes' default period.
const (
	minCPUShares     = 2
	maxCPUShares     = 262144
	sharesPerCPU     = 1024
	milliPerCPU      = 1000
	minCPUQuota      = 1000
	defaultCPUPeriod = 100000
)

// CPUShares returns the cpu.shares of cgroup v1 for a request in thousandths of a processor: 1,024 for each processor, at least
// 2 and at most 262,144.
//
// See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run.
func CPUShares(milliCPU int64) int64 {
	return min(max(milliCPU*sharesPerCPU/milliPerCPU, minCPUShares), maxCPUShares)
}

// CPUSharesToMilli is what CPUShares was asked, as far as the shares still tell: rounded up, 0 for less than 2 shares.
func CPUSharesToMilli(shares int64) int64 {
	if shares < minCPUShares {
		return 0
	}
	return (shares*milliPerCPU + sharesPerCPU - 1) / sharesPerCPU
}

// CPUWeight returns the cpu.weight of cgroup v2, from 1 to 10,000, for the cpu.shares of v1: the curve through (2, 1), (1024, 100)
// and (262144, 10000) that container runtimes use. Shares out of CPUShares' bounds count as the nearest.
//
// See KEP-2254.
func CPUWeight(shares int64) int64 {
	l := math.Log2(float64(min(max(shares, minCPUShares), maxCPUShares)))
	return int64(math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34)))
}

// CPUQuota returns how much processor time may be used in each period, in microseconds, for a limit in thousandths of a processor:
// at least 1,000, and 0, which is no limit, for a limit of 0.
func CPUQuota(milliCPU, period int64) int64 {
	if milliCPU == 0 {
		return 0
	}
	return max(milliCPU*period/milliPerCPU, minCPUQuota)
}

// CPUQuotaToMilli is what CPUQuota was asked, as far as the quota still tells. A quota of -1 is no limit, 0.
func CPUQuotaToMilli(quota, period int64) int64 {
	if quota == -1 || period <= 0 {
		return 0
	}
	return quota * milliPerCPU / period
}

// LinuxRules is what a node adds to a pod's resources. The zero value: limits of cpu are enforced in periods of 100 ms, and the
// node's memory is not known.
type LinuxRules struct {
	// MemoryCapacity is all of the node's memory, in bytes. Where it is 0 every container of a Burstable pod counts as one
	// that asks for next to nothing.
	MemoryCapacity int64
	// CPUPeriod is the period of quotas, in microseconds; 0 means 100,000.
	CPUPeriod int64
	// IgnoreCPULimits sets no quota.
	IgnoreCPULimits bool
}

func (r LinuxRules) period() int64 {
	if r.CPUPeriod == 0 {
		return defaultCPUPeriod
	}
	return r.CPUPeriod
}

// LinuxResources is what a cgroup is given. The zero value of a field sets nothing.
type LinuxResources struct {
	// CPUShares is a share of cgroup v1; CPUWeight makes it one of v2.
	CPUShares int64
	// CPUQuota is how much of each CPUPeriod may be used, both in microseconds; -1 is no limit.
	CPUQuota, CPUPeriod int64
	// Memory is the limit in bytes.
	Memory int64
	// HugePages is the limit for each size of page, both in bytes.
	HugePages map[int64]int64
}

// LinuxResources returns what the pod's own cgroup is given, by its QOS class: the shares always, quota and memory only where
// every container, or the pod itself, has a limit. Defaults must be set, as for QOSClass.
//
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ and KEP-2837.
func (s *Spec) LinuxResources(rules LinuxRules) LinuxResources {
	requests, limits := s.EffectiveRequests(), s.EffectiveLimits()
	out := LinuxResources{CPUShares: minCPUShares, HugePages: hugePages(requests)}
	class := s.QOSClass()
	if class == QOSBestEffort {
		return out
	}
	out.CPUShares = CPUShares(requests[ResourceCPU].MilliValue())
	if class == QOSGuaranteed || s.limited(ResourceCPU) {
		out.CPUPeriod = rules.period()
		out.CPUQuota = CPUQuota(limits[ResourceCPU].MilliValue(), out.CPUPeriod)
		if rules.IgnoreCPULimits {
			out.CPUQuota = -1
		}
	}
	if class == QOSGuaranteed || s.limited(ResourceMemory) {
		out.Memory = limits[ResourceMemory].Value()
	}
	return out
}

// limited reports whether the limits of a resource bound the pod as a whole.
func (s *Spec) limited(name ResourceName) bool {
	if own := s.podLevelLimit(name); !own.IsZero() {
		return true
	}
	for role, c := range s.AllContainers() {
		if limit := c.Resources.Limits[name]; role != RoleEphemeral && limit.IsZero() {
			return false
		}
	}
	return true
}

// podLevelLimit is the pod's own limit, 0 where it has none.
func (s *Spec) podLevelLimit(name ResourceName) Quantity {
	if s.Resources == nil {
		return Quantity{}
	}
	return s.Resources.Limits[name]
}

// hugePages adds up the amounts of huge pages by their size in bytes; nil where there are none.
func hugePages(l ResourceList) map[int64]int64 {
	var pages map[int64]int64
	for name, amount := range l {
		size, ok := name.hugePageSize()
		if !ok {
			continue
		}
		if pages == nil {
			pages = map[int64]int64{}
		}
		pages[size] += amount.Value()
	}
	return pages
}

// ContainerLinuxResources returns what the cgroup of one of the pod's containers is given. A container without a limit takes the
// pod's own, one without a request for cpu its limit.
func (s *Spec) ContainerLinuxResources(c *Container, rules LinuxRules) LinuxResources {
	limit := s.containerLimit(c, ResourceCPU)
	request, ok := c.Resources.Requests[ResourceCPU]
	if !ok {
		request = limit
	}
	out := LinuxResources{
		CPUShares: CPUShares(request.MilliValue()),
		Memory:    s.containerLimit(c, ResourceMemory).Value(),
		HugePages: hugePages(c.Resources.Limits),
	}
	if !rules.IgnoreCPULimits {
		out.CPUPeriod = rules.period()
		out.CPUQuota = CPUQuota(limit.MilliValue(), out.CPUPeriod)
	}
	return out
}

func (s *Spec) containerLimit(c *Container, name ResourceName) Quantity {
	limit := c.Resources.Limits[name]
	if limit.IsZero() && s.hasPodLevelResources() {
		return s.podLevelLimit(name)
	}
	return limit
}
