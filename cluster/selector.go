package cluster

import (
	"strconv"
	"strings"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// filter is ListOptions that have been read.
type filter struct {
	namespace string
	labels    *pod.LabelSelector
	fields    []fieldTerm
}

// fieldTerm is one comparison of a field selector.
type fieldTerm struct {
	name, value string
	not         bool
}

func newFilter(kind object.Kind, o ListOptions) (filter, error) {
	f := filter{namespace: o.Namespace, labels: o.Labels}
	if o.Fields == "" {
		return f, nil
	}
	for part := range strings.SplitSeq(o.Fields, ",") {
		t, ok := parseTerm(part)
		if !ok {
			return f, refuse(pod.StatusReasonBadRequest, "field selector %q: expected name=value or name!=value", part)
		}
		if _, known := fieldOf(object.New(kind), t.name); !known {
			return f, refuse(pod.StatusReasonBadRequest, "field label not supported: %s", t.name)
		}
		f.fields = append(f.fields, t)
	}
	return f, nil
}

func parseTerm(s string) (fieldTerm, bool) {
	name, value, ok := strings.Cut(s, "=")
	if !ok {
		return fieldTerm{}, false
	}
	name, not := strings.CutSuffix(strings.TrimSpace(name), "!")
	value = strings.TrimPrefix(value, "=")
	return fieldTerm{name: strings.TrimSpace(name), value: strings.TrimSpace(value), not: not}, true
}

func (f *filter) matches(o object.Object) bool {
	m := o.Meta()
	if f.namespace != "" && m.Namespace != f.namespace || f.labels != nil && !f.labels.Matches(m.Labels) {
		return false
	}
	for _, t := range f.fields {
		if value, _ := fieldOf(o, t.name); (value == t.value) == t.not {
			return false
		}
	}
	return true
}

// fieldOf is the field that a selector names; known is false for one that the kind cannot be selected by.
func fieldOf(o object.Object, name string) (value string, known bool) {
	switch name {
	case "metadata.name":
		return o.Meta().Name, true
	case "metadata.namespace":
		return o.Meta().Namespace, true
	}
	switch o := o.(type) {
	case *pod.Pod:
		return podField(o, name)
	case *object.Event:
		return eventField(o, name)
	case *object.Node:
		if name == "spec.unschedulable" {
			return strconv.FormatBool(o.Spec.Unschedulable), true
		}
	case *object.Job:
		if name == "status.successful" {
			return strconv.Itoa(int(o.Status.Succeeded)), true
		}
	}
	return "", false
}

func podField(p *pod.Pod, name string) (string, bool) {
	switch name {
	case "spec.nodeName":
		return p.Spec.NodeName, true
	case "spec.restartPolicy":
		return string(p.Spec.RestartPolicy), true
	case "spec.schedulerName":
		return p.Spec.SchedulerName, true
	case "spec.serviceAccountName":
		return p.Spec.ServiceAccountName, true
	case "spec.hostNetwork":
		return strconv.FormatBool(p.Spec.HostNetwork), true
	case "status.phase":
		return string(p.Status.Phase), true
	case "status.podIP":
		return p.Status.PodIP, true
	case "status.nominatedNodeName":
		return p.Status.NominatedNodeName, true
	}
	return "", false
}

func eventField(e *object.Event, name string) (string, bool) {
	switch name {
	case "involvedObject.kind":
		return e.InvolvedObject.Kind, true
	case "involvedObject.name":
		return e.InvolvedObject.Name, true
	case "involvedObject.namespace":
		return e.InvolvedObject.Namespace, true
	case "involvedObject.uid":
		return string(e.InvolvedObject.UID), true
	case "reason":
		return e.Reason, true
	case "type":
		return e.Type, true
	}
	return "", false
}
