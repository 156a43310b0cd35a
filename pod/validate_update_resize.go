package pod

import (
	"maps"
	"slices"
)

// resizeUpdate judges a change of resources in place (KEP-1287).
// See https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/.
func (v *validator) resizeUpdate(old, p *Pod) {
	var root path
	if isMirror(old) || old.Spec.OS != nil && old.Spec.OS.Name == Windows {
		v.refuseWhole(&p.ObjectMeta, "a static pod, or one for windows, cannot be resized")
		return
	}
	v.pod(p)
	spec := root.field("spec")
	class := old.Status.QOSClass
	if class == "" {
		class = old.Spec.QOSClass()
	}
	if class != p.Spec.QOSClass() {
		v.invalid(spec, string(class), "the QoS class may not change")
	}
	if !nodeResizes(&old.Status) {
		v.forbidden(spec, "the node cannot resize")
	}
	left := p.Spec
	if statesPodResources(&old.Spec) || statesPodResources(&p.Spec) {
		v.podResize(spec, &old.Spec, &p.Spec)
		left.Resources = withoutPodResize(old.Spec.Resources, p.Spec.Resources)
	}
	main, init := spec.field("containers"), spec.field("initContainers")
	sameMain := v.sameContainers(main, old.Spec.Containers, p.Spec.Containers)
	if !v.sameContainers(init, old.Spec.InitContainers, p.Spec.InitContainers) || !sameMain {
		return
	}
	left.InitContainers = v.containersResize(init, old.Spec.InitContainers, p.Spec.InitContainers)
	left.Containers = v.containersResize(main, old.Spec.Containers, p.Spec.Containers)
	v.initResize(init, &left, &old.Spec, &p.Spec)
	if !sameValue(left.Containers, old.Spec.Containers) || len(v.errs) == 0 && !sameValue(&left, &old.Spec) {
		v.forbidden(spec, onlyResizable)
	}
}

const onlyResizable = "only cpu and memory may change"

// nodeResizes reports whether the node tells the resources of the first container that runs, as one does that can
// resize. Where none runs it is taken to be able to.
func nodeResizes(s *Status) bool {
	for i := range s.ContainerStatuses {
		if c := &s.ContainerStatuses[i]; c.State.Running != nil {
			return c.Resources != nil
		}
	}
	return true
}

func statesPodResources(s *Spec) bool {
	return s.Resources != nil && len(s.Resources.Requests)+len(s.Resources.Limits) > 0
}

// podResize judges the resources of the pod as a whole (KEP-5419).
func (v *validator) podResize(p path, old, s *Spec) {
	if old.Resources != nil {
		at := p.field("resources")
		v.notRemoved(at, old.Resources, s.Resources)
	}
	if !sameValue(withoutPodResize(old.Resources, s.Resources), old.Resources) {
		v.forbidden(p, onlyResizable)
	}
}

// notRemoved judges that every request and limit is still there.
func (v *validator) notRemoved(p path, old, r *ResourceRequirements) {
	if lost(old.Requests, r.Requests) {
		v.forbidden(p.field("requests"), "a request may not be removed")
	}
	if lost(old.Limits, r.Limits) {
		v.forbidden(p.field("limits"), "a limit may not be removed")
	}
}

func lost(old, l ResourceList) bool {
	for name := range old {
		if _, ok := l[name]; !ok {
			return true
		}
	}
	return false
}

// sameContainers judges that no container was added, removed, renamed or moved.
func (v *validator) sameContainers(p path, old, list []Container) (ok bool) {
	if len(list) != len(old) {
		v.forbidden(p, "containers may not be added or removed")
		return false
	}
	ok = true
	for i := range list {
		if list[i].Name != old[i].Name {
			at := p.at(i)
			v.forbidden(at.field("name"), "containers may not be renamed or moved")
			ok = false
		}
	}
	return ok
}

// containersResize judges what each container asks for, and returns a copy of list that asks for as much cpu and
// memory as old does.
func (v *validator) containersResize(p path, old, list []Container) []Container {
	list = slices.Clone(list)
	for i := range list {
		at, c := p.at(i), &list[i]
		v.notRemoved(at.field("resources"), &old[i].Resources, &c.Resources)
		c.Resources.Requests = withoutResize(old[i].Resources.Requests, c.Resources.Requests)
		c.Resources.Limits = withoutResize(old[i].Resources.Limits, c.Resources.Limits)
	}
	return list
}

// initResize judges what else changed in init containers: nothing, and nothing at all in one that would restart for
// it, unless it is a sidecar. left is s with the old cpu and memory.
func (v *validator) initResize(p path, left, old, s *Spec) {
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		if !sameValue(&left.InitContainers[i], &old.InitContainers[i]) {
			v.forbidden(p.at(i), onlyResizable)
		}
		restarts := slices.ContainsFunc(c.ResizePolicy, func(r ContainerResizePolicy) bool { return r.RestartPolicy == RestartContainer })
		if restarts && !c.IsSidecar() && !sameValue(c, &old.InitContainers[i]) {
			v.forbidden(p.at(i), "an init container cannot restart to be resized")
		}
	}
}

// withoutPodResize is r with the cpu and memory of old; nil if old is and nothing else is left.
func withoutPodResize(old, r *ResourceRequirements) *ResourceRequirements {
	if r == nil {
		return nil
	}
	before := &ResourceRequirements{}
	if old != nil {
		before = old
	}
	rest := *r
	rest.Requests = withoutResize(before.Requests, r.Requests)
	rest.Limits = withoutResize(before.Limits, r.Limits)
	if old == nil && len(rest.Requests)+len(rest.Limits)+len(rest.Claims) == 0 {
		return nil
	}
	return &rest
}

// withoutResize is a copy of l with the cpu and memory of old.
func withoutResize(old, l ResourceList) ResourceList {
	rest := ResourceList{}
	maps.Copy(rest, l)
	for _, name := range [...]ResourceName{ResourceCPU, ResourceMemory} {
		delete(rest, name)
		if q, ok := old[name]; ok {
			rest[name] = q
		}
	}
	return rest
}
