package workload

import (
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// bounds are how many nodes of n may have a second pod, and how many may be without one that is available. Both 0 would be a
// standstill, so then one may be without.
func (c *daemonSetCall) bounds(n int32) (surge, unavailable int32) {
	if t := c.set.Spec.UpdateStrategy.Type; t != "" && t != object.RollingUpdateDaemonSetStrategyType {
		return 0, 0
	}
	unavailable = 1
	if u := c.set.Spec.UpdateStrategy.RollingUpdate; u != nil {
		if u.MaxSurge != nil {
			surge, _ = u.MaxSurge.Of(n, pod.RoundUp)
		}
		if u.MaxUnavailable != nil {
			unavailable, _ = u.MaxUnavailable.Of(n, pod.RoundUp)
		}
	}
	if surge == 0 && unavailable == 0 && n > 0 {
		unavailable = 1
	}
	return surge, unavailable
}

// update takes one step of a rolling update, and reports whether it could.
func (c *daemonSetCall) update() bool {
	if t := c.set.Spec.UpdateStrategy.Type; t != "" && t != object.RollingUpdateDaemonSetStrategyType {
		return true
	}
	surge, unavailable := c.bounds(c.desired)
	if surge > 0 {
		return c.surge(int(surge))
	}
	c.replace(int(unavailable))
	return true
}

// pair are the pods of a node that nobody has asked to go, one of the update and one of before; not ok where there are more.
func (c *daemonSetCall) pair(x *daemonNode) (newest, old *pod.Pod, ok bool) {
	for _, p := range staying(x.pods) {
		switch isNew := c.isNew(p); {
		case isNew && newest == nil:
			newest = p
		case !isNew && old == nil:
			old = p
		default:
			return nil, nil, false
		}
	}
	return newest, old, true
}

// replace deletes old pods: all that are not available anyway, and others while no more than that many nodes are without. A node
// whose pod is on its way out counts as without.
func (c *daemonSetCall) replace(unavailable int) {
	var free, candidates []*pod.Pod
	without := 0
	for i := range c.nodes {
		newest, old, ok := c.pair(&c.nodes[i])
		switch {
		case !ok || (newest == nil) == (old == nil):
			without++
		case newest != nil:
			if !c.isAvailable(newest) {
				without++
			}
		case !c.isAvailable(old):
			free = append(free, old)
			without++
		default:
			candidates = append(candidates, old)
		}
	}
	n := min(max(unavailable-without, 0), len(candidates))
	c.change(nil, append(free, candidates[:n]...))
}

// surge makes new pods beside old ones, on no more than that many nodes at once, and deletes an old one once the new one is
// available. On a node that should have none the old one goes when enough others are available. As in Kubernetes nothing is done while
// there is an old pod alone on a node that has gone.
func (c *daemonSetCall) surge(most int) bool {
	var gone, misplaced []*pod.Pod
	var free, candidates []string
	surging, available := 0, 0
	for i := range c.nodes {
		x := &c.nodes[i]
		newest, old, ok := c.pair(x)
		if !ok {
			surging++
			continue
		}
		if serving := firstOf(old, newest); serving != nil && c.isAvailable(serving) {
			available++
		}
		switch {
		case old == nil:
		case newest != nil && c.isAvailable(newest):
			gone = append(gone, old)
		case newest != nil:
			surging++
		case !x.exists:
			return false
		case !x.runs && c.isAvailable(old):
			misplaced = append(misplaced, old)
		case !x.runs:
			gone = append(gone, old)
		case !c.isAvailable(old):
			free = append(free, x.name)
		default:
			candidates = append(candidates, x.name)
		}
	}
	gone = append(gone, misplaced[:min(max(available-int(c.desired), 0), len(misplaced))]...)
	n := min(max(most-surging, 0), len(candidates))
	c.change(append(free, candidates[:n]...), gone)
	return true
}

func firstOf(a, b *pod.Pod) *pod.Pod {
	if a != nil {
		return a
	}
	return b
}
