package lifecycletest

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// Node is the simulated node: what its pods find on it.
type Node struct {
	Name   string
	Labels map[string]string
	OS     pod.OSName
	// CPU in milli, Memory in bytes.
	CPU, Memory int64
	HostIP      netip.Addr
	PodIP       netip.Addr
	// Epoch is the instant of the pod's creation.
	Epoch time.Time
	// UID is the pod's.
	UID pod.UID
}

// TestNode is a node called node with 8 CPUs and 16 GiB of memory, labelled disk=ssd.
func TestNode() Node {
	return Node{
		Name: "node", Labels: map[string]string{"disk": "ssd"}, OS: "linux", CPU: 8000, Memory: 16 << 30,
		HostIP: netip.MustParseAddr("192.0.2.2"), PodIP: netip.MustParseAddr("10.88.0.10"),
		Epoch: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), UID: "00000000-0000-4000-8000-000000000001",
	}
}

// Play lives the scenario on the node, and returns its history.
func Play(s *Scenario, node Node) (*history.History, error) {
	g, err := newGame(s, node)
	if err != nil {
		return nil, err
	}
	g.run()
	return g.history, nil
}

func newGame(s *Scenario, node Node) (*game, error) {
	g := &game{
		scenario: s, others: s.Others, node: node, now: node.Epoch,
		history: &history.History{Scenario: s.Name, Events: []history.Event{}},
	}
	if err := g.create(); err != nil {
		return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	return g, nil
}

// game is one scenario being played: the API server's side of it.
type game struct {
	scenario *Scenario
	others   []pod.Pod // that are still on the node
	node     Node
	history  *history.History
	now      time.Time

	object  *pod.Pod // as the API holds it; nil once it is gone
	objects objects
	life    *script.Life
	config  *lifecycle.Config
	world   script.Node // what the engine was made with

	told     func(lifecycle.Input, lifecycle.Output) // told of every step, if not nil
	note     func(text string)                       // told what becomes of the object in the API, if not nil
	rest     func()                                  // called when an instant is over, if not nil
	lastLook time.Time                               // when the machine was last given anything
	mirror   mirror
}

func (g *game) create() error {
	p := g.scenario.Pod.Clone()
	if g.scenario.Static {
		p.Spec.NodeName = g.node.Name
	}
	prepare(p, g.node)
	if errs := pod.Validate(p); len(errs) > 0 {
		return errs
	}
	g.config = &lifecycle.Config{
		HostIPs: []netip.Addr{g.node.HostIP}, Static: g.scenario.Static, Stretch: g.scenario.Node.Stretch,
		MaxContainerRestartPeriod: time.Duration(g.scenario.Node.MaxContainerRestartPeriod),
	}
	m, err := lifecycle.New(p, g.config)
	if err != nil {
		return err
	}
	g.world = script.Node{IPs: []netip.Addr{g.node.PodIP}, Sources: &g.objects}
	g.object = p
	g.life = &script.Life{Machine: m, Engine: script.New(p, &g.scenario.Script, g.world), Watch: g.watch}
	if g.scenario.Static {
		g.object = g.mirrorOf(p, 0)
	}
	g.record()
	return nil
}

// prepare does to a manifest what the API server does when it is created.
func prepare(p *pod.Pod, node Node) {
	pod.SetDefaults(p)
	pod.PrepareCreate(p, pod.Creation{UID: node.UID, Now: pod.NewTime(node.Epoch)})
}

// bound has the node look at a pod that is its own.
func (g *game) bound() {
	if g.life.Machine.Pod().Spec.NodeName == "" {
		return
	}
	if reason, message := refusal(&g.life.Machine.Pod().Spec, g.others, g.node); reason != "" {
		g.life.Do(g.now, lifecycle.Input{Kind: lifecycle.Reject, Reason: reason, Message: message})
		return
	}
	g.life.Do(g.now, lifecycle.Input{})
}

// run plays everything before the end: what happens by itself first, then what the user does at that time.
func (g *game) run() {
	g.bound()
	end := g.node.Epoch.Add(time.Duration(g.scenario.Until))
	steps := g.scenario.Steps
	for {
		next := end
		if at := g.life.Wake(); !at.IsZero() && at.Before(next) {
			next = at
		}
		if at := g.mirror.back; !at.IsZero() && at.Before(next) {
			next = at
		}
		user := len(steps) > 0 && g.node.Epoch.Add(time.Duration(steps[0].At)).Before(next)
		if user {
			next = g.node.Epoch.Add(time.Duration(steps[0].At))
		}
		if !next.Before(end) {
			return
		}
		g.now = next
		if !user {
			g.life.Advance(g.now)
			g.bringMirrorBack()
		} else {
			g.step(steps[0])
			steps = steps[1:]
		}
		if g.rest != nil {
			g.rest()
		}
	}
}

// watch takes in what the machine decided: events, and a new status of the object.
func (g *game) watch(_ time.Time, in lifecycle.Input, out lifecycle.Output) {
	if g.told != nil {
		g.told(in, out)
	}
	g.lastLook = g.now
	for _, e := range out.Events {
		g.history.Emit(g.since(), e)
	}
	if g.object == nil {
		return
	}
	if out.Changed && !g.mirror.orphan {
		g.writeStatus(g.life.Machine.Status())
	}
	if (g.mirror.orphan || !g.scenario.Static && g.object.DeletionTimestamp != nil) && g.life.Machine.Ended() {
		g.remove()
	}
}

// writeStatus puts the status into the object; the object that the machine holds is never written to.
func (g *game) writeStatus(s pod.Status) {
	next := *g.object
	next.Status = s
	g.object = &next
	g.record()
}

func (g *game) record() { g.history.Record(g.since(), g.object) }

// remove deletes the object.
func (g *game) remove() {
	if g.object.DeletionGracePeriodSeconds == nil || *g.object.DeletionGracePeriodSeconds != 0 {
		next, zero, now := *g.object, int64(0), pod.NewTime(g.now)
		next.DeletionTimestamp, next.DeletionGracePeriodSeconds = &now, &zero
		g.object = &next
		g.record()
	}
	g.end()
}

// end notes that the object is gone.
func (g *game) end() {
	g.history.Gone(g.since())
	g.object = nil
	g.tell("gone")
}

func (g *game) tell(text string) {
	if g.note != nil {
		g.note(text)
	}
}

// step does one thing to the pod.
func (g *game) step(s Step) {
	if g.stepNode(s) || g.object == nil {
		return
	}
	if g.scenario.Static {
		g.stepStatic(s)
		return
	}
	next := g.object.Clone()
	switch s.Do {
	case "delete":
		g.delete(next, s.GraceSeconds)
		return
	case "removeOther":
		g.removeOther(s.Name)
		return
	case "evict":
		next.Status.SetCondition(pod.Condition{
			Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: pod.ReasonEvictionByEvictionAPI,
			Message: "Eviction API: evicting", LastTransitionTime: pod.NewTime(g.now),
		})
		g.object = next
		g.record()
		g.tell("marked DisruptionTarget")
		g.delete(next.Clone(), nil)
		return
	case "bind":
		next.Spec.NodeName = g.node.Name
		next.Status.SetCondition(pod.Condition{
			Type: pod.PodScheduled, Status: pod.ConditionTrue, LastTransitionTime: pod.NewTime(g.now),
		})
	case "removeSchedulingGates":
		next.Spec.SchedulingGates = nil
		next.Generation++
		next.Status.Conditions = nil
	case "setCondition":
		next.Status.SetCondition(pod.Condition{
			Type: s.Type, Status: s.Status, Reason: s.Reason, Message: s.Message, LastTransitionTime: pod.NewTime(g.now),
		})
	case "addEphemeralContainer":
		next.Spec.EphemeralContainers = append(next.Spec.EphemeralContainers, *s.Container)
		pod.SetDefaults(next)
		next.Generation++
	case "resize":
		next.Spec.Container(s.Name).Resources = *s.Resources
		next.Generation++
	case "updateImage":
		next.Spec.Container(s.Name).Image = s.Image
		next.Generation++
	case "setActiveDeadline":
		next.Spec.ActiveDeadlineSeconds = &s.Seconds
		next.Generation++
	}
	g.object = next
	g.record()
	g.tell(s.Do)
	g.life.Do(g.now, g.given(lifecycle.Input{Kind: lifecycle.Update, Pod: next}))
}

// given is an input with the object as the node runs it: without the resources that it has not got.
func (g *game) given(in lifecycle.Input) lifecycle.Input {
	has := g.life.Machine.Pod()
	if !pod.Resizes(&has.Spec, &in.Pod.Spec) {
		return in
	}
	if in.Reason, in.Message = shortage(&in.Pod.Spec, g.others, g.node); in.Reason != "" {
		in.Wanted, in.Pod = in.Pod, pod.WithResourcesOf(in.Pod, has)
	}
	return in
}

// removeOther takes another pod off the node; what waited for its resources may get them.
func (g *game) removeOther(name string) {
	g.others = slices.DeleteFunc(slices.Clone(g.others), func(p pod.Pod) bool { return p.Name == name })
	g.tell("pod " + name + " has gone")
	if pod.Resizes(&g.life.Machine.Pod().Spec, &g.object.Spec) {
		g.life.Do(g.now, g.given(lifecycle.Input{Kind: lifecycle.Update, Pod: g.object}))
	}
}

// delete does what the API server does: mark the object, or remove it at once where nothing can run.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination.
func (g *game) delete(next *pod.Pod, grace *int64) {
	outcome, err := pod.PrepareDelete(next, pod.NewTime(g.now), pod.DeleteOptions{GracePeriodSeconds: grace})
	if err != nil || outcome == pod.DeletePending {
		return
	}
	g.object = next
	g.record()
	g.tell(fmt.Sprintf("deleted, grace %ds", *next.DeletionGracePeriodSeconds))
	if outcome == pod.DeleteNow {
		g.end()
	}
	g.life.Do(g.now, g.given(lifecycle.Input{Kind: lifecycle.Delete, Pod: next}))
}
