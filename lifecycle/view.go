package lifecycle

import (
	"cmp"

	"github.com/podlife/podlife/pod"
)

// viewState is the state that the published status gives a container.
type viewState uint8

const (
	viewWaiting viewState = iota
	viewRunning
	viewTerminated
	viewLost // Terminated with ContainerStatusUnknown: it never ran, and the pod has ended
)

// declaredReady is what the driver says of a container's readiness.
type declaredReady uint8

const (
	readyUnsaid declaredReady = iota
	readyNo
	readyYes
)

// view is one small word for one container: what the published status says of it. Status makes the long form of it.
type view struct {
	wait    *note // why it waits; nil: nothing special
	attempt int32
	of      viewOf
	state   viewState
	ready   bool
	started bool
}

// viewOf is what a view's attempt means.
type viewOf uint8

const (
	viewOfNone    viewOf = iota // there has been no attempt
	viewOfAttempt               // the state is about the attempt
	viewOfNext                  // the state is about the attempt that comes after it
	viewOfCreated               // the state is about the attempt, which has not run yet
)

// count is the restart count that the view shows.
func (v *view) count() int32 {
	if v.of == viewOfNext {
		return v.attempt + 1
	}
	return v.attempt
}

// equal is ==, field by field: a view that was just filled in is slow to read as a whole.
func (v *view) equal(o *view) bool {
	return v.wait == o.wait && v.attempt == o.attempt && v.of == o.of &&
		v.state == o.state && v.ready == o.ready && v.started == o.started
}

var justCreated = &note{}

// shownPod is the part of the published status that is about the whole pod.
type shownPod struct {
	phase      pod.Phase
	end        *note // why the pod ended, where it did not end by itself
	generation int64
	since      [conditionCount]int64 // when each condition became what it is
	conditions [conditionCount]shownCondition
	looked     bool // a node has written this status
	addressed  bool // it shows the pod's addresses
}

// showWord publishes the view that a look at the container has now.
func (m *Machine) showWord(c *container) {
	v := view{attempt: c.cur.attempt, of: viewOfAttempt}
	m.word(c, &v)
	m.show(c, &v)
}

// word fills in v, a view of the newest attempt, as a look at the container has it now.
func (m *Machine) word(c *container, v *view) {
	switch r := &c.cur; r.state {
	case runNone:
		v.of, v.wait = viewOfNone, c.wait
	case runCreated:
		v.of, v.wait = viewOfCreated, cmp.Or(c.wait, justCreated)
	case runRunning:
		v.state = viewRunning
	case runReset:
		v.of = viewOfNext
		v.wait = c.wait
	case runGone:
		if !m.is(flagDeleting) || c.shown.of == viewOfNext {
			v.of = viewOfNext
		}
		v.wait = c.wait
	case runExited:
		v.state = viewTerminated
	case runLost:
		v.state, v.of = viewTerminated, viewOfNext
	}
	if m.waitsAgain(c) {
		v.state, v.wait = viewWaiting, c.wait
	}
	if v.state == viewWaiting && m.is(flagDeleting) {
		v.wait = nil
	}
	m.readyWord(c, v)
}

// waitsAgain reports whether an attempt that has ended shows as waiting for the next: the latest try to start it failed.
func (m *Machine) waitsAgain(c *container) bool {
	if c.wait == nil || !c.cur.ended() || c.kind == ephemeralContainer {
		return false
	}
	if c.kind == initContainer && c.cur.state == runExited && c.cur.exit == 0 {
		return false
	}
	return m.shouldRun(c)
}

// readyWord fills in started and ready.
func (m *Machine) readyWord(c *container, v *view) {
	if c.kind == ephemeralContainer {
		return
	}
	v.started = v.state == viewRunning && c.passed(StartupProbe)
	if c.kind == initContainer {
		v.ready = v.state == viewTerminated && c.cur.exit == 0 && c.cur.state == runExited
		return
	}
	v.ready = v.started && c.passed(ReadinessProbe)
	if c.declared != readyUnsaid && c.probeOf(ReadinessProbe) == nil {
		v.ready = v.started && c.declared == readyYes
	}
}

// publish makes a look's status the published one, and returns the phase that it computed for it. terminal says that
// nothing of the pod runs any more.
func (w work) publish(terminal bool) pod.Phase {
	if w.startTime == never {
		w.startTime = w.now
	}
	w.clear(flagUnshown)
	w.showDeadline()
	for i := range w.containers {
		w.showWord(&w.containers[i])
	}
	computed := w.computePhase(terminal)
	w.showPod(computed)
	w.showConditions(computed)
	w.showResizes()
	w.settlePhase(computed)
	w.triggerReadiness()
	return computed
}

// republish shows what the latest look learnt about waiting containers, and looks no further.
func (w work) republish() {
	if w.stage != stageLive || w.round != roundIdle {
		return
	}
	for i := range w.containers {
		w.showWord(&w.containers[i])
	}
}

func (m *Machine) show(c *container, v *view) {
	if v.wait != nil && c.shown.wait != nil && *v.wait == *c.shown.wait {
		v.wait = c.shown.wait
	}
	if !c.shown.equal(v) {
		c.shown = *v
		m.set(flagChanged)
	}
	c.setOlder(nil)
}

// showPod publishes what is not about containers or phase.
func (m *Machine) showPod(computed pod.Phase) {
	s := &m.shown
	addressed := len(m.ips) > 0 && !m.pod.Spec.HostNetwork
	if !s.looked || !m.cfg.Static && s.generation != m.generation || s.addressed != addressed {
		m.set(flagChanged)
	}
	s.looked, s.generation, s.addressed = true, m.generation, addressed
}

// showDeadline says that the pod has been active too long, each time a look finds it so.
func (w work) showDeadline() {
	if w.is(flagDeadline) && !w.is(flagFinal) {
		w.say(Event{Kind: DeadlineExceeded})
	}
}

// terminate publishes the last status: whatever has not ended by now has been lost, and the phase is final.
// See KEP-3329 and https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase.
func (w work) terminate() {
	if w.initialized() {
		w.loseRest(mainContainer, len(w.containers))
	}
	w.loseRest(initContainer, w.triedInit())
	w.loseRest(ephemeralContainer, len(w.containers))
	w.showDeadline()
	w.set(flagFinal)
	if !w.cfg.Static && !w.shown.phase.IsTerminal() {
		w.setPhase(pod.Failed)
	}
}

// loseRest publishes as lost the containers of kind k (init taking sidecars along) before position n that have not ended;
// an ephemeral one only if it ran.
func (m *Machine) loseRest(k kind, n int) {
	for i := range m.containers[:n] {
		c := &m.containers[i]
		if c.kind != k && !(k == initContainer && c.kind == sidecar) {
			continue
		}
		if c.shown.state == viewWaiting && k != ephemeralContainer || c.shown.state == viewRunning {
			v := c.shown
			v.state, v.wait, v.ready, v.started = viewLost, nil, false, false
			m.show(c, &v)
		}
	}
}

// triedInit is how many init containers, counted from the first, have been tried: at least one, where there are any.
func (m *Machine) triedInit() int {
	n := len(m.pod.Spec.InitContainers)
	for i := n - 1; i > 0; i-- {
		if v := &m.containers[i].shown; v.state != viewWaiting || m.lastState(&m.containers[i]) != nil {
			return i + 1
		}
	}
	return min(n, 1)
}

// initialized reports whether the published status has any sign that the init containers were done.
func (m *Machine) initialized() bool {
	n := len(m.pod.Spec.InitContainers)
	if n == 0 {
		return true
	}
	for i := range m.containers[n:] {
		c := &m.containers[n+i]
		if c.kind == mainContainer && (c.shown.state != viewWaiting || m.lastState(c) != nil) {
			return true
		}
	}
	c := &m.containers[n-1]
	if c.kind == sidecar {
		return c.shown.state == viewRunning && c.shown.started
	}
	return c.shown.state == viewTerminated && c.cur.exit == 0
}

// state is the attempt that the published state is about, or nil where it is about none.
func (m *Machine) stateRun(c *container) *run {
	return c.runOf(c.shown.attempt, c.shown.of != viewOfNone)
}

// lastState is the attempt that the published lastState is about, or nil.
func (m *Machine) lastState(c *container) *run {
	v := &c.shown
	if (v.state == viewWaiting || v.state == viewLost) && v.of != viewOfCreated {
		if r := m.stateRun(c); r != nil && r.ended() {
			return r
		}
	}
	if v.of == viewOfNone || v.attempt == 0 {
		return nil
	}
	if r := c.runOf(v.attempt-1, true); r != nil && r.ended() {
		return r
	}
	return nil
}

// runOf is what is known of the attempt of that number, or nil.
func (c *container) runOf(attempt int32, exists bool) *run {
	switch {
	case !exists:
		return nil
	case c.cur.state != runNone && c.cur.attempt == attempt:
		return &c.cur
	case c.last != nil && c.last.attempt == attempt:
		return c.last
	case c.older() != nil && c.older().attempt == attempt:
		return c.older()
	}
	return nil
}
