package pod

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/podlife/podlife/naming"
)

// maxAnnotations is how many bytes all keys and values of the annotations of one object may have together.
const maxAnnotations = 256 << 10

// objectMeta judges the metadata of a namespaced object whose name is a subdomain.
// See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/.
func (v *validator) objectMeta(p path, m *ObjectMeta) {
	v.objectName(p, m)
	if m.Namespace == "" {
		v.required(p.field("namespace"), "")
	} else {
		v.name(p.field("namespace"), m.Namespace, naming.DNS1123Label(m.Namespace))
	}
	v.notNegative(p.field("generation"), m.Generation)
	v.labels(p.field("labels"), m.Labels)
	v.annotations(p.field("annotations"), m.Annotations)
	v.ownerReferences(p.field("ownerReferences"), m.OwnerReferences)
	v.finalizers(p.field("finalizers"), m.Finalizers)
	v.managedFields(p.field("managedFields"), m.ManagedFields)
}

// objectName judges the name of an object and what it was generated from.
func (v *validator) objectName(p path, m *ObjectMeta) {
	if m.GenerateName != "" {
		v.name(p.field("generateName"), m.GenerateName, naming.DNS1123SubdomainPrefix(m.GenerateName))
	}
	if m.Name == "" {
		v.required(p.field("name"), "name or generateName")
		return
	}
	v.name(p.field("name"), m.Name, naming.DNS1123Subdomain(m.Name))
}

// labels judges labels, or a selector that is written as labels.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set.
func (v *validator) labels(p path, labels map[string]string) {
	mark := len(v.errs)
	for key, value := range labels {
		at := p.realKey(key)
		v.name(at, key, naming.QualifiedName(key))
		v.name(at, value, naming.LabelValue(value))
	}
	v.sortFrom(mark)
}

// annotations judges the keys and the size of annotations.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/.
func (v *validator) annotations(p path, annotations map[string]string) {
	mark, size := len(v.errs), 0
	for key, value := range annotations {
		v.name(p.realKey(key), key, naming.AnnotationKey(key))
		size += len(key) + len(value)
	}
	v.sortFrom(mark)
	if size > maxAnnotations {
		v.tooLong(p, maxAnnotations)
	}
}

// ownerReferences judges the owners of an object, of which one at most may be its controller.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/.
func (v *validator) ownerReferences(p path, owners []OwnerReference) {
	controllers := 0
	for i := range owners {
		v.ownerReference(p.at(i), &owners[i])
		if c := owners[i].Controller; c != nil && *c {
			controllers++
			if controllers > 1 {
				at := p.realAt(i)
				v.invalid(at.real("controller"), true, "only one owner can be the controller")
			}
		}
	}
}

// ownerReference judges one owner. An Event may own nothing.
func (v *validator) ownerReference(p path, r *OwnerReference) {
	group, version, ok := splitAPIVersion(r.APIVersion)
	switch {
	case r.APIVersion == "":
		v.required(p.field("apiVersion"), "")
	case !ok || version == "":
		v.invalid(p.field("apiVersion"), r.APIVersion, "want group/version or version")
	}
	v.requireText(p.field("kind"), r.Kind)
	v.requireText(p.field("name"), r.Name)
	v.requireText(p.field("uid"), string(r.UID))
	if ok && group == "" && version == "v1" && r.Kind == "Event" {
		v.invalid(p, r.Kind, "an Event can own nothing")
	}
}

// splitAPIVersion splits group/version; without a slash all is the version. It reports whether there is one slash at most.
func splitAPIVersion(s string) (group, version string, ok bool) {
	before, after, slash := strings.Cut(s, "/")
	if !slash {
		return "", before, true
	}
	return before, after, !strings.Contains(after, "/")
}

// The finalizers that need no domain in front.
const (
	finalizerKubernetes = "kubernetes"
	finalizerOrphan     = "orphan"
	finalizerForeground = "foregroundDeletion"
)

// finalizers judges the finalizers of an object.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/.
func (v *validator) finalizers(p path, finalizers []string) {
	orphan, foreground := false, false
	for i, f := range finalizers {
		v.name(p.realAt(i), f, naming.QualifiedName(f))
		switch f {
		case finalizerKubernetes:
		case finalizerOrphan:
			orphan = true
		case finalizerForeground:
			foreground = true
		default:
			if !strings.Contains(f, "/") {
				v.invalid(p.at(i), f, "want a domain in front, as in example.com/name")
			}
		}
	}
	if orphan && foreground {
		v.invalid(p, finalizerOrphan, "not together with "+finalizerForeground)
	}
}

// Bounds of what is noted of a writer of fields.
const (
	maxFieldManager = 128
	maxSubresource  = 256
)

// managedFields judges the record of who wrote which fields.
// See https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
func (v *validator) managedFields(p path, entries []ManagedFieldsEntry) {
	for i := range entries {
		at, e := p.at(i), &entries[i]
		requireOneOf(v, at.field("operation"), e.Operation, ManagedFieldsOperationApply, ManagedFieldsOperationUpdate)
		if e.FieldsType != "" && e.FieldsType != "FieldsV1" {
			v.invalid(at.field("fieldsType"), e.FieldsType, `want "FieldsV1"`)
		}
		if len(e.Manager) > maxFieldManager {
			v.tooLong(at.field("manager"), maxFieldManager)
		}
		if strings.ContainsFunc(e.Manager, func(r rune) bool { return !unicode.IsPrint(r) }) {
			v.invalid(at.field("manager"), e.Manager, "want printable characters")
		}
		if len(e.Subresource) > maxSubresource {
			v.tooLong(at.field("subresource"), maxSubresource)
		}
	}
}

// Annotations of a pod that mean something to Kubernetes itself.
const (
	annotationMirror          = "kubernetes.io/config.mirror"
	annotationTolerations     = "scheduler.alpha.kubernetes.io/tolerations"
	annotationDeletionCost    = "controller.kubernetes.io/pod-deletion-cost"
	annotationSeccompPod      = "seccomp.security.alpha.kubernetes.io/pod"
	annotationSeccompPrefix   = "container.seccomp.security.alpha.kubernetes.io/"
	annotationAppArmorPrefix  = "container.apparmor.security.beta.kubernetes.io/"
	annotationRuntimeDefault  = "runtime/default"
	annotationDockerDefault   = "docker/default"
	annotationUnconfined      = "unconfined"
	annotationLocalhostPrefix = "localhost/"
)

// podAnnotations judges the annotations that mean something to Kubernetes itself.
// See https://kubernetes.io/docs/reference/labels-annotations-taints/.
func (v *validator) podAnnotations(p path, a map[string]string, s *Spec) {
	if len(a) == 0 {
		return
	}
	if value, mirror := a[annotationMirror]; mirror && s.NodeName == "" {
		v.invalid(p.key(annotationMirror), value, "a mirror pod needs spec.nodeName")
	}
	if text := a[annotationTolerations]; text != "" {
		v.annotatedTolerations(p, text)
	}
	if cost, set := a[annotationDeletionCost]; set && !v.allow.invalidDeletionCost && !isDeletionCost(cost) {
		v.invalid(p.key(annotationDeletionCost), cost, "want a 32-bit integer without + or leading zeros")
	}
	v.seccompAnnotations(p, a)
	v.appArmorAnnotations(p, a, s)
}

// annotatedTolerations judges tolerations that are written as JSON in an annotation.
func (v *validator) annotatedTolerations(p path, text string) {
	var list []Toleration
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		v.invalid(p, text, fmt.Sprintf("%s: want a JSON list of tolerations", annotationTolerations))
		return
	}
	v.tolerations(p.field(annotationTolerations), list)
}

// isDeletionCost reports whether s is an integer of 32 bits in its shortest form, with a minus sign perhaps.
func isDeletionCost(s string) bool {
	if s == "" || s[0] == '+' || s[0] == '0' && s != "0" {
		return false
	}
	_, err := strconv.ParseInt(s, 10, 32)
	return err == nil
}
