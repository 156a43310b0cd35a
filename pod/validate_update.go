package pod

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// ValidateUpdate returns every fault for which the API server of Kubernetes v1.37, with default feature gates, refuses
// to store p in place of old through a subresource, or nil. It looks at p as PrepareUpdate left it. Where several
// things are wrong with the same field it may tell only of the first.
//
// A fault that the stored pod has as well and that was no fault once is none here. An update that is refused as a
// whole has the path []. It changes nothing and keeps nothing of its arguments.
// See https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement.
func ValidateUpdate(old, p *Pod, sub Subresource) Errors {
	v := validator{allow: allowancesOf(old)}
	v.metadataUpdate(&old.ObjectMeta, &p.ObjectMeta)
	switch sub {
	case SubresourceStatus:
		v.anyMetadata(&p.ObjectMeta)
		v.annotationUpdate(old, p)
		v.podAnnotationsOf(p)
		v.statusUpdate(old, p)
		return v.errs
	case SubresourceEphemeralContainers:
		v.ephemeralContainersUpdate(old, p)
	case SubresourceResize:
		v.resizeUpdate(old, p)
	default:
		v.pod(p)
		v.annotationUpdate(old, p)
		v.specUpdate(&old.Spec, &p.Spec)
	}
	v.errs = withoutKnownResponders(v.errs, old.Spec.EvictionResponders, p.Spec.EvictionResponders)
	return v.errs
}

// withoutKnownResponders are the faults without those of eviction responders that are as before, which are not judged
// anew.
func withoutKnownResponders(faults Errors, old, list []EvictionResponder) Errors {
	const at = "spec.evictionResponders"
	if len(old) == 0 {
		return faults
	}
	if sameValue(old, list) {
		return slices.DeleteFunc(faults, func(e *FieldError) bool { return strings.HasPrefix(e.Path, at) })
	}
	var known []string
	for i, r := range list {
		was := slices.IndexFunc(old, func(o EvictionResponder) bool { return o.Name == r.Name })
		if was < 0 {
			continue
		}
		known = append(known, fmt.Sprintf("%s[%d].name", at, i))
		if sameValue(old[was].Priority, r.Priority) {
			known = append(known, fmt.Sprintf("%s[%d].priority", at, i))
		}
	}
	return slices.DeleteFunc(faults, func(e *FieldError) bool { return slices.Contains(known, e.Path) })
}

const immutable = "may not change"

// metadataUpdate judges what of the metadata may not change.
// See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/.
func (v *validator) metadataUpdate(old, m *ObjectMeta) {
	var root path
	p := root.field("metadata")
	if m.Name != old.Name {
		v.invalid(p.field("name"), m.Name, immutable)
	}
	if !m.CreationTimestamp.Equal(old.CreationTimestamp) {
		v.invalid(p.field("creationTimestamp"), m.CreationTimestamp.String(), immutable)
	}
	if !sameValue(m.DeletionTimestamp, old.DeletionTimestamp) {
		v.invalid(p.field("deletionTimestamp"), nil, immutable)
	}
	if !sameValue(m.DeletionGracePeriodSeconds, old.DeletionGracePeriodSeconds) {
		v.invalid(p.field("deletionGracePeriodSeconds"), nil, immutable)
	}
	if old.DeletionTimestamp == nil {
		return
	}
	for _, f := range m.Finalizers {
		if !slices.Contains(old.Finalizers, f) {
			v.forbidden(p.field("finalizers"), "may not be added to a pod that is being deleted")
			return
		}
	}
}

// anyMetadata judges what must hold of any object's metadata, as objectMeta does but for the form of its name.
func (v *validator) anyMetadata(m *ObjectMeta) {
	var root path
	p := root.field("metadata")
	v.requireText(p.field("name"), m.Name)
	if !isPathSegment(m.Name) || m.Name == "." || m.Name == ".." {
		v.invalid(p.field("name"), m.Name, "want no / or %, and neither . nor ..")
	}
	if !isPathSegment(m.GenerateName) {
		v.invalid(p.field("generateName"), m.GenerateName, "want no / or %")
	}
	v.labels(p.field("labels"), m.Labels)
	v.annotations(p.field("annotations"), m.Annotations)
	v.ownerReferences(p.field("ownerReferences"), m.OwnerReferences)
	v.finalizers(p.field("finalizers"), m.Finalizers)
	v.managedFields(p.field("managedFields"), m.ManagedFields)
}

// refuseWhole refuses an update as a whole. Beside that only faults of metadata are told, and not what pods ask more of
// finalizers than other objects do.
func (v *validator) refuseWhole(m *ObjectMeta, why string) {
	v.anyMetadata(m)
	v.errs = slices.DeleteFunc(v.errs, func(e *FieldError) bool { return strings.HasPrefix(e.Path, "metadata.finalizers[") })
	v.forbidden(path{}, why)
}

func isPathSegment(s string) bool { return !strings.ContainsAny(s, "/%") }

func (v *validator) podAnnotationsOf(p *Pod) {
	var root path
	meta := root.field("metadata")
	v.podAnnotations(meta.field("annotations"), p.Annotations, &p.Spec)
}

// annotationUpdate judges annotations that are written once: those of AppArmor and of mirror pods.
func (v *validator) annotationUpdate(old, p *Pod) {
	var root path
	meta := root.field("metadata")
	at := meta.field("annotations")
	keys := slices.AppendSeq(slices.Collect(maps.Keys(old.Annotations)), maps.Keys(p.Annotations))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		was, had := old.Annotations[key]
		is, has := p.Annotations[key]
		if (key == annotationMirror || strings.HasPrefix(key, annotationAppArmorPrefix)) && (had != has || was != is) {
			v.forbidden(at.key(key), immutable)
		}
	}
}

// specUpdate judges which fields of a spec changed, of which only few may.
func (v *validator) specUpdate(old, s *Spec) {
	var root path
	p := root.field("spec")
	if !v.sameNumber(p, old, s) || !v.deadlineUpdate(p.field("activeDeadlineSeconds"), old, s) {
		return
	}
	v.tolerationsUpdate(p.field("tolerations"), old.Tolerations, s.Tolerations)
	v.gatesUpdate(p.field("schedulingGates"), old.SchedulingGates, s.SchedulingGates)
	if len(old.SchedulingGates) > 0 {
		v.gatedUpdate(p, old, s)
	}
	if !sameValue(withoutMutable(old, s), old) {
		v.forbidden(p, "only image, activeDeadlineSeconds, tolerations, schedulingGates and a negative terminationGracePeriodSeconds may change")
	}
}

// sameNumber judges that no container was added or removed.
func (v *validator) sameNumber(p path, old, s *Spec) bool {
	switch {
	case len(s.Containers) != len(old.Containers):
		v.forbidden(p.field("containers"), "containers may not be added or removed")
	case len(s.InitContainers) != len(old.InitContainers):
		v.forbidden(p.field("initContainers"), "containers may not be added or removed")
	default:
		return true
	}
	return false
}

// deadlineUpdate judges that a deadline is set once and only lowered. It reports whether the judgement can go on.
func (v *validator) deadlineUpdate(p path, old, s *Spec) bool {
	was, is := old.ActiveDeadlineSeconds, s.ActiveDeadlineSeconds
	switch {
	case is == nil && was != nil:
		v.invalid(p, nil, "may not be removed")
	case is == nil:
	case *is < 0 || *is > math.MaxInt32:
		v.inRange(p, *is, 0, math.MaxInt32)
		return false
	case was != nil && *is > *was:
		v.invalid(p, *is, "may only be lowered")
		return false
	}
	return true
}

// tolerationsUpdate judges that tolerations are only added. For how long one lasts may change.
func (v *validator) tolerationsUpdate(p path, old, list []Toleration) {
	for _, was := range old {
		was.TolerationSeconds = nil
		if !slices.ContainsFunc(list, func(t Toleration) bool { t.TolerationSeconds = nil; return t == was }) {
			v.forbidden(p, "may only be added, or have another tolerationSeconds")
			return
		}
	}
}

// gatesUpdate judges that scheduling gates are only removed.
func (v *validator) gatesUpdate(p path, old, list []PodSchedulingGate) {
	for i, gate := range list {
		if slices.Contains(old, gate) || slices.Contains(list[i+1:], gate) {
			continue
		}
		at := p.at(i)
		v.forbidden(at.field("name"), "gates may only be removed")
	}
}

// gatedUpdate judges the changes that a pod may have until the scheduler looks at it: its demands on a node may grow.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/#mutable-pod-scheduling-directives.
func (v *validator) gatedUpdate(p path, old, s *Spec) {
	for key, was := range old.NodeSelector {
		if is, ok := s.NodeSelector[key]; !ok || is != was {
			v.invalid(p.field("nodeSelector"), nil, "entries may only be added")
			break
		}
	}
	affinity := p.field("affinity")
	node := affinity.field("nodeAffinity")
	required := node.field("requiredDuringSchedulingIgnoredDuringExecution")
	v.nodeTermsUpdate(required.field("nodeSelectorTerms"), requiredTerms(old.Affinity), requiredTerms(s.Affinity))
}

func requiredTerms(a *Affinity) []NodeSelectorTerm {
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	return a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
}

// nodeTermsUpdate judges that alternatives, where there are any, stay as many and only ask for more.
func (v *validator) nodeTermsUpdate(p path, old, terms []NodeSelectorTerm) {
	if len(old) > 0 && len(old) != len(terms) {
		v.invalid(p, nil, "terms may not be added or removed")
		return
	}
	for i := range old {
		if !asksForMore(&old[i], &terms[i]) {
			v.invalid(p.at(i), nil, "requirements may only be added, at the end")
		}
	}
}

// asksForMore reports whether t has the requirements of old and perhaps more. A term without any matches no node, and
// stays so.
func asksForMore(old, t *NodeSelectorTerm) bool {
	expressions, fields := len(old.MatchExpressions), len(old.MatchFields)
	if expressions+fields == 0 {
		return len(t.MatchExpressions)+len(t.MatchFields) == 0
	}
	return expressions <= len(t.MatchExpressions) && fields <= len(t.MatchFields) &&
		sameValue(t.MatchExpressions[:expressions], old.MatchExpressions) &&
		sameValue(t.MatchFields[:fields], old.MatchFields)
}

// withoutMutable is s with the fields that may change as they are in old.
func withoutMutable(old, s *Spec) *Spec {
	rest := *s
	rest.Containers = withImages(old.Containers, s.Containers)
	rest.InitContainers = withImages(old.InitContainers, s.InitContainers)
	rest.ActiveDeadlineSeconds = old.ActiveDeadlineSeconds
	rest.SchedulingGates = old.SchedulingGates
	rest.Tolerations = old.Tolerations
	if was, is := old.TerminationGracePeriodSeconds, s.TerminationGracePeriodSeconds; was != nil && *was < 0 && is != nil && *is == 1 {
		rest.TerminationGracePeriodSeconds = was
	}
	if len(old.SchedulingGates) > 0 {
		rest.NodeSelector = old.NodeSelector
		rest.Affinity = withNodeAffinity(old.Affinity, s.Affinity)
	}
	return &rest
}

// withImages is a copy of list with the images of old, which is as long.
func withImages(old, list []Container) []Container {
	list = slices.Clone(list)
	for i := range list {
		list[i].Image = old[i].Image
	}
	return list
}

// withNodeAffinity is a with the node affinity of old. Nothing else in it is like no affinity at all, if old has none.
func withNodeAffinity(old, a *Affinity) *Affinity {
	var rest Affinity
	if a != nil {
		rest = *a
	}
	before := &Affinity{}
	if old != nil {
		before = old
	}
	switch {
	case sameValue(rest.NodeAffinity, before.NodeAffinity):
		return a
	case old == nil && rest.PodAffinity == nil && rest.PodAntiAffinity == nil:
		return nil
	}
	rest.NodeAffinity = before.NodeAffinity
	return &rest
}

// ephemeralContainersUpdate judges that ephemeral containers are only added. It need not look at what else changed:
// PrepareUpdate left nothing.
// See https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/.
func (v *validator) ephemeralContainersUpdate(old, p *Pod) {
	var root path
	if isMirror(old) {
		v.refuseWhole(&p.ObjectMeta, "a static pod has no ephemeral containers")
		return
	}
	v.pod(p)
	v.annotationUpdate(old, p)
	spec := root.field("spec")
	at := spec.field("ephemeralContainers")
	now := map[string]*EphemeralContainer{}
	for i := range p.Spec.EphemeralContainers {
		now[p.Spec.EphemeralContainers[i].Name] = &p.Spec.EphemeralContainers[i]
	}
	for i := range old.Spec.EphemeralContainers {
		was := &old.Spec.EphemeralContainers[i]
		switch is := now[was.Name]; {
		case is == nil:
			v.forbidden(at, "an ephemeral container may not be removed")
		case !sameValue(is, was):
			v.forbidden(at, "an ephemeral container may not be changed")
		}
	}
}

// isMirror reports whether p stands for a static pod of a node.
func isMirror(p *Pod) bool {
	_, mirror := p.Annotations[annotationMirror]
	return mirror
}
