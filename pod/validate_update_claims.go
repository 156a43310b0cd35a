package pod

import (
	"slices"
	"strings"

	"github.com/podlife/podlife/naming"
)

// claimStatuses judges what a status says of the device claims of a pod (KEP-4381).
func (v *validator) claimStatuses(p path, pod *Pod) {
	v.resourceClaimStatuses(p.field("resourceClaimStatuses"), pod.Status.ResourceClaimStatuses, pod.Spec.ResourceClaims)
	if x := pod.Status.ExtendedResourceClaimStatus; x != nil {
		v.extendedClaimStatus(p.field("extendedResourceClaimStatus"), x, &pod.Spec)
	}
}

func (v *validator) resourceClaimStatuses(p path, list []PodResourceClaimStatus, claims []PodResourceClaim) {
	var names smallSet[string]
	for i, s := range list {
		at := p.at(i)
		if !slices.ContainsFunc(claims, func(c PodResourceClaim) bool { return c.Name == s.Name }) {
			v.invalid(at.field("name"), s.Name, "want the name of an entry of spec.resourceClaims")
		}
		if !names.add(s.Name) {
			v.duplicate(at.field("name"), s.Name)
		}
		if s.ResourceClaimName != nil {
			v.name(at.field("resourceClaimName"), *s.ResourceClaimName, naming.DNS1123Subdomain(*s.ResourceClaimName))
		}
	}
}

// extendedClaimStatus judges the claim that stands for extended resources of containers (KEP-5004).
func (v *validator) extendedClaimStatus(p path, x *PodExtendedResourceClaimStatus, s *Spec) {
	mappings := p.field("requestMappings")
	if len(x.RequestMappings) == 0 {
		v.required(mappings, "at least one")
	}
	var seen smallSet[ContainerExtendedResourceRequest]
	for i, m := range x.RequestMappings {
		at := mappings.at(i)
		if c, err := findContainer(s, m.ContainerName); err != nil {
			v.invalid(at.field("containerName"), m.ContainerName, "want the name of a container")
		} else if _, ok := c.Resources.Requests[ResourceName(m.ResourceName)]; !ok {
			v.invalid(at.field("resourceName"), m.ResourceName, "want a resource that the container requests")
		}
		request := p.told("requestName")
		v.name(request, m.RequestName, naming.DNS1123Label(m.RequestName))
		if !seen.add(m) {
			v.duplicate(at.field("containerName"), m.ContainerName)
			v.duplicate(at.field("resourceName"), m.ResourceName)
			v.duplicate(at.field("requestName"), m.RequestName)
		}
	}
	name := p.field("resourceClaimName")
	if x.ResourceClaimName == "" {
		v.required(name, "")
		return
	}
	v.name(name, x.ResourceClaimName, naming.DNS1123Subdomain(x.ResourceClaimName))
}

// hasResource reports whether a container has a resource of that name: one that it requests, or claim:NAME or
// claim:NAME/REQUEST (KEP-4680).
func hasResource(c *Container, name ResourceName, extended *PodExtendedResourceClaimStatus) bool {
	claimed, isClaim := strings.CutPrefix(string(name), "claim:")
	if !isClaim {
		_, ok := c.Resources.Requests[name]
		return ok
	}
	for _, claim := range c.Resources.Claims {
		if claimed == claim.Name && claim.Request == "" || claim.Request != "" && claimed == claim.Name+"/"+claim.Request {
			return true
		}
	}
	claim, request, _ := strings.Cut(claimed, "/")
	if extended == nil || claim == "" || request == "" || claim != extended.ResourceClaimName {
		return false
	}
	return slices.ContainsFunc(extended.RequestMappings, func(m ContainerExtendedResourceRequest) bool {
		return m.ContainerName == c.Name && m.RequestName == request && !c.Resources.Requests[ResourceName(m.ResourceName)].IsZero()
	})
}

// maxHealthMessage bounds the message of one device's health, in bytes.
const maxHealthMessage = 1024

// resourceHealth judges what a node says of the health of single devices (KEP-4680).
func (v *validator) resourceHealth(p path, list []ResourceHealth) {
	var ids smallSet[ResourceID]
	resources := p.field("resources")
	for i := range list {
		at, r := resources.at(i), &list[i]
		oneOf(v, at.field("health"), r.Health, ResourceHealthStatusHealthy, ResourceHealthStatusUnhealthy, ResourceHealthStatusUnknown)
		switch {
		case r.Message == nil:
		case *r.Message == "":
			v.required(at.field("message"), "want some text, or no message")
		case len(*r.Message) > maxHealthMessage:
			v.tooLong(at.field("message"), maxHealthMessage)
		}
		if !ids.add(r.ResourceID) {
			v.duplicate(at.field("resourceID"), string(r.ResourceID))
		}
	}
}

// Bounds of what is said of the health of a volume.
const (
	maxVolumeConditions    = 16
	maxVolumeHealthReason  = 256
	maxVolumeHealthMessage = 1024
)

// volumeHealth judges what a status says of volumes (KEP-1432). What is as before is not judged anew, but for names
// and the form of reasons.
func (v *validator) volumeHealth(p path, old []PodVolumeHealth, pod *Pod) {
	list := pod.Status.VolumeHealth
	same := sameValue(old, list)
	var names smallSet[string]
	for i := range list {
		at, h := p.at(i), &list[i]
		if h.Name != "" && pod.Spec.Volume(h.Name) == nil {
			v.notFound(at.field("name"), h.Name, "want the name of a volume")
		}
		before := h
		if !same {
			if !names.add(h.Name) {
				v.duplicate(at, h.Name)
			}
			before = firstOf(old, func(o *PodVolumeHealth) bool { return o.Name == h.Name })
		}
		if before == nil {
			v.requireText(at.field("name"), h.Name)
			before = &PodVolumeHealth{}
		}
		v.volumeConditions(at.field("healthConditions"), before.HealthConditions, h.HealthConditions)
	}
}

func (v *validator) volumeConditions(p path, old, list []VolumeHealthCondition) {
	for i := range list {
		at := p.at(i)
		if r := string(list[i].Reason); r != "" && !isConditionReason(r) {
			v.invalid(at.field("reason"), r, "want a letter, then letters, digits, _ , and :, with no , or : at the end")
		}
	}
	if sameValue(old, list) {
		return
	}
	if len(list) > maxVolumeConditions {
		v.tooMany(p, len(list), maxVolumeConditions)
		return
	}
	type key struct {
		status VolumeHealthStatusType
		reason Reason
	}
	var seen smallSet[key]
	for i := range list {
		at, c := p.at(i), &list[i]
		if !seen.add(key{c.Status, c.Reason}) {
			v.duplicate(at, string(c.Reason))
		}
		was := firstOf(old, func(o *VolumeHealthCondition) bool { return o.Status == c.Status && o.Reason == c.Reason })
		if was == nil {
			requireOneOf(v, at.field("status"), c.Status, VolumeHealthDataLoss, VolumeHealthDegraded, VolumeHealthInaccessible)
			v.requireText(at.field("reason"), string(c.Reason))
			if len(c.Reason) > maxVolumeHealthReason {
				v.tooLong(at.field("reason"), maxVolumeHealthReason)
			}
		}
		if len(c.Message) > maxVolumeHealthMessage && (was == nil || was.Message != c.Message) {
			v.tooLong(at.field("message"), maxVolumeHealthMessage)
		}
	}
}

// isConditionReason checks the form of a reason.
func isConditionReason(s string) bool {
	last := s[len(s)-1]
	return isLetterByte(s[0]) && last != ',' && last != ':' &&
		allBytes(s, func(c byte) bool { return isAlphanumericByte(c) || c == '_' || c == ',' || c == ':' })
}

// allocatableClaims judges what claims take of a node's cpu and memory (KEP-5517). What is as before is not judged
// anew, but for the claims named and the signs of amounts.
func (v *validator) allocatableClaims(p path, old []NodeAllocatableResourceClaimStatus, pod *Pod) {
	list := pod.Status.NodeAllocatableResourceClaimStatuses
	same := sameValue(old, list)
	var names smallSet[string]
	for i := range list {
		at, s := p.at(i), &list[i]
		before := s
		if !same {
			if !names.add(s.ResourceClaimName) {
				v.duplicate(at, s.ResourceClaimName)
			}
			before = firstOf(old, func(o *NodeAllocatableResourceClaimStatus) bool { return o.ResourceClaimName == s.ResourceClaimName })
		}
		if before == nil {
			v.requireText(at.field("resourceClaimName"), s.ResourceClaimName)
			before = &NodeAllocatableResourceClaimStatus{}
		}
		v.distinctContainers(at.field("containers"), before.Containers, s.Containers)
		v.mappedResources(at.field("mapping"), before.Mapping, s)
		v.overheadResources(at.field("overhead"), before.Overhead, s)
		if s.ResourceClaimName != "" && !claimsByName(pod, s.ResourceClaimName) {
			v.invalid(at.field("resourceClaimName"), s.ResourceClaimName, "want a claim of the pod")
		}
	}
}

// firstOf is the first item of a list of which is holds, or nil.
func firstOf[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

func claimsByName(p *Pod, name string) bool {
	return slices.ContainsFunc(p.Spec.ResourceClaims, func(c PodResourceClaim) bool {
		return c.ResourceClaimName != nil && *c.ResourceClaimName == name
	}) || slices.ContainsFunc(p.Status.ResourceClaimStatuses, func(c PodResourceClaimStatus) bool {
		return c.ResourceClaimName != nil && *c.ResourceClaimName == name
	})
}

func (v *validator) distinctContainers(p path, old, list []string) {
	if slices.Equal(old, list) {
		return
	}
	var names smallSet[string]
	for i, name := range list {
		if !names.add(name) {
			v.duplicate(p.at(i), name)
		}
	}
}

func (v *validator) mappedResources(p path, old []NodeAllocatableMappedResources, s *NodeAllocatableResourceClaimStatus) {
	same := sameValue(old, s.Mapping)
	var names smallSet[ResourceName]
	for i, m := range s.Mapping {
		at := p.at(i)
		if !same {
			if !names.add(m.Name) {
				v.duplicate(at, string(m.Name))
			}
			was := firstOf(old, func(o *NodeAllocatableMappedResources) bool { return o.Name == m.Name })
			if was == nil {
				v.requireText(at.field("name"), string(m.Name))
			}
			if m.Quantity == nil && (was == nil || was.Quantity != nil) {
				v.required(at.field("quantity"), "")
			}
		}
		if s.ResourceClaimName != "" {
			v.allocatableName(at.field("name"), m.Name)
			v.notBelowZero(at.field("quantity"), m.Quantity)
		}
	}
}

func (v *validator) overheadResources(p path, old []NodeAllocatableOverheadResources, s *NodeAllocatableResourceClaimStatus) {
	same := sameValue(old, s.Overhead)
	var names smallSet[ResourceName]
	for i, o := range s.Overhead {
		at := p.at(i)
		if !same {
			if !names.add(o.Name) {
				v.duplicate(at, string(o.Name))
			}
			if firstOf(old, func(w *NodeAllocatableOverheadResources) bool { return w.Name == o.Name }) == nil {
				v.requireText(at.field("name"), string(o.Name))
			}
		}
		if s.ResourceClaimName == "" {
			continue
		}
		v.allocatableName(at.field("name"), o.Name)
		if o.PerPod == nil && o.PerContainer == nil {
			v.invalid(at, nil, "want perPod or perContainer")
		}
		v.notBelowZero(at.field("perPod"), o.PerPod)
		v.notBelowZero(at.field("perContainer"), o.PerContainer)
	}
}

func (v *validator) allocatableName(p path, name ResourceName) {
	if name != ResourceCPU && name != ResourceMemory && !strings.HasPrefix(string(name), ResourceHugePagesPrefix) {
		v.invalid(p, string(name), "want cpu, memory or a size of huge pages")
	}
}

func (v *validator) notBelowZero(p path, q *Quantity) {
	if q != nil && q.Sign() < 0 {
		v.invalid(p, *q, "want 0 or more")
	}
}
