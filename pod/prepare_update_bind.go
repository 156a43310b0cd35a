package pod

import (
	"maps"

	"github.com/podlife/podlife/naming"
)

// Binding is the request to bind a pod to a node, which a scheduler sends.
// See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/binding-v1/.
type Binding struct {
	TypeMeta `json:",inline"`
	// ObjectMeta names the pod. A UID or resource version that is not empty must be that of the pod. Labels and
	// annotations are added to those of the pod, in place of what it has under the same keys.
	ObjectMeta `json:"metadata,omitempty"`
	// Target is the node.
	Target ObjectReference `json:"target"`
}

// ObjectReference names an object. The zero value names none.
// See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-reference/.
type ObjectReference struct {
	Kind            string `json:"kind,omitempty"`
	Namespace       string `json:"namespace,omitempty"`
	Name            string `json:"name,omitempty"`
	UID             UID    `json:"uid,omitempty"`
	APIVersion      string `json:"apiVersion,omitempty"`
	ResourceVersion string `json:"resourceVersion,omitempty"`
	FieldPath       string `json:"fieldPath,omitempty"`
}

// Bind returns the pod old bound to a node at the time now: with the node's name, the condition PodScheduled, and no
// nominated node. The generation stays. It changes neither argument, and the result shares nothing with them.
//
// It refuses with a *StatusError: BadRequest for a binding of another name, InternalError for one that is invalid,
// Conflict for another UID or resource version and for a pod that is bound, gated or being deleted.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/.
func Bind(old *Pod, b *Binding, now Time) (*Pod, error) {
	if err := checkBinding(old, b); err != nil {
		return nil, err
	}
	p := old.Clone()
	p.Spec.NodeName = b.Target.Name
	p.Status.NominatedNodeName = ""
	p.Labels = merged(p.Labels, b.Labels)
	p.Annotations = merged(p.Annotations, b.Annotations)
	dropInitContainerAnnotations(p.Annotations)
	p.Status.transition(Condition{Type: PodScheduled, Status: ConditionTrue, LastTransitionTime: now})
	return p, nil
}

// merged is m with all of add.
func merged(m, add map[string]string) map[string]string {
	if m == nil {
		return maps.Clone(add)
	}
	maps.Copy(m, add)
	return m
}

// transition is SetCondition, but that the time of the last transition stays if the status does.
func (s *Status) transition(c Condition) {
	if was := s.Condition(c.Type); was != nil && was.Status == c.Status {
		c.LastTransitionTime = was.LastTransitionTime
	}
	s.SetCondition(c)
}

func checkBinding(p *Pod, b *Binding) error {
	if b.Name != p.Name {
		return refuse(StatusReasonBadRequest, "pod %q: the binding has the name %q", p.Key(), b.Name)
	}
	if faults := validateBinding(b); len(faults) > 0 {
		return &StatusError{Reason: StatusReasonInternalError, Errors: faults}
	}
	switch {
	case b.UID != "" && b.UID != p.UID:
		return refuse(StatusReasonConflict, "pod %q: the uid is %q, not %q", p.Key(), p.UID, b.UID)
	case b.ResourceVersion != "" && b.ResourceVersion != p.ResourceVersion:
		return refuse(StatusReasonConflict, "pod %q: the resource version is %q, not %q", p.Key(), p.ResourceVersion, b.ResourceVersion)
	case p.IsTerminating():
		return refuse(StatusReasonConflict, "pod %s is being deleted, cannot be assigned to a host", p.Name)
	case p.Spec.NodeName != "":
		return refuse(StatusReasonConflict, "pod %s is already assigned to node %q", p.Name, p.Spec.NodeName)
	case len(p.Spec.SchedulingGates) > 0:
		return refuse(StatusReasonConflict, "pod %s has non-empty .spec.schedulingGates", p.Name)
	}
	return nil
}

func validateBinding(b *Binding) Errors {
	var v validator
	var root path
	target := root.field("target")
	toNode := b.Target.Kind == "" || b.Target.Kind == "Node"
	if !toNode {
		notSupported(&v, target.field("kind"), b.Target.Kind, "Node")
	}
	switch {
	case b.Target.Name == "":
		v.required(target.field("name"), "want the name of a node")
	case toNode:
		v.name(target.field("name"), b.Target.Name, naming.DNS1123Subdomain(b.Target.Name))
	}
	return v.errs
}
