package scheduling

import (
	"strings"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
)

// amounts is so much of each resource: cpu in thousandths, memory and ephemeral storage in bytes, and the further
// resources by their number in a resourceTable.
type amounts struct {
	cpu, memory, ephemeral int64
	scalars                []int64
}

// resourceTable numbers the resources that are neither cpu, memory nor ephemeral storage. Numbers are never given back.
type resourceTable struct {
	ids   map[pod.ResourceName]int
	names []pod.ResourceName
}

func (t *resourceTable) id(name pod.ResourceName) int {
	id, ok := t.ids[name]
	if !ok {
		if t.ids == nil {
			t.ids = map[pod.ResourceName]int{}
		}
		id = len(t.names)
		t.ids[name] = id
		t.names = append(t.names, name)
	}
	return id
}

// amounts reads a list. What a scheduler does not count, such as pods and services, is left out.
func (t *resourceTable) amounts(list pod.ResourceList) (a amounts) {
	for name, q := range list {
		switch {
		case name == pod.ResourceCPU:
			a.cpu = q.MilliValue()
		case name == pod.ResourceMemory:
			a.memory = q.Value()
		case name == pod.ResourceEphemeralStorage:
			a.ephemeral = q.Value()
		case isScalar(name):
			a.set(t.id(name), q.Value())
		}
	}
	return a
}

func (a *amounts) set(id int, value int64) {
	if value == 0 {
		return
	}
	for len(a.scalars) <= id {
		a.scalars = append(a.scalars, 0)
	}
	a.scalars[id] = value
}

// scalar is the amount of a numbered resource.
func (a *amounts) scalar(id int) int64 {
	if id >= len(a.scalars) {
		return 0
	}
	return a.scalars[id]
}

// add adds b, sign times: 1 or -1.
func (a *amounts) add(b *amounts, sign int64) {
	a.cpu += sign * b.cpu
	a.memory += sign * b.memory
	a.ephemeral += sign * b.ephemeral
	for id, value := range b.scalars {
		if value == 0 {
			continue
		}
		for len(a.scalars) <= id {
			a.scalars = append(a.scalars, 0)
		}
		a.scalars[id] += sign * value
	}
}

// isScalar reports whether a scheduler counts the resource by its bare number: huge pages, extended resources, attachable
// volumes, and whatever has kubernetes.io in its prefix.
// See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources.
func isScalar(name pod.ResourceName) bool {
	s := string(name)
	return isExtended(s) || strings.HasPrefix(s, pod.ResourceHugePagesPrefix) || strings.Contains(s, "kubernetes.io/") ||
		strings.HasPrefix(s, "attachable-volumes-")
}

// isExtended reports whether the resource belongs to a domain other than Kubernetes' own, and could stand in a quota.
func isExtended(s string) bool {
	return strings.Contains(s, "/") && !strings.Contains(s, "kubernetes.io/") && !strings.HasPrefix(s, "requests.") &&
		naming.QualifiedName("requests."+s) == nil
}
