package disruption

import (
	"maps"
	"slices"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// excludeLabel keeps a node out of the count of its zone.
const excludeLabel = "node.kubernetes.io/exclude-disruption"

// zoneState is how much of a zone has failed.
type zoneState uint8

const (
	zoneNew zoneState = iota
	zoneNormal
	zonePartial // more than two nodes, and most of them
	zoneFull    // all
)

// zone is a failure domain whose nodes are tainted one after the other.
type zone struct {
	state zoneState
	// every is the time between two nodes; 0 is never.
	every time.Duration
	// free is when the next may be tainted.
	free time.Time
	// waiting are the names of nodes that are to be tainted.
	waiting []string
}

// zoneOf names the zone of a node, by its region and zone labels.
func zoneOf(n *object.Node) string {
	label := func(now, before string) string {
		if v, ok := n.Labels[now]; ok {
			return v
		}
		return n.Labels[before]
	}
	return label("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region") + "\x00" +
		label("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
}

// zone is the zone of a node, which begins at the ordinary pace.
func (l *nodeLook) zone(n *object.Node) zone {
	name := zoneOf(n)
	z, known := l.memo.zones[name]
	if !known {
		z = zone{every: interval(l.config.NodeEvictionRate)}
		l.memo.zones[name] = z
	}
	return z
}

// judgeZones finds how much of each zone has failed, and sets the pace. If all of all zones have, nothing is evicted and the taints
// go; once one node is back, all others are given time again.
func (l *nodeLook) judgeZones() {
	states, sizes := l.count()
	allAre := !slices.ContainsFunc(slices.Collect(maps.Values(states)), func(s zoneState) bool { return s != zoneFull })
	allWere := true
	for name := range states {
		allWere = allWere && l.memo.zones[name].state == zoneFull
	}
	if len(states) == 0 || allAre && allWere {
		return
	}
	for name, state := range states {
		z := l.memo.zones[name]
		switch {
		case allAre:
			l.memo.zones[name] = z.paced(zoneFull, 0, l.now)
		case allWere || z.state != state:
			l.memo.zones[name] = z.paced(state, l.turn(state, sizes[name]), l.now)
		}
	}
	if allAre {
		l.untaintAll()
	} else if allWere {
		for name, h := range l.memo.nodes {
			h.heard = l.now
			l.memo.nodes[name] = h
		}
	}
}

// count finds the state and the size of each zone.
func (l *nodeLook) count() (states map[string]zoneState, sizes map[string]int) {
	states, sizes = map[string]zoneState{}, map[string]int{}
	failed := map[string]int{}
	for _, n := range l.nodes {
		l.zone(n)
		if _, out := n.Labels[excludeLabel]; out {
			continue
		}
		sizes[zoneOf(n)]++
		if readiness(n) != pod.ConditionTrue {
			failed[zoneOf(n)]++
		}
	}
	for name, size := range sizes {
		switch bad := failed[name]; {
		case bad == size:
			states[name] = zoneFull
		case bad > 2 && float64(bad)/float64(size) >= l.config.UnhealthyZoneThreshold:
			states[name] = zonePartial
		default:
			states[name] = zoneNormal
		}
	}
	return states, sizes
}

// turn is the time between two taints in a zone. One that has failed altogether, while others have not, is emptied at the
// ordinary pace.
func (l *nodeLook) turn(s zoneState, size int) time.Duration {
	switch {
	case s != zonePartial:
		return interval(l.config.NodeEvictionRate)
	case size > l.config.LargeClusterSizeThreshold:
		return interval(l.config.SecondaryNodeEvictionRate)
	}
	return 0
}

// interval is the time between two of so many a second.
func interval(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate)
}

// paced is the zone in another state and at another pace. Who had to wait before waits a whole turn of the new pace.
func (z zone) paced(s zoneState, every time.Duration, now time.Time) zone {
	z.state = s
	if z.every == every {
		return z
	}
	waits := z.every == 0 || now.Before(z.free)
	z.every, z.free = every, now
	if waits {
		z.free = now.Add(every)
	}
	return z
}

// untaintAll takes the NoExecute taints off all nodes.
func (l *nodeLook) untaintAll() {
	for _, n := range l.nodes {
		if noExecute(n, TaintNotReady) || noExecute(n, TaintUnreachable) {
			l.retaint(n, "")
		}
	}
}

// settleTaints takes the NoExecute taints off nodes that are ready, swaps them where a node is not ready in another way than it
// was, and finds the nodes that wait for one.
func (l *nodeLook) settleTaints() {
	waiting := map[string][]string{}
	for _, n := range l.nodes {
		fits, other := taintFor(n)
		switch z := l.zone(n); {
		case readiness(n) == pod.ConditionTrue:
			if noExecute(n, TaintNotReady) || noExecute(n, TaintUnreachable) {
				l.retaint(n, "")
			}
		case fits == "" || z.state == zoneFull && z.every == 0:
		case noExecute(n, other):
			l.retaint(n, fits)
		case !noExecute(n, fits):
			waiting[zoneOf(n)] = append(waiting[zoneOf(n)], n.Name)
		}
	}
	for name, z := range l.memo.zones {
		z.waiting = waiting[name]
		l.memo.zones[name] = z
	}
}

// pace taints the nodes whose turn has come, and asks for a look when the next one's does.
func (l *nodeLook) pace() {
	for _, name := range slices.Sorted(maps.Keys(l.memo.zones)) {
		z := l.memo.zones[name]
		for len(z.waiting) > 0 && z.every > 0 && !l.now.Before(z.free) {
			l.taintLate(z.waiting[0])
			z.waiting, z.free = z.waiting[1:], l.now.Add(z.every)
		}
		if len(z.waiting) > 0 && z.every > 0 {
			l.plan.wakeAt(z.free)
		}
		l.memo.zones[name] = z
	}
}

// taintLate taints a node that has waited for its turn, if it still has to be. The turn is used up even if it has not.
func (l *nodeLook) taintLate(name string) {
	n := readNode(l.view, name)
	if n == nil {
		return
	}
	if fits, _ := taintFor(n); fits != "" && !noExecute(n, fits) {
		l.retaint(n, fits)
	}
}
