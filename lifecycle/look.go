package lifecycle

import (
	"slices"

	"github.com/podlife/podlife/pod"
)

// A look is what the kubelet calls a sync: see how things stand, say so, and begin what is missing. It happens whenever
// the runtime shows something new, a probe's verdict changes, the API user does something or a time has come; never
// while the work begun by the look before (the round) goes on.

// look looks once.
func (w work) look() {
	w.retryAt = never
	switch w.stage {
	case stageLive:
		w.lookLive()
	case stageEnding:
		w.stopPod()
	case stageCleaning:
		w.clean()
	case stageOver:
		w.bury()
	}
}

func (w work) lookLive() {
	w.settleResize()
	if computed := w.publish(false); computed.IsTerminal() || w.endAsked() {
		w.end()
		return
	}
	w.plan()
}

// endAsked reports whether somebody has asked for the pod's end: the API's user, its deadline, or its node. A round in
// progress then begins nothing more, unless a start of its has gone as far as the pull.
func (m *Machine) endAsked() bool { return m.is(flagDeleting|flagDeadline) || m.evicted() != nil }

// end begins to stop the pod for good.
func (w work) end() {
	w.stage = stageEnding
	w.publish(false)
	w.stopPod()
}

// plan decides what this look begins.
func (w work) plan() {
	w.task = idle
	w.clear(flagMoved | flagFailed | flagWantBox)
	for i := range w.containers {
		w.containers[i].mark(markRestarting, false)
	}
	if len(w.pod.Spec.Volumes) > 0 && !w.is(flagVolumes) {
		w.round, w.task = roundMounting, newTask()
		return
	}
	w.planContainers()
}

// planContainers decides which containers are to be stopped and started, and whether the sandbox is to be made.
func (w work) planContainers() {
	if w.restartsAll() {
		w.resetPod()
		return
	}
	if w.box != SandboxReady {
		w.planSandbox()
		return
	}
	w.planEphemeral()
	if !w.planInit() {
		return
	}
	w.planMain()
	if w.round == roundKilling {
		w.planResize()
	}
}

// planSandbox plans a pod that has no sandbox, or whose sandbox has ended: everything begins anew.
func (w work) planSandbox() {
	if w.boxCount > 0 && w.pod.Spec.RestartPolicy == pod.RestartPolicyNever && w.anyRan() {
		w.stopPod()
		return
	}
	for i := range w.containers {
		c := &w.containers[i]
		if c.kind == mainContainer && !w.ranOnce(c) {
			w.enqueue(i)
		}
	}
	if len(w.queue) == 0 && w.anyMainRan() {
		w.stopPod()
		return
	}
	if len(w.pod.Spec.InitContainers) > 0 {
		w.task = idle
		w.enqueue(0)
	}
	if w.boxCount > 0 {
		w.say(Event{Kind: SandboxChanged})
	}
	w.set(flagWantBox)
	w.round = roundKilling
	for i := range w.containers {
		if w.containers[i].cur.alive() {
			w.kill(&w.containers[i], killPod|killRestarts)
		}
	}
}

// ranOnce reports whether the container is done for ever, with success.
func (w work) ranOnce(c *container) bool {
	return c.spec.EffectiveRestartPolicy(w.pod.Spec.RestartPolicy) == pod.RestartPolicyOnFailure &&
		c.cur.state == runExited && c.cur.exit == 0
}

func (m *Machine) anyRan() bool {
	return slices.ContainsFunc(m.containers, func(c container) bool { return c.cur.remains() })
}

func (m *Machine) anyMainRan() bool {
	return slices.ContainsFunc(m.containers, func(c container) bool { return c.kind == mainContainer && c.cur.remains() })
}

// planEphemeral plans the ephemeral containers that have never been started. They never are again.
func (w work) planEphemeral() {
	for i := range w.containers {
		if c := &w.containers[i]; c.kind == ephemeralContainer && c.cur.state == runNone {
			w.enqueue(i)
		}
	}
	w.round = roundKilling
}

// planInit plans init containers and sidecars; it reports whether the main containers may be looked at.
// See https://kubernetes.io/docs/concepts/workloads/pods/init-containers/ and KEP-753.
func (w work) planInit() (initialized bool) {
	n := len(w.pod.Spec.InitContainers)
	if n == 0 {
		return true
	}
	begun := w.mainBegun()
	initialized = begun
	for i := n - 1; i >= 0; i-- {
		c := &w.containers[i]
		step, kill := w.initStep(c, begun)
		if kill != killNothing {
			w.kill(c, kill)
		}
		switch step {
		case initGone:
			continue
		case initStart:
			w.enqueue(i)
		case initNext, initNextAfterRestart:
			if i == n-1 {
				initialized = true
			} else if !begun {
				w.enqueue(i + 1)
			}
			if step == initNextAfterRestart {
				w.enqueue(i)
			}
		case initDead:
			w.stopPod()
			return false
		}
		if !begun {
			w.planEarlierSidecars(i)
			break
		}
	}
	return initialized
}

// mainBegun reports whether a main container has been started in the present sandbox: no init container runs any more then.
func (m *Machine) mainBegun() bool {
	return slices.ContainsFunc(m.containers, func(c container) bool {
		return c.kind == mainContainer && c.cur.box == m.boxCount && (c.cur.state == runRunning || c.cur.state == runExited)
	})
}

// planEarlierSidecars plans the sidecars before position i that have to be started again.
func (w work) planEarlierSidecars(i int) {
	for j := i - 1; j >= 0; j-- {
		c := &w.containers[j]
		if c.kind != sidecar {
			continue
		}
		step, kill := w.initStep(c, true)
		if kill != killNothing {
			w.kill(c, kill)
		}
		if step == initStart || step == initNextAfterRestart {
			w.enqueue(j)
		}
	}
}

// initStep is what an init container or sidecar calls for.
type initStep uint8

const (
	initGone             initStep = iota // nothing is known of it; look at the one before
	initWait                             // it runs, or is not started yet
	initStart                            // start it, for the first time or again
	initNext                             // it is done, or serves: on to the next
	initNextAfterRestart                 // it served, and is being restarted
	initDead                             // it failed for good
)

func (w work) initStep(c *container, begun bool) (initStep, killReason) {
	if c.cur.state == runNone || c.cur.state == runReset || c.cur.state == runGone || c.cur.box != w.boxCount {
		return w.absentStep(c, begun), killNothing
	}
	if c.kind == initContainer && begun {
		return initGone, killNothing
	}
	switch c.cur.state {
	case runCreated:
		return initStart, killNothing
	case runRunning:
		return w.runningStep(c)
	case runLost:
		if c.kind == initContainer && !w.restartsOnFailure(c) {
			return initDead, killNothing
		}
		return initStart, killNothing
	}
	return w.exitedStep(c), killNothing
}

// absentStep is for a container without an attempt in this sandbox: only the very first is started for that alone.
func (w work) absentStep(c *container, begun bool) initStep {
	if begun && c.kind == sidecar || !begun && c == &w.containers[0] {
		return initStart
	}
	return initGone
}

func (w work) runningStep(c *container) (initStep, killReason) {
	switch {
	case c.kind == initContainer:
		return initWait, killNothing
	case c.verdict(StartupProbe) == verdictFailed:
		return initStart, killStartup
	case !c.passed(StartupProbe):
		return initWait, killNothing
	case c.has(markChanged):
		return initNextAfterRestart, killChanged
	case c.verdict(LivenessProbe) == verdictFailed:
		return initNextAfterRestart, killLiveness
	case c.resizeRestarts():
		return initNextAfterRestart, killResize
	}
	return initNext, killNothing
}

func (w work) exitedStep(c *container) initStep {
	switch {
	case c.kind == sidecar:
		return initStart
	case c.cur.exit == 0:
		return initNext
	case !w.shouldRun(c):
		return initDead
	}
	return initStart
}

// planMain plans the main containers. Where none is kept and none to be started, the whole pod is stopped instead.
func (w work) planMain() {
	begun := len(w.queue)
	kept, killed := false, false
	for i := range w.containers {
		switch c := &w.containers[i]; {
		case c.kind != mainContainer:
		case !c.cur.alive():
			if w.shouldRun(c) {
				w.enqueue(i)
			}
		default:
			reason := c.killReason()
			kept, killed = kept || reason == killNothing, killed || reason != killNothing
			if reason != killNothing && w.restartsAfter(c, reason) {
				w.enqueue(i)
			}
		}
	}
	if !kept && len(w.queue) == begun {
		w.task = idle
		w.stopPod()
		return
	}
	if killed {
		w.killMain()
	}
}

// restartsAfter reports whether a container that is stopped for that reason is started again.
func (w work) restartsAfter(c *container, reason killReason) bool {
	return reason.restarts() || w.restartsOnFailure(c)
}

// killMain begins to stop the running main containers that must not run on.
func (w work) killMain() {
	for i := range w.containers {
		c := &w.containers[i]
		reason := c.killReason()
		if c.kind != mainContainer || !c.cur.alive() || reason == killNothing {
			continue
		}
		if w.restartsAfter(c, reason) {
			reason |= killRestarts
		}
		w.kill(c, reason)
	}
}

// killReason is why a running main container must not run on.
func (c *container) killReason() killReason {
	switch {
	case c.has(markChanged):
		return killChanged
	case c.verdict(LivenessProbe) == verdictFailed:
		return killLiveness
	case c.verdict(StartupProbe) == verdictFailed:
		return killStartup
	case c.resizeRestarts():
		return killResize
	}
	return killNothing
}

// clean takes the volumes down once nothing runs, and then publishes the last status.
func (w work) clean() {
	if w.is(flagVolumes) {
		if w.roundAction == 0 {
			w.roundAction = w.act(Action{Kind: UnmountVolumes})
		}
		return
	}
	w.roundAction = 0
	w.terminate()
	w.stage = stageOver
	w.bury()
}

// bury removes what is left of a pod that was deleted and is over. Of one for which nothing was ever asked, nothing is.
func (w work) bury() {
	if !w.is(flagDeleting) || w.is(flagRemoving) || w.lastAction == 0 {
		return
	}
	w.set(flagRemoving)
	w.act(Action{Kind: RemoveSandbox})
}
