package scheduling

import "slices"

// neighbours is what a cycle knows of the pods that the pod must be near or far from, and of those that must be far from it.
type neighbours struct {
	skip     bool       // nobody requires anything
	near     []*counter // of the pods that meet all required terms, by the topology of each
	far      []*counter
	existing []*term // of pods on nodes that must be far from the pod
	self     bool    // the pod itself is what it must be near
	likes    []liking
}

// liking is how much each pod of a domain adds to the score of the domain's nodes.
type liking struct {
	topology  *topology
	perDomain []int32
	weight    int64
}

// prepareNeighbours finds the counters of the pod's own required terms, and the terms of others that mean the pod.
//
// The required terms of affinity must all be met by the same pods, so they share one matcher; each term of anti-affinity
// stands alone. See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity.
func (c *cycle) prepareNeighbours() {
	h := &c.neighbours
	h.near, h.far, h.existing, h.self = h.near[:0], h.far[:0], h.existing[:0], false
	var keys []string
	var all matcherList
	for t := range podTerms(c.pod) {
		switch t.kind {
		case requiredAffinity:
			all = append(all, t.matcher())
			keys = append(keys, t.TopologyKey)
		case requiredAntiAffinity:
			h.far = append(h.far, c.s.counterOf(c.s.topologyOf(t.TopologyKey), matcherList{t.matcher()}, false))
		}
	}
	if len(all) > 0 {
		h.self = all.matches(c.s, c.pod.Namespace, c.pod.Labels)
	}
	for _, key := range keys {
		h.near = append(h.near, c.s.counterOf(c.s.topologyOf(key), all, false))
	}
	wanted := int32(0)
	for _, t := range c.s.terms {
		if t.kind == requiredAntiAffinity && t.matches(c.s, c.pod.Namespace, c.pod.Labels) {
			h.existing = append(h.existing, t)
			wanted += t.total
		}
	}
	h.skip = wanted == 0 && len(h.near) == 0 && len(h.far) == 0
}

// Bits of a verdict of InterPodAffinity.
const (
	notNear uint64 = 1 << iota
	notFar
	unwanted
)

// filterNeighbours keeps the pod to nodes that are near those it must be near, far from those it must be far from, and
// far from those that must be far from it.
func (c *cycle) filterNeighbours(n *node, o *overlay) verdict {
	h := &c.neighbours
	switch {
	case h.skip:
		return verdict{}
	case len(h.near) > 0 && !c.isNear(n, o):
		return verdict{byInterPodAffinity, unresolvable, notNear}
	}
	for i, far := range h.far {
		if d := far.topology.domain[n.index]; d != none && far.in(d)+o.far(i) > 0 {
			return verdict{byInterPodAffinity, resolvable, notFar}
		}
	}
	for i, t := range h.existing {
		if d := t.topology.domain[n.index]; d != none && t.in(d)+o.existing(i) > 0 {
			return verdict{byInterPodAffinity, resolvable, unwanted}
		}
	}
	return verdict{}
}

// isNear reports whether every domain of the node has a pod that meets all terms; or none has in the whole cluster, and
// the pod itself meets them: the first of a group that wants to be together.
func (c *cycle) isNear(n *node, o *overlay) bool {
	met, total := true, int32(0)
	for _, near := range c.neighbours.near {
		d := near.topology.domain[n.index]
		if d == none {
			return false
		}
		met = met && near.in(d)+o.near() > 0
		total += near.total + o.near()
	}
	return met || total == 0 && c.neighbours.self
}

// prepareLikings finds whom the pod would rather be near or far, and who would rather be near it or far from it. Those
// that must be near it would rather be, too. It reports whether there is anybody.
func (c *cycle) prepareLikings() bool {
	h := &c.neighbours
	h.likes = h.likes[:0]
	for t := range podTerms(c.pod) {
		if sign := preference(t.kind); sign != 0 {
			counter := c.s.counterOf(c.s.topologyOf(t.TopologyKey), matcherList{t.matcher()}, false)
			if counter.total > 0 {
				h.likes = append(h.likes, liking{counter.topology, counter.perDomain, sign * int64(t.weight)})
			}
		}
	}
	for _, t := range c.s.terms {
		weight := preference(t.kind) * int64(t.weight)
		if t.kind == requiredAffinity {
			weight = hardAffinityWeight
		}
		if weight != 0 && t.total > 0 && t.matches(c.s, c.pod.Namespace, c.pod.Labels) {
			h.likes = append(h.likes, liking{t.topology, t.perDomain, weight})
		}
	}
	return len(h.likes) > 0
}

// hardAffinityWeight is how much a pod that must be near the pod counts for, as if it only preferred it.
const hardAffinityWeight = 1

func preference(kind termKind) int64 {
	switch kind {
	case preferredAffinity:
		return 1
	case preferredAntiAffinity:
		return -1
	}
	return 0
}

// scoreNeighbours adds up what is liked and disliked at each node, and stretches the sums to 0 to 100.
func (c *cycle) scoreNeighbours(scores []int64) {
	clear(scores)
	for _, liked := range c.neighbours.likes {
		for i, at := range c.feasible {
			if d := liked.topology.domain[at]; d != none && int(d) < len(liked.perDomain) {
				scores[i] += liked.weight * int64(liked.perDomain[d])
			}
		}
	}
	low, high := slices.Min(scores), slices.Max(scores)
	for i, score := range scores {
		if high == low {
			scores[i] = 0
			continue
		}
		scores[i] = int64(float64(maxScore) * (float64(score-low) / float64(high-low)))
	}
}
