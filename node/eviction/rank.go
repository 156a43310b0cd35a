package eviction

import (
	"cmp"
	"slices"

	"github.com/podlife/podlife/pod"
)

// Candidate is a pod that runs, with what it uses.
type Candidate struct {
	Pod *pod.Pod
	// Usage is nil where nothing is known; such a pod is evicted before others.
	Usage *Usage
	// Critical keeps the pod from being evicted, whatever its priority.
	Critical bool
}

// Usage is what a pod uses. The zero value is nothing.
type Usage struct {
	// Memory is the working set of the whole pod, in bytes.
	Memory int64
	// Processes is how many there are.
	Processes int64
	// Containers is what each container uses.
	Containers []ContainerUsage
	// Volumes is what each volume takes, by its name.
	Volumes map[string]FileUsage
}

// ContainerUsage is what a container uses.
type ContainerUsage struct {
	Name string
	// Memory is its working set in bytes, nil where that is not known.
	Memory *int64
	// Root is what it has written to its own file system, and Logs its output; nil where that is not known.
	Root, Logs *FileUsage
}

// FileUsage is room on a file system.
type FileUsage struct{ Bytes, Inodes int64 }

// Rank sorts pods, first the one to be evicted first when s is low: by memory or disk, those that use more than they request,
// then those of lower priority, then those that use most beyond their request; by process IDs, those of lower priority, then those
// with most processes. Equals keep their order.
func Rank(pods []Candidate, s Signal, l Layout) {
	slices.SortStableFunc(pods, func(a, b Candidate) int {
		x, y := standing(&a, s, l), standing(&b, s, l)
		return cmp.Or(
			compareBool(x.unknown && s != PIDAvailable, y.unknown && s != PIDAvailable),
			compareBool(x.exceeds, y.exceeds),
			cmp.Compare(x.priority, y.priority),
			compareBool(x.unknown, y.unknown),
			y.beyond.Cmp(x.beyond),
		)
	})
}

// place is what a pod is ranked by.
type place struct {
	unknown, exceeds bool
	priority         int32
	beyond           pod.Quantity
}

func standing(c *Candidate, s Signal, l Layout) place {
	p := place{unknown: c.Usage == nil, priority: Priority(c.Pod)}
	if p.unknown {
		return p
	}
	used, resource := c.used(s, l), s.Resource()
	switch resource {
	case pids:
		p.beyond = used
	case inodes:
		p.exceeds = used.Sign() > 0
		p.beyond = used.Sub(requested(c.Pod, pod.ResourceEphemeralStorage))
	default:
		request := requested(c.Pod, resource)
		p.exceeds = used.Cmp(request) > 0
		p.beyond = used.Sub(request)
	}
	return p
}

// used is how much of what s is about the pod uses.
func (c *Candidate) used(s Signal, l Layout) pod.Quantity {
	switch s.Resource() {
	case pod.ResourceMemory:
		return pod.NewQuantity(c.Usage.Memory, pod.BinarySI)
	case pids:
		return pod.NewQuantity(c.Usage.Processes, pod.DecimalSI)
	case inodes:
		return pod.NewQuantity(c.files(l.parts(s)).Inodes, pod.DecimalSI)
	}
	return pod.NewQuantity(c.files(l.parts(s)).Bytes, pod.BinarySI)
}

// files adds up what some parts of the pod take.
func (c *Candidate) files(parts part) (sum FileUsage) {
	add := func(of part, u *FileUsage) {
		if parts&of != 0 && u != nil {
			sum.Bytes += u.Bytes
			sum.Inodes += u.Inodes
		}
	}
	for i := range c.Usage.Containers {
		add(rootParts, c.Usage.Containers[i].Root)
		add(logParts, c.Usage.Containers[i].Logs)
	}
	for i := range c.Pod.Spec.Volumes {
		if v := &c.Pod.Spec.Volumes[i]; local(v) {
			u := c.Usage.Volumes[v.Name]
			add(volumeParts, &u)
		}
	}
	return sum
}

// local reports whether what is in a volume counts as the pod's use of the node's disk.
func local(v *pod.Volume) bool {
	return v.HostPath != nil || v.GitRepo != nil || v.ConfigMap != nil || v.EmptyDir != nil && v.EmptyDir.Medium == ""
}

// requested is how much of a resource the pod requests: where the pod as a whole requests anything, what its containers do counts
// for nothing, and overhead counts only on top of something.
func requested(p *pod.Pod, name pod.ResourceName) pod.Quantity {
	bare := p.Spec
	bare.Overhead = nil
	requests := bare.EffectiveRequests()
	if r := bare.Resources; r != nil && len(r.Requests)+len(r.Limits) > 0 {
		requests = r.Requests
	}
	sum := requests[name]
	if sum.IsZero() {
		return sum
	}
	return sum.Add(p.Spec.Overhead[name])
}

// Priority is the pod's priority, 0 where it has none.
func Priority(p *pod.Pod) int32 {
	if p.Spec.Priority == nil {
		return 0
	}
	return *p.Spec.Priority
}

// compareBool puts true before false.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
