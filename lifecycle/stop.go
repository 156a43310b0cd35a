package lifecycle

import (
	"fmt"
	"slices"
	"time"

	"github.com/podlife/podlife/pod"
)

// killReason is why a container is stopped; with killRestarts it is started again in the same round.
type killReason uint8

const (
	killNothing killReason = iota
	killPod                // the whole pod is being stopped
	killLiveness
	killStartup
	killChanged
	killHook
	killReset
	killResize
	killRestarts killReason = 1 << 7
)

// restarts reports whether a container killed for that reason is started again whatever its restart policy says.
func (k killReason) restarts() bool { return k == killChanged || k == killResize }

// stopping is how far the stop of one container has come: its preStop hook, its turn after the containers that it
// serves, the stop signal.
type stopping struct {
	since  int64    // when this stage began
	grace  int64    // what is left of the grace period, in seconds
	action ActionID // the preStop hook
	sent   ActionID // the stop signal
	stage  stopStage
	reason killReason
}

// notStopping is the stop of every container that has none. Nobody writes to it.
var notStopping = &stopping{}

// forgetStop lets go of a stop that is over and of which no answer is awaited.
func (c *container) forgetStop() {
	if c.stop.stage == stopIdle && c.stop.action == 0 {
		c.stop = notStopping
	}
}

type stopStage uint8

const (
	stopIdle  stopStage = iota
	stopHook            // the preStop hook runs
	stopTurn            // others are to end before it
	stopSent            // the runtime was asked
	stopAgain           // the runtime could not; it is asked again after a while
)

// kill begins to stop one container.
func (w work) kill(c *container, reason killReason) {
	why := reason &^ killRestarts
	grace := w.stopGrace(c, why)
	w.say(Event{Kind: Killing, Container: c.spec.Name, Text: killText(c, reason)})
	c.mark(markRestarting, c.has(markRestarting) || reason&killRestarts != 0 || c.kind == sidecar)
	c.stop = &stopping{since: w.now, grace: grace, stage: stopTurn, reason: why}
	if h := preStop(c.spec); h != nil && grace > 0 {
		c.stop.stage = stopHook
		c.stop.action = w.act(Action{
			Kind: RunHook, Call: PreStop, Container: c.spec.Name, Attempt: c.cur.attempt, Timeout: seconds(grace),
		})
	}
}

// killText is what the event says of the reason.
func killText(c *container, reason killReason) string {
	name := c.spec.Name
	if c.kind == sidecar {
		name = "Init container " + name
	} else {
		name = "Container " + name
	}
	text := ""
	switch reason &^ killRestarts {
	case killLiveness:
		text = name + " failed liveness probe"
	case killStartup:
		text = name + " failed startup probe"
	case killChanged:
		text = name + " definition changed"
	case killResize:
		text = name + " resize requires restart"
	case killHook:
		return "FailedPostStartHook"
	case killReset:
		return "killing"
	default:
		return "Stopping container " + c.spec.Name
	}
	if reason&killRestarts != 0 {
		text += ", will be restarted"
	}
	return text
}

func preStop(c *pod.Container) *pod.LifecycleHandler {
	if c.Lifecycle == nil {
		return nil
	}
	return c.Lifecycle.PreStop
}

// stopGrace is how long the container may take to stop, in seconds: what the deletion says, else what the probe that
// failed says, else what the pod says; the node's own decision goes before them all.
func (w work) stopGrace(c *container, why killReason) int64 {
	switch {
	case why == killReset:
		return 0
	case w.evicted() != nil && w.evicted().grace != nil && w.stage == stageEnding:
		return max(*w.evicted().grace, 1)
	case w.is(flagDeleting):
		return w.deleteGrace
	}
	var p *pod.Probe
	switch why {
	case killLiveness:
		p = c.spec.LivenessProbe
	case killStartup:
		p = c.spec.StartupProbe
	}
	if p != nil && p.TerminationGracePeriodSeconds != nil {
		return *p.TerminationGracePeriodSeconds
	}
	return w.specGrace()
}

// stopPod begins to stop everything, for good or because nothing is left to run. Where nothing is left to stop either, the
// pod stays as it is until something happens to it.
func (w work) stopPod() {
	if w.stage == stageLive && w.box != SandboxReady && !w.anyAlive() {
		w.round, w.task = roundIdle, idle
		return
	}
	w.round, w.roundAction = roundStopping, 0
	for i := range w.containers {
		if c := &w.containers[i]; c.cur.alive() && c.stop.stage == stopIdle {
			w.kill(c, killPod)
		}
	}
}

func (m *Machine) anyAlive() bool {
	return slices.ContainsFunc(m.containers, func(c container) bool { return c.cur.alive() })
}

// stopAlong takes the stop of the whole pod on, and reports whether it got anywhere. Where there is nothing to stop, the
// status that the pod ends with comes in a Step of its own, after the one that said why.
func (w work) stopAlong() bool {
	moved := w.stopSome()
	if w.anyStopping() {
		return moved
	}
	if w.box == SandboxReady {
		if w.roundAction != 0 || w.retryAt != never && w.now < w.retryAt {
			return moved
		}
		w.roundAction = w.act(Action{Kind: StopSandbox})
		return true
	}
	if w.stage == stageEnding && w.is(flagChanged) {
		w.retryAt = w.now
		return moved
	}
	w.stopped()
	return true
}

// stopped is reached when nothing of the pod runs any more.
func (w work) stopped() {
	w.retryAt = never
	w.set(flagMoved)
	w.finishRound()
	if w.stage != stageEnding {
		return
	}
	w.set(flagStopped)
	w.passDeadline(0)
	w.publish(true)
	w.stage = stageCleaning
	if !w.settled() {
		w.clear(flagDue)
		w.retryAt = w.now
	}
}

// settled reports whether the published status is the last one already.
func (m *Machine) settled() bool {
	if !m.shown.phase.IsTerminal() {
		return false
	}
	for i := range m.containers {
		c := &m.containers[i]
		if c.kind != ephemeralContainer && c.shown.state != viewTerminated {
			return false
		}
	}
	return true
}

func (m *Machine) anyStopping() bool {
	for i := range m.containers {
		if m.containers[i].stop.stage != stopIdle {
			return true
		}
	}
	return false
}

// stopSome takes every stop on as far as it goes. An end of one may be the turn of another.
func (w work) stopSome() (moved bool) {
	for again := true; again; {
		again = false
		for i := range w.containers {
			if w.stopOn(&w.containers[i]) {
				again, moved = true, true
			}
		}
	}
	return moved
}

// stopOn takes the stop of one container one stage further, if its time has come.
func (w work) stopOn(c *container) bool {
	s := c.stop
	switch s.stage {
	case stopHook:
		if s.action != 0 && w.now < w.stopTimer(c) {
			return false
		}
		w.nextStopStage(c, stopTurn)
	case stopTurn:
		if w.round == roundStopping && !w.turnOf(c) && w.now < w.stopTimer(c) {
			return false
		}
		w.nextStopStage(c, stopSent)
		w.sendStop(c)
	case stopAgain:
		if c.cur.alive() && w.now < w.stopTimer(c) {
			return false
		}
		w.nextStopStage(c, stopSent)
		w.sendStop(c)
	case stopSent:
		if c.cur.alive() {
			return false
		}
		s.stage = stopIdle
		c.forgetStop()
	default:
		return false
	}
	return true
}

// sendStop asks the runtime to stop the container, with what is left of the grace period, but no less than 2 s.
func (w work) sendStop(c *container) {
	if !c.cur.alive() {
		return
	}
	c.stop.sent = w.act(Action{
		Kind: StopContainer, Container: c.spec.Name, Attempt: c.cur.attempt,
		Timeout: seconds(max(c.stop.grace, w.cfg.leastGrace())),
	})
}

// nextStopStage takes the time that a stage took off the grace period, in whole seconds.
func (w work) nextStopStage(c *container, next stopStage) {
	c.stop.grace -= (w.now - c.stop.since) / int64(time.Second)
	c.stop.since, c.stop.stage = w.now, next
}

// stopTimer is when the container's stop goes on whatever it waits for, or never.
func (m *Machine) stopTimer(c *container) int64 {
	switch s := c.stop; s.stage {
	case stopHook, stopTurn:
		return after(s.since, seconds(max(s.grace, 0)))
	case stopAgain:
		return after(s.since, retryDelay)
	}
	return never
}

// turnOf reports whether the container may be sent its stop signal. A sidecar outlives the main containers, and the
// sidecars that came after it. See KEP-753.
func (m *Machine) turnOf(c *container) bool {
	if c.kind != sidecar {
		return true
	}
	later := false
	for i := range m.containers {
		o := &m.containers[i]
		if o == c {
			later = true
			continue
		}
		if o.stop.stage != stopIdle && (o.kind == mainContainer || later && o.kind == sidecar) {
			return false
		}
	}
	return true
}

// stopDone takes in the answer of a preStop hook, however late.
func (w work) stopDone(c *container, r Result) {
	c.stop.action = 0
	c.forgetStop()
	w.sayFallback(r)
	if r.Outcome == Failed || r.Outcome == TimedOut {
		w.say(Event{Kind: FailedPreStopHook, Container: c.spec.Name})
	}
}

// stopFailed takes in that the runtime could not stop the container: it is asked again after 10 s.
func (w work) stopFailed(c *container, r Result) {
	if r.Outcome == Succeeded || c.stop.stage != stopSent {
		return
	}
	c.stop.sent = 0
	w.nextStopStage(c, stopAgain)
}

// restartsAll reports whether all containers of the pod are to be restarted in place: one of them ended with an exit
// code whose rule says so. See KEP-5532.
func (m *Machine) restartsAll() bool {
	for i := range m.containers {
		c := &m.containers[i]
		if c.cur.state == runExited && c.spec.MatchedRestartAction(c.cur.exit) == pod.ContainerRestartRuleActionRestartAllContainers {
			return true
		}
	}
	return false
}

// resetPod begins to restart all containers in place.
func (w work) resetPod() {
	w.set(flagRestartAll)
	w.showRestarting(w.shown.phase)
	w.round = roundResetting
	for i := range w.containers {
		if c := &w.containers[i]; c.kind != ephemeralContainer && c.cur.alive() {
			w.kill(c, killReset)
		}
	}
}

// reset forgets every attempt once all have been stopped, and starts from the first init container at once: what the
// kubelet publishes in between lasts only as long as a start takes.
func (w work) reset() bool {
	moved := w.stopSome()
	if w.anyStopping() {
		return moved
	}
	if w.endAsked() {
		w.clear(flagRestartAll)
		w.finishRound()
		return true
	}
	for i := range w.containers {
		c := &w.containers[i]
		if c.kind == ephemeralContainer || c.cur.state == runNone || c.cur.state == runReset {
			continue
		}
		w.act(Action{Kind: RemoveContainer, Container: c.spec.Name, Attempt: c.cur.attempt})
		c.cur.state = runReset
		c.wait = nil
	}
	w.clear(flagRestartAll)
	w.set(flagUnshown | flagMoved)
	w.round, w.task = roundIdle, idle
	w.planContainers()
	return true
}

// hookMessage is what a status says of a postStart hook that failed.
func (m *Machine) hookMessage(c *container, r Result) string {
	h := c.spec.Lifecycle.PostStart
	who := fmt.Sprintf("for Container %q in Pod %q failed - error: ", c.spec.Name, podName(m.pod))
	switch {
	case h.Exec != nil:
		return fmt.Sprintf("Exec lifecycle hook (%s) %scommand '%s' exited with %d: %s, message: %q",
			h.Exec.Command, who, joined(h.Exec.Command), r.ExitCode, "", r.Message)
	case h.HTTPGet != nil:
		return fmt.Sprintf("HTTP lifecycle hook (%s) %s%s", h.HTTPGet.Path, who, r.Message)
	}
	return fmt.Sprintf("Sleep lifecycle hook %s%s", who, r.Message)
}
