package script

import (
	"fmt"
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// imageSize is what every image weighs, in bytes.
const imageSize = 1 << 20

// Act tells the engine that a was asked for at now.
func (e *Engine) Act(now time.Time, a lifecycle.Action) {
	switch a.Kind {
	case lifecycle.MountVolumes:
		e.mount(now, a)
	case lifecycle.CreateSandbox:
		e.createSandbox(now, a)
	case lifecycle.PullImage:
		e.pull(now, a)
	case lifecycle.StartContainer:
		e.start(now, a)
	case lifecycle.StopContainer:
		e.stop(now, a)
	case lifecycle.RemoveContainer:
		e.remove(a)
	case lifecycle.RunHook, lifecycle.RunProbe:
		e.call(now, a)
	case lifecycle.Resize:
		e.resize(now, a)
	case lifecycle.StopSandbox:
		e.stopSandbox(now)
	case lifecycle.UnmountVolumes:
		e.seen.Volumes, e.news = false, true
	case lifecycle.RemoveSandbox:
		e.seen = lifecycle.Seen{MissingImages: e.seen.MissingImages}
		e.pending, e.news = nil, true
	}
}

// mount fails for a volume whose config map or secret does not exist.
func (e *Engine) mount(now time.Time, a lifecycle.Action) {
	for i := range e.pod.Spec.Volumes {
		v := &e.pod.Spec.Volumes[i]
		if err := e.missingObject(v); err != "" {
			e.answer(now, a, lifecycle.Result{
				Outcome: lifecycle.Failed,
				Message: fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", v.Name, err),
			})
			return
		}
	}
	e.seen.Volumes, e.news = true, true
}

// missingObject says which object the volume needs and nobody has; empty where there is none.
func (e *Engine) missingObject(v *pod.Volume) string {
	if v.ConfigMap != nil && !isTrue(v.ConfigMap.Optional) && !e.hasConfigMap(v.ConfigMap.Name) {
		return fmt.Sprintf("configmap %q not found", v.ConfigMap.Name)
	}
	if v.Secret != nil && !isTrue(v.Secret.Optional) && !e.hasSecret(v.Secret.SecretName) {
		return fmt.Sprintf("secret %q not found", v.Secret.SecretName)
	}
	if v.Projected == nil {
		return ""
	}
	for i := range v.Projected.Sources {
		s := &v.Projected.Sources[i]
		if s.ConfigMap != nil && !isTrue(s.ConfigMap.Optional) && !e.hasConfigMap(s.ConfigMap.Name) {
			return fmt.Sprintf("configmap %q not found", s.ConfigMap.Name)
		}
		if s.Secret != nil && !isTrue(s.Secret.Optional) && !e.hasSecret(s.Secret.Name) {
			return fmt.Sprintf("secret %q not found", s.Secret.Name)
		}
	}
	return ""
}

func isTrue(b *bool) bool { return b != nil && *b }

func (e *Engine) hasConfigMap(name string) bool {
	if e.node.Sources == nil {
		return false
	}
	_, ok := e.node.Sources.ConfigMap(name)
	return ok
}

func (e *Engine) hasSecret(name string) bool {
	if e.node.Sources == nil {
		return false
	}
	_, ok := e.node.Sources.Secret(name)
	return ok
}

func (e *Engine) createSandbox(now time.Time, a lifecycle.Action) {
	try := e.script.Sandbox.at(e.boxes)
	e.boxes++
	at := now.Add(time.Duration(try.Takes))
	if try.Error != "" {
		e.answer(at, a, lifecycle.Result{Outcome: lifecycle.Failed, Message: try.Error})
		return
	}
	e.later(happening{at: at, kind: boxReady, player: -1})
}

func (e *Engine) pull(now time.Time, a lifecycle.Action) {
	c := &e.containers[e.find(a.Container)]
	try := c.part.Pull.at(c.pulls)
	c.pulls++
	at := now.Add(time.Duration(try.Takes))
	if try.Error != "" {
		e.answer(at, a, lifecycle.Result{Outcome: lifecycle.Failed, Reason: pod.ReasonErrImagePull, Message: try.Error})
		return
	}
	e.pulled[c.spec.Image] = true
	e.seen.MissingImages = slices.DeleteFunc(e.seen.MissingImages, func(image string) bool { return image == c.spec.Image })
	e.answer(at, a, lifecycle.Result{ImageSize: imageSize})
}

func (e *Engine) resize(now time.Time, a lifecycle.Action) {
	c := &e.containers[e.find(a.Container)]
	try := c.part.Resize.at(c.resizes)
	c.resizes++
	result := lifecycle.Result{}
	if try.Error != "" {
		result = lifecycle.Result{Outcome: lifecycle.Failed, Message: try.Error}
	}
	e.answer(now.Add(time.Duration(try.Takes)), a, result)
}

// start begins the next run of the script, or repeats what it said of this attempt before.
func (e *Engine) start(now time.Time, a lifecycle.Action) {
	i := e.find(a.Container)
	c := &e.containers[i]
	if a.Attempt <= c.current {
		e.news = true
		return
	}
	run := Run{Forever: true}
	if n := len(c.part.Runs); n > 0 {
		run = c.part.Runs[min(c.tries, n-1)]
	}
	c.tries++
	if err := e.configError(c.spec); err != "" {
		e.answer(now, a, lifecycle.Result{Outcome: lifecycle.Failed, Reason: pod.ReasonCreateContainerConfigError, Message: err})
		c.tries--
		return
	}
	if run.CreateError != "" {
		e.answer(now, a, lifecycle.Result{Outcome: lifecycle.Failed, Reason: pod.ReasonCreateContainerError, Message: run.CreateError})
		return
	}
	c.current, c.started, c.stopped = a.Attempt, now, false
	s := lifecycle.SeenContainer{
		Name: c.name, Attempt: a.Attempt, State: lifecycle.ContainerRunning, StartedAt: now,
		ID: e.id(c.name, a.Attempt), ImageID: imageID(c.spec.Image), Ready: c.forced,
	}
	if run.StartError != "" {
		s.State, s.StartedAt, s.FinishedAt = lifecycle.ContainerExited, time.Unix(0, 0), now
		s.ExitCode, s.Reason, s.Message = 128, pod.ReasonStartError, run.StartError
		e.answer(now, a, lifecycle.Result{Outcome: lifecycle.Failed, Reason: pod.ReasonRunContainerError, Message: run.StartError})
	}
	e.seen.Containers = append(e.seen.Containers, s)
	e.news = true
	if s.State == lifecycle.ContainerRunning {
		e.play(i, now, run)
	}
}

// play plans what the run does by itself.
func (e *Engine) play(i int, now time.Time, run Run) {
	if !run.Forever {
		e.later(happening{at: now.Add(time.Duration(run.For)), kind: exits, player: i, run: run})
	}
	for _, r := range e.containers[i].part.Ready {
		e.later(happening{at: now.Add(time.Duration(r.After)), kind: turnsReady, player: i, ready: r.Ready})
	}
}

// configError says why the container's environment cannot be made; empty where it can.
func (e *Engine) configError(c *pod.Container) string {
	if len(c.Env) == 0 && len(c.EnvFrom) == 0 {
		return ""
	}
	sources := e.node.Sources
	if sources == nil {
		sources = nothing{}
	}
	if _, err := pod.Environment(e.pod, c, sources); err != nil {
		return err.Error()
	}
	return ""
}

// stop sends the stop signal, once; what happens first, the script's reaction, its own end or a kill, counts. A further stop
// brings its own kill.
func (e *Engine) stop(now time.Time, a lifecycle.Action) {
	i := e.find(a.Container)
	c := &e.containers[i]
	if s := e.attempt(i); s == nil || s.State != lifecycle.ContainerRunning || a.Attempt != c.current {
		return
	}
	killed := now.Add(a.Timeout)
	e.later(happening{at: killed, kind: exits, player: i, run: Run{Exit: 137}})
	if c.stopped {
		return
	}
	c.stopped = true
	if c.part.OnTerm.Ignore {
		return
	}
	at, exit := now.Add(time.Duration(c.part.OnTerm.After)), int32(143)
	if c.part.OnTerm.Exit != nil {
		exit = *c.part.OnTerm.Exit
	}
	if at.Before(killed) {
		e.later(happening{at: at, kind: exits, player: i, run: Run{Exit: exit}})
	}
}

func (e *Engine) remove(a lifecycle.Action) {
	e.seen.Containers = slices.DeleteFunc(e.seen.Containers, func(s lifecycle.SeenContainer) bool {
		return s.Name == a.Container && s.Attempt == a.Attempt
	})
	e.news = true
}

func (e *Engine) stopSandbox(now time.Time) {
	for i := range e.containers {
		e.exit(i, now, Run{Exit: 137})
	}
	e.seen.Sandbox, e.seen.IPs, e.news = lifecycle.SandboxStopped, nil, true
}

// call answers a probe or a hook.
func (e *Engine) call(now time.Time, a lifecycle.Action) {
	c := &e.containers[e.find(a.Container)]
	h := handlerOf(c.spec, a.Call)
	e.ask(now, a, h)
}

// Exec runs a command in the newest attempt of a container, as a probe would: a Done with this ID answers it. A timeout of
// zero is none.
func (e *Engine) Exec(now time.Time, id lifecycle.ActionID, container string, command []string, timeout time.Duration) {
	e.ask(now, lifecycle.Action{ID: id, Kind: lifecycle.RunHook, Container: container, Timeout: timeout}, handler{exec: command})
}

func (e *Engine) ask(now time.Time, a lifecycle.Action, h handler) {
	i := e.find(a.Container)
	s := e.attempt(i)
	if s == nil || s.State != lifecycle.ContainerRunning {
		e.answer(now, a, lifecycle.Result{Outcome: lifecycle.Failed, ExitCode: 137})
		return
	}
	c := &e.containers[i]
	target, err := h.target(c.spec, e.seen.IPs)
	if err != nil {
		e.answer(now, a, h.unasked(err))
		return
	}
	rule, inside := c.part.answerTo(h, now.Sub(c.started))
	at, result := now.Add(time.Duration(rule.Takes)), h.result(rule)
	if a.Call == lifecycle.ReadinessProbe && c.forced != nil && *c.forced != result.OK() {
		result = forcedResult(*c.forced)
	}
	if late := a.Timeout > 0 && time.Duration(rule.Takes) > a.Timeout; late {
		at, result = now.Add(a.Timeout), h.timedOut(a.Timeout, target)
	}
	done := lifecycle.Input{Kind: lifecycle.Done, Action: a.ID, Result: result}
	e.later(happening{at: at, kind: answers, player: i, input: done, inside: inside})
}

func forcedResult(ready bool) lifecycle.Result {
	if ready {
		return lifecycle.Result{}
	}
	return lifecycle.Result{Outcome: lifecycle.Failed, ExitCode: 1, Message: "made unready"}
}
