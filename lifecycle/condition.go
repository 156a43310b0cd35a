package lifecycle

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

// The conditions that the node owns, in the order in which a status lists them. Conditions of others come before them.
const (
	conditionBox = iota
	conditionInitialized
	conditionReady
	conditionContainersReady
	conditionScheduled
	conditionRestarting
	conditionCount
)

var conditionTypes = [conditionCount]pod.ConditionType{
	pod.PodReadyToStartContainers, pod.Initialized, pod.Ready, pod.ContainersReady, pod.PodScheduled,
	pod.AllContainersRestarting,
}

// why is the small word for a condition's reason.
type why uint8

const (
	whyNone why = iota
	whyNoSandbox
	whySandboxStopped
	whyNotInitialized
	whyContainers
	whyGates
	whyCompleted
	whyFailed
	whyRestarting
	whyUnknown
)

var whyReasons = [...]pod.Reason{
	"", pod.ReasonPodSandboxNotReady, pod.ReasonPodSandboxNotReady, pod.ReasonContainersNotInitialized,
	pod.ReasonContainersNotReady, pod.ReasonReadinessGatesNotReady, pod.ReasonPodCompleted, pod.ReasonPodFailed,
	pod.ReasonRestartAllContainersStarted, pod.ReasonUnknownContainerStatuses,
}

// shownCondition is one condition as published.
type shownCondition struct {
	known bool
	true  bool
	why   why
}

// foreign appends to out the conditions that belong to others.
func (m *Machine) foreign(out []pod.Condition) []pod.Condition {
	for i := range m.pod.Status.Conditions {
		if c := &m.pod.Status.Conditions[i]; !ownCondition(c.Type) {
			out = append(out, *c)
		}
	}
	return out
}

func ownCondition(t pod.ConditionType) bool {
	if t == pod.PodResizeInProgress || t == pod.PodResizePending {
		return true
	}
	for _, own := range conditionTypes {
		if own == t {
			return true
		}
	}
	return false
}

func (m *Machine) setCondition(i int, is bool, because why) {
	c := &m.shown.conditions[i]
	if !c.known || c.true != is {
		m.shown.since[i] = m.now
	}
	if !c.known || c.true != is || c.why != because {
		m.set(flagChanged)
	}
	c.known, c.true, c.why = true, is, because
}

// showConditions publishes the node's conditions, for a pod whose phase would be computed.
func (m *Machine) showConditions(computed pod.Phase) {
	m.showBox()
	var r roll
	m.callRoll(&r)
	is, because := r.initialized(computed)
	m.setCondition(conditionInitialized, is, because)
	m.showReady(&r, computed)
	m.setCondition(conditionScheduled, true, whyNone)
	if pod.AllContainersCouldRestart(&m.pod.Spec) {
		m.showRestarting(computed)
	}
}

// showBox publishes PodReadyToStartContainers (KEP-3085).
func (m *Machine) showBox() {
	switch {
	case m.box == SandboxReady:
		m.setCondition(conditionBox, true, whyNone)
	case m.box == SandboxStopped:
		m.setCondition(conditionBox, false, whySandboxStopped)
	default:
		m.setCondition(conditionBox, false, whyNoSandbox)
	}
}

// callRoll fills in what the conditions depend on, by this machine's own words.
func (m *Machine) callRoll(r *roll) {
	r.wasInitialized = m.shown.conditions[conditionInitialized].true
	for i := range m.containers {
		c := &m.containers[i]
		r.begun = r.begun || m.mainStarted(c)
		if c.incomplete() {
			r.incomplete = someName[:]
		}
		if c.unready() {
			r.unready = someName[:]
		}
	}
}

// someName stands for the names of a roll where only their number counts.
var someName [1]string

// mainStarted reports whether the published status shows a main container that has run.
func (m *Machine) mainStarted(c *container) bool {
	return c.kind == mainContainer && (c.shown.state == viewRunning || c.shown.state == viewTerminated || m.lastState(c) != nil)
}

func (c *container) incomplete() bool {
	return c.kind == initContainer && !c.shown.ready || c.kind == sidecar && !c.shown.started
}

// unready reports whether the container keeps the pod from being ready.
func (c *container) unready() bool {
	return (c.kind == mainContainer || c.kind == sidecar) && !c.shown.ready
}

// showReady publishes Ready and ContainersReady.
func (m *Machine) showReady(r *roll, computed pod.Phase) {
	because := r.containersReady(computed)
	m.setCondition(conditionContainersReady, because == whyNone, because)
	if because == whyNone && m.gatesMessage() != "" {
		because = whyGates
	}
	m.setCondition(conditionReady, because == whyNone, because)
}

func (m *Machine) anyUnready() bool {
	for i := range m.containers {
		if m.containers[i].unready() {
			return true
		}
	}
	return false
}

// gatesMessage says which readiness gates are not passed; empty where all are.
func (m *Machine) gatesMessage() string {
	return gatesMessage(m.pod.Spec.ReadinessGates, m.pod.Status.Conditions)
}

// showRestarting publishes AllContainersRestarting (KEP-5532).
func (m *Machine) showRestarting(computed pod.Phase) {
	switch {
	case computed == pod.Succeeded:
		m.setCondition(conditionRestarting, false, whyCompleted)
	case computed == pod.Failed:
		m.setCondition(conditionRestarting, false, whyFailed)
	case m.is(flagRestartAll):
		m.setCondition(conditionRestarting, true, whyRestarting)
	default:
		m.setCondition(conditionRestarting, false, whyNone)
	}
}

// conditionMessage is the long form of a published condition's word.
func (m *Machine) conditionMessage(i int) string {
	switch m.shown.conditions[i].why {
	case whyNoSandbox:
		return "no pod sandbox exists"
	case whySandboxStopped:
		return "pod sandbox is not ready"
	case whyNotInitialized:
		return m.listed("containers with incomplete status: ", (*container).incomplete)
	case whyContainers:
		return m.listed("containers with unready status: ", (*container).unready)
	case whyGates:
		return m.gatesMessage()
	case whyRestarting:
		return "container exited with restart policy rule"
	}
	return ""
}

// listed is prefix and the names, in the order of the spec, of the containers that have the property.
func (m *Machine) listed(prefix string, has func(*container) bool) string {
	var names []string
	for i := range m.containers {
		if has(&m.containers[i]) {
			names = append(names, m.containers[i].spec.Name)
		}
	}
	return fmt.Sprintf("%s%s", prefix, names)
}
