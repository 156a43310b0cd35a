package scheduling

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/podlife/podlife/pod"
)

// Decision is what becomes of one pod. Its methods read the Snapshot's buffers: they are valid until the next Decide or
// change of the Snapshot.
type Decision struct {
	// Gate is set where scheduling gates keep the pod from being looked at.
	Gate *Rejection
	// PreFilter is set where the pod fits no node whatever the nodes are like.
	PreFilter *Rejection
	// Node is where the pod goes: of the nodes with the highest total the first by name, or the one that it was nominated
	// to. Empty if it goes nowhere.
	Node string
	// Reason and Message are those of the condition PodScheduled, where the pod goes nowhere: Unschedulable,
	// SchedulingGated or SchedulerError.
	Reason  pod.Reason
	Message string
	// FilterMessage is Message without what preemption says.
	FilterMessage string
	// Preemption is set where evicting pods would make room.
	Preemption *Preemption

	c         *cycle
	nominated bool // only the node that the pod was nominated to was looked at
}

// Decide finds the best node for p, which must be as the API server stores it and not bound, and, where none fits, the
// pods that would have to go. Nothing is changed but buffers; whoever owns the Snapshot binds the pod, and puts it.
//
// See https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/.
func Decide(s *Snapshot, p *pod.Pod, profile Profile) Decision {
	if s.scratch.cycle == nil {
		s.scratch.cycle = new(cycle)
	}
	c := s.scratch.cycle
	c.start(s, p, &profile)
	d := Decision{c: c}
	if len(p.Spec.SchedulingGates) > 0 {
		d.gated(p)
		return d
	}
	if s.live == 0 {
		d.Reason, d.Message = pod.ReasonUnschedulable, "no nodes available to schedule pods"
		return d
	}
	rejection, err := c.prepare()
	switch {
	case err != nil:
		d.failed(err)
	case rejection != nil:
		d.rejected(rejection)
	case c.lookAtNominated():
		d.Node, d.nominated = c.name(0), true
	default:
		c.lookAtAll()
		d.choose()
	}
	return d
}

func (d *Decision) gated(p *pod.Pod) {
	names := make([]string, len(p.Spec.SchedulingGates))
	for i := range names {
		names[i] = p.Spec.SchedulingGates[i].Name
	}
	d.Gate = &Rejection{SchedulingGates, UnschedulableAndUnresolvable, []string{fmt.Sprintf("waiting for scheduling gates: %v", names)}}
	d.Reason, d.Message = pod.ReasonSchedulingGated, "Scheduling is blocked due to non-empty scheduling gates"
}

// failed is for a plugin that cannot say anything.
func (d *Decision) failed(err error) {
	d.Reason, d.Message = pod.ReasonSchedulerError, err.Error()
}

// rejected is for a pod that no node can take. Preemption is not tried.
func (d *Decision) rejected(r *Rejection) {
	d.PreFilter = r
	d.Reason = pod.ReasonUnschedulable
	d.FilterMessage = fmt.Sprintf("0/%d nodes are available: %s.", d.c.s.live, strings.Join(r.Why, ", "))
	d.Message = d.FilterMessage + " not found"
}

// lookAtNominated looks at the node that the pod was nominated to, and reports whether it fits: then no other is asked.
func (c *cycle) lookAtNominated() bool {
	n := c.s.byName[c.pod.Status.NominatedNodeName]
	if c.pod.Status.NominatedNodeName == "" || n == nil || n.object == nil || !c.look(n) {
		return false
	}
	c.feasible = append(c.feasible, n.index)
	return true
}

// lookAtAll looks at every node that is left. A pod that asks for nothing but room is answered from the table of what is
// left of each node.
func (c *cycle) lookAtAll() {
	if c.narrowed {
		for _, n := range c.only {
			if c.look(n) {
				c.feasible = append(c.feasible, n.index)
			}
		}
		return
	}
	plain := c.asksForRoomOnly()
	for i := range c.s.table {
		row := &c.s.table[i]
		switch {
		case row.flags&live == 0:
		case plain && row.flags&(cordoned|isolated|awaited) == 0 && c.fit.requests.fitInto(row):
			c.verdicts[i], c.looked[i] = verdict{}, true
			c.feasible = append(c.feasible, int32(i))
		case c.look(c.s.nodes[i]):
			c.feasible = append(c.feasible, int32(i))
		}
	}
}

// asksForRoomOnly reports whether no plugin but NodeResourcesFit can reject a node that has no mark.
func (c *cycle) asksForRoomOnly() bool {
	return c.pod.Spec.NodeName == "" && !c.affinity.restricts && len(c.ports) == 0 && len(c.pod.Spec.Volumes) == 0 &&
		len(c.spreading.hard) == 0 && c.neighbours.skip && len(c.features) == 0 && len(c.fit.scalars) == 0
}

// node is the i-th of the nodes that fit.
func (c *cycle) node(i int) *node { return c.s.nodes[c.feasible[i]] }

func (c *cycle) name(i int) string { return c.node(i).name }

// choose takes the best of the feasible nodes, or tells why there is none.
func (d *Decision) choose() {
	c := d.c
	switch len(c.feasible) {
	case 0:
		d.unschedulable()
		return
	case 1:
		d.Node = c.name(0)
		return
	}
	if err := c.prepareNodePreferences(); err != nil {
		d.failed(fmt.Errorf("running PreScore plugin %q: %w", NodeAffinity, err))
		return
	}
	c.scoreAll()
	d.Node = c.bestName()
}

// bestName is the first by name of the nodes with the highest total.
func (c *cycle) bestName() string {
	at, best := 0, c.total[0]
	for i, total := range c.total {
		if total > best || total == best && c.name(i) < c.name(at) {
			at, best = i, total
		}
	}
	return c.name(at)
}

// scoreAll lets each plugin that has something to say score the feasible nodes, and adds up.
func (c *cycle) scoreAll() {
	c.total = sized(c.total, len(c.feasible))
	clear(c.total)
	scorers := scorers()
	for i := range scorers {
		weight := c.profile.weight(&scorers[i])
		if weight == 0 || !scorers[i].prepare(c) {
			continue
		}
		c.scores[i] = sized(c.scores[i], len(c.feasible))
		scorers[i].score(c, c.scores[i])
		for j := range c.total {
			c.scores[i][j] *= weight
			c.total[j] += c.scores[i][j]
		}
	}
}

func sized(list []int64, n int) []int64 {
	if cap(list) < n {
		return make([]int64, n)
	}
	return list[:n]
}

// unschedulable tries preemption and words what all nodes said.
func (d *Decision) unschedulable() {
	d.Reason = pod.ReasonUnschedulable
	d.FilterMessage = d.c.histogram()
	said := d.preempt()
	d.Message = d.FilterMessage + " preemption: " + said
}

// histogram words how many nodes say what, sorted as texts.
func (c *cycle) histogram() string {
	counts := map[string]int{}
	looked := 0
	for _, n := range c.s.nodes {
		if n == nil || n.object == nil || !c.looked[n.index] {
			continue
		}
		looked++
		for _, why := range c.why(c.verdicts[n.index]) {
			counts[why]++
		}
	}
	if looked < c.s.live {
		counts[unsatisfied(c.narrowing())] += c.s.live - looked
	}
	return available(c.s.live, counts)
}

// available words why none of so many nodes will do.
func available(nodes int, counts map[string]int) string {
	list := make([]string, 0, len(counts))
	for why, count := range counts {
		list = append(list, fmt.Sprintf("%d %s", count, why))
	}
	slices.Sort(list)
	return fmt.Sprintf("0/%d nodes are available: %s.", nodes, strings.Join(list, ", "))
}

// lookAtRest looks at the nodes that the decision did without.
func (d *Decision) lookAtRest() {
	if d.nominated {
		d.nominated = false
		d.c.feasible = d.c.feasible[:0]
		d.c.lookAtAll()
	}
}

// Feasible lists the nodes that fit, sorted by name.
func (d *Decision) Feasible() []string {
	d.lookAtRest()
	var names []string
	for i := range d.c.feasible {
		names = append(names, d.c.name(i))
	}
	slices.Sort(names)
	return names
}

// Best lists the nodes with the highest total, sorted by name: any of them is as good as Node.
func (d *Decision) Best() []string {
	if d.Node == "" || len(d.c.total) == 0 {
		return d.single()
	}
	best := slices.Max(d.c.total)
	var names []string
	for i, total := range d.c.total {
		if total == best {
			names = append(names, d.c.name(i))
		}
	}
	slices.Sort(names)
	return names
}

func (d *Decision) single() []string {
	if d.Node == "" {
		return nil
	}
	return []string{d.Node}
}

// Score is what each plugin says to a node that fits, weighted, and the sum. A plugin that is not in ByPlugin gives 0 to
// every node.
type Score struct {
	Node     string
	Total    int64
	ByPlugin map[Plugin]int64
}

// Scores lists the scores of all nodes that fit, sorted by name. It is empty where fewer than two fit: then nothing is
// compared.
func (d *Decision) Scores() []Score {
	scores, scorers := make([]Score, len(d.c.total)), scorers()
	for i := range scores {
		scores[i] = Score{Node: d.c.name(i), Total: d.c.total[i], ByPlugin: map[Plugin]int64{}}
		for j := range scorers {
			if len(d.c.scores[j]) > 0 {
				scores[i].ByPlugin[scorers[j].plugin] = d.c.scores[j][i]
			}
		}
	}
	slices.SortFunc(scores, func(a, b Score) int { return cmp.Compare(a.Node, b.Node) })
	return scores
}

// NodeRejection is why a node does not fit.
type NodeRejection struct {
	Node string
	Rejection
}

// Rejected lists the nodes that do not fit, sorted by name, each with the first plugin that rejects it. Nodes that were
// left out before any was looked at have no plugin.
func (d *Decision) Rejected() []NodeRejection {
	var list []NodeRejection
	if d.Gate != nil || d.PreFilter != nil {
		return nil
	}
	d.lookAtRest()
	for _, n := range d.c.s.nodes {
		if n == nil || n.object == nil {
			continue
		}
		switch v := d.c.verdicts[n.index]; {
		case !d.c.looked[n.index] && d.c.narrowed:
			list = append(list, NodeRejection{n.name, Rejection{"", UnschedulableAndUnresolvable, []string{unsatisfied(d.c.narrowing())}}})
		case d.c.looked[n.index] && !v.fits():
			list = append(list, NodeRejection{n.name, d.c.rejection(v)})
		}
	}
	slices.SortFunc(list, func(a, b NodeRejection) int { return cmp.Compare(a.Node, b.Node) })
	return list
}

// PreFilterNodes lists the nodes that are left to be looked at, sorted by name; ok is false where all are.
func (d *Decision) PreFilterNodes() (names []string, ok bool) {
	if !d.c.narrowed {
		return nil, false
	}
	for _, n := range d.c.only {
		names = append(names, n.name)
	}
	slices.Sort(names)
	return names, true
}
