package lifecycle

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/pod"
)

// ConditionsOf returns the conditions Initialized, Ready and ContainersReady, in this order, of a pod with this spec whose
// phase is phase. It reads three things in status: the statuses of init and main containers, the conditions that the
// readiness gates name, and an Initialized condition, which once True stays so. ObservedGeneration and
// LastTransitionTime are left for the caller to fill in.
//
// A machine makes the same decisions out of its own words. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions.
func ConditionsOf(spec *pod.Spec, status *pod.Status, phase pod.Phase) []pod.Condition {
	r := callRoll(spec, status)
	initialized, initWhy := r.initialized(phase)
	containersWhy := r.containersReady(phase)
	contained := r.condition(pod.ContainersReady, containersWhy == whyNone, containersWhy)
	ready := contained
	ready.Type = pod.Ready
	if text := gatesMessage(spec.ReadinessGates, status.Conditions); containersWhy == whyNone && text != "" {
		ready = r.condition(pod.Ready, false, whyGates)
		ready.Message = text
	}
	return []pod.Condition{r.condition(pod.Initialized, initialized, initWhy), ready, contained}
}

// roll is what Ready, ContainersReady and Initialized depend on beside the phase: which containers a status says nothing
// of, which are not ready, and which init containers are not done. The names serve the conditions' messages; a machine,
// which makes its messages only when they are asked for, counts instead: any name stands for all.
type roll struct {
	unknown, unready        []string // of sidecars and main containers
	unknownInit, incomplete []string // of init containers and sidecars
	mute                    bool     // there is no status of any container
	hasInit                 bool
	begun                   bool // a main container runs or has ended
	wasInitialized          bool
}

func callRoll(spec *pod.Spec, status *pod.Status) *roll {
	r := &roll{
		mute:           len(status.InitContainerStatuses)+len(status.ContainerStatuses) == 0,
		hasInit:        len(spec.InitContainers) > 0,
		wasInitialized: status.IsTrue(pod.Initialized),
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		s := findStatus(status.InitContainerStatuses, c.Name)
		r.callInit(c, s)
		if c.IsSidecar() {
			r.call(c, s)
		}
	}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		s := findStatus(status.ContainerStatuses, c.Name)
		r.call(c, s)
		r.begun = r.begun || s != nil && (s.State.Running != nil || s.State.Terminated != nil)
	}
	return r
}

func (r *roll) callInit(c *pod.Container, s *pod.ContainerStatus) {
	switch {
	case s == nil:
		r.unknownInit = append(r.unknownInit, c.Name)
	case c.IsSidecar() && (s.Started == nil || !*s.Started), !c.IsSidecar() && !s.Ready:
		r.incomplete = append(r.incomplete, c.Name)
	}
}

func (r *roll) call(c *pod.Container, s *pod.ContainerStatus) {
	switch {
	case s == nil:
		r.unknown = append(r.unknown, c.Name)
	case !s.Ready:
		r.unready = append(r.unready, c.Name)
	}
}

// containersReady is why ContainersReady is False, or whyNone where it is True.
func (r *roll) containersReady(phase pod.Phase) why {
	switch {
	case r.mute:
		return whyUnknown
	case phase == pod.Succeeded && len(r.unknown) == 0:
		return whyCompleted
	case phase == pod.Failed:
		return whyFailed
	case len(r.unknown)+len(r.unready) > 0:
		return whyContainers
	}
	return whyNone
}

// initialized is whether Initialized is True, and why.
func (r *roll) initialized(phase pod.Phase) (bool, why) {
	switch {
	case r.mute && r.hasInit:
		return false, whyUnknown
	case phase == pod.Succeeded && len(r.unknownInit) == 0:
		return true, whyCompleted
	case r.begun, len(r.unknownInit)+len(r.incomplete) == 0, r.wasInitialized:
		return true, whyNone
	}
	return false, whyNotInitialized
}

func (r *roll) condition(t pod.ConditionType, is bool, because why) pod.Condition {
	c := pod.Condition{Type: t, Status: pod.ConditionFalse, Reason: whyReasons[because]}
	if is {
		c.Status = pod.ConditionTrue
	}
	switch because {
	case whyContainers:
		c.Message = namesMessage(r.unknown, "unready", r.unready)
	case whyNotInitialized:
		c.Message = namesMessage(r.unknownInit, "incomplete", r.incomplete)
	}
	return c
}

// namesMessage lists the containers of which nothing is known, and those whose status is as the word says.
func namesMessage(unknown []string, word string, names []string) string {
	var out []string
	if len(unknown) > 0 {
		out = append(out, fmt.Sprintf("containers with unknown status: %s", unknown))
	}
	if len(names) > 0 {
		out = append(out, fmt.Sprintf("containers with %s status: %s", word, names))
	}
	return strings.Join(out, ", ")
}

// gatesMessage says which readiness gates are not passed; empty where all are.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate.
func gatesMessage(gates []pod.PodReadinessGate, conditions []pod.Condition) string {
	var out []string
	for _, g := range gates {
		c := findCondition(conditions, g.ConditionType)
		switch {
		case c == nil:
			out = append(out, fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", string(g.ConditionType)))
		case c.Status != pod.ConditionTrue:
			out = append(out, fmt.Sprintf("the status of pod readiness gate %q is not \"True\", but %v", string(g.ConditionType), c.Status))
		}
	}
	return strings.Join(out, ", ")
}

func findCondition(list []pod.Condition, t pod.ConditionType) *pod.Condition {
	for i := range list {
		if list[i].Type == t {
			return &list[i]
		}
	}
	return nil
}
