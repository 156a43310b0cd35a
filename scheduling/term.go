package scheduling

import (
	"encoding/binary"
	"iter"

	"github.com/podlife/podlife/pod"
)

// termKind is which list of a pod's affinity a term is from.
type termKind uint8

const (
	requiredAffinity termKind = iota
	requiredAntiAffinity
	preferredAffinity
	preferredAntiAffinity
)

// podTerm is one term of a pod's affinity to other pods.
type podTerm struct {
	*pod.PodAffinityTerm
	kind      termKind
	weight    int32 // of a preferred one
	namespace string
}

// podTerms yields all terms of p.
func podTerms(p *pod.Pod) iter.Seq[podTerm] {
	return func(yield func(podTerm) bool) {
		a := p.Spec.Affinity
		if a == nil {
			return
		}
		if l := a.PodAffinity; l != nil && (!required(l.RequiredDuringSchedulingIgnoredDuringExecution, requiredAffinity, p, yield) ||
			!preferred(l.PreferredDuringSchedulingIgnoredDuringExecution, preferredAffinity, p, yield)) {
			return
		}
		if l := a.PodAntiAffinity; l != nil && required(l.RequiredDuringSchedulingIgnoredDuringExecution, requiredAntiAffinity, p, yield) {
			preferred(l.PreferredDuringSchedulingIgnoredDuringExecution, preferredAntiAffinity, p, yield)
		}
	}
}

func required(list []pod.PodAffinityTerm, kind termKind, p *pod.Pod, yield func(podTerm) bool) bool {
	for i := range list {
		if !yield(podTerm{&list[i], kind, 0, p.Namespace}) {
			return false
		}
	}
	return true
}

func preferred(list []pod.WeightedPodAffinityTerm, kind termKind, p *pod.Pod, yield func(podTerm) bool) bool {
	for i := range list {
		if !yield(podTerm{&list[i].PodAffinityTerm, kind, list[i].Weight, p.Namespace}) {
			return false
		}
	}
	return true
}

func (t podTerm) matcher() matcher { return termMatcher(t.PodAffinityTerm, t.namespace) }

func (t podTerm) appendKey(b []byte, s *Snapshot) []byte {
	b = binary.AppendVarint(append(b, byte(t.kind)), int64(t.weight))
	m := t.matcher()
	return m.appendKey(appendText(b, t.TopologyKey), s)
}

// term is a term that pods on nodes have, with how many of them have it in each domain.
type term struct {
	matcher
	key       string
	kind      termKind
	weight    int32
	topology  *topology
	users     int // shapes
	perDomain []int32
	total     int32
}

// termsOf returns the terms of p, each with one user more.
func (s *Snapshot) termsOf(p *pod.Pod) (terms []*term) {
	for t := range podTerms(p) {
		key := t.appendKey(s.scratch.key[:0], s)
		s.scratch.key = key
		known, ok := s.terms[string(key)]
		if !ok {
			known = &term{matcher: t.matcher(), key: string(key), kind: t.kind, weight: t.weight, topology: s.topologyOf(t.TopologyKey)}
			if s.terms == nil {
				s.terms = map[string]*term{}
			}
			s.terms[known.key] = known
		}
		known.users++
		terms = append(terms, known)
	}
	return terms
}

func (s *Snapshot) releaseTerm(t *term) {
	if t.users--; t.users == 0 {
		delete(s.terms, t.key)
	}
}

func (t *term) count(n *node, sign int32) {
	if d := t.topology.domain[n.index]; d != none {
		t.perDomain = grown(t.perDomain, int(d)+1)
		t.perDomain[d] += sign
		t.total += sign
	}
}

// in is how many pods in a domain have the term.
func (t *term) in(domain int32) int32 {
	if int(domain) >= len(t.perDomain) {
		return 0
	}
	return t.perDomain[domain]
}
