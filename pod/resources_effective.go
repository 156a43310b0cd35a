package pod

import (
	"maps"
	"slices"
	"strings"
)

// EffectiveRequests is what the pod as a whole asks of its node: see Aggregate; requests of the pod itself (cpu,
// memory, huge pages) take the place of the sum; overhead comes on top. The result is the caller's.
//
// See https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
// and KEP-2837.
func (s *Spec) EffectiveRequests() ResourceList {
	total := s.Aggregate(func(c *Container) ResourceList { return c.Resources.Requests })
	if s.Resources != nil {
		total.replace(s.Resources.Requests)
	}
	total.add(s.Overhead)
	return total
}

// EffectiveLimits is what the pod as a whole may use. As EffectiveRequests, but overhead raises only limits that
// exist and are not 0. A container without a limit adds nothing, so this bounds the pod only where all have one.
func (s *Spec) EffectiveLimits() ResourceList {
	total := s.Aggregate(func(c *Container) ResourceList { return c.Resources.Limits })
	if s.Resources != nil {
		total.replace(s.Resources.Limits)
	}
	for name, q := range s.Overhead {
		if limit := total[name]; !limit.IsZero() {
			total[name] = limit.Add(q)
		}
	}
	return total
}

// AccountedRequests is what a node must set aside for the pod while it is being resized: the largest of what the
// spec asks for, what the node has allocated and what is in force. A resize that the node called Infeasible does
// not count. Without a status it is EffectiveRequests. See KEP-1287.
func (p *Pod) AccountedRequests() ResourceList { return p.AccountedRequestsOr(nil) }

// AccountedRequestsOr is AccountedRequests where every container that says nothing of a resource in missing asks for the
// amount there. By it a scheduler spreads pods that ask for nothing. missing is kept as it is, and may be nil.
func (p *Pod) AccountedRequestsOr(missing ResourceList) ResourceList {
	pending := p.Status.Condition(PodResizePending)
	infeasible := pending != nil && pending.Reason == ReasonInfeasible
	total := ResourceList{}
	if !infeasible {
		total.max(p.Spec.Aggregate(func(c *Container) ResourceList { return c.Resources.Requests.or(missing) }))
	}
	allocated, actual := p.Status.AllocatedResources, ResourceList(nil)
	if p.Status.Resources != nil {
		actual = p.Status.Resources.Requests
	}
	if allocated == nil && actual == nil && !infeasible && p.hasWhatItAsksFor() {
		allocated, actual = total, total
	} else if allocated == nil || actual == nil {
		allocated = p.Spec.Aggregate(func(c *Container) ResourceList { return p.allocated(c, infeasible).or(missing) })
		actual = p.Spec.Aggregate(func(c *Container) ResourceList { return p.actual(c, infeasible).or(missing) })
	}
	total.max(allocated)
	total.max(actual)
	total.replace(p.podLevelRequests(infeasible))
	total.add(p.Spec.Overhead)
	return total
}

// hasWhatItAsksFor reports whether no container's status tells of other requests than its spec does.
func (p *Pod) hasWhatItAsksFor() bool {
	for role, c := range p.Spec.AllContainers() {
		if role == RoleEphemeral {
			continue
		}
		s := p.Status.ContainerStatus(c.Name)
		if s == nil {
			continue
		}
		if s.AllocatedResources != nil && !s.AllocatedResources.Equal(c.Resources.Requests) ||
			s.Resources != nil && s.Resources.Requests != nil && !s.Resources.Requests.Equal(c.Resources.Requests) {
			return false
		}
	}
	return true
}

// Equal reports whether both have the same resources, in the same amounts, however those are written.
func (l ResourceList) Equal(m ResourceList) bool {
	return maps.EqualFunc(l, m, func(a, b Quantity) bool { return a.Cmp(b) == 0 })
}

// or is l with the amounts of missing for the resources that l lacks; l itself where it lacks none.
func (l ResourceList) or(missing ResourceList) ResourceList {
	both := l
	for name, q := range missing {
		if _, ok := l[name]; ok {
			continue
		}
		if len(both) == len(l) {
			both = maps.Clone(l)
			if both == nil {
				both = ResourceList{}
			}
		}
		both[name] = q
	}
	return both
}

// podLevelRequests is the largest of the three lists for the pod itself, nil where it asks for nothing itself.
func (p *Pod) podLevelRequests(infeasible bool) ResourceList {
	own := p.Spec.Resources
	if own == nil || !own.Requests.setsPodLevel() {
		return nil
	}
	if p.Status.Resources == nil {
		return own.Requests
	}
	largest := ResourceList{}
	if !infeasible {
		largest.max(own.Requests)
	}
	largest.max(p.Status.Resources.Requests)
	largest.max(p.Status.AllocatedResources)
	return largest
}

// allocated is what the node has set aside for c.
func (p *Pod) allocated(c *Container, infeasible bool) ResourceList {
	if status := p.Status.ContainerStatus(c.Name); status != nil && status.AllocatedResources != nil {
		return status.AllocatedResources
	}
	if infeasible {
		return nil
	}
	return c.Resources.Requests
}

// actual is what is in force for c.
func (p *Pod) actual(c *Container, infeasible bool) ResourceList {
	status := p.Status.ContainerStatus(c.Name)
	if status != nil && status.Resources != nil && status.Resources.Requests != nil {
		return status.Resources.Requests
	}
	return p.allocated(c, infeasible)
}

// Aggregate adds up what of returns for each container, by when they run together: main containers and sidecars
// all at once; before that each init container with the sidecars started before it. The largest need per resource
// counts. Ephemeral containers do not. of may return nil, and keeps what it returns. The result is never nil and
// the caller's.
func (s *Spec) Aggregate(of func(c *Container) ResourceList) ResourceList {
	running, sidecars, starting := ResourceList{}, ResourceList{}, ResourceList{}
	for i := range s.Containers {
		running.add(of(&s.Containers[i]))
	}
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		need := of(c)
		if c.IsSidecar() {
			running.add(need)
			sidecars.add(need)
			starting.max(sidecars)
			continue
		}
		together := ResourceList{}
		together.add(need)
		together.add(sidecars)
		starting.max(together)
	}
	running.max(starting)
	return running
}

// Names returns the resources in l, sorted.
func (l ResourceList) Names() []ResourceName {
	names := make([]ResourceName, 0, len(l))
	for name := range l {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (l ResourceList) add(m ResourceList) {
	for name, q := range m {
		if have, ok := l[name]; ok {
			q = have.Add(q)
		}
		l[name] = q
	}
}

func (l ResourceList) max(m ResourceList) {
	for name, q := range m {
		if have, ok := l[name]; !ok || q.Cmp(have) > 0 {
			l[name] = q
		}
	}
}

// replace takes over from m what a pod may set as a whole.
func (l ResourceList) replace(m ResourceList) {
	for name, q := range m {
		if isPodLevel(name) {
			l[name] = q
		}
	}
}

func (l ResourceList) setsPodLevel() bool {
	for name := range l {
		if isPodLevel(name) {
			return true
		}
	}
	return false
}

// isPodLevel reports whether a pod as a whole may ask for the resource (KEP-2837).
func isPodLevel(name ResourceName) bool {
	return name == ResourceCPU || name == ResourceMemory || strings.HasPrefix(string(name), ResourceHugePagesPrefix)
}
