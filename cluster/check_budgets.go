package cluster

import (
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// losses are how many healthy pods of each budget have been lost at this instant otherwise than by an eviction: the budget may not know
// of them yet.
type losses struct {
	at    time.Time
	count map[pod.UID]int
}

// budget checks that what evictions take is taken off what the budget allows.
func (k *checker) budget(was, is object.Object) error {
	b, ok := is.(*object.PodDisruptionBudget)
	if !ok {
		return nil
	}
	if b.Status.DisruptionsAllowed < 0 {
		return broken(8, "budget %s allows %d disruptions", b.Key(), b.Status.DisruptionsAllowed)
	}
	old, ok := was.(*object.PodDisruptionBudget)
	if !ok {
		return nil
	}
	spent := int32(0)
	for name := range b.Status.DisruptedPods {
		if _, before := old.Status.DisruptedPods[name]; !before {
			spent++
		}
	}
	if left := old.Status.DisruptionsAllowed - spent; spent > 0 && (left < 0 || b.Status.DisruptionsAllowed != left) {
		return broken(8, "budget %s allowed %d disruptions, and allows %d after %d more", b.Key(), old.Status.DisruptionsAllowed, b.Status.DisruptionsAllowed, spent)
	}
	return nil
}

// eviction checks that a healthy pod which is evicted is counted by the one budget over it, and that as many healthy pods as that budget wants are
// left. Where controllers look late, or are refused, a budget may not know of all pods that were lost meanwhile, and only the count is
// checked.
func (k *checker) eviction(was, is *pod.Pod) error {
	if was == nil || !healthy(was) {
		return nil
	}
	if !evicted(is) {
		k.lose(was, is)
		return nil
	}
	if evicted(was) {
		return nil
	}
	for _, it := range k.c.budgetsOf(was) {
		b := it.object().(*object.PodDisruptionBudget)
		if _, counted := b.Status.DisruptedPods[was.Name]; !counted {
			return broken(8, "pod %s is evicted, and its budget %s does not count it", was.Key(), b.Key())
		}
		if b.Status.ObservedGeneration < b.Generation {
			return broken(8, "pod %s is evicted, and what its budget %s allows now is not known yet", was.Key(), b.Key())
		}
		if left := k.healthyOf(b, was.UID); k.exact() && left+k.lost(b.UID) < int(b.Status.DesiredHealthy) {
			return broken(8, "pod %s is evicted: %d healthy pods of budget %s are left, and it wants %d", was.Key(), left, b.Key(), b.Status.DesiredHealthy)
		}
	}
	return nil
}

func healthy(p *pod.Pod) bool {
	return p.Status.IsTrue(pod.Ready) && !p.IsTerminating() && !p.Status.Phase.IsTerminal()
}

func evicted(p *pod.Pod) bool {
	if p == nil {
		return false
	}
	c := p.Status.Condition(pod.DisruptionTarget)
	return c != nil && c.Reason == "EvictionByEvictionAPI"
}

// exact says that budgets know of everything that happened before this instant.
func (k *checker) exact() bool {
	cfg := &k.c.cfg
	return cfg.Chaos == nil && len(cfg.Lags) == 0 && cfg.Latency == 0 && cfg.WriteLatency == 0
}

// lose takes note of a pod that is healthy no longer, if that is so.
func (k *checker) lose(was, is *pod.Pod) {
	if is != nil && healthy(is) {
		return
	}
	if !k.losses.at.Equal(k.c.now) {
		k.losses = losses{at: k.c.now, count: map[pod.UID]int{}}
	}
	for _, it := range k.c.budgetsOf(was) {
		k.losses.count[it.object().Meta().UID]++
	}
}

func (k *checker) lost(budget pod.UID) int {
	if !k.losses.at.Equal(k.c.now) {
		return 0
	}
	return k.losses.count[budget]
}

// healthyOf is how many pods of the budget are healthy, one not counted, and none that is being evicted.
func (k *checker) healthyOf(b *object.PodDisruptionBudget, but pod.UID) (n int) {
	for it := range k.c.store.shelf(object.PodKind).all.all() {
		p := it.pod()
		if p.Namespace == b.Namespace && p.UID != but && healthy(p) && !evicted(p) && b.Spec.Selector.Matches(p.Labels) {
			n++
		}
	}
	return n
}
