package pod

import "slices"

// What changes where a pod runs is its CPU and memory, and those of its containers. See
// https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/.

// SameSize reports whether a and b ask for the same CPU and memory. Nil asks for nothing.
func SameSize(a, b *ResourceRequirements) bool {
	return SameAmount(a, b, ResourceCPU) && SameAmount(a, b, ResourceMemory)
}

// SameAmount reports whether a and b request the same of one resource, and have the same limit. Nil asks for nothing.
func SameAmount(a, b *ResourceRequirements, name ResourceName) bool {
	var none ResourceRequirements
	if a == nil {
		a = &none
	}
	if b == nil {
		b = &none
	}
	return sameAmount(a.Requests, b.Requests, name) && sameAmount(a.Limits, b.Limits, name)
}

func sameAmount(a, b ResourceList, name ResourceName) bool {
	x, ok := a[name]
	y, also := b[name]
	return ok == also && x.Cmp(y) == 0
}

// Resizes reports whether a spec that takes the place of before, with the same containers, gives the pod or one of them another size.
func Resizes(before, after *Spec) bool {
	return !SameSize(before.Resources, after.Resources) || resizesAny(before.InitContainers, after.InitContainers) ||
		resizesAny(before.Containers, after.Containers)
}

func resizesAny(before, after []Container) bool {
	return !slices.EqualFunc(before, after, func(a, b Container) bool { return SameSize(&a.Resources, &b.Resources) })
}

// WithResourcesOf is p with the resources of from, a pod with the same containers: what a node runs while it cannot give p what p asks
// for. It shares with both what none of them writes to; neither is changed.
func WithResourcesOf(p, from *Pod) *Pod {
	out := *p
	out.Spec.Resources = from.Spec.Resources
	out.Spec.InitContainers = withResources(p.Spec.InitContainers, from.Spec.InitContainers)
	out.Spec.Containers = withResources(p.Spec.Containers, from.Spec.Containers)
	return &out
}

func withResources(containers, from []Container) []Container {
	out := slices.Clone(containers)
	for i := range out {
		if i < len(from) {
			out[i].Resources = from[i].Resources
		}
	}
	return out
}
