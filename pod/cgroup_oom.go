package pod

// Scores that say whom the kernel kills first when memory is short: the highest, at most 1000.
const (
	oomGuaranteed = -997
	oomBestEffort = 1000
	oomHighest    = 1000
)

const systemNodeCritical = "system-node-critical"

// systemCriticalPriority is the lowest priority of the system's own pods.
const systemCriticalPriority = 2_000_000_000

// OOMScoreAdj returns the oom_score_adj of a container's processes: -997 in a Guaranteed pod and in one that is critical for its
// node, 1000 in a BestEffort pod, and between 3 and 999 in a Burstable one, less the more memory the container asks for. A sidecar
// is never killed before the main container that asks for least. Capacity is all of the node's memory, in bytes.
//
// See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior, KEP-753 and
// KEP-2837.
func (p *Pod) OOMScoreAdj(c *Container, capacity int64) int {
	if p.isNodeCritical() {
		return oomGuaranteed
	}
	switch p.Spec.QOSClass() {
	case QOSGuaranteed:
		return oomGuaranteed
	case QOSBestEffort:
		return oomBestEffort
	}
	extra := p.Spec.spareMemory()
	score := oomScore(memoryRequest(c)+extra, capacity)
	if p.Spec.isSidecar(c) {
		score = min(score, oomScore(p.Spec.leastMemory()+extra, capacity))
	}
	return int(min(max(score, oomHighest+oomGuaranteed), oomBestEffort-1))
}

// oomScore is the score of a container by the part of the node's memory that it asks for.
func oomScore(request, capacity int64) int64 {
	if capacity <= 0 {
		return oomHighest
	}
	whole, rest := request/capacity, request%capacity
	return oomHighest - oomHighest*whole - oomHighest*rest/capacity
}

func memoryRequest(c *Container) int64 { return c.Resources.Requests[ResourceMemory].Value() }

// spareMemory is each container's part of the memory that the pod itself asks for beyond what its containers do.
func (s *Spec) spareMemory() int64 {
	if s.Resources == nil {
		return 0
	}
	own := s.Resources.Requests[ResourceMemory].Value()
	inside := s.Aggregate(func(c *Container) ResourceList { return c.Resources.Requests })[ResourceMemory].Value()
	n := len(s.Containers) + len(s.InitContainers)
	if own <= inside || n == 0 {
		return 0
	}
	return (own - inside) / int64(n)
}

// leastMemory is what the main container asks for that asks for least.
func (s *Spec) leastMemory() int64 {
	if len(s.Containers) == 0 {
		return 0
	}
	least := memoryRequest(&s.Containers[0])
	for i := range s.Containers {
		least = min(least, memoryRequest(&s.Containers[i]))
	}
	return least
}

// isSidecar reports whether c is one of the pod's sidecars, and not just looks like one.
func (s *Spec) isSidecar(c *Container) bool {
	for i := range s.InitContainers {
		if s.InitContainers[i].Name == c.Name {
			return c.IsSidecar()
		}
	}
	return false
}

// isNodeCritical reports whether the node cannot do without the pod: it has the priority class for that, and is static, a mirror,
// or of such a priority.
func (p *Pod) isNodeCritical() bool {
	if p.Spec.PriorityClassName != systemNodeCritical {
		return false
	}
	source := p.Annotations["kubernetes.io/config.source"]
	_, mirror := p.Annotations["kubernetes.io/config.mirror"]
	return source != "" && source != "api" || mirror ||
		p.Spec.Priority != nil && *p.Spec.Priority >= systemCriticalPriority
}
