package lifecycle

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// Status is the pod's status as the machine last published it, made anew at each call; it is the caller's own. Parts of
// the spec (resources) are shared with it and must not be written through.
//
// Before a node has looked at the pod it is what the API server made of it.
func (m *Machine) Status() pod.Status {
	if !m.shown.looked {
		return m.statusUnseen()
	}
	s := pod.Status{
		ObservedGeneration: m.observedGeneration(),
		Phase:              m.shown.phase,
		Reason:             m.shown.ending().reason,
		Message:            m.shown.ending().message,
		QOSClass:           m.pod.Spec.QOSClass(),
		Conditions:         m.conditionStatuses(),
		StartTime:          apiTimePointer(m.startTime),
	}
	m.addressStatus(&s)
	m.containerStatuses(&s)
	m.resourceStatus(&s)
	return s
}

// statusUnseen is the status of a pod that no node has looked at, or that its node refused.
func (m *Machine) statusUnseen() pod.Status {
	s := pod.Status{
		Phase:    m.shown.phase,
		Reason:   m.shown.ending().reason,
		Message:  m.shown.ending().message,
		QOSClass: m.pod.Spec.QOSClass(),
	}
	if m.is(flagRejected) {
		s.ObservedGeneration = m.observedGeneration()
		s.StartTime = apiTimePointer(m.startTime)
		s.Conditions = m.foreign(nil)
		return s
	}
	s.Conditions = slices.Clone(m.pod.Status.Conditions)
	return s
}

func (m *Machine) observedGeneration() int64 {
	if m.cfg.Static {
		return 0
	}
	return m.shown.generation
}

func (m *Machine) conditionStatuses() []pod.Condition {
	out := m.foreign(make([]pod.Condition, 0, m.conditionRoom()))
	if e := m.evicted(); e != nil && e.condition && m.shown.phase.IsTerminal() {
		out = putCondition(out, pod.Condition{
			Type: pod.DisruptionTarget, Status: pod.ConditionTrue, ObservedGeneration: m.observedGeneration(),
			LastTransitionTime: apiTime(e.since), Reason: pod.ReasonTerminationByKubelet, Message: e.disruption(),
		})
	}
	out = m.appendResizes(out)
	for i := range m.shown.conditions {
		c := &m.shown.conditions[i]
		if !c.known {
			continue
		}
		status := pod.ConditionFalse
		if c.true {
			status = pod.ConditionTrue
		}
		generation := m.observedGeneration()
		if i == conditionRestarting {
			generation = 0
		}
		out = append(out, pod.Condition{
			Type: conditionTypes[i], Status: status, ObservedGeneration: generation,
			LastTransitionTime: apiTime(m.shown.since[i]), Reason: whyReasons[c.why], Message: m.conditionMessage(i),
		})
	}
	return out
}

// conditionRoom is how many conditions a status has, most of the time: a status is made at every change, and room is what it costs.
func (m *Machine) conditionRoom() (n int) {
	for i := range m.shown.conditions {
		if m.shown.conditions[i].known {
			n++
		}
	}
	for i := range m.pod.Status.Conditions {
		if !ownCondition(m.pod.Status.Conditions[i].Type) {
			n++
		}
	}
	return n
}

// disruption is what the condition says of the eviction.
func (e *eviction) disruption() string {
	if e.reason == pod.ReasonPreempting {
		return "Pod was preempted by Kubelet to accommodate a critical pod."
	}
	return e.message
}

// putCondition puts c in the place of the condition of its type, or at the end.
func putCondition(list []pod.Condition, c pod.Condition) []pod.Condition {
	if old := findCondition(list, c.Type); old != nil {
		*old = c
		return list
	}
	return append(list, c)
}

func (m *Machine) addressStatus(s *pod.Status) {
	for _, ip := range m.cfg.HostIPs {
		s.HostIPs = append(s.HostIPs, pod.HostIP{IP: ip.String()})
	}
	ips := m.ips
	if !m.shown.addressed {
		ips = nil
	}
	if m.pod.Spec.HostNetwork {
		ips = m.cfg.HostIPs
	}
	for _, ip := range ips {
		s.PodIPs = append(s.PodIPs, pod.PodIP{IP: ip.String()})
	}
	s.HostIP, s.PodIP = first(m.cfg.HostIPs), first(ips)
}

func first(ips []netip.Addr) string {
	if len(ips) == 0 {
		return ""
	}
	return ips[0].String()
}

// containerStatuses fills in the three lists: init containers in the order of the spec, the others by name.
func (m *Machine) containerStatuses(s *pod.Status) {
	if n := len(m.pod.Spec.InitContainers); n > 0 {
		s.InitContainerStatuses = make([]pod.ContainerStatus, 0, n)
	}
	s.ContainerStatuses = make([]pod.ContainerStatus, 0, len(m.pod.Spec.Containers))
	for i := range m.containers {
		c := &m.containers[i]
		list := &s.ContainerStatuses
		switch c.kind {
		case initContainer, sidecar:
			list = &s.InitContainerStatuses
		case ephemeralContainer:
			list = &s.EphemeralContainerStatuses
		}
		*list = append(*list, pod.ContainerStatus{})
		m.containerStatus(c, &(*list)[len(*list)-1])
	}
	byName := func(a, b pod.ContainerStatus) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(s.ContainerStatuses, byName)
	slices.SortFunc(s.EphemeralContainerStatuses, byName)
	trimMessages(s.InitContainerStatuses, len(m.containers))
	trimMessages(s.ContainerStatuses, len(m.containers))
	trimMessages(s.EphemeralContainerStatuses, len(m.containers))
}

// How long termination messages may be, each and all of a pod's containers together, in bytes. See
// https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/.
const (
	maxMessage    = 4096
	maxPodMessage = 12 << 10
)

// trimMessages cuts termination messages to the share that each of n containers has.
func trimMessages(list []pod.ContainerStatus, n int) {
	limit := min(maxMessage, maxPodMessage/n)
	for i := range list {
		for _, t := range [...]*pod.ContainerStateTerminated{list[i].State.Terminated, list[i].LastTerminationState.Terminated} {
			if t != nil && len(t.Message) > limit {
				t.Message = t.Message[:limit]
			}
		}
	}
}

func (m *Machine) containerStatus(c *container, s *pod.ContainerStatus) {
	v := &c.shown
	s.Name, s.Image, s.RestartCount, s.Ready = c.spec.Name, c.spec.Image, v.count(), v.ready
	if c.kind != ephemeralContainer {
		started := v.started
		s.Started = &started
	}
	if m.showsResources(c) {
		s.ContainerID = c.past(m.stateRun(c)).id
		s.ImageID = c.imageID
		resources := c.resources()
		s.Resources = &resources
		s.AllocatedResources = allocated(c.spec)
	}
	s.State = m.shownState(c)
	if r := m.lastState(c); r != nil {
		s.LastTerminationState.Terminated = c.terminated(r)
	}
	s.VolumeMounts = mountStatuses(c.spec)
}

func (m *Machine) shownState(c *container) (s pod.ContainerState) {
	r := m.stateRun(c)
	switch c.shown.state {
	case viewRunning:
		s.Running = &pod.ContainerStateRunning{}
		if r != nil {
			s.Running.StartedAt = apiTime(r.started)
		}
	case viewTerminated:
		if r != nil {
			s.Terminated = c.terminated(r)
		}
	case viewLost:
		lost := run{}
		lost.lose()
		s.Terminated = c.terminated(&lost)
	default:
		s.Waiting = m.waitingState(c)
	}
	return s
}

func (m *Machine) waitingState(c *container) *pod.ContainerStateWaiting {
	switch {
	case c.shown.wait != nil:
		return &pod.ContainerStateWaiting{Reason: c.shown.wait.reason, Message: c.shown.wait.message}
	case len(m.pod.Spec.InitContainers) > 0 && c.kind != ephemeralContainer:
		return &pod.ContainerStateWaiting{Reason: pod.ReasonPodInitializing}
	}
	return &pod.ContainerStateWaiting{Reason: pod.ReasonContainerCreating}
}

func (c *container) terminated(ended *run) *pod.ContainerStateTerminated {
	r := c.past(ended)
	return &pod.ContainerStateTerminated{
		ExitCode: r.exit, Reason: r.note().reason, Message: r.note().message, ContainerID: r.id,
		StartedAt: apiTime(r.started), FinishedAt: apiTime(r.finished),
	}
}

func mountStatuses(c *pod.Container) []pod.VolumeMountStatus {
	if len(c.VolumeMounts) == 0 {
		return nil
	}
	out := make([]pod.VolumeMountStatus, len(c.VolumeMounts))
	for i := range c.VolumeMounts {
		v := &c.VolumeMounts[i]
		out[i] = pod.VolumeMountStatus{Name: v.Name, MountPath: v.MountPath, ReadOnly: v.ReadOnly}
		if v.ReadOnly {
			mode := pod.RecursiveReadOnlyDisabled
			if v.RecursiveReadOnly != nil && *v.RecursiveReadOnly != pod.RecursiveReadOnlyDisabled {
				mode = pod.RecursiveReadOnlyEnabled
			}
			out[i].RecursiveReadOnly = &mode
		}
	}
	return out
}

// allocated is what a node sets aside for the container: its requests.
func allocated(c *pod.Container) pod.ResourceList {
	if len(c.Resources.Requests) == 0 {
		return nil
	}
	return c.Resources.Requests
}

// resourceStatus fills in the resources of the whole pod. The kubelet reads them from the pod's cgroup; a machine knows
// only what the spec asks for.
func (m *Machine) resourceStatus(s *pod.Status) {
	s.Resources = &pod.ResourceRequirements{}
	if m.pod.Spec.Resources != nil {
		*s.Resources = *m.pod.Spec.Resources
	}
}

// apiTime is an instant as a status shows it: in UTC, whole seconds; the zero Time where nothing is known.
func apiTime(t int64) pod.Time {
	if t == never {
		return pod.Time{}
	}
	return pod.NewTime(time.Unix(0, t).UTC().Truncate(time.Second))
}

func apiTimePointer(t int64) *pod.Time {
	if t == never {
		return nil
	}
	at := apiTime(t)
	return &at
}
