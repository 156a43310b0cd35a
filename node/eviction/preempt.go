package eviction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/podlife/podlife/pod"
)

// What pods that make room for a critical one are told, and what is said of the room that cannot be made. See
// https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/.
const (
	PreemptionReason  = pod.ReasonPreempting
	PreemptionMessage = "Preempted in order to admit critical pod"

	// UnexpectedAdmissionError is why a critical pod is refused for which no room can be made.
	UnexpectedAdmissionError pod.Reason = "UnexpectedAdmissionError"
)

// Lack is how much of a resource a pod asks for beyond what is left: CPU in thousandths of a core, all else in its own unit.
type Lack struct {
	Resource pod.ResourceName
	Amount   int64
}

// IsCritical reports whether the node must run the pod: it is Critical, or its priority is that of the system's own or above.
func (c *Candidate) IsCritical() bool { return c.Critical || Priority(c.Pod) >= criticalPriority }

// Preempt returns which pods are to end so that a critical pod has what it lacks: of those that are not critical or of lower priority as
// few as possible, guaranteed ones only where all others are not enough and burstable ones only where the best-effort ones are not, and
// of equals those that request least. It fails, with a text for the pod's status, where all of them are not enough.
// Usage does not count.
func Preempt(critical Candidate, running []Candidate, lacking []Lack) ([]*pod.Pod, error) {
	var classes [3][]*pod.Pod // best-effort, burstable, guaranteed
	for i := range running {
		if c := &running[i]; critical.mayPreempt(c) {
			class := classOf(c.Pod)
			classes[class] = append(classes[class], c.Pod)
		}
	}
	bestEffort, burstable, guaranteed := classes[0], classes[1], classes[2]
	if left := without(lacking, bestEffort, burstable, guaranteed); len(left) > 0 {
		return nil, noRoom(left)
	}
	guaranteed = fewest(guaranteed, without(lacking, bestEffort, burstable))
	burstable = fewest(burstable, without(lacking, bestEffort, guaranteed))
	bestEffort = fewest(bestEffort, without(lacking, burstable, guaranteed))
	return slices.Concat(bestEffort, burstable, guaranteed), nil
}

// mayPreempt reports whether other may end for c.
func (c *Candidate) mayPreempt(other *Candidate) bool {
	if c.IsCritical() && !other.IsCritical() {
		return true
	}
	mine, theirs := c.Pod.Spec.Priority, other.Pod.Spec.Priority
	return mine != nil && theirs != nil && *mine > *theirs
}

func classOf(p *pod.Pod) int {
	switch p.Spec.QOSClass() {
	case pod.QOSBestEffort:
		return 0
	case pod.QOSBurstable:
		return 1
	}
	return 2
}

// without is what is still lacking when pods have ended.
func without(lacking []Lack, ended ...[]*pod.Pod) (left []Lack) {
	for _, l := range lacking {
		for _, p := range slices.Concat(ended...) {
			l.Amount -= request(p, l.Resource)
		}
		if l.Amount > 0 {
			left = append(left, l)
		}
	}
	return left
}

// fewest picks pods until nothing is lacking: each time the one that leaves least, and of such the one that requests least. The pods are
// enough.
func fewest(pods []*pod.Pod, lacking []Lack) (picked []*pod.Pod) {
	pods = slices.Clone(pods)
	for len(lacking) > 0 && len(pods) > 0 {
		best := 0
		for i := 1; i < len(pods); i++ {
			if better(pods[i], pods[best], lacking) {
				best = i
			}
		}
		picked = append(picked, pods[best])
		lacking = without(lacking, pods[best:best+1])
		pods = slices.Delete(pods, best, best+1)
	}
	return picked
}

func better(p, than *pod.Pod, lacking []Lack) bool {
	return cmp.Or(
		cmp.Compare(distance(p, lacking), distance(than, lacking)),
		cmp.Compare(request(p, pod.ResourceMemory), request(than, pod.ResourceMemory)),
		cmp.Compare(request(p, pod.ResourceCPU), request(than, pod.ResourceCPU)),
	) < 0
}

// distance is how far the end of p is from giving all that is lacking: each resource counts as its missing part, squared.
func distance(p *pod.Pod, lacking []Lack) (sum float64) {
	for _, l := range lacking {
		if left := float64(l.Amount - request(p, l.Resource)); left > 0 {
			part := left / float64(l.Amount)
			sum += part * part
		}
	}
	return sum
}

// request is what p requests of a resource, in the unit of Lack; each pod is one of pods.
func request(p *pod.Pod, name pod.ResourceName) int64 {
	if name == pod.ResourcePods {
		return 1
	}
	q := requested(p, name)
	if name == pod.ResourceCPU {
		return q.MilliValue()
	}
	return q.Value()
}

func noRoom(lacking []Lack) error {
	var b strings.Builder
	for _, l := range lacking {
		fmt.Fprintf(&b, "(res: %s, q: %d), ", l.Resource, l.Amount)
	}
	return fmt.Errorf("preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [%s]", b.String())
}
