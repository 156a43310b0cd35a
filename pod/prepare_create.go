package pod

import (
	"slices"
	"strings"
)

// Creation is what the API server adds to a pod that is created, and a client cannot choose.
type Creation struct {
	// NameSuffix completes a generateName. Kubernetes takes 5 random letters and digits; longer ones cut the name.
	NameSuffix string
	// UID tells this pod from all others that were or will be. It replaces one that was sent.
	UID UID
	// Now is the creationTimestamp. It replaces one that was sent.
	Now Time
}

// maxGeneratedName is how many bytes a name has before the 5 of Kubernetes' own suffix at most.
const maxGeneratedName = 58

// PrepareCreate makes of p, after SetDefaults, what the API server of Kubernetes v1.37 would store with default feature
// gates; then Validate says whether it would be stored at all. It is for new pods, and must not be called twice: keys
// in matchLabelKeys would be merged twice.
//
// The namespace becomes default and the name is generated where there is none. UID, creation time and generation are
// set, and all that says the pod is being deleted is cleared. The status becomes Pending, with the condition
// PodScheduled where scheduling gates hold it back, and the QoS class. Fields of feature gates that are off are
// emptied. matchLabelKeys are merged into their selectors (KEP-3243, KEP-3633), AppArmor annotations into fields
// (KEP-24), and resources of the pod as a whole are completed from its containers (KEP-2837).
//
// p is changed in place; a nil p is left alone.
func PrepareCreate(p *Pod, c Creation) {
	if p == nil {
		return
	}
	p.ObjectMeta.prepareCreate(c)
	p.Status = Status{Phase: Pending}
	p.dropDisabledFields(&noPod)
	if len(p.Spec.SchedulingGates) > 0 {
		p.Status.Conditions = []Condition{gatedCondition(c.Now)}
	}
	p.Spec.mergeLabelKeys(p.Labels)
	p.Spec.adoptAppArmorAnnotations(p.Annotations)
	p.Spec.completePodResources()
	p.Status.QOSClass = p.Spec.QOSClass()
}

// PrepareTemplate makes of t, after SetTemplateDefaults, what the API server would store inside a new workload object:
// fields of feature gates that are off are emptied. Then ValidateTemplate says whether it would be stored at all. All
// else that PrepareCreate does waits for the pods made from t. t is changed in place; a nil t is left alone.
func PrepareTemplate(t *Template) {
	if t == nil {
		return
	}
	p := Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	p.dropDisabledFields(&noPod)
	t.Spec = p.Spec
}

// noPod is what a new pod was before: nothing. It is never written to.
var noPod Pod

// prepareCreate gives m what the server decides.
func (m *ObjectMeta) prepareCreate(c Creation) {
	setDefault(&m.Namespace, NamespaceDefault)
	if m.Name == "" && m.GenerateName != "" {
		base := m.GenerateName
		m.Name = base[:min(len(base), maxGeneratedName)] + c.NameSuffix
	}
	m.UID, m.CreationTimestamp, m.Generation = c.UID, c.Now, 1
	m.DeletionTimestamp, m.DeletionGracePeriodSeconds = nil, nil
	m.SelfLink = ""
}

// gatedCondition says that a pod is not scheduled because gates hold it back.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/.
func gatedCondition(now Time) Condition {
	return Condition{
		Type:               PodScheduled,
		Status:             ConditionFalse,
		LastTransitionTime: now,
		Reason:             ReasonSchedulingGated,
		Message:            "Scheduling is blocked due to non-empty scheduling gates",
	}
}

// mergeLabelKeys adds the pod's own labels that are named by key to the selectors they are meant for.
func (s *Spec) mergeLabelKeys(labels map[string]string) {
	if a := s.Affinity; a != nil {
		if n := a.PodAffinity; n != nil {
			mergeAffinityKeys(n.RequiredDuringSchedulingIgnoredDuringExecution, n.PreferredDuringSchedulingIgnoredDuringExecution, labels)
		}
		if n := a.PodAntiAffinity; n != nil {
			mergeAffinityKeys(n.RequiredDuringSchedulingIgnoredDuringExecution, n.PreferredDuringSchedulingIgnoredDuringExecution, labels)
		}
	}
	for i := range s.TopologySpreadConstraints {
		c := &s.TopologySpreadConstraints[i]
		c.LabelSelector.merge(c.MatchLabelKeys, LabelSelectorOpIn, labels)
	}
}

// mergeAffinityKeys merges keys in all terms of one kind of affinity.
func mergeAffinityKeys(required []PodAffinityTerm, preferred []WeightedPodAffinityTerm, labels map[string]string) {
	for i := range preferred {
		preferred[i].PodAffinityTerm.mergeKeys(labels)
	}
	for i := range required {
		required[i].mergeKeys(labels)
	}
}

// mergeKeys merges labels that the other pods must share, and those that they must not.
func (t *PodAffinityTerm) mergeKeys(labels map[string]string) {
	t.LabelSelector.merge(t.MatchLabelKeys, LabelSelectorOpIn, labels)
	t.LabelSelector.merge(t.MismatchLabelKeys, LabelSelectorOpNotIn, labels)
}

// merge adds a requirement for each key that labels has. A nil s matches no pods, and stays so.
func (s *LabelSelector) merge(keys []string, op LabelSelectorOperator, labels map[string]string) {
	if s == nil {
		return
	}
	for _, key := range keys {
		if value, ok := labels[key]; ok {
			s.MatchExpressions = append(slices.Clip(s.MatchExpressions),
				LabelSelectorRequirement{Key: key, Operator: op, Values: []string{value}})
		}
	}
}

// adoptAppArmorAnnotations sets the profile of containers that have none and an annotation in its place, unless it is
// malformed or the pod's own profile is the same. A Windows pod has none.
func (s *Spec) adoptAppArmorAnnotations(annotations map[string]string) {
	if len(annotations) == 0 || s.OS != nil && s.OS.Name == Windows {
		return
	}
	var ofPod *AppArmorProfile
	if s.SecurityContext != nil {
		ofPod = s.SecurityContext.AppArmorProfile
	}
	for _, c := range s.AllContainers() {
		text, ok := annotations[annotationAppArmorPrefix+c.Name]
		if !ok || c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
			continue
		}
		profile := annotatedAppArmor(text)
		if profile == nil || !profile.isValid() || profile.equal(ofPod) {
			continue
		}
		if c.SecurityContext == nil {
			c.SecurityContext = new(SecurityContext)
		}
		c.SecurityContext.AppArmorProfile = profile
	}
}

// annotatedAppArmor returns the profile that an annotation means, or nil.
func annotatedAppArmor(text string) *AppArmorProfile {
	switch text {
	case annotationUnconfined:
		return &AppArmorProfile{Type: AppArmorProfileTypeUnconfined}
	case annotationRuntimeDefault:
		return &AppArmorProfile{Type: AppArmorProfileTypeRuntimeDefault}
	}
	if name, ok := strings.CutPrefix(text, annotationLocalhostPrefix); ok && name != "" {
		return &AppArmorProfile{Type: AppArmorProfileTypeLocalhost, LocalhostProfile: &name}
	}
	return nil
}

// equal reports whether a and b, which may be nil, are the same profile.
func (a *AppArmorProfile) equal(b *AppArmorProfile) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Type == b.Type && sameText(a.LocalhostProfile, b.LocalhostProfile)
}
