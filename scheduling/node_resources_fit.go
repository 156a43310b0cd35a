package scheduling

import (
	"cmp"
	"maps"
	"slices"

	"github.com/podlife/podlife/pod"
)

// fit is what a cycle knows of what the pod asks for.
type fit struct {
	requests amounts // by its spec
	counted  amounts // by its spec and status, where nodes are compared
	assumed  amounts // by its containers' spec alone, where those that ask for nothing count for something
	scalars  []int   // the numbered resources it asks for, by name
}

// The first bits of a verdict of NodeResourcesFit; the numbered resources follow, as they stand in fit.scalars.
const (
	tooManyPods uint64 = 1 << iota
	noCPU
	noMemory
	noEphemeral
	firstScalar
)

func (c *cycle) prepareFit() {
	t := &c.s.resources
	requests := c.pod.Spec.EffectiveRequests()
	counted := c.pod.AccountedRequests()
	c.fit.requests, c.fit.counted = t.amounts(requests), t.amounts(counted)
	c.fit.assumed = t.amounts(requestsByContainer(&c.pod.Spec))
	c.fit.scalars = c.fit.scalars[:0]
	for id, amount := range c.fit.requests.scalars {
		if amount > 0 {
			c.fit.scalars = append(c.fit.scalars, id)
		}
	}
	slices.SortFunc(c.fit.scalars, func(a, b int) int { return cmp.Compare(t.names[a], t.names[b]) })
}

// requestsByContainer is what containers ask for together, where those that ask for no cpu or memory count for something.
// What the pod asks for as a whole is left out, as Kubernetes v1.37 does where it compares nodes by NodeResourcesFit.
func requestsByContainer(s *pod.Spec) pod.ResourceList {
	total := s.Aggregate(func(c *pod.Container) pod.ResourceList {
		list := maps.Clone(assumedRequests)
		maps.Copy(list, c.Resources.Requests)
		return list
	})
	for name, q := range s.Overhead {
		total[name] = total[name].Add(q)
	}
	return total
}

// filterFit keeps the pod off nodes that have not enough of something left. All that is short is told. What the whole
// node has not is not to be had by evicting pods.
func (c *cycle) filterFit(n *node, o *overlay) verdict {
	requested, pods := &n.requested, len(n.pods)
	if o != nil {
		requested, pods = &o.requested, len(o.pods)
	}
	var short uint64
	hopeless := false
	if int64(pods)+1 > n.allowed {
		short = tooManyPods
	}
	check := func(bit uint64, want, size, used int64) {
		if want > 0 && want > size-used {
			short |= bit
			hopeless = hopeless || want > size
		}
	}
	want := &c.fit.requests
	check(noCPU, want.cpu, n.size.cpu, requested.cpu)
	check(noMemory, want.memory, n.size.memory, requested.memory)
	check(noEphemeral, want.ephemeral, n.size.ephemeral, requested.ephemeral)
	for i, id := range c.fit.scalars {
		check(firstScalar<<i, want.scalar(id), n.size.scalar(id), requested.scalar(id))
	}
	switch {
	case short == 0:
		return verdict{}
	case hopeless:
		return verdict{byNodeResourcesFit, unresolvable, short}
	}
	return verdict{byNodeResourcesFit, resolvable, short}
}

// insufficient words the bits of a verdict.
func (c *cycle) insufficient(short uint64) (why []string) {
	for bit, text := range [...]string{"Too many pods", "Insufficient cpu", "Insufficient memory", "Insufficient ephemeral-storage"} {
		if short&(1<<bit) != 0 {
			why = append(why, text)
		}
	}
	for i, id := range c.fit.scalars {
		if short&(firstScalar<<i) != 0 {
			why = append(why, "Insufficient "+string(c.s.resources.names[id]))
		}
	}
	return why
}

// scoreFit compares how full nodes would be with the pod: by default the emptier the better.
func (c *cycle) scoreFit(scores []int64) {
	if len(c.profile.Resources) > 0 {
		for i := range c.feasible {
			scores[i] = c.profile.fullness(c, c.node(i))
		}
		return
	}
	cpu, memory := c.fit.assumed.cpu, c.fit.assumed.memory
	for i, at := range c.feasible {
		r := &c.s.table[at]
		if r.cpu.size == 0 || r.memory.size == 0 {
			scores[i] = c.profile.fullness(c, c.node(i))
			continue
		}
		scores[i] = (c.profile.Strategy.score(r.assumed[0]+cpu, r.cpu.size) + c.profile.Strategy.score(r.assumed[1]+memory, r.memory.size)) / 2
	}
}

// fullness is the weighted mean over the resources of how good it is that so much is taken.
func (p *Profile) fullness(c *cycle, n *node) int64 {
	var score, weights int64
	for _, r := range p.resources() {
		size, used, want := c.assumedUse(n, r.Name)
		if size == 0 {
			continue
		}
		score += p.Strategy.score(used+want, size) * r.Weight
		weights += r.Weight
	}
	if weights == 0 {
		return 0
	}
	return score / weights
}

// assumedUse is how much of a resource the node has, how much is taken, and how much the pod would take, where pods that
// ask for nothing count for something. It is nothing for a numbered resource that the pod does not ask for.
func (c *cycle) assumedUse(n *node, name pod.ResourceName) (size, used, want int64) {
	switch name {
	case pod.ResourceCPU:
		return n.size.cpu, n.assumed[0], c.fit.assumed.cpu
	case pod.ResourceMemory:
		return n.size.memory, n.assumed[1], c.fit.assumed.memory
	case pod.ResourceEphemeralStorage:
		return n.size.ephemeral, n.requested.ephemeral, c.fit.assumed.ephemeral
	}
	id, ok := c.s.resources.ids[name]
	if !ok || c.fit.assumed.scalar(id) == 0 {
		return 0, 0, 0
	}
	return n.size.scalar(id), n.requested.scalar(id), c.fit.assumed.scalar(id)
}

// score is how good it is that requested of size are taken, 0 to 100.
func (s ScoringStrategy) score(requested, size int64) int64 {
	if requested > size {
		if s == MostAllocated {
			return maxScore
		}
		return 0
	}
	if s == MostAllocated {
		return requested * maxScore / size
	}
	return (size - requested) * maxScore / size
}
