package workload

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
)

// roll takes one step of a rolling update: the latest ReplicaSet grows as far as the surge allows; else the old ones shrink as far
// as availability allows.
func (c *deploymentCall) roll() {
	if c.latest == nil {
		c.create()
		return
	}
	if !c.resizeLatest() && !c.mayNotShrink() && !c.shrinkOld() && c.isComplete(&c.d.Status) {
		c.cleanUp(c.old)
	}
	c.report(c.rolloutStatus())
}

// mayNotShrink reports whether an old ReplicaSet was refused its new size in the plan before. The rollout goes on without, and tries again
// at the next change.
func (c *deploymentCall) mayNotShrink() bool {
	x := refused(c.request, controller.Update, object.ReplicaSetKind)
	return x != nil && x.Change.Object.Meta().UID != c.latest.UID
}

// recreate takes one step of a rollout that stops everything first.
func (c *deploymentCall) recreate() {
	stopped := false
	for i := range c.old {
		stopped = c.resize(&c.old[i], 0) || stopped
	}
	switch {
	case stopped || c.oldPodsRun():
		c.report(c.rolloutStatus())
	case c.latest == nil:
		c.create()
	default:
		c.resize(&c.latest, c.wanted())
		if c.isComplete(&c.d.Status) {
			c.cleanUp(c.old)
		}
		c.report(c.rolloutStatus())
	}
}

// oldPodsRun reports whether a pod of an old ReplicaSet has not ended yet.
func (c *deploymentCall) oldPodsRun() bool {
	for _, set := range c.old {
		if set.Status.Replicas > 0 {
			return true
		}
		for p := range podsOf(c.request.View, set.UID) {
			if !p.Status.Phase.IsTerminal() {
				return true
			}
		}
	}
	return false
}

// resizeLatest brings the latest ReplicaSet nearer to what is wanted, and reports whether it did.
func (c *deploymentCall) resizeLatest() bool {
	n := replicasOf(c.latest)
	switch {
	case n == c.wanted():
		return false
	case n > c.wanted():
		return c.resize(&c.latest, c.wanted())
	}
	return c.resize(&c.latest, c.grown(c.all(), c.latest))
}

// grown is the size to which set, one of all, may grow.
func (c *deploymentCall) grown(all []*object.ReplicaSet, set *object.ReplicaSet) int32 {
	if !c.isRolling() {
		return c.wanted()
	}
	surge, _ := c.bounds()
	room := c.wanted() + surge - sum(all, replicasOf)
	if room <= 0 {
		return replicasOf(set)
	}
	return replicasOf(set) + min(room, c.wanted()-replicasOf(set))
}

// shrinkOld takes pods from the old ReplicaSets, first those that are not available anyway, and reports whether it did. What the
// latest has that is not available counts as missing, so that a broken template takes nothing from what works.
func (c *deploymentCall) shrinkOld() bool {
	olds := active(c.old)
	if len(olds) == 0 || slices.ContainsFunc(olds, isBehind) {
		return false
	}
	_, unavailable := c.bounds()
	least := c.wanted() - unavailable
	spare := sum(c.all(), replicasOf) - least - (replicasOf(c.latest) - c.latest.Status.AvailableReplicas)
	if spare <= 0 {
		return false
	}
	broken := c.take(spare, func(s *object.ReplicaSet) int32 { return replicasOf(s) - s.Status.AvailableReplicas })
	available := sum(olds, availableOf) + c.latest.Status.AvailableReplicas
	return c.take(available-least, replicasOf) || broken
}

// isBehind reports whether s still counts pods that it is to lose.
func isBehind(s *object.ReplicaSet) bool { return availableOf(s) > replicasOf(s) }

// take takes n pods from the old ReplicaSets, the oldest first, of each as many as of says at most.
func (c *deploymentCall) take(n int32, of func(s *object.ReplicaSet) int32) (taken bool) {
	for i, set := range c.old {
		if less := min(n, of(set), replicasOf(set)); less > 0 {
			n -= less
			taken = c.resize(&c.old[i], replicasOf(set)-less) || taken
		}
	}
	return taken
}

// resize gives a ReplicaSet another size and reports whether it had not got it.
func (c *deploymentCall) resize(set **object.ReplicaSet, n int32) bool {
	was := replicasOf(*set)
	if was == n {
		return false
	}
	c.rewrite(set, n)
	way := "up"
	if n < was {
		way = "down"
	}
	last := &c.plan.Changes[len(c.plan.Changes)-1]
	last.About, last.Event = c.d, event(normal, "ScalingReplicaSet", "Scaled %s replica set %s from %d to %d", way, (*set).Name, was, n)
	return true
}

// rewrite writes a ReplicaSet with another size and the size of the whole.
func (c *deploymentCall) rewrite(set **object.ReplicaSet, n int32) {
	own := (*set).Clone()
	own.Spec.Replicas = &n
	if own.Annotations == nil {
		own.Annotations = map[string]string{}
	}
	maps.Copy(own.Annotations, c.sizeAnnotations())
	c.plan.write(controller.Update, own)
	*set = own
}

// sizeAnnotations are what a ReplicaSet remembers of the Deployment's size, to see that it was scaled.
func (c *deploymentCall) sizeAnnotations() map[string]string {
	surge, _ := c.bounds()
	return map[string]string{
		desiredReplicasAnnotation: strconv.Itoa(int(c.wanted())),
		maxReplicasAnnotation:     strconv.Itoa(int(c.wanted() + surge)),
	}
}

// size reads one of the annotations above.
func size(set *object.ReplicaSet, annotation string) (n int32, ok bool) {
	u, err := strconv.ParseUint(set.Annotations[annotation], 10, 32)
	if err != nil || u > math.MaxInt32 {
		return 0, false
	}
	return int32(u), true
}

// isScaled reports whether the Deployment's size has changed since its ReplicaSets got theirs.
func (c *deploymentCall) isScaled() bool {
	return slices.ContainsFunc(active(c.all()), func(s *object.ReplicaSet) bool {
		n, ok := size(s, desiredReplicasAnnotation)
		return ok && n != c.wanted()
	})
}

// scale brings the ReplicaSets to the Deployment's size, each in proportion where there are several.
// See https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling.
func (c *deploymentCall) scale() {
	if only := c.onlyOne(); only != nil {
		c.resize(only, c.wanted())
		return
	}
	if c.isSaturated() {
		for i := range c.old {
			c.resize(&c.old[i], 0)
		}
		return
	}
	if c.isRolling() {
		c.scaleInProportion()
	}
}

// onlyOne is where the only ReplicaSet that has pods stands, or if none has any the newest; nil if several have.
func (c *deploymentCall) onlyOne() **object.ReplicaSet {
	var found **object.ReplicaSet
	for _, set := range c.places() {
		if replicasOf(*set) == 0 {
			continue
		}
		if found != nil {
			return nil
		}
		found = set
	}
	switch {
	case found != nil:
		return found
	case c.latest != nil:
		return &c.latest
	case len(c.old) > 0:
		return &c.old[len(c.old)-1]
	}
	return nil
}

// places are where the ReplicaSets stand.
func (c *deploymentCall) places() []**object.ReplicaSet {
	var places []**object.ReplicaSet
	for i := range c.old {
		places = append(places, &c.old[i])
	}
	if c.latest != nil {
		places = append(places, &c.latest)
	}
	return places
}

// isSaturated reports whether the latest ReplicaSet has all that is wanted, and all of it available.
func (c *deploymentCall) isSaturated() bool {
	if c.latest == nil {
		return false
	}
	desired, ok := size(c.latest, desiredReplicasAnnotation)
	n := c.wanted()
	return ok && desired == n && replicasOf(c.latest) == n && c.latest.Status.AvailableReplicas == n
}

// scaleInProportion shares out what is to be added or taken, the largest ReplicaSet first; it also gets what is left over. Of
// equal ones the newer grows and the older shrinks first.
func (c *deploymentCall) scaleInProportion() {
	sets := slices.DeleteFunc(c.places(), func(s **object.ReplicaSet) bool { return replicasOf(*s) == 0 })
	var allowed, have int32
	for _, s := range sets {
		have += replicasOf(*s)
	}
	if c.wanted() > 0 {
		surge, _ := c.bounds()
		allowed = c.wanted() + surge
	}
	add := allowed - have
	slices.SortStableFunc(sets, func(a, b **object.ReplicaSet) int {
		older := compareCreation(*a, *b)
		if add > 0 {
			older = -older
		}
		return cmp.Or(cmp.Compare(replicasOf(*b), replicasOf(*a)), older)
	})
	sizes, rest := make([]int32, len(sets)), add
	for i, s := range sets {
		share := c.share(*s, rest)
		sizes[i], rest = replicasOf(*s)+share, rest-share
	}
	for i, s := range sets {
		if i == 0 {
			sizes[0] = max(0, sizes[0]+rest)
		}
		c.resizeOrNote(s, sizes[i])
	}
}

// resizeOrNote gives a ReplicaSet its size, or where it has it already what it remembers of the whole.
func (c *deploymentCall) resizeOrNote(set **object.ReplicaSet, n int32) {
	if c.resize(set, n) {
		return
	}
	for key, value := range c.sizeAnnotations() {
		if (*set).Annotations[key] != value {
			c.rewrite(set, n)
			return
		}
	}
}

// share is how much of rest, which is to be added or taken, falls to set.
func (c *deploymentCall) share(set *object.ReplicaSet, rest int32) int32 {
	part := c.fraction(set)
	switch {
	case rest > 0:
		return min(part, rest)
	case rest < 0:
		return max(part, rest)
	}
	return 0
}

// fraction is how much set would grow if it kept its share of the whole.
func (c *deploymentCall) fraction(set *object.ReplicaSet) int32 {
	n := replicasOf(set)
	if c.wanted() == 0 {
		return -n
	}
	before, ok := size(set, maxReplicasAnnotation)
	if !ok || before == 0 {
		before = c.d.Status.Replicas
	}
	if before == 0 {
		return 0
	}
	surge, _ := c.bounds()
	return int32(math.Round(float64(n)*float64(c.wanted()+surge)/float64(before))) - n
}

// cleanUp deletes the oldest ReplicaSets that are empty, beyond the revisions to be kept. Of a paused Deployment it sees them as they were
// before they were scaled, so that one that was to grow may go.
func (c *deploymentCall) cleanUp(old []*object.ReplicaSet) {
	const defaultHistory = 10
	limit := value(c.d.Spec.RevisionHistoryLimit, defaultHistory)
	if limit == math.MaxInt32 {
		return
	}
	sets := slices.DeleteFunc(slices.Clone(old), func(s *object.ReplicaSet) bool { return s.IsTerminating() })
	slices.SortStableFunc(sets, func(a, b *object.ReplicaSet) int {
		return cmp.Or(cmp.Compare(revisionOf(a), revisionOf(b)), compareCreation(a, b))
	})
	for _, s := range sets[:max(0, len(sets)-int(limit))] {
		if s.Status.Replicas == 0 && replicasOf(s) == 0 && s.Generation <= s.Status.ObservedGeneration {
			c.plan.delete(s, nil, controller.Event{})
		}
	}
}
