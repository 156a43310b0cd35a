package scheduling

import "github.com/podlife/podlife/pod"

// maxScore is the best score of a plugin before its weight.
const maxScore = 100

// Profile is how a scheduler decides where it has a choice. The zero value is Kubernetes' default profile.
// See https://kubernetes.io/docs/reference/scheduling/config/.
type Profile struct {
	// Strategy says whether full or empty nodes are better. Empty is LeastAllocated.
	Strategy ScoringStrategy
	// Resources are compared by Strategy. Empty is cpu and memory, with weight 1 each.
	Resources []ResourceWeight
	// Weights of plugins that score, where they differ from the default; 0 leaves the plugin out.
	Weights map[Plugin]int64
	// PreemptNever leaves all pods where they are, as if every pod had that preemption policy.
	PreemptNever bool
}

// ScoringStrategy is what NodeResourcesFit takes for a good node.
type ScoringStrategy string

const (
	// LeastAllocated spreads pods over the nodes.
	LeastAllocated ScoringStrategy = "LeastAllocated"
	// MostAllocated packs pods onto few nodes.
	MostAllocated ScoringStrategy = "MostAllocated"
)

// ResourceWeight is how much a resource counts, 1 to 100.
type ResourceWeight struct {
	Name   pod.ResourceName
	Weight int64
}

var defaultResources = []ResourceWeight{{pod.ResourceCPU, 1}, {pod.ResourceMemory, 1}}

func (p *Profile) resources() []ResourceWeight {
	if len(p.Resources) == 0 {
		return defaultResources
	}
	return p.Resources
}

// scorer is a plugin that scores: whether it has anything to say, asked once a decision, and its scores.
type scorer struct {
	plugin  Plugin
	weight  int64
	prepare func(*cycle) bool
	score   func(*cycle, []int64)
}

const scorerCount = 8

// scorers are the plugins that score, with their default weights.
func scorers() *[scorerCount]scorer { return &allScorers }

var allScorers = [scorerCount]scorer{
	{TaintToleration, 3, always, (*cycle).scoreTaintToleration},
	{NodeAffinity, 2, func(c *cycle) bool { return len(c.affinity.preferred) > 0 }, (*cycle).scoreNodeAffinity},
	{NodeResourcesFit, 1, always, (*cycle).scoreFit},
	{VolumeBinding, 1, func(c *cycle) bool { return len(c.binding.delayed) > 0 }, (*cycle).scoreBinding},
	{PodTopologySpread, 2, (*cycle).prepareSoftSpreading, (*cycle).scoreSpreading},
	{InterPodAffinity, 2, (*cycle).prepareLikings, (*cycle).scoreNeighbours},
	{NodeResourcesBalancedAllocation, 1, (*cycle).balances, (*cycle).scoreBalanced},
	{ImageLocality, 1, func(c *cycle) bool { c.prepareImages(); return len(c.images) > 0 }, (*cycle).scoreImageLocality},
}

func always(*cycle) bool { return true }

func (p *Profile) weight(s *scorer) int64 {
	if w, ok := p.Weights[s.plugin]; ok {
		return w
	}
	return s.weight
}

// normalize stretches scores so that the highest is 100; reverse turns them round, so that 0 is the best.
func normalize(scores []int64, reverse bool) {
	var highest int64
	for _, score := range scores {
		highest = max(highest, score)
	}
	for i, score := range scores {
		if highest > 0 {
			score = maxScore * score / highest
		}
		if reverse {
			score = maxScore - score
		}
		scores[i] = score
	}
}
