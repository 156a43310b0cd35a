package pod

import (
	"math"

	"github.com/podlife/podlife/naming"
)

// Validate returns every fault for which the API server of Kubernetes v1.37, with default feature gates, refuses to
// create p, or nil. It looks at p as it would be stored: call SetDefaults and PrepareCreate before, in this order.
// A pod that lacks what these fill in has faults for that.
//
// Validate changes nothing and keeps nothing of p. A nil p is the empty pod. The rules are those of the fields in
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/.
func Validate(p *Pod) Errors {
	if p == nil {
		p = &Pod{}
	}
	v := validator{annotated: p.Annotations, matching: matchSeccomp | matchAppArmor}
	v.pod(p)
	v.onlyOnCreate(p)
	return v.errs
}

// ValidateTemplate returns every fault for which the API server refuses a workload object with the template t, or nil,
// with paths that begin at the template; Kubernetes leaves metadata out of them. It looks at t after
// SetTemplateDefaults and PrepareTemplate, in this order. A nil t is the empty template.
func ValidateTemplate(t *Template) Errors {
	if t == nil {
		t = &Template{}
	}
	var v validator
	var root path
	meta, spec := root.real("metadata"), root.field("spec")
	v.labels(meta.field("labels"), t.Labels)
	v.annotations(meta.field("annotations"), t.Annotations)
	v.podAnnotations(meta.field("annotations"), t.Annotations, &t.Spec)
	v.annotated, v.matching = t.Annotations, matchSeccomp|matchAppArmor
	v.podSpec(spec, &t.Spec)
	if len(t.Spec.EphemeralContainers) > 0 {
		v.forbidden(spec.field("ephemeralContainers"), "may not be set in a pod template")
	}
	return v.errs
}

// pod judges what must hold of a pod at any time of its life.
func (v *validator) pod(p *Pod) {
	var root path
	meta, spec := root.field("metadata"), root.field("spec")
	v.meta = &p.ObjectMeta
	v.objectMeta(meta, &p.ObjectMeta)
	v.podAnnotations(meta.field("annotations"), p.Annotations, &p.Spec)
	v.podSpec(spec, &p.Spec)
	v.tokensNeedServiceAccount(spec.field("volumes"), &p.Spec)
	if s := p.Spec.TerminationGracePeriodSeconds; s != nil {
		v.notNegative(spec.field("terminationGracePeriodSeconds"), *s)
	}
	v.imagesTrimmed(spec.field("initContainers"), p.Spec.InitContainers)
	v.imagesTrimmed(spec.field("containers"), p.Spec.Containers)
}

// onlyOnCreate judges what must hold of a new pod and may change later.
func (v *validator) onlyOnCreate(p *Pod) {
	var root path
	spec := root.field("spec")
	if len(p.Spec.EphemeralContainers) > 0 {
		v.forbidden(spec.field("ephemeralContainers"), "may only be added to a pod that exists")
	}
	if p.Spec.NodeName != "" && len(p.Spec.SchedulingGates) > 0 {
		v.forbidden(spec.field("nodeName"), "may not be set while there are schedulingGates")
	}
}

// podSpec judges the spec s: volumes, containers, then the rest by what it is about. v.meta, where set, is the metadata of its pod.
func (v *validator) podSpec(p path, s *Spec) {
	v.spec = s
	for i := range s.ResourceClaims {
		v.claims.add(s.ResourceClaims[i].Name)
	}
	v.podVolumes(p.field("volumes"), s.Volumes)
	v.initContainers(p.field("initContainers"), s.InitContainers)
	v.containers(p.field("containers"), s.Containers)
	v.ephemeralContainers(p.field("ephemeralContainers"), s.EphemeralContainers)
	v.podLife(p, s)
	v.podIdentity(p, s)
	v.podNetwork(p, s)
	v.podSecurityContext(p.field("securityContext"), s.SecurityContext)
	v.podScheduling(p, s)
	v.podResources(p, s)
	v.podOS(p, s)
}

// podLife judges how long a pod lives and what ends it.
func (v *validator) podLife(p path, s *Spec) {
	requireOneOf(v, p.field("restartPolicy"), s.RestartPolicy, RestartPolicyAlways, RestartPolicyOnFailure, RestartPolicyNever)
	if s.TerminationGracePeriodSeconds == nil {
		v.required(p.field("terminationGracePeriodSeconds"), "")
	}
	if n := s.ActiveDeadlineSeconds; n != nil {
		v.inRange(p.field("activeDeadlineSeconds"), *n, 1, math.MaxInt32)
	}
	v.evictionResponders(p.field("evictionResponders"), s.EvictionResponders)
}

// podIdentity judges the names of other objects in a spec.
func (v *validator) podIdentity(p path, s *Spec) {
	if s.ServiceAccountName != "" {
		v.name(p.field("serviceAccountName"), s.ServiceAccountName, naming.DNS1123Subdomain(s.ServiceAccountName))
	}
	if s.DeprecatedServiceAccount != s.ServiceAccountName {
		v.invalid(p.misspelt("deprecatedServiceAccount", "serviceAccount"), s.DeprecatedServiceAccount, "must be the same as serviceAccountName")
	}
	if s.NodeName != "" {
		v.name(p.field("nodeName"), s.NodeName, naming.DNS1123Subdomain(s.NodeName))
	}
	if s.PriorityClassName != "" {
		v.name(p.field("priorityClassName"), s.PriorityClassName, naming.DNS1123Subdomain(s.PriorityClassName))
	}
	if r := s.RuntimeClassName; r != nil {
		v.name(p.field("runtimeClassName"), *r, naming.DNS1123Subdomain(*r))
	}
}
