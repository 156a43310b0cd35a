package scheduling

import (
	"encoding/binary"
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// matcher selects pods: those in one of the namespaces, or in one that the selector of namespaces selects, whose labels
// all selectors select.
type matcher struct {
	namespaces []string
	of         *pod.LabelSelector // of namespaces, by their labels; nil selects none
	selectors  []*pod.LabelSelector
}

// termMatcher selects the pods that a term of pod affinity means, when it is a term of a pod in namespace. A term without
// namespaces and without a selector of namespaces means the pod's own.
func termMatcher(t *pod.PodAffinityTerm, namespace string) matcher {
	m := matcher{namespaces: t.Namespaces, of: t.NamespaceSelector, selectors: []*pod.LabelSelector{t.LabelSelector}}
	if len(m.namespaces) == 0 && m.of == nil {
		m.namespaces = []string{namespace}
	}
	return m
}

// matches reports whether m selects a pod with these labels.
func (m *matcher) matches(s *Snapshot, namespace string, labels map[string]string) bool {
	if !slices.Contains(m.namespaces, namespace) && (m.of == nil || !m.of.Matches(s.namespaceLabels(namespace))) {
		return false
	}
	for _, selector := range m.selectors {
		if !selector.Matches(labels) {
			return false
		}
	}
	return true
}

// isEmpty reports whether no selector has any condition.
func (m *matcher) isEmpty() bool {
	for _, selector := range m.selectors {
		if !selector.IsEmpty() {
			return false
		}
	}
	return true
}

func (m *matcher) appendKey(b []byte, s *Snapshot) []byte {
	b = binary.AppendVarint(b, int64(len(m.namespaces)))
	for _, namespace := range m.namespaces {
		b = appendText(b, namespace)
	}
	b = s.appendSelector(b, m.of)
	b = binary.AppendVarint(b, int64(len(m.selectors)))
	for _, selector := range m.selectors {
		b = s.appendSelector(b, selector)
	}
	return b
}

func (s *Snapshot) appendSelector(b []byte, selector *pod.LabelSelector) []byte {
	if selector == nil {
		return append(b, 0)
	}
	b = s.appendLabels(append(b, 1), selector.MatchLabels)
	b = binary.AppendVarint(b, int64(len(selector.MatchExpressions)))
	for i := range selector.MatchExpressions {
		r := &selector.MatchExpressions[i]
		b = appendText(appendText(b, r.Key), string(r.Operator))
		b = binary.AppendVarint(b, int64(len(r.Values)))
		for _, value := range r.Values {
			b = appendText(b, value)
		}
	}
	return b
}

// matcherList selects the pods that all of its matchers select.
type matcherList []matcher

func (l matcherList) matches(s *Snapshot, namespace string, labels map[string]string) bool {
	for i := range l {
		if !l[i].matches(s, namespace, labels) {
			return false
		}
	}
	return true
}

func (l matcherList) appendKey(b []byte, s *Snapshot) []byte {
	b = binary.AppendVarint(b, int64(len(l)))
	for i := range l {
		b = l[i].appendKey(b, s)
	}
	return b
}

// byNamespaceLabels reports whether the labels of namespaces matter.
func (l matcherList) byNamespaceLabels() bool {
	for i := range l {
		if l[i].of != nil {
			return true
		}
	}
	return false
}

// namespaceLabels are the labels of a namespace. One that nobody has put has only its name as label.
// See https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name.
func (s *Snapshot) namespaceLabels(name string) map[string]string {
	if n := s.objects.namespaces[name]; n != nil {
		if _, ok := n.Labels[labelMetadataName]; ok {
			return n.Labels
		}
	}
	labels, ok := s.objects.namespaceLabels[name]
	if !ok {
		labels = namedLabels(s.objects.namespaces[name], name)
		if s.objects.namespaceLabels == nil {
			s.objects.namespaceLabels = map[string]map[string]string{}
		}
		s.objects.namespaceLabels[name] = labels
	}
	return labels
}

const labelMetadataName = "kubernetes.io/metadata.name"

func namedLabels(n *object.Namespace, name string) map[string]string {
	labels := map[string]string{labelMetadataName: name}
	if n != nil {
		for key, value := range n.Labels {
			labels[key] = value
		}
	}
	return labels
}
