package workload

import (
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// partition is the number of pods, from the lowest on, that an update leaves alone.
func (c *statefulSetCall) partition() int {
	if u := c.set.Spec.UpdateStrategy.RollingUpdate; u != nil {
		return int(value(u.Partition, 0))
	}
	return 0
}

// maxUnavailable is how many pods an update may leave unavailable: one at least.
func (c *statefulSetCall) maxUnavailable() int {
	if u := c.set.Spec.UpdateStrategy.RollingUpdate; u != nil && u.MaxUnavailable != nil {
		n, _ := u.MaxUnavailable.Of(int32(len(c.replicas)), pod.RoundDown)
		return max(1, int(n))
	}
	return 1
}

// isOld reports whether the pod at x is to be replaced by one of the update.
func (c *statefulSetCall) isOld(x place) bool {
	return x.pod != nil && x.pod.Labels[podRevisionLabel] != c.history.update.Name && !x.pod.IsTerminating()
}

// update deletes pods of an old revision, the highest ordinal first, as many as may be unavailable.
func (c *statefulSetCall) update() {
	if t := c.set.Spec.UpdateStrategy.Type; t != "" && t != object.RollingUpdateStatefulSetStrategyType {
		return
	}
	missing := 0
	for _, x := range c.replicas {
		if c.isMissing(x) {
			missing++
		}
	}
	from := c.replicas[min(c.partition(), len(c.replicas)):]
	budget := c.maxUnavailable() - missing
	if !c.ordered() {
		c.replace(from, len(from), func(x place) bool { return c.isOld(x) && !c.isAvailable(x.pod) })
		c.replace(from, budget, func(x place) bool { return c.isOld(x) && c.isAvailable(x.pod) })
		return
	}
	c.replace(from, budget, c.isOld)
}

// replace deletes up to n pods for which which holds, the highest first.
func (c *statefulSetCall) replace(places []place, n int, which func(x place) bool) {
	for _, x := range slices.Backward(places) {
		if n <= 0 {
			return
		}
		if which(x) {
			c.delete(x.pod)
			c.updating++
			n--
		}
	}
}
