package lifecycle

import (
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// Explain says in one sentence why the pod is as its status shows it and what it waits for, as of the latest Step:
//
//	Running, not Ready: container app fails its readiness probe (3 of 3): exit status 1; next probe in 4 s
//	Running, not Ready: container app is not restarted for 18 s: back-off after 3 failures, the latest with exit code 1 (Error)
//	Pending: the scheduling gate "example.com/quota" holds it back
//
// It is for people: its words may change from one release to the next.
func (m *Machine) Explain() string {
	phase := string(m.shown.phase)
	switch end := m.shown.ending(); {
	case end.reason != "":
		return fmt.Sprintf("%s (%s): %s", phase, end.reason, end.message)
	case m.shown.phase.IsTerminal():
		return phase + ": " + m.endings()
	case m.stage == stageOver:
		return phase + ": it was deleted"
	case !m.shown.looked:
		return phase + ": " + m.unseenBecause()
	case m.stage >= stageEnding:
		return phase + ", being stopped: " + m.stopBecause() + m.stopWaitsFor()
	case m.shown.conditions[conditionReady].true:
		return phase + " and Ready" + m.stopWaitsFor() + m.livenessText() + m.endText()
	}
	return phase + ", not Ready: " + m.notReadyBecause() + m.endText()
}

func (m *Machine) unseenBecause() string {
	if m.stage == stageUnbound && len(m.pod.Spec.SchedulingGates) > 0 {
		return fmt.Sprintf("the scheduling gate %q holds it back", m.pod.Spec.SchedulingGates[0].Name)
	}
	if m.stage == stageUnbound {
		return "it is not bound to a node"
	}
	return "its node has not looked at it yet"
}

// endings lists how the containers ended: the main ones, or the init container that failed.
func (m *Machine) endings() string {
	var out []string
	for i := range m.containers {
		c := &m.containers[i]
		failed := c.kind == initContainer && c.cur.exit != 0
		if c.cur.ended() && (c.kind == mainContainer || failed) {
			out = append(out, fmt.Sprintf("%s ended with %s", title(c), exitText(&c.cur)))
		}
	}
	if len(out) == 0 {
		return "it was stopped before its containers ran"
	}
	return strings.Join(out, ", ")
}

// stopBecause is why the pod is being stopped.
func (m *Machine) stopBecause() string {
	switch {
	case m.is(flagDeadline):
		return "its active deadline has passed"
	case m.evicted() != nil:
		return fmt.Sprintf("its node ends it (%s)", m.evicted().reason)
	case m.is(flagDeleting) && m.cfg.Static:
		return "its manifest is gone"
	case m.is(flagDeleting):
		return fmt.Sprintf("it was deleted with a grace period of %d s", m.deleteGrace)
	}
	return m.endings()
}

// stopWaitsFor is what the stop of the pod waits for: the container that is furthest from its end.
func (m *Machine) stopWaitsFor() string {
	var slowest *container
	for i := range m.containers {
		c := &m.containers[i]
		if c.stop.stage != stopIdle && (slowest == nil || c.stop.stage > slowest.stop.stage && slowest.stop.stage == stopTurn) {
			slowest = c
		}
	}
	switch {
	case slowest != nil:
		return "; " + m.stopText(slowest)
	case m.stage == stageCleaning && m.is(flagVolumes):
		return "; its volumes are being taken down"
	case m.box == SandboxReady && m.round == roundStopping:
		return "; its sandbox is being stopped"
	}
	return ""
}

// stopText is why one container is being stopped, if not with its pod, and how far that has come.
func (m *Machine) stopText(c *container) string {
	s, name := c.stop, title(c)+killedFor(c.stop.reason)
	switch s.stage {
	case stopHook:
		return fmt.Sprintf("%s runs its preStop hook, for %s at most", name, m.until(after(s.since, seconds(s.grace))))
	case stopTurn:
		return name + " waits for the containers that it serves"
	case stopAgain:
		return name + " could not be stopped; next try in " + m.until(m.stopTimer(c))
	}
	return fmt.Sprintf("%s was asked to stop, and will be killed in %s", name, m.until(after(s.since, seconds(max(s.grace, m.cfg.leastGrace())))))
}

// killedFor is why a single container is stopped.
func killedFor(reason killReason) string {
	switch reason {
	case killLiveness:
		return " failed its liveness probe,"
	case killStartup:
		return " failed its startup probe,"
	case killChanged:
		return " has another image now,"
	case killHook:
		return " failed its postStart hook,"
	}
	return ""
}

// notReadyBecause names the first thing that keeps the pod from being ready, and what happens next about it.
func (m *Machine) notReadyBecause() string {
	switch {
	case m.round == roundMounting && m.roundAction != 0:
		return "its volumes are being mounted"
	case m.round == roundMounting:
		return "its volumes could not be mounted; next try in " + m.until(m.mountAt)
	case m.round == roundBoxing:
		return "its sandbox is being made"
	case m.round == roundResetting:
		return "all its containers are being restarted in place"
	case m.box != SandboxReady && m.round == roundIdle:
		return "it has no sandbox" + m.nextTry("; next try in ")
	}
	for i := range m.containers {
		c := &m.containers[i]
		if c.incomplete() && !m.mainBegun() || c.unready() {
			return m.containerBecause(c)
		}
	}
	if g := m.gatesMessage(); g != "" {
		return strings.TrimSuffix(g, ".")
	}
	return "its node has not looked again yet"
}

// containerBecause says what is the matter with one container.
func (m *Machine) containerBecause(c *container) string {
	name, v := title(c), &c.shown
	switch {
	case c.stop.stage != stopIdle:
		return m.stopText(c)
	case m.round == roundStarting && m.starting() == c:
		return name + m.startText()
	case c.cur.alive() && v.state != viewRunning:
		return name + " runs, and its node waits for others before it says so"
	case c.wait != nil && !c.cur.alive():
		return m.waitText(c)
	case v.state == viewTerminated && m.shouldRun(c):
		return fmt.Sprintf("%s ended with %s, and is about to be restarted", name, exitText(&c.cur))
	case v.state == viewTerminated:
		return fmt.Sprintf("%s ended with %s, and is not restarted", name, exitText(&c.cur))
	case v.state == viewRunning && c.kind == initContainer:
		return name + " runs" + m.initPlace(c)
	case v.state == viewRunning && !v.started:
		return name + m.probeText(c, StartupProbe)
	case v.state == viewRunning:
		return m.unreadyText(c)
	}
	return name + " has not been started yet"
}

// initPlace is which of the pod's init containers it is.
func (m *Machine) initPlace(c *container) string {
	n := len(m.pod.Spec.InitContainers)
	for i := range m.containers[:n] {
		if &m.containers[i] == c && n > 1 {
			return fmt.Sprintf(" (%d of %d)", i+1, n)
		}
	}
	return ""
}

// startText is how far the start in progress has come.
func (m *Machine) startText() string {
	switch m.start {
	case startPull:
		return " waits for its image, which is being pulled"
	case startHook:
		return " runs its postStart hook"
	case startKill:
		return " is being stopped, for its postStart hook failed"
	}
	return " is being started"
}

// waitText says why the latest try to start the container failed, and when the next comes.
func (m *Machine) waitText(c *container) string {
	name := title(c)
	switch c.wait.reason {
	case pod.ReasonCrashLoopBackOff:
		rest := after(c.cur.finished, c.backOff.wait)
		if m.retryAt != never {
			rest = max(rest, m.retryAt)
		}
		return fmt.Sprintf("%s is not restarted for %s: back-off after %s, the latest with %s",
			name, m.until(rest), counted(int(c.cur.attempt)+1, c.cur.exit), exitText(&c.cur))
	case pod.ReasonErrImagePull, pod.ReasonImagePullBackOff:
		text := fmt.Sprintf("%s has no image: the latest pull of %q failed", name, c.spec.Image)
		if p := m.pullOf(c.spec.Image); p != nil {
			text += ": " + p.err.message
		}
		return text + m.nextTry("; next look in ")
	}
	return fmt.Sprintf("%s could not be started (%s): %s%s", name, c.wait.reason, c.wait.message, m.nextTry("; next try in "))
}

func (m *Machine) starting() *container {
	if len(m.queue) == 0 {
		return nil
	}
	return &m.containers[m.queue[0]]
}

func (m *Machine) unreadyText(c *container) string {
	name := title(c)
	p := c.probeOf(ReadinessProbe)
	switch {
	case p == nil:
		return name + " is declared not ready"
	}
	return name + m.probeText(c, ReadinessProbe)
}

// livenessText tells of a container that is on the way to being killed by its liveness probe.
func (m *Machine) livenessText() string {
	for i := range m.containers {
		c := &m.containers[i]
		p := c.probeOf(LivenessProbe)
		if p != nil && p.failing && p.run > 0 && c.cur.alive() && c.stop.stage == stopIdle {
			return "; " + title(c) + m.probeText(c, LivenessProbe)
		}
	}
	return ""
}

// probeText is what the probe says of the container, how often of how often it must, and when it runs next.
func (m *Machine) probeText(c *container, call Call) string {
	p := c.probeOf(call)
	text := fmt.Sprintf(" has not passed its %s probe", call)
	switch ran := p.run > 0 && p.attempt == c.cur.attempt; {
	case ran && p.failing:
		text = fmt.Sprintf(" fails its %s probe (%d of %d)%s", call, min(p.run, p.threshold(true)), p.threshold(true), p.saidText())
	case ran:
		text += fmt.Sprintf(" often enough (%d of %d)", p.run, p.threshold(false))
	}
	switch at := m.probeAt(c, p); {
	case p.action != 0:
		text += "; a probe is under way"
	case at != never:
		text += "; next probe in " + m.until(at)
	}
	return text
}

// saidText is what the latest failure said.
func (p *probe) saidText() string {
	if p.said == nil {
		return ""
	}
	return ": " + *p.said
}

// nextTry is before and the time until the node looks again by itself; empty where it does not.
func (m *Machine) nextTry(before string) string {
	if m.retryAt == never {
		return ""
	}
	return before + m.until(m.retryAt)
}

// endText is what is known of the pod's end while it still lives.
func (m *Machine) endText() string {
	if m.endAsked() {
		return "; then it is stopped, for " + m.stopBecause()
	}
	if at := m.deadlineAt(); at != never {
		return "; its active deadline is in " + m.until(at)
	}
	return ""
}

// until is the time from now until at, for people: 18 s, 2.5 s, 1 min 20 s.
func (m *Machine) until(at int64) string {
	d := max(time.Duration(at-m.now), 0).Round(10 * time.Millisecond)
	if d < time.Minute {
		return fmt.Sprintf("%g s", d.Seconds())
	}
	d = d.Round(time.Second)
	out := fmt.Sprintf("%d min", d/time.Minute%60)
	if h := d / time.Hour; h > 0 {
		out = fmt.Sprintf("%d h ", h) + out
	}
	if s := d / time.Second % 60; s > 0 {
		out += fmt.Sprintf(" %d s", s)
	}
	return out
}

// title is what a sentence calls the container.
func title(c *container) string {
	switch c.kind {
	case initContainer:
		return "init container " + c.spec.Name
	case sidecar:
		return "sidecar " + c.spec.Name
	}
	return "container " + c.spec.Name
}

func exitText(r *run) string {
	if reason := r.note().reason; reason != "" && r.exit != 0 {
		return fmt.Sprintf("exit code %d (%s)", r.exit, reason)
	}
	return fmt.Sprintf("exit code %d", r.exit)
}

// counted is so many failures, or ends if the latest was none.
func counted(n int, exit int32) string {
	noun := "failure"
	if exit == 0 {
		noun = "end"
	}
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
