package pod

import (
	"fmt"
	"strings"
)

// Subresource is the part of a pod that an update addresses. The zero value is the pod itself.
// See https://kubernetes.io/docs/reference/using-api/api-concepts/#subresources.
type Subresource string

// The subresources through which a pod is updated. Bind is the way to bind one.
const (
	// SubresourceNone is the pod itself: its metadata and the few fields of its spec that may change.
	SubresourceNone Subresource = ""
	// SubresourceStatus is its status, which the node writes, and its metadata.
	SubresourceStatus Subresource = "status"
	// SubresourceEphemeralContainers is spec.ephemeralContainers.
	SubresourceEphemeralContainers Subresource = "ephemeralcontainers"
	// SubresourceResize is the resources of the pod and its containers, and their resizePolicy.
	SubresourceResize Subresource = "resize"
)

func refuse(reason StatusReason, format string, args ...any) error {
	return &StatusError{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Update writes sent over old through one subresource, as the API server does: it returns the pod as stored after
// that, or a *StatusError. Neither argument is changed, and the result shares nothing with them.
//
// Both have defaults set. The result has the old resource version; whoever stores it gives it a new one.
func Update(old, sent *Pod, sub Subresource) (*Pod, error) {
	p := sent.Clone()
	if err := PrepareUpdate(old, p, sub); err != nil {
		return nil, err
	}
	if faults := ValidateUpdate(old, p, sub); len(faults) > 0 {
		return nil, &StatusError{Reason: StatusReasonInvalid, Errors: faults}
	}
	return p, nil
}

// PrepareUpdate makes of sent the pod that would be stored in place of old: what the subresource does not own and what
// no client may set is as in old, fields of disabled feature gates are dropped unless old has them, and the generation
// is one more if the spec differs. ValidateUpdate then tells whether it may be stored.
//
// It refuses with a *StatusError: Conflict for another UID or resource version (an empty one means any), BadRequest
// for another namespace. It does not change old, and sent shares nothing with it. Both have defaults set.
// See https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement.
func PrepareUpdate(old, sent *Pod, sub Subresource) error {
	if err := checkTarget(&old.ObjectMeta, &sent.ObjectMeta); err != nil {
		return err
	}
	sent.Namespace, sent.ResourceVersion, sent.Generation = old.Namespace, old.ResourceVersion, old.Generation
	switch sub {
	case SubresourceNone:
		sent.prepareSpec(old)
	case SubresourceStatus:
		sent.prepareStatus(old)
	case SubresourceEphemeralContainers:
		sent.prepareEphemeralContainers(old)
	case SubresourceResize:
		sent.prepareResize(old)
	default:
		return refuse(StatusReasonBadRequest, "subresource %q: want status, ephemeralcontainers, resize or none", sub)
	}
	sent.dropDisabledFields(old)
	if sub != SubresourceStatus && !sameValue(&sent.Spec, &old.Spec) {
		sent.Generation++
	}
	sent.keepSystemFields(&old.ObjectMeta)
	return nil
}

// checkTarget tells whether an update is meant for the object that is stored.
func checkTarget(old, sent *ObjectMeta) error {
	switch version := strings.TrimLeft(sent.ResourceVersion, "0"); {
	case sent.UID != "" && sent.UID != old.UID:
		return refuse(StatusReasonConflict, "pod %q: the uid is %q, not %q: it was deleted, and perhaps created anew", old.Key(), old.UID, sent.UID)
	case version != "" && version != strings.TrimLeft(old.ResourceVersion, "0"):
		return refuse(StatusReasonConflict, "pod %q: the resource version is %q, not %q: it was changed meanwhile", old.Key(), old.ResourceVersion, sent.ResourceVersion)
	case sent.Namespace != "" && sent.Namespace != old.Namespace:
		return refuse(StatusReasonBadRequest, "pod %q: the update has the namespace %q", old.Key(), sent.Namespace)
	}
	return nil
}

// keepSystemFields restores what no update changes.
func (m *ObjectMeta) keepSystemFields(old *ObjectMeta) {
	if m.UID == "" {
		m.UID = old.UID
	}
	if !old.CreationTimestamp.IsZero() {
		m.CreationTimestamp = old.CreationTimestamp
	}
	if old.DeletionTimestamp != nil {
		m.DeletionTimestamp = clonePointer(old.DeletionTimestamp)
	}
	if m.DeletionGracePeriodSeconds == nil {
		m.DeletionGracePeriodSeconds = clonePointer(old.DeletionGracePeriodSeconds)
	}
}

// keepUserFields restores the metadata that a user writes but a subresource does not own.
func (m *ObjectMeta) keepUserFields(old *ObjectMeta) {
	kept := old.Clone()
	m.DeletionTimestamp, m.SelfLink = kept.DeletionTimestamp, kept.SelfLink
	m.Labels, m.Annotations = kept.Labels, kept.Annotations
	m.Finalizers, m.OwnerReferences = kept.Finalizers, kept.OwnerReferences
}

func (p *Pod) prepareSpec(old *Pod) {
	p.Status = *old.Status.Clone()
	if p.Spec.Resources == nil {
		p.Spec.Resources = old.Spec.Resources.Clone()
	}
}

func (p *Pod) prepareStatus(old *Pod) {
	kept := old.Clone()
	p.Spec = kept.Spec
	p.DeletionTimestamp = nil
	p.OwnerReferences = kept.OwnerReferences
	if p.Status.QOSClass == "" {
		p.Status.QOSClass = kept.Status.QOSClass
	}
	p.Status.keepClaims(&kept.Status)
	p.Status.keepObservedGenerations(&kept.Status)
}

// keepClaims restores what a client that does not know of device claims leaves out. A list that is empty, not absent,
// clears (KEP-4381).
func (s *Status) keepClaims(old *Status) {
	if s.ResourceClaimStatuses == nil {
		s.ResourceClaimStatuses = old.ResourceClaimStatuses
	}
	if s.ExtendedResourceClaimStatus == nil {
		s.ExtendedResourceClaimStatus = old.ExtendedResourceClaimStatus
	}
	if s.NodeAllocatableResourceClaimStatuses == nil {
		s.NodeAllocatableResourceClaimStatuses = old.NodeAllocatableResourceClaimStatuses
	}
}

// keepObservedGenerations restores observedGeneration where it was cleared, of conditions by type: the nth condition
// of a type has that of the nth one before (KEP-5067).
func (s *Status) keepObservedGenerations(old *Status) {
	if s.ObservedGeneration == 0 {
		s.ObservedGeneration = old.ObservedGeneration
	}
	seen := map[ConditionType][]int64{}
	for _, c := range old.Conditions {
		seen[c.Type] = append(seen[c.Type], c.ObservedGeneration)
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		before := seen[c.Type]
		if len(before) == 0 {
			continue
		}
		if c.ObservedGeneration == 0 {
			c.ObservedGeneration = before[0]
		}
		seen[c.Type] = before[1:]
	}
}

func (p *Pod) prepareEphemeralContainers(old *Pod) {
	sent := p.Spec.EphemeralContainers
	kept := old.Clone()
	p.Spec, p.Status = kept.Spec, kept.Status
	p.Spec.EphemeralContainers = sent
	p.keepUserFields(&old.ObjectMeta)
}

// prepareResize keeps all but resources, unless containers were added or removed: then it keeps nothing, and
// ValidateUpdate says why the rest is refused (KEP-1287).
func (p *Pod) prepareResize(old *Pod) {
	if len(p.Spec.Containers) == len(old.Spec.Containers) && len(p.Spec.InitContainers) == len(old.Spec.InitContainers) {
		sent := p.Spec
		kept := old.Clone()
		p.Spec, p.Status = kept.Spec, kept.Status
		p.Spec.Resources = sent.Resources
		p.Spec.Containers = resized(p.Spec.Containers, sent.Containers)
		p.Spec.InitContainers = resized(p.Spec.InitContainers, sent.InitContainers)
		p.keepUserFields(&old.ObjectMeta)
	}
	if p.Spec.Resources == nil {
		p.Spec.Resources = old.Spec.Resources.Clone()
	}
	p.Spec.completePodResources()
}

// resized is kept with the resources of sent; or sent, where a container has another name.
func resized(kept, sent []Container) []Container {
	for i := range sent {
		if sent[i].Name != kept[i].Name {
			return sent
		}
		kept[i].Resources = sent[i].Resources
		kept[i].ResizePolicy = sent[i].ResizePolicy
	}
	return kept
}
