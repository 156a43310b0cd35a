package pod

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/naming"
)

// FormatMap prints labels or annotations as the file that the downward API makes of them: one key="value" a line in
// the order of the keys, the value quoted as Go quotes, no line feed at the end. An empty map is an empty file.
// See https://kubernetes.io/docs/concepts/workloads/pods/downward-api/.
func FormatMap(m map[string]string) string {
	var b []byte
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(append(b, key...), '=')
		b = strconv.AppendQuote(b, m[key])
	}
	return string(b)
}

// MetadataField is the value of one field of a pod's metadata: metadata.name, metadata.namespace, metadata.uid,
// metadata.labels and metadata.annotations as FormatMap prints them, or one of these, as in metadata.labels['key'],
// which is empty where there is none. These are the fields that a downward API volume offers.
//
// It fails for any other path and for a key that is no key. EnvironmentField knows more fields.
// See https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields.
func MetadataField(meta *ObjectMeta, fieldPath string) (string, error) {
	if field, key, ok := splitSubscript(fieldPath); ok {
		return metadataEntry(meta, field, key, fieldPath)
	}
	switch fieldPath {
	case "metadata.annotations":
		return FormatMap(meta.Annotations), nil
	case "metadata.labels":
		return FormatMap(meta.Labels), nil
	case "metadata.name":
		return meta.Name, nil
	case "metadata.namespace":
		return meta.Namespace, nil
	case "metadata.uid":
		return string(meta.UID), nil
	}
	return "", fmt.Errorf("unsupported fieldPath: %s", fieldPath)
}

// metadataEntry is one entry of the map that field names.
func metadataEntry(meta *ObjectMeta, field, key, fieldPath string) (value string, err error) {
	switch field {
	case "metadata.annotations":
		value, err = meta.Annotations[key], naming.AnnotationKey(key)
	case "metadata.labels":
		value, err = meta.Labels[key], naming.QualifiedName(key)
	default:
		return "", fmt.Errorf("fieldPath %q does not support subscript", fieldPath)
	}
	if err != nil {
		return "", fmt.Errorf("invalid key subscript in %s: %w", fieldPath, err)
	}
	return value, nil
}

// splitSubscript takes field['key'] apart.
func splitSubscript(fieldPath string) (field, key string, ok bool) {
	inner, closed := strings.CutSuffix(fieldPath, "']")
	field, key, opened := strings.Cut(inner, "['")
	return field, key, closed && opened && field != ""
}

// ResourceField is what a downward API volume shows of a resource of the container named, main or init: its request
// or limit divided by the divisor and rounded up. A limit of cpu, memory or ephemeral-storage that the container does
// not state is what the node has to give.
//
// It fails for a container that does not exist, and for resources other than these three and huge pages.
// See https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-resourceFieldRef.
func ResourceField(p *Pod, containerName string, ref *ResourceFieldSelector, allocatable ResourceList) (string, error) {
	c, err := findContainer(&p.Spec, containerName)
	if err != nil {
		return "", err
	}
	return containerResource(ref, c.Resources.Requests, limitsOr(c.Resources.Limits, allocatable))
}

func findContainer(s *Spec, name string) (*Container, error) {
	for _, list := range [][]Container{s.Containers, s.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i], nil
			}
		}
	}
	return nil, fmt.Errorf("container %s not found", name)
}

// limitsOr is limits, with those that are not stated taken from allocatable. It changes neither.
func limitsOr(limits, allocatable ResourceList) ResourceList {
	all := maps.Clone(limits)
	if all == nil {
		all = ResourceList{}
	}
	for _, name := range []ResourceName{ResourceCPU, ResourceMemory, ResourceEphemeralStorage} {
		if have, ok := allocatable[name]; ok && all[name].IsZero() {
			all[name] = have
		}
	}
	return all
}

// containerResource is the request or limit that ref names, in units of its divisor.
func containerResource(ref *ResourceFieldSelector, requests, limits ResourceList) (string, error) {
	amounts := requests
	name, ok := strings.CutPrefix(ref.Resource, "requests.")
	if !ok {
		amounts = limits
		name, ok = strings.CutPrefix(ref.Resource, "limits.")
	}
	resource := ResourceName(name)
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = NewQuantity(1, DecimalSI)
	}
	switch {
	case !ok:
	case resource == ResourceCPU:
		return ratioUp(amounts[resource].MilliValue(), divisor.MilliValue()), nil
	case resource == ResourceMemory, resource == ResourceEphemeralStorage, strings.HasPrefix(name, ResourceHugePagesPrefix):
		return ratioUp(amounts[resource].Value(), divisor.Value()), nil
	}
	return "", fmt.Errorf("unsupported container resource : %s", ref.Resource)
}

// ratioUp divides and rounds up, in floating point as Kubernetes does: amounts beyond 2^53 lose digits.
func ratioUp(amount, divisor int64) string {
	return strconv.FormatInt(int64(math.Ceil(float64(amount)/float64(divisor))), 10)
}
