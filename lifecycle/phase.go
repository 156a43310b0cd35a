package lifecycle

import "github.com/podlife/podlife/pod"

// Moment is what PhaseOf needs to know beside a status: where in its life the pod is. The zero Moment is that of a pod
// whose containers may still be started.
type Moment struct {
	// Stopped says that the pod is being ended for good and nothing of it runs.
	Stopped bool
	// Initialized says that a main container has been started in the present sandbox.
	Initialized bool
	// Static says that the pod comes from a manifest on the node; its phase then never looks at Stopped.
	Static bool
}

// PhaseOf is the phase of a pod with this spec whose containers are as status says; nothing but the three lists of
// container statuses is read. Every phase in this library comes from here: a machine makes the same tally out of its
// own words. See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase.
func PhaseOf(spec *pod.Spec, status *pod.Status, at Moment) pod.Phase {
	var t tally
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		s := findStatus(status.InitContainerStatuses, c.Name)
		if c.IsSidecar() {
			t.sidecar(wordOf(s))
		} else {
			t.init(wordOf(s), restartableWord(spec, c, s))
		}
	}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		s := findStatus(status.ContainerStatuses, c.Name)
		t.main(wordOf(s), restartableWord(spec, c, s))
	}
	return t.phase(at)
}

// computePhase is PhaseOf for what this machine is about to publish, with what overrides it.
func (m *Machine) computePhase(stopped bool) pod.Phase {
	if m.is(flagDeadline) {
		return pod.Failed
	}
	var t tally
	at := Moment{Stopped: stopped, Static: m.cfg.Static}
	for i := range m.containers {
		c := &m.containers[i]
		switch c.kind {
		case initContainer:
			word := m.phaseWord(c)
			t.init(word, word.ended() && m.restartable(c))
		case sidecar:
			t.sidecar(m.phaseWord(c))
		case mainContainer:
			at.Initialized = at.Initialized || c.cur.box == m.boxCount && (c.cur.state == runRunning || c.cur.state == runExited)
			word := m.phaseWord(c)
			t.main(word, word.ended() && m.restartable(c))
		}
	}
	computed := t.phase(at)
	switch {
	case m.shown.phase.IsTerminal():
		return m.shown.phase
	case stopped && m.evicted() != nil && !computed.IsTerminal():
		return pod.Failed
	}
	return computed
}

// phaseWord is what the tally needs to know of the container's published state.
func (m *Machine) phaseWord(c *container) phaseWord {
	switch v := &c.shown; {
	case v.state == viewRunning && (v.started || c.kind != sidecar):
		return phaseRunning
	case v.state == viewRunning:
		return phaseStarting
	case v.state == viewTerminated:
		return endedWord(c.cur.exit)
	case v.state == viewLost:
		return phaseFailed
	}
	if r := m.lastState(c); r != nil {
		return retryWord(c.past(r).exit)
	}
	return phaseWaiting
}

func (m *Machine) restartable(c *container) bool {
	r := &c.cur
	if c.shown.state == viewWaiting {
		if l := m.lastState(c); l != nil {
			r = l
		}
	}
	return r.state == runReset || pod.ContainerShouldRestart(c.spec, m.pod.Spec.RestartPolicy, r.exit)
}

// setPhase is the only place that writes a phase. It keeps to Transitions: a terminal phase stays.
func (m *Machine) setPhase(next pod.Phase) {
	if m.shown.phase != next && Allowed(m.shown.phase, next) {
		m.shown.phase = next
		m.set(flagChanged)
	}
}

// settlePhase publishes the computed phase with its reason. A terminal one waits until nothing can run any more, but for a
// static pod's: its mirror says at once what has become of its containers.
func (m *Machine) settlePhase(computed pod.Phase) {
	if computed.IsTerminal() && !m.is(flagStopped) && !m.cfg.Static {
		return
	}
	if computed.IsTerminal() && !m.shown.phase.IsTerminal() {
		m.shown.end = m.endReason(computed)
	}
	m.setPhase(computed)
}

// endReason is why the pod ended, where it did not end by itself. An evicted pod whose containers all ended with success
// has succeeded, as if nothing had happened.
func (m *Machine) endReason(phase pod.Phase) *note {
	switch {
	case m.is(flagDeadline):
		return deadlineNote
	case m.evicted() != nil && phase == pod.Failed:
		return &note{m.evicted().reason, m.evicted().message}
	}
	return nil
}

var deadlineNote = &note{pod.ReasonDeadlineExceeded, deadlineMessage}

// ending is the published reason and message; an empty note where there are none.
func (s *shownPod) ending() *note {
	if s.end == nil {
		return noNote
	}
	return s.end
}

// phaseWord says of one container what its pod's phase depends on.
type phaseWord uint8

const (
	phaseNothing        phaseWord = iota // no status, or none of the three states
	phaseWaiting                         // waits, and has never run
	phaseStarting                        // a sidecar that runs and has not started
	phaseRunning                         // runs
	phaseSucceeded                       // ended, with exit code 0
	phaseFailed                          // ended, with another
	phaseRetrySucceeded                  // waits after such an end
	phaseRetryFailed
)

// ended reports whether there is an end that another attempt may follow.
func (w phaseWord) ended() bool { return w >= phaseSucceeded }

func endedWord(exit int32) phaseWord {
	if exit == 0 {
		return phaseSucceeded
	}
	return phaseFailed
}

func retryWord(exit int32) phaseWord {
	if exit == 0 {
		return phaseRetrySucceeded
	}
	return phaseRetryFailed
}

// wordOf is the word of a status; s may be nil.
func wordOf(s *pod.ContainerStatus) phaseWord {
	switch {
	case s == nil:
		return phaseNothing
	case s.State.Running != nil && (s.Started == nil || !*s.Started):
		return phaseStarting
	case s.State.Running != nil:
		return phaseRunning
	case s.State.Terminated != nil:
		return endedWord(s.State.Terminated.ExitCode)
	case s.State.Waiting == nil:
		return phaseNothing
	case s.LastTerminationState.Terminated != nil:
		return retryWord(s.LastTerminationState.Terminated.ExitCode)
	}
	return phaseWaiting
}

// restartableWord reports whether the attempt that s shows as ended is followed by another.
func restartableWord(spec *pod.Spec, c *pod.Container, s *pod.ContainerStatus) bool {
	if s == nil {
		return false
	}
	t := s.State.Terminated
	if t == nil {
		t = s.LastTerminationState.Terminated
	}
	if t == nil {
		return false
	}
	return t.Reason == pod.ReasonRestartingAllContainers || pod.ContainerShouldRestart(c, spec.RestartPolicy, t.ExitCode)
}

func findStatus(list []pod.ContainerStatus, name string) *pod.ContainerStatus {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// tally counts a pod's containers by what matters for its phase.
type tally struct {
	pendingInit, pendingSidecar, deadInit       int
	unknown, running, waiting                   int
	stopped, stoppedForGood, stoppedWithSuccess int
}

func (t *tally) init(w phaseWord, restartable bool) {
	switch w {
	case phaseSucceeded, phaseRetrySucceeded:
	case phaseFailed, phaseRetryFailed:
		if !restartable {
			t.deadInit++
		}
	default:
		t.pendingInit++
	}
}

func (t *tally) sidecar(w phaseWord) {
	switch w {
	case phaseNothing:
		t.unknown++
	case phaseWaiting:
		t.pendingSidecar++
		t.waiting++
	case phaseStarting:
		t.pendingSidecar++
		t.running++
	case phaseRunning:
		t.running++
	}
}

func (t *tally) main(w phaseWord, restartable bool) {
	switch w {
	case phaseNothing:
		t.unknown++
	case phaseWaiting:
		t.waiting++
	case phaseStarting, phaseRunning:
		t.running++
	default:
		t.stopped++
		if w == phaseSucceeded {
			t.stoppedWithSuccess++
		}
		if !restartable {
			t.stoppedForGood++
		}
	}
}

func (t *tally) phase(at Moment) pod.Phase {
	switch {
	case t.deadInit > 0:
		return pod.Failed
	case t.pendingInit > 0, t.pendingSidecar > 0 && !at.Initialized, t.waiting > 0:
		return pod.Pending
	case t.running > 0 && t.unknown == 0:
		return pod.Running
	case t.running > 0 || t.stopped == 0 || t.unknown > 0:
		return pod.Pending
	case at.Stopped && !at.Static:
		return t.outcome()
	case t.stoppedForGood < t.stopped:
		return pod.Running
	}
	return t.outcome()
}

func (t *tally) outcome() pod.Phase {
	if t.stoppedWithSuccess == t.stopped {
		return pod.Succeeded
	}
	return pod.Failed
}
