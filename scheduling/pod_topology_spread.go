package scheduling

import (
	"math"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// labelHostname is the label by which nodes are told apart as places.
const labelHostname = "kubernetes.io/hostname"

// constraint is one constraint of spreading, with the pods counted that it is about.
type constraint struct {
	maxSkew    int64
	minDomains int
	ignoresFit bool // nodes that the pod does not select are counted too
	honorTaint bool // nodes whose taints the pod does not tolerate are not counted
	matcher    matcher
	counter    *counter
	self       bool // it is about the pod itself
	byNode     bool // nodes are the domains

	// Of the nodes that are counted: pods and nodes in each domain. They belong to the counter and the topology where all
	// nodes are counted.
	pods, nodes []int32
	domains     int
	low, second fewest // the two domains with the fewest pods
	ownPods     []int32
	ownNodes    []int32
	weight      float64 // of a soft one
}

// fewest is a domain and the number of its pods.
type fewest struct {
	domain int32
	pods   int32
}

// spreading is what a cycle knows of constraints.
type spreading struct {
	hard, soft []constraint
	defaulted  bool // soft are the defaults of the cluster
	ignored    []bool
}

// defaultConstraints spread the pods of services and workloads that have no constraint of their own.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#internal-default-constraints.
var defaultConstraints = []pod.TopologySpreadConstraint{
	{TopologyKey: labelHostname, WhenUnsatisfiable: pod.ScheduleAnyway, MaxSkew: 3},
	{TopologyKey: "topology.kubernetes.io/zone", WhenUnsatisfiable: pod.ScheduleAnyway, MaxSkew: 5},
}

// prepareSpreading counts the pods that each constraint that must hold is about.
func (c *cycle) prepareSpreading() {
	sp := &c.spreading
	sp.hard = c.constraints(sp.hard[:0], c.pod.Spec.TopologySpreadConstraints, pod.DoNotSchedule)
	for i := range sp.hard {
		con := &sp.hard[i]
		c.countDomains(con, sp.hard)
		con.findFewest()
	}
}

// constraints appends those of a list that act as wanted.
func (c *cycle) constraints(to []constraint, list []pod.TopologySpreadConstraint, action pod.UnsatisfiableConstraintAction) []constraint {
	for i := range list {
		if list[i].WhenUnsatisfiable == action {
			to = append(to, c.newConstraint(&list[i], c.spreadMatcher(&list[i]), nextBuffers(to)))
		}
	}
	return to
}

// nextBuffers returns the constraint that stood behind the end of list before, whose buffers can be used again.
func nextBuffers(list []constraint) constraint {
	if len(list) < cap(list) {
		return list[:len(list)+1][len(list)]
	}
	return constraint{}
}

func (c *cycle) newConstraint(t *pod.TopologySpreadConstraint, m matcher, was constraint) constraint {
	con := constraint{matcher: m, maxSkew: int64(t.MaxSkew), minDomains: 1, ownPods: was.ownPods, ownNodes: was.ownNodes}
	if t.MinDomains != nil {
		con.minDomains = int(*t.MinDomains)
	}
	con.ignoresFit = t.NodeAffinityPolicy != nil && *t.NodeAffinityPolicy == pod.NodeInclusionPolicyIgnore
	con.honorTaint = t.NodeTaintsPolicy != nil && *t.NodeTaintsPolicy == pod.NodeInclusionPolicyHonor
	con.self, con.byNode = con.about(c, c.pod), t.TopologyKey == labelHostname
	counted := m
	if m.isEmpty() {
		counted.selectors = []*pod.LabelSelector{nil}
	}
	con.counter = c.s.counterOf(c.s.topologyOf(t.TopologyKey), matcherList{counted}, true)
	return con
}

// spreadMatcher selects the pods of the pod's namespace that a constraint is about.
func (c *cycle) spreadMatcher(t *pod.TopologySpreadConstraint) matcher {
	m := matcher{namespaces: []string{c.pod.Namespace}, selectors: []*pod.LabelSelector{t.LabelSelector}}
	shared := map[string]string{}
	for _, key := range t.MatchLabelKeys {
		if value, ok := c.pod.Labels[key]; ok {
			shared[key] = value
		}
	}
	if len(shared) > 0 && t.LabelSelector != nil {
		m.selectors = append(m.selectors, &pod.LabelSelector{MatchLabels: shared})
	}
	return m
}

// about reports whether the constraint is about pods like p.
func (con *constraint) about(c *cycle, p *pod.Pod) bool {
	return con.matcher.matches(c.s, p.Namespace, p.Labels)
}

// counts reports whether the pods of a node count for the constraint: whether it is a node for the pod at all.
func (c *cycle) counts(con *constraint, n *node) bool {
	return (con.ignoresFit || !c.affinity.restricts || MatchesNode(&c.pod.Spec, n.object)) &&
		(!con.honorTaint || toleratesNode(c.pod.Spec.Tolerations, n))
}

// countsAll reports whether the pods of every node count, and so the counter says it all.
func (c *cycle) countsAll(con *constraint, all []constraint) bool {
	for i := range all {
		if all[i].counter.topology.missing > 0 {
			return false
		}
	}
	return (con.ignoresFit || !c.affinity.restricts) && !con.honorTaint
}

// hasAllLabels reports whether the node is in some domain of each of the constraints.
func hasAllLabels(all []constraint, at int32) bool {
	for i := range all {
		if all[i].counter.topology.domain[at] == none {
			return false
		}
	}
	return true
}

// countDomains counts pods and nodes by domain, over the nodes that have the labels of all constraints and count.
func (c *cycle) countDomains(con *constraint, all []constraint) {
	t := con.counter.topology
	if c.countsAll(con, all) {
		con.counter.perDomain = grown(con.counter.perDomain, len(t.members))
		con.pods, con.nodes = con.counter.perDomain, t.members
		return
	}
	con.clearOwn(len(t.members))
	for _, n := range c.s.nodes {
		if n == nil || n.object == nil || !hasAllLabels(all, n.index) || !c.counts(con, n) {
			continue
		}
		d := t.domain[n.index]
		con.pods[d] += con.counter.perNode[n.index]
		con.nodes[d]++
	}
}

// clearOwn makes pods and nodes buffers of the constraint's own, all zero.
func (con *constraint) clearOwn(domains int) {
	con.ownPods, con.ownNodes = grown(con.ownPods, domains), grown(con.ownNodes, domains)
	clear(con.ownPods)
	clear(con.ownNodes)
	con.pods, con.nodes = con.ownPods, con.ownNodes
}

// findFewest finds the two domains with the fewest pods.
func (con *constraint) findFewest() {
	con.domains = 0
	con.low, con.second = fewest{none, math.MaxInt32}, fewest{none, math.MaxInt32}
	for d, nodes := range con.nodes {
		if nodes == 0 {
			continue
		}
		con.domains++
		switch pods := con.pods[d]; {
		case pods < con.low.pods:
			con.low, con.second = fewest{int32(d), pods}, con.low
		case pods < con.second.pods:
			con.second = fewest{int32(d), pods}
		}
	}
}

// Bits of a verdict of PodTopologySpread.
const (
	tooSkewed uint64 = 1 << iota
	noDomain
)

// filterSpreading keeps the pod off nodes where it would make a domain too full beside the emptiest.
func (c *cycle) filterSpreading(n *node, o *overlay) verdict {
	for i := range c.spreading.hard {
		con := &c.spreading.hard[i]
		d := con.counter.topology.domain[n.index]
		if d == none {
			return verdict{byPodTopologySpread, unresolvable, noDomain}
		}
		more := o.spread(i)
		skew := int64(con.pods[d]+more) + int64(boolNumber(con.self)) - con.emptiest(d, more)
		if skew > con.maxSkew {
			return verdict{byPodTopologySpread, resolvable, tooSkewed}
		}
	}
	return verdict{}
}

// emptiest is the number of pods in the emptiest domain, where domain d has so many more than were counted. With too few
// domains it is 0, as if there were another, empty one.
func (con *constraint) emptiest(d, more int32) int64 {
	if con.domains < con.minDomains {
		return 0
	}
	if con.low.domain == d {
		return int64(min(con.low.pods+more, con.second.pods))
	}
	if con.nodes[d] > 0 {
		return int64(min(con.low.pods, con.pods[d]+more))
	}
	return int64(con.low.pods)
}

// prepareSoftSpreading counts the pods that each constraint that only should hold is about; without any constraint of the
// pod's own those are the defaults. It reports whether there are any.
func (c *cycle) prepareSoftSpreading() bool {
	sp := &c.spreading
	own := c.pod.Spec.TopologySpreadConstraints
	sp.defaulted = len(own) == 0
	if sp.defaulted {
		sp.soft = c.defaultConstraints(sp.soft[:0])
	} else {
		sp.soft = c.constraints(sp.soft[:0], own, pod.ScheduleAnyway)
	}
	if len(sp.soft) == 0 {
		return false
	}
	ignored := c.ignoreNodes()
	for i := range sp.soft {
		con := &sp.soft[i]
		if con.byNode {
			con.weight = spreadWeight(len(c.feasible) - ignored)
			continue
		}
		con.weight = spreadWeight(c.feasibleDomains(con))
		c.countSoftDomains(con)
	}
	return true
}

// ignoreNodes finds the nodes that lack a label of the pod's own constraints, which are not compared, and returns how many.
func (c *cycle) ignoreNodes() (count int) {
	sp := &c.spreading
	sp.ignored = sp.ignored[:0]
	for _, at := range c.feasible {
		ignored := !sp.defaulted && !hasAllLabels(sp.soft, at)
		sp.ignored = append(sp.ignored, ignored)
		count += boolNumber(ignored)
	}
	return count
}

// feasibleDomains is the number of domains that the nodes in question are in. Those without the label are one as well.
func (c *cycle) feasibleDomains(con *constraint) (count int) {
	t := con.counter.topology
	con.clearOwn(len(t.members))
	without := 0
	for i, at := range c.feasible {
		switch d := t.domain[at]; {
		case c.spreading.ignored[i]:
		case d == none:
			without = 1
		case con.nodes[d] == 0:
			con.nodes[d] = 1
			count++
		}
	}
	if _, named := t.ids[""]; named && without == 1 && con.nodes[t.ids[""]] > 0 {
		without = 0
	}
	return count + without
}

// spreadWeight makes domains of different sizes comparable.
func spreadWeight(domains int) float64 { return math.Log(float64(domains + 2)) }

// countSoftDomains counts the pods by domain.
func (c *cycle) countSoftDomains(con *constraint) {
	all := c.spreading.soft
	if c.spreading.defaulted {
		all = nil
	}
	if c.countsAll(con, all) {
		con.counter.perDomain = grown(con.counter.perDomain, len(con.counter.topology.members))
		con.pods = con.counter.perDomain
		return
	}
	for _, n := range c.s.nodes {
		if n == nil || n.object == nil || !hasAllLabels(all, n.index) || !c.counts(con, n) {
			continue
		}
		if d := con.counter.topology.domain[n.index]; d != none {
			con.pods[d] += con.counter.perNode[n.index]
		}
	}
}

// scoreSpreading prefers nodes in domains with fewer pods.
func (c *cycle) scoreSpreading(scores []int64) {
	low, high := int64(math.MaxInt64), int64(0)
	for i, at := range c.feasible {
		scores[i] = 0
		if c.spreading.ignored[i] {
			continue
		}
		scores[i] = c.crowding(at)
		low, high = min(low, scores[i]), max(high, scores[i])
	}
	for i := range scores {
		switch {
		case c.spreading.ignored[i]:
			scores[i] = 0
		case high == 0:
			scores[i] = maxScore
		default:
			scores[i] = maxScore * (high + low - scores[i]) / high
		}
	}
}

// crowding is how full the domains of the node are.
func (c *cycle) crowding(node int32) int64 {
	score := 0.0
	for i := range c.spreading.soft {
		con := &c.spreading.soft[i]
		at := con.counter.topology.domain[node]
		if at == none {
			continue
		}
		pods := con.pods
		if con.byNode {
			pods, at = con.counter.perNode, node
		}
		score += float64(pods[at])*con.weight + float64(con.maxSkew-1)
	}
	return int64(math.Round(score))
}

// defaultConstraints appends the defaults, about the pods of all services and the workload that the pod belongs to.
func (c *cycle) defaultConstraints(to []constraint) []constraint {
	m := c.siblings()
	if m.isEmpty() {
		return to
	}
	for i := range defaultConstraints {
		to = append(to, c.newConstraint(&defaultConstraints[i], m, nextBuffers(to)))
	}
	return to
}

// siblings selects the pods that belong to the same services and workload as the pod.
func (c *cycle) siblings() matcher {
	m := matcher{namespaces: []string{c.pod.Namespace}}
	served := map[string]string{}
	for _, service := range c.s.objects.services[c.pod.Namespace] {
		if service.Spec.Selector != nil && selectsPod(service, c.pod) {
			for key, value := range service.Spec.Selector {
				served[key] = value
			}
		}
	}
	if len(served) > 0 {
		m.selectors = append(m.selectors, &pod.LabelSelector{MatchLabels: served})
	}
	if selector := c.workloadSelector(); selector != nil {
		m.selectors = append(m.selectors, selector)
	}
	return m
}

func selectsPod(service *object.Service, p *pod.Pod) bool {
	for key, value := range service.Spec.Selector {
		if have, ok := p.Labels[key]; !ok || have != value {
			return false
		}
	}
	return true
}

// workloadSelector is the selector of the ReplicaSet or StatefulSet that owns the pod, or nil.
func (c *cycle) workloadSelector() *pod.LabelSelector {
	owner := c.pod.ControllerRef()
	if owner == nil || owner.APIVersion != object.ReplicaSetKind.APIVersion {
		return nil
	}
	key := pod.Key{Namespace: c.pod.Namespace, Name: owner.Name}
	switch owner.Kind {
	case object.ReplicaSetKind.Name:
		if rs := c.s.objects.replicaSets[key]; rs != nil {
			return rs.Spec.Selector
		}
	case object.StatefulSetKind.Name:
		if set := c.s.objects.statefulSets[key]; set != nil {
			return set.Spec.Selector
		}
	}
	return nil
}
