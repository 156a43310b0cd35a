package lifecycle

import "time"

// A round is the work that one look began: mount, stop single containers, make the sandbox, start containers one after
// the other; or stop the whole pod. While it waits for the driver no look happens, as in the kubelet, whose sync of a
// pod blocks while it pulls an image or runs a postStart hook.

// task is what a round works with while it lasts.
type task struct {
	queue   []int16 // containers that this round starts, in order
	mountAt int64   // when mounting is tried again
	since   int64   // when the present pull began
	attempt int32   // the attempt that the present start asked for
	start   startStage
	tries   uint8 // mounts that failed
	places  [4]int16
}

// idle is the task of every machine that has none. Nobody writes to it.
var idle = &task{mountAt: never}

func newTask() *task {
	t := &task{mountAt: never}
	t.queue = t.places[:0]
	return t
}

// enqueue puts a container at the end of those that this round starts. A round that starts none has no task of its own.
func (w work) enqueue(i int) {
	if w.task == idle {
		w.task = newTask()
	}
	w.queue = append(w.queue, int16(i))
}

func (t *task) clone() *task {
	c := *t
	c.queue = append(c.places[:0], t.queue...)
	return &c
}

// proceed takes the round on as far as it goes, and reports whether it got anywhere.
func (w work) proceed() bool {
	switch w.round {
	case roundMounting:
		return w.mount()
	case roundKilling:
		return w.awaitKilled()
	case roundResetting:
		return w.reset()
	case roundBoxing:
		return w.makeBox()
	case roundStarting:
		return w.startNext()
	case roundStopping:
		return w.stopAlong()
	}
	return false
}

// mount waits for the volumes, and tries again after each failure: 0.5 s, 1 s, 2 s ... up to 2 min 2 s.
func (w work) mount() bool {
	switch {
	case w.endAsked() && (w.is(flagVolumes) || w.roundAction == 0):
		w.mountAt, w.tries = never, 0
		w.finishRound()
		return true
	case w.is(flagVolumes):
		w.roundAction, w.mountAt, w.tries = 0, never, 0
		w.round = roundIdle
		w.planContainers()
		return true
	case w.roundAction != 0 || w.now < w.mountAt:
		return false
	}
	w.roundAction = w.act(Action{Kind: MountVolumes})
	return true
}

// awaitKilled waits until the containers that had to be stopped have been, then goes on to what follows.
func (w work) awaitKilled() bool {
	moved := w.stopSome()
	if w.anyStopping() {
		return moved
	}
	switch {
	case w.endAsked():
		w.finishRound()
	case w.is(flagWantBox):
		w.round = roundBoxing
	default:
		w.round = roundStarting
	}
	return true
}

// makeBox waits for the sandbox.
func (w work) makeBox() bool {
	switch {
	case w.box == SandboxReady:
		w.clear(flagWantBox)
		w.roundAction = 0
		w.round = roundStarting
		w.showBox()
		if w.endAsked() {
			w.finishRound()
		}
		return true
	case w.is(flagFailed):
		w.finishRound()
		return true
	case w.roundAction != 0:
		return false
	}
	w.roundAction = w.act(Action{Kind: CreateSandbox})
	return true
}

// finishRound ends the round. If the runtime shows anything new since it began, a look follows at once.
func (w work) finishRound() {
	w.round, w.roundAction = roundIdle, 0
	w.task = idle
	if w.is(flagFailed) {
		w.retryAt = never
		w.retry(retryDelay)
	}
	if w.is(flagMoved | flagDeleting) {
		w.set(flagDue)
	}
	w.clear(flagMoved | flagFailed)
}

// retry asks for a look after d (at most a minute), unless one is wanted sooner.
func (m *Machine) retry(d time.Duration) {
	if at := after(m.now, m.cfg.stretch(min(d, maxRetryDelay))); m.retryAt == never || at < m.retryAt {
		m.retryAt = at
	}
}

// done takes in the answer to an action.
func (w work) done(id ActionID, r Result) {
	if id == 0 {
		return
	}
	if id == w.roundAction {
		w.roundDone(r)
		return
	}
	for i := range w.containers {
		c := &w.containers[i]
		if c.stop.action == id {
			w.stopDone(c, r)
			return
		}
		if c.stop.sent == id {
			w.stopFailed(c, r)
			return
		}
		if z := c.resize(); z != nil && z.action == id {
			w.resizeDone(c, r)
			return
		}
		for p := c.probes; p != nil; p = p.next {
			if p.action == id {
				w.probeDone(c, p, r)
				return
			}
		}
	}
}

// roundDone takes in the answer to the action that the round waits for.
func (w work) roundDone(r Result) {
	switch w.round {
	case roundMounting:
		if r.Outcome == Succeeded {
			return
		}
		w.roundAction = 0
		w.say(Event{Kind: FailedMount, Text: r.Message})
		w.mountAt = w.now + int64(min(firstMountWait<<min(w.tries, 10), maxMountWait))
		w.tries = min(w.tries+1, 10)
	case roundBoxing:
		if r.Outcome == Succeeded {
			return
		}
		w.say(Event{Kind: FailedCreatePodSandBox, Text: r.Message})
		w.set(flagFailed)
	case roundStarting:
		w.startDone(r)
	case roundStopping:
		if r.Outcome != Succeeded {
			w.roundAction = 0
			w.retry(retryDelay)
		}
	default:
		if w.stage == stageCleaning && r.Outcome != Succeeded {
			w.roundAction = 0
			w.retry(retryDelay)
		}
	}
}
