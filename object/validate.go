package object

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
)

// Validate reports why the API server would refuse o, which has its defaults: the rules that tests meet most. Those of pods
// and of pods in templates are all there; of other kinds these are checked: the name, selectors against templates, counts, and the policies
// that a kind allows.
func Validate(o Object) pod.Errors {
	if p, ok := o.(*pod.Pod); ok {
		return pod.Validate(p)
	}
	v := &validator{}
	v.name(o)
	switch o := o.(type) {
	case *Deployment:
		v.workload(o.Spec.Selector, &o.Spec.Template, o.Spec.Replicas)
		v.deployment(o)
	case *ReplicaSet:
		v.workload(o.Spec.Selector, &o.Spec.Template, o.Spec.Replicas)
	case *StatefulSet:
		v.workload(o.Spec.Selector, &o.Spec.Template, o.Spec.Replicas)
	case *DaemonSet:
		v.workload(o.Spec.Selector, &o.Spec.Template, nil)
	case *Job:
		v.job("spec", &o.Spec)
		v.selector(o.Spec.Selector, &o.Spec.Template)
	case *CronJob:
		v.cronJob(o)
	case *PodDisruptionBudget:
		v.budget(o)
	}
	return v.errs
}

// ValidateUpdate reports why o may not be stored in place of old.
func ValidateUpdate(old, o Object, sub Subresource) pod.Errors {
	if p, ok := o.(*pod.Pod); ok {
		return pod.ValidateUpdate(old.(*pod.Pod), p, sub)
	}
	if sub == pod.SubresourceStatus {
		return nil
	}
	v := &validator{errs: Validate(o)}
	switch o := o.(type) {
	case *Deployment:
		v.immutable("spec.selector", old.(*Deployment).Spec.Selector, o.Spec.Selector)
	case *ReplicaSet:
		v.immutable("spec.selector", old.(*ReplicaSet).Spec.Selector, o.Spec.Selector)
	case *DaemonSet:
		v.immutable("spec.selector", old.(*DaemonSet).Spec.Selector, o.Spec.Selector)
	case *StatefulSet:
		v.statefulSetUpdate(old.(*StatefulSet), o)
	case *Job:
		v.jobUpdate(old.(*Job), o)
	}
	return v.errs
}

type validator struct{ errs pod.Errors }

func (v *validator) add(t pod.ErrorType, path string, value any, detail string) {
	v.errs = append(v.errs, &pod.FieldError{Type: t, Path: path, Value: value, Detail: detail})
}

func (v *validator) name(o Object) {
	m := o.Meta()
	switch {
	case m.Name == "":
		v.add(pod.FieldValueRequired, "metadata.name", nil, "name or generateName is required")
		return
	case KindOf(o) == NamespaceKind:
		v.check("metadata.name", m.Name, naming.DNS1123Label)
	case KindOf(o) == EventKind:
		v.check("metadata.name", m.Name, naming.PathSegmentName)
	default:
		v.check("metadata.name", m.Name, naming.DNS1123Subdomain)
	}
	if _, ok := o.(*CronJob); ok && len(m.Name) > 52 {
		v.add(pod.FieldValueInvalid, "metadata.name", m.Name, "must be no more than 52 characters")
	}
	if m.Namespace != "" {
		v.check("metadata.namespace", m.Namespace, naming.DNS1123Label)
	}
	if len(m.Labels) == 0 {
		return
	}
	keys := make([]string, 0, len(m.Labels))
	for key := range m.Labels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		v.check("metadata.labels", key, naming.QualifiedName)
		v.check("metadata.labels", m.Labels[key], naming.LabelValue)
	}
}

func (v *validator) check(path, value string, rule func(string) error) {
	if err := rule(value); err != nil {
		v.add(pod.FieldValueInvalid, path, value, err.Error())
	}
}

func (v *validator) workload(s *pod.LabelSelector, t *pod.Template, replicas *int32) {
	v.count("spec.replicas", replicas)
	v.selector(s, t)
	v.template("spec.template", t, pod.RestartPolicyAlways)
}

func (v *validator) count(path string, n *int32) {
	if n != nil && *n < 0 {
		v.add(pod.FieldValueInvalid, path, *n, "must be greater than or equal to 0")
	}
}

func (v *validator) selector(s *pod.LabelSelector, t *pod.Template) {
	switch {
	case s == nil:
		v.add(pod.FieldValueRequired, "spec.selector", nil, "")
	case s.IsEmpty():
		v.add(pod.FieldValueInvalid, "spec.selector", nil, "empty selector is invalid")
	case !s.Matches(t.Labels):
		v.add(pod.FieldValueInvalid, "spec.template.metadata.labels", pod.FormatMap(t.Labels), "`selector` does not match template `labels`")
	}
}

func (v *validator) template(path string, t *pod.Template, allowed ...pod.RestartPolicy) {
	for _, e := range pod.ValidateTemplate(t) {
		e.Path = path + "." + strings.TrimPrefix(e.Path, ".")
		v.errs = append(v.errs, e)
	}
	if !slices.Contains(allowed, t.Spec.RestartPolicy) {
		v.add(pod.FieldValueNotSupported, path+".spec.restartPolicy", string(t.Spec.RestartPolicy), fmt.Sprintf("supported values: %q", allowed))
	}
}

func (v *validator) deployment(d *Deployment) {
	s := &d.Spec
	v.count("spec.minReadySeconds", &s.MinReadySeconds)
	v.count("spec.revisionHistoryLimit", s.RevisionHistoryLimit)
	switch s.Strategy.Type {
	case RecreateDeploymentStrategyType:
		if s.Strategy.RollingUpdate != nil {
			v.add(pod.FieldValueForbidden, "spec.strategy.rollingUpdate", nil, "may not be specified when strategy `type` is 'Recreate'")
		}
	case RollingUpdateDeploymentStrategyType:
		r := s.Strategy.RollingUpdate
		if isNothing(r.MaxUnavailable) && isNothing(r.MaxSurge) {
			v.add(pod.FieldValueInvalid, "spec.strategy.rollingUpdate.maxUnavailable", *r.MaxUnavailable, "may not be 0 when `maxSurge` is 0")
		}
	default:
		v.add(pod.FieldValueNotSupported, "spec.strategy.type", string(s.Strategy.Type), `supported values: "Recreate", "RollingUpdate"`)
	}
	if p := s.ProgressDeadlineSeconds; p != nil && *p <= s.MinReadySeconds {
		v.add(pod.FieldValueInvalid, "spec.progressDeadlineSeconds", *p, "must be greater than minReadySeconds")
	}
}

func isNothing(v *pod.IntOrString) bool {
	return v != nil && (*v == pod.FromInt(0) || *v == pod.FromString("0%"))
}

func (v *validator) job(path string, s *JobSpec) {
	for _, n := range []struct {
		name  string
		value *int32
	}{
		{"parallelism", s.Parallelism}, {"completions", s.Completions}, {"backoffLimit", s.BackoffLimit},
		{"ttlSecondsAfterFinished", s.TTLSecondsAfterFinished}, {"backoffLimitPerIndex", s.BackoffLimitPerIndex},
	} {
		v.count(path+"."+n.name, n.value)
	}
	indexed := s.CompletionMode != nil && *s.CompletionMode == IndexedCompletion
	if indexed && s.Completions == nil {
		v.add(pod.FieldValueRequired, path+".completions", nil, "when completion mode is Indexed")
	}
	if !indexed && s.BackoffLimitPerIndex != nil {
		v.add(pod.FieldValueInvalid, path+".backoffLimitPerIndex", *s.BackoffLimitPerIndex, "requires indexed completion mode")
	}
	v.template(path+".template", &s.Template, pod.RestartPolicyOnFailure, pod.RestartPolicyNever)
	if s.PodFailurePolicy != nil && s.Template.Spec.RestartPolicy != pod.RestartPolicyNever {
		v.add(pod.FieldValueInvalid, path+".podFailurePolicy", nil, `only "Never" restart policy is supported when podFailurePolicy is specified`)
	}
}

func (v *validator) cronJob(c *CronJob) {
	if c.Spec.Schedule == "" {
		v.add(pod.FieldValueRequired, "spec.schedule", nil, "")
	}
	v.job("spec.jobTemplate.spec", &c.Spec.JobTemplate.Spec)
}

func (v *validator) budget(b *PodDisruptionBudget) {
	if b.Spec.MinAvailable != nil && b.Spec.MaxUnavailable != nil {
		v.add(pod.FieldValueInvalid, "spec", nil, "minAvailable and maxUnavailable cannot be both set")
	}
}

func (v *validator) immutable(path string, old, value any) {
	if !equal(old, value) {
		v.add(pod.FieldValueInvalid, path, nil, "field is immutable")
	}
}

func (v *validator) statefulSetUpdate(old, s *StatefulSet) {
	o, n := old.Spec, s.Spec
	n.Replicas, n.Ordinals, n.Template, n.UpdateStrategy = o.Replicas, o.Ordinals, o.Template, o.UpdateStrategy
	n.PersistentVolumeClaimRetentionPolicy, n.MinReadySeconds, n.RevisionHistoryLimit = o.PersistentVolumeClaimRetentionPolicy, o.MinReadySeconds, o.RevisionHistoryLimit
	if !equal(o, n) {
		v.add(pod.FieldValueForbidden, "spec", nil, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
	}
}

// A suspended Job that has not started may change what its pods ask for and where they may run; its template is fixed otherwise.
func (v *validator) jobUpdate(old, j *Job) {
	v.immutable("spec.selector", old.Spec.Selector, j.Spec.Selector)
	v.immutable("spec.completionMode", old.Spec.CompletionMode, j.Spec.CompletionMode)
	v.immutable("spec.podFailurePolicy", old.Spec.PodFailurePolicy, j.Spec.PodFailurePolicy)
	v.immutable("spec.backoffLimitPerIndex", old.Spec.BackoffLimitPerIndex, j.Spec.BackoffLimitPerIndex)
	v.immutable("spec.managedBy", old.Spec.ManagedBy, j.Spec.ManagedBy)
	v.immutable("spec.successPolicy", old.Spec.SuccessPolicy, j.Spec.SuccessPolicy)
	if j.Spec.CompletionMode != nil && *j.Spec.CompletionMode != IndexedCompletion {
		v.immutable("spec.completions", old.Spec.Completions, j.Spec.Completions)
	}
	if old.Spec.Suspend == nil || !*old.Spec.Suspend || old.Status.StartTime != nil {
		v.immutable("spec.template", old.Spec.Template, j.Spec.Template)
	}
}
