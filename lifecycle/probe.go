package lifecycle

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// probe is the schedule and the thresholds of one probe of one container.
//
// A probe ticks from the pod's first look on, through all restarts of its container, and runs at the ticks at which
// there is something to probe. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes.
type probe struct {
	next    *probe // of the same container
	spec    *pod.Probe
	said    *string // what the latest failure said, for Explain; nil where nothing was
	anchor  int64   // a tick; the others are whole periods away
	latest  int64   // when it ran last, or when what it waited for came true
	attempt int32   // the attempt it ran against
	run     int32   // how many results in a row were as the latest
	action  ActionID
	call    Call
	verdict verdict
	failing bool // the latest result
	hold    bool // it has said its last word about this attempt
	trigger bool // it is to run now, and to tick from now on
}

// verdict is what a probe's thresholds have made of its results.
type verdict uint8

const (
	verdictNone verdict = iota
	verdictPassed
	verdictFailed
)

// newProbes are the probes of c, in the order of their Calls, as a list.
func newProbes(c *pod.Container) (list *probe) {
	specs := probeSpecs(c)
	for i := len(specs) - 1; i >= 0; i-- {
		if specs[i] != nil {
			list = &probe{next: list, spec: specs[i], call: StartupProbe + Call(i), anchor: never, latest: never}
		}
	}
	return list
}

// clone copies the list from p on.
func (p *probe) clone() *probe {
	if p == nil {
		return nil
	}
	c := *p
	c.next = p.next.clone()
	return &c
}

// probeSpecs are the three probes of c, in the order of their Calls.
func probeSpecs(c *pod.Container) [3]*pod.Probe {
	return [3]*pod.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe}
}

func (c *container) probeOf(call Call) *probe {
	for p := c.probes; p != nil; p = p.next {
		if p.call == call {
			return p
		}
	}
	return nil
}

// verdict is what the probe says of the newest attempt; verdictNone also where there is no such probe.
func (c *container) verdict(call Call) verdict {
	if p := c.probeOf(call); p != nil {
		return p.verdict
	}
	return verdictNone
}

// passed reports whether the probe, if there is one, has said yes to the newest attempt.
func (c *container) passed(call Call) bool {
	p := c.probeOf(call)
	return p == nil || p.verdict == verdictPassed
}

// resetProbes forgets the verdicts on an attempt that is no longer the newest. The counters stay.
func (c *container) resetProbes() {
	for p := c.probes; p != nil; p = p.next {
		p.verdict, p.hold = verdictNone, false
	}
}

// probe runs the probes whose time has come.
func (w work) probe() {
	for i := range w.containers {
		c := &w.containers[i]
		for p := c.probes; p != nil; p = p.next {
			if at := w.probeAt(c, p); at <= w.now && at != never {
				w.runProbe(c, p)
			}
		}
	}
}

func (w work) runProbe(c *container, p *probe) {
	if p.trigger {
		p.trigger, p.anchor = false, w.now
		if c.cur.ranFor(w.now) < int64(p.spec.InitialDelaySeconds) {
			return
		}
	}
	p.latest, p.attempt = w.now, c.cur.attempt
	p.action = w.act(Action{
		Kind: RunProbe, Call: p.call, Container: c.spec.Name, Attempt: c.cur.attempt,
		Timeout: seconds(max(int64(p.spec.TimeoutSeconds), 1)),
	})
}

// nextProbe is when the first of the container's probes is to run, or never.
func (m *Machine) nextProbe(c *container) int64 {
	at := int64(never)
	for p := c.probes; p != nil; p = p.next {
		if t := m.probeAt(c, p); t != never && (at == never || t < at) {
			at = t
		}
	}
	return at
}

// probeAt is when the probe is to run, or never while there is nothing for it to do.
func (m *Machine) probeAt(c *container, p *probe) int64 {
	if !m.probable(c, p) {
		return never
	}
	if p.trigger {
		return m.now
	}
	anchor := p.anchor
	if anchor == never {
		anchor = m.startTime
	}
	period := int64(seconds(max(int64(p.spec.PeriodSeconds), 1)))
	started := c.cur.started
	if started > after(m.now, maxSkew) {
		started = anchor
	}
	t := tickAfter(anchor, period, max(started, p.latest, anchor))
	if ready := after(wholeSecond(started), seconds(int64(p.spec.InitialDelaySeconds))); t < ready {
		t = tickAfter(anchor, period, ready-1)
	}
	return t
}

// wholeSecond is t as the API shows it: cut to whole seconds. A node counts initialDelaySeconds and activeDeadlineSeconds from there.
func wholeSecond(t int64) int64 { return t - max(t, 0)%int64(time.Second) }

// maxSkew is by how much the runtime's clock may be ahead. A start or an end later than that counts as at an unknown time:
// a start as before the pod's own, an end as at the start.
const maxSkew = time.Minute

// tickAfter is the first tick later than t, which is not before anchor.
func tickAfter(anchor, period, t int64) int64 {
	return after(anchor, time.Duration(((t-anchor)/period+1)*period))
}

// probable reports whether the published status shows something that the probe is to look at.
func (m *Machine) probable(c *container, p *probe) bool {
	v := &c.shown
	if p.action != 0 || p.hold || v.state != viewRunning || !c.cur.alive() || v.attempt != c.cur.attempt {
		return false
	}
	switch p.call {
	case StartupProbe:
		return m.stage == stageLive && !v.started
	case LivenessProbe:
		return m.stage == stageLive && v.started
	}
	return m.stage <= stageEnding && v.started
}

// triggerReadiness has readiness probes run at once where a look finds a container that has started and is not ready.
func (m *Machine) triggerReadiness() {
	for i := range m.containers {
		c := &m.containers[i]
		if p := c.probeOf(ReadinessProbe); p != nil && c.shown.started && !c.shown.ready {
			p.trigger = true
		}
	}
}

// probeDone takes in one result.
func (w work) probeDone(c *container, p *probe, r Result) {
	p.action = 0
	w.sayProbed(c, p, r)
	if r.Outcome == Unknown {
		return
	}
	failing := !r.OK()
	if p.failing != failing {
		p.run = 0
	}
	p.failing = failing
	p.run++
	p.hear(failing, r)
	if p.attempt != c.cur.attempt || !c.cur.alive() || p.run < p.threshold(failing) {
		return
	}
	w.decide(c, p, failing)
}

// sayProbed says what is to be said of a probe's result.
func (w work) sayProbed(c *container, p *probe, r Result) {
	e := Event{Container: c.spec.Name, Call: p.call, Text: r.Message}
	switch r.Outcome {
	case Succeeded:
		return
	case Unknown:
		if r.Message == "" {
			return
		}
		e.Kind, e.Note = ProbeErrored, cmp.Or(string(r.Reason), "unknown")
	case Warned:
		e.Kind = ProbeWarning
	default:
		e.Kind = Unhealthy
	}
	w.say(e)
}

// hear keeps what a failure said.
func (p *probe) hear(failing bool, r Result) {
	text := strings.TrimSpace(r.Message)
	if text == "" && r.ExitCode != 0 {
		text = fmt.Sprintf("exit status %d", r.ExitCode)
	}
	switch {
	case !failing || text == "":
		p.said = nil
	case p.said == nil || *p.said != text:
		p.said = &text
	}
}

func (p *probe) threshold(failing bool) int32 {
	if failing {
		return max(p.spec.FailureThreshold, 1)
	}
	return max(p.spec.SuccessThreshold, 1)
}

// decide makes a result that has come often enough the probe's verdict.
func (w work) decide(c *container, p *probe, failing bool) {
	next := verdictPassed
	if failing {
		next = verdictFailed
	}
	changed := (p.verdict == verdictPassed) != (next == verdictPassed)
	p.verdict = next
	if p.call == StartupProbe || p.call == LivenessProbe && failing {
		p.hold, p.run = true, 0
	}
	switch p.call {
	case ReadinessProbe:
		if changed {
			w.showReadiness(c)
			w.set(flagDue)
		}
	case StartupProbe:
		if !failing {
			w.showStarted(c)
		}
		w.set(flagDue)
	case LivenessProbe:
		if failing {
			w.set(flagDue)
		}
	}
}

// showReadiness publishes a change of readiness at once, also while a round keeps looks away.
func (m *Machine) showReadiness(c *container) {
	v := c.shown
	if v.state != viewRunning || v.attempt != c.cur.attempt {
		return
	}
	v.ready = v.started && c.passed(ReadinessProbe)
	if v != c.shown {
		c.shown = v
		m.set(flagChanged)
	}
	var r roll
	m.callRoll(&r)
	m.showReady(&r, m.shown.phase)
}

// showStarted publishes that the startup probe passed; the other probes begin with their next tick.
func (m *Machine) showStarted(c *container) {
	v := c.shown
	if v.state != viewRunning || v.attempt != c.cur.attempt {
		return
	}
	v.started = true
	c.shown = v
	m.set(flagChanged)
	for p := c.probes; p != nil; p = p.next {
		p.latest = max(p.latest, m.now)
	}
}
