package workload

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// deletionCost is the annotation by which a user says which pods are cheap to lose.
const deletionCost = "controller.kubernetes.io/pod-deletion-cost"

// victims are the n pods of a set that go first: those that are of least use, by
// https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset. Asked only where there is a choice,
// neighbours says how many pods are on each node.
func victims(pods []*pod.Pod, n int, neighbours func() map[string]int, now time.Time) []*pod.Pod {
	if n >= len(pods) {
		return pods
	}
	onNode := neighbours()
	rated := make([]victim, len(pods))
	for i, p := range pods {
		rated[i] = rate(p, onNode[p.Spec.NodeName], now)
	}
	slices.SortStableFunc(rated, compareVictims)
	first := make([]*pod.Pod, n)
	for i := range first {
		first[i] = rated[i].pod
	}
	return first
}

// victim is a pod and what speaks for or against it. Of two the lesser goes first.
type victim struct {
	pod       *pod.Pod
	bound     bool
	phase     int
	ready     bool
	cost      int
	neighbour int
	readyAt   time.Time
	readyAge  int
	restarts  int32
	// sidecarRestarts decide where restarts do not.
	sidecarRestarts int32
	created         time.Time
	age             int
}

func rate(p *pod.Pod, neighbours int, now time.Time) victim {
	v := victim{pod: p, bound: p.Spec.NodeName != "", ready: isReady(p), neighbour: neighbours, cost: cost(p)}
	switch p.Status.Phase {
	case pod.Unknown:
		v.phase = 1
	case pod.Running:
		v.phase = 2
	}
	if v.ready {
		v.readyAt = readySince(p)
		v.readyAge = magnitude(now.Sub(v.readyAt))
	}
	for i := range p.Status.ContainerStatuses {
		v.restarts = max(v.restarts, p.Status.ContainerStatuses[i].RestartCount)
	}
	for i := range p.Status.InitContainerStatuses {
		s := &p.Status.InitContainerStatuses[i]
		if c := p.Spec.Container(s.Name); c != nil && c.IsSidecar() {
			v.sidecarRestarts = max(v.sidecarRestarts, s.RestartCount)
		}
	}
	v.created = cut(p.CreationTimestamp.Time)
	v.age = magnitude(now.Sub(v.created))
	return v
}

// cost is what p's annotation says, or 0 where that is no number as Kubernetes has them: without a plus sign and without leading zeros.
func cost(p *pod.Pod) int {
	text := p.Annotations[deletionCost]
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "0") {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// magnitude is the binary order of magnitude of d: pods whose ages differ less count as equally old.
func magnitude(d time.Duration) int { return bits.Len64(uint64(max(d, 0))) }

func compareVictims(a, b victim) int {
	if c := cmp.Or(
		compareBool(a.bound, b.bound),
		cmp.Compare(a.phase, b.phase),
		compareBool(a.ready, b.ready),
		cmp.Compare(a.cost, b.cost),
		cmp.Compare(b.neighbour, a.neighbour),
	); c != 0 {
		return c
	}
	if !a.readyAt.Equal(b.readyAt) {
		return cmp.Or(cmp.Compare(a.readyAge, b.readyAge), cmp.Compare(a.pod.UID, b.pod.UID))
	}
	if c := cmp.Or(cmp.Compare(b.restarts, a.restarts), cmp.Compare(b.sidecarRestarts, a.sidecarRestarts)); c != 0 {
		return c
	}
	if !a.created.Equal(b.created) {
		return cmp.Or(cmp.Compare(a.age, b.age), cmp.Compare(a.pod.UID, b.pod.UID))
	}
	return 0
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func podsOf(v controller.View, owner pod.UID) iter.Seq[*pod.Pod] {
	return func(yield func(*pod.Pod) bool) {
		for o := range v.Owned(object.PodKind, owner) {
			if !yield(o.(*pod.Pod)) {
				return
			}
		}
	}
}
