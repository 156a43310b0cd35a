package scheduling

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Preemption is how room could be made for a pod.
type Preemption struct {
	// Node is the node where it costs least, the first by name among equals, and Victims the pods that have to go there.
	Node    string
	Victims []*pod.Pod
	// Candidates are all nodes that were found to do, sorted by name.
	Candidates []Candidate
	// Equal lists the nodes that cost no more than Node, Node among them, sorted.
	Equal []string
}

// Candidate is a node where evicting pods makes room.
type Candidate struct {
	Node string
	// Victims are the pods that have to go, the most important first.
	Victims []*pod.Pod
	// PDBViolations is how many of them a disruption budget would keep.
	PDBViolations int
}

// No more than this many candidates are looked for, or a tenth of the nodes if that is more.
const (
	minCandidates        = 100
	minCandidatesPercent = 10
)

// preempt looks for nodes where evicting pods of lower priority makes room, and returns what is said of it.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.
func (d *Decision) preempt() string {
	c := d.c
	if c.profile.PreemptNever || c.pod.Spec.PreemptionPolicy != nil && *c.pod.Spec.PreemptionPolicy == pod.PreemptNever {
		return "not eligible due to preemptionPolicy=Never."
	}
	if c.waitsForVictims() {
		return "not eligible due to a terminating pod on the nominated node."
	}
	candidates, counts := c.candidates()
	if len(candidates) == 0 {
		return available(c.s.live, counts)
	}
	d.Preemption = nominate(candidates)
	return fmt.Sprintf("found a potential placement for pod on node %s, preempting %d victims", d.Preemption.Node, len(d.Preemption.Victims))
}

// waitsForVictims reports whether pods on the pod's nominated node are already on their way out for its sake.
func (c *cycle) waitsForVictims() bool {
	name := c.pod.Status.NominatedNodeName
	n := c.s.byName[name]
	if name == "" || n == nil || n.object == nil || !c.looked[n.index] || c.verdicts[n.index].code == unresolvable {
		return false
	}
	return slices.ContainsFunc(n.pods, func(p *placedPod) bool {
		return p.shape.terminating && p.shape.priority < priorityOf(c.pod) && isPreempted(c.s.whole(p))
	})
}

// isPreempted reports whether the pod is being deleted to make room.
func isPreempted(p *pod.Pod) bool {
	condition := p.Status.Condition(pod.DisruptionTarget)
	return p.IsTerminating() && condition != nil && condition.Status == pod.ConditionTrue && condition.Reason == pod.ReasonPreemptionByScheduler
}

// candidates tries each node that evicting pods could help, and counts what the others say.
func (c *cycle) candidates() (found []Candidate, counts map[string]int) {
	var nodes []*node
	for _, n := range c.s.nodes {
		if n != nil && n.object != nil && c.looked[n.index] && c.verdicts[n.index].code == resolvable {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.name, b.name) })
	budgets := c.s.sortedBudgets()
	limit := min(max(minCandidates, len(nodes)*minCandidatesPercent/100), len(nodes))
	counts = map[string]int{}
	kept := 0 // candidates that break no budget
	for tried, n := range nodes {
		candidate, v := c.try(n, budgets)
		if len(candidate.Victims) > 0 {
			found = append(found, candidate)
			kept += boolNumber(candidate.PDBViolations == 0)
		}
		for _, why := range c.whyNot(v) {
			counts[why]++
		}
		if kept > 0 && len(found) >= limit && tried < len(nodes)-1 {
			break
		}
	}
	if rest := c.s.live - len(nodes); rest > 0 {
		counts["Preemption is not helpful for scheduling"] += rest
	}
	return found, counts
}

// noVictims is the verdict of a node without pods of lower priority.
var noVictims = verdict{byPreemption, unresolvable, 1}

func (c *cycle) whyNot(v verdict) []string {
	if v == noVictims {
		return []string{"No preemption victims found for incoming pod"}
	}
	return c.why(v)
}

// try takes all pods of lower priority off the node, and if the pod then fits puts back as many as it can: first those
// that a disruption budget would keep, and the more important before the less.
func (c *cycle) try(n *node, budgets []*object.PodDisruptionBudget) (Candidate, verdict) {
	var lower []victim
	for _, p := range n.pods {
		if p.shape.priority < priorityOf(c.pod) {
			lower = append(lower, victim{p, c.s.whole(p)})
		}
	}
	if len(lower) == 0 {
		return Candidate{}, noVictims
	}
	c.dry.start(c, n)
	for _, v := range lower {
		c.dry.remove(v.placed)
	}
	if v := c.fitsWithNominees(n, &c.dry); !v.fits() {
		return Candidate{}, v
	}
	slices.SortFunc(lower, moreImportant)
	protected, others := divide(lower, budgets)
	candidate := Candidate{Node: n.name}
	for i, v := range append(protected, others...) {
		c.dry.add(v.placed)
		if c.fitsWithNominees(n, &c.dry).fits() {
			continue
		}
		c.dry.remove(v.placed)
		candidate.Victims = append(candidate.Victims, v.pod)
		candidate.PDBViolations += boolNumber(i < len(protected))
	}
	slices.SortStableFunc(candidate.Victims, func(a, b *pod.Pod) int { return compareImportance(a, b) })
	return candidate, verdict{}
}

// victim is a pod that may have to go.
type victim struct {
	placed *placedPod
	pod    *pod.Pod
}

// moreImportant sorts the pods that are harder to do without first.
func moreImportant(a, b victim) int { return compareImportance(a.pod, b.pod) }

// compareImportance sorts by priority, then by how long the pod has run, then by name.
func compareImportance(a, b *pod.Pod) int {
	return cmp.Or(cmp.Compare(priorityOf(b), priorityOf(a)), cmp.Compare(started(a), started(b)),
		cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// started is when the pod started, in nanoseconds. One that has not is as young as can be.
func started(p *pod.Pod) int64 {
	if p.Status.StartTime == nil {
		return math.MaxInt64
	}
	return p.Status.StartTime.Time.Sub(epoch).Nanoseconds()
}

var epoch = time.Unix(0, 0)

// divide parts the pods that some budget would keep from those that may go. Each that goes uses up a disruption of every
// budget that selects it; here an empty selector selects nothing.
// See https://kubernetes.io/docs/concepts/workloads/pods/disruptions/.
func divide(list []victim, budgets []*object.PodDisruptionBudget) (protected, others []victim) {
	allowed := make([]int32, len(budgets))
	for i, b := range budgets {
		allowed[i] = b.Status.DisruptionsAllowed
	}
	for _, v := range list {
		if isProtected(v.pod, budgets, allowed) {
			protected = append(protected, v)
			continue
		}
		others = append(others, v)
	}
	return protected, others
}

func isProtected(p *pod.Pod, budgets []*object.PodDisruptionBudget, allowed []int32) bool {
	if len(p.Labels) == 0 {
		return false
	}
	for i, b := range budgets {
		if b.Namespace != p.Namespace || b.Spec.Selector.IsEmpty() || !b.Spec.Selector.Matches(p.Labels) {
			continue
		}
		if _, going := b.Status.DisruptedPods[p.Name]; going {
			continue
		}
		if allowed[i]--; allowed[i] < 0 {
			return true
		}
	}
	return false
}

func (s *Snapshot) sortedBudgets() []*object.PodDisruptionBudget {
	budgets := make([]*object.PodDisruptionBudget, 0, len(s.objects.budgets))
	for _, b := range s.objects.budgets {
		budgets = append(budgets, b)
	}
	slices.SortFunc(budgets, func(a, b *object.PodDisruptionBudget) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return budgets
}

// nominate finds where it costs least: by budgets broken, then the highest priority of a victim, then the sum of
// priorities, then the number of victims, then the node whose most important victims started last.
func nominate(candidates []Candidate) *Preemption {
	best := candidates[:1:1]
	for _, candidate := range candidates[1:] {
		switch order := compareCost(&candidate, &best[0]); {
		case order < 0:
			best = []Candidate{candidate}
		case order == 0:
			best = append(best, candidate)
		}
	}
	p := &Preemption{Node: best[0].Node, Victims: best[0].Victims, Candidates: candidates}
	for i := range best {
		p.Equal = append(p.Equal, best[i].Node)
	}
	return p
}

func compareCost(a, b *Candidate) int {
	return cmp.Or(cmp.Compare(a.PDBViolations, b.PDBViolations),
		cmp.Compare(priorityOf(a.Victims[0]), priorityOf(b.Victims[0])),
		cmp.Compare(sumOfPriorities(a), sumOfPriorities(b)),
		cmp.Compare(len(a.Victims), len(b.Victims)),
		-cmp.Compare(earliest(a), earliest(b)))
}

// sumOfPriorities counts priorities from the lowest there is, so that each victim adds to it.
func sumOfPriorities(c *Candidate) (sum int64) {
	for _, p := range c.Victims {
		sum += int64(priorityOf(p)) - math.MinInt32
	}
	return sum
}

// earliest is when the first of the victims with the highest priority started.
func earliest(c *Candidate) int64 {
	first := int64(math.MaxInt64)
	for _, p := range c.Victims {
		if priorityOf(p) == priorityOf(c.Victims[0]) {
			first = min(first, started(p))
		}
	}
	return first
}
