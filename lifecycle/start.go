package lifecycle

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

// startStage is what the start of the container at the head of the queue waits for.
type startStage uint8

const (
	startCheck startStage = iota // nothing has been done for it yet
	startPull                    // its image
	startRun                     // the runtime
	startHook                    // its postStart hook
	startKill                    // its end, the hook having failed
)

// startNext takes the start of the container at the head of the queue on, and reports whether it got anywhere.
func (w work) startNext() bool {
	if len(w.queue) == 0 {
		w.finishRound()
		return true
	}
	c := &w.containers[w.queue[0]]
	switch w.start {
	case startCheck:
		return w.checkStart(c)
	case startRun:
		return w.awaitRun(c)
	case startKill:
		moved := w.stopSome()
		if c.stop.stage != stopIdle {
			return moved
		}
		w.endStart(c, false)
		return true
	}
	return false
}

// checkStart begins the start unless the container's back-off forbids it.
func (w work) checkStart(c *container) bool {
	prior := c.priorEnd()
	if prior != nil && prior.finished != never {
		ended := prior.finished
		if ended > after(w.now, maxSkew) {
			ended = c.backOff.at
		}
		if rest := c.backOff.remaining(w.now, ended); rest > 0 {
			w.crashLoop(c)
			w.retry(rest)
			w.endStart(c, false)
			return true
		}
		c.backOff.next(w.now, ended, w.cfg.maxRestartPeriod())
	}
	w.prepareImage(c)
	return true
}

// priorEnd is the ended attempt that the back-off counts from: the newest that had ended when the look began. A
// container stopped in this same round was running then.
func (c *container) priorEnd() *run {
	if !c.has(markRestarting) {
		if c.cur.state == runExited {
			return &c.cur
		}
		return nil
	}
	if c.last != nil && c.last.state == runExited {
		return c.last
	}
	return nil
}

// crashLoop says that the container waits. After a postStart hook that failed a kubelet looks twice, for it has not been able to look at
// the container's start before its end; and it says so each time.
func (w work) crashLoop(c *container) {
	if c.wait != nil && c.wait.reason == pod.ReasonPostStartHookError {
		w.set(flagAgain)
	}
	c.wait = &note{
		reason: pod.ReasonCrashLoopBackOff,
		message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s",
			c.backOff.wait, c.spec.Name, podName(w.pod)),
	}
	w.say(Event{Kind: BackOff, Container: c.spec.Name})
	w.set(flagRepublish)
}

// endStart goes on to the next container. An init container that could not be started holds up all that follow.
func (w work) endStart(c *container, started bool) {
	c.mark(markRestarting, false)
	w.start, w.roundAction = startCheck, 0
	if started {
		c.wait = nil
	}
	if !started && c.kind == initContainer {
		w.queue = w.queue[:0]
		return
	}
	w.queue = w.queue[:copy(w.queue, w.queue[1:])]
}

// failStart ends the start of the container with an error that the next look tries again after 10 s.
func (w work) failStart(c *container, reason pod.Reason, message string) {
	c.wait = &note{reason, message}
	w.set(flagFailed)
	w.endStart(c, false)
}

// prepareImage sees to the container's image.
// See https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy.
func (w work) prepareImage(c *container) {
	image := c.spec.Image
	if _, err := pod.ParseImage(image); err != nil {
		message := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", image, image, err)
		w.say(Event{Kind: InspectFailed, Container: c.spec.Name, Text: message})
		w.sayFailed(c, string(pod.ReasonInvalidImageName))
		w.failStart(c, pod.ReasonInvalidImageName, message)
		return
	}
	switch policy := pullPolicy(c.spec); {
	case policy == pod.PullNever && c.has(markNoImage):
		message := fmt.Sprintf("Container image %q is not present with pull policy of Never", image)
		w.say(Event{Kind: ErrImageNeverPull, Container: c.spec.Name, Text: image})
		w.sayFailed(c, string(pod.ReasonErrImageNeverPull))
		w.failStart(c, pod.ReasonErrImageNeverPull, message)
	case policy == pod.PullAlways || c.has(markNoImage):
		w.pullImage(c)
	default:
		w.say(Event{Kind: ImagePresent, Container: c.spec.Name, Text: image})
		w.runContainer(c)
	}
}

func pullPolicy(c *pod.Container) pod.PullPolicy {
	if c.ImagePullPolicy != "" {
		return c.ImagePullPolicy
	}
	return pod.DefaultPullPolicy(c.Image)
}

// pullImage asks for the image, unless the latest pull of it failed too short a time ago.
func (w work) pullImage(c *container) {
	p := w.pullOf(c.spec.Image)
	if p != nil {
		if rest := p.remaining(w.now, p.failed); rest > 0 {
			w.say(Event{Kind: PullBackOff, Container: c.spec.Name, Text: c.spec.Image})
			w.sayFailed(c, string(pod.ReasonImagePullBackOff))
			c.wait = &note{pod.ReasonImagePullBackOff, fmt.Sprintf("Back-off pulling image %q: %s: %s",
				c.spec.Image, p.err.reason, p.err.message)}
			w.retry(rest)
			w.endStart(c, false)
			return
		}
	}
	if w.is(flagUnshown) {
		w.publish(false)
	}
	w.say(Event{Kind: Pulling, Container: c.spec.Name, Text: c.spec.Image})
	w.start = startPull
	w.since = w.now
	w.roundAction = w.act(Action{Kind: PullImage, Container: c.spec.Name, Attempt: c.nextAttempt()})
}

// pullOf is the back-off of pulls of that image, whichever container of the pod asked for it, or nil.
func (m *Machine) pullOf(image string) *pulling {
	for i := range m.containers {
		if p := m.containers[i].pull(); p != nil && p.image == image {
			return p
		}
	}
	return nil
}

// runContainer asks the runtime for the next attempt.
func (w work) runContainer(c *container) {
	w.start = startRun
	w.roundAction = w.act(Action{Kind: StartContainer, Container: c.spec.Name, Attempt: c.nextAttempt()})
	w.attempt = c.nextAttempt()
}

// awaitRun waits until the runtime shows the attempt that was asked for.
func (w work) awaitRun(c *container) bool {
	if c.cur.state <= runCreated || c.cur.attempt < w.attempt {
		return false
	}
	if c.cur.note().reason == pod.ReasonStartError {
		w.startFailed(c, pod.ReasonRunContainerError, c.cur.note().message)
		return true
	}
	w.say(Event{Kind: Created, Container: c.spec.Name})
	w.say(Event{Kind: Started, Container: c.spec.Name})
	if c.spec.Lifecycle == nil || c.spec.Lifecycle.PostStart == nil {
		w.endStart(c, true)
		return true
	}
	w.start = startHook
	w.roundAction = w.act(Action{Kind: RunHook, Call: PostStart, Container: c.spec.Name, Attempt: c.cur.attempt})
	return true
}

// startFailed is for an attempt that the runtime could not create or start.
func (w work) startFailed(c *container, reason pod.Reason, message string) {
	if reason == pod.ReasonRunContainerError {
		w.say(Event{Kind: Created, Container: c.spec.Name})
	}
	w.sayFailed(c, message)
	w.failStart(c, reason, message)
}

func (w work) sayFailed(c *container, text string) {
	w.say(Event{Kind: FailedStart, Container: c.spec.Name, Text: text})
}

// startDone takes in the answer to what the start waited for.
func (w work) startDone(r Result) {
	c := &w.containers[w.queue[0]]
	switch w.start {
	case startPull:
		w.pullDone(c, r)
	case startRun:
		if r.Outcome != Succeeded {
			reason := r.Reason
			if reason == "" {
				reason = pod.ReasonCreateContainerError
			}
			w.startFailed(c, reason, r.Message)
		}
	case startHook:
		w.postStartDone(c, r)
	}
}

func (w work) pullDone(c *container, r Result) {
	w.roundAction = 0
	if r.Outcome == Succeeded {
		c.mark(markNoImage, false)
		w.say(Event{Kind: Pulled, Container: c.spec.Name, Text: c.spec.Image, Took: w.sinceDuration(), Size: r.ImageSize})
		w.runContainer(c)
		return
	}
	reason := r.Reason
	if reason == "" {
		reason = pod.ReasonErrImagePull
	}
	p := w.pullOf(c.spec.Image)
	if p == nil {
		p = &pulling{image: c.spec.Image, failed: w.now}
	} else {
		copied := *p
		p = &copied
	}
	p.next(w.now, p.failed, maxBackOff)
	p.failed, p.err = w.now, note{reason, r.Message}
	w.forgetPull(c.spec.Image)
	c.setPull(p)
	w.say(Event{Kind: FailedPull, Container: c.spec.Name, Text: c.spec.Image, Note: r.Message})
	w.sayFailed(c, string(reason))
	w.failStart(c, reason, r.Message)
}

func (m *Machine) forgetPull(image string) {
	for i := range m.containers {
		if p := m.containers[i].pull(); p != nil && p.image == image {
			m.containers[i].setPull(nil)
		}
	}
}

// sayFallback says that a hook over HTTPS was answered over HTTP.
func (w work) sayFallback(r Result) {
	if r.Outcome == Warned {
		w.say(Event{Kind: LifecycleHTTPFallback, Text: r.Message})
	}
}

// postStartDone takes in the answer of the postStart hook. If it failed, the container is stopped.
func (w work) postStartDone(c *container, r Result) {
	w.roundAction = 0
	w.sayFallback(r)
	if r.OK() {
		w.endStart(c, true)
		return
	}
	w.say(Event{Kind: FailedPostStartHook, Container: c.spec.Name})
	c.wait = &note{pod.ReasonPostStartHookError, w.hookMessage(c, r)}
	w.set(flagFailed)
	w.start = startKill
	w.kill(c, killHook)
	c.mark(markRestarting, false)
}
