package lifecycle

import (
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// Explain says in one sentence why the pod is as it is and what it waits for, such as
// "Running, not Ready: container app fails its readiness probe; next probe in 4s".
func (m *Machine) Explain() string {
	return m.headline() + m.waitsFor()
}

// headline is the phase and what keeps the pod from being ready.
func (m *Machine) headline() string {
	out := string(m.shown.phase)
	if end := m.shown.ending(); end.reason != "" {
		return fmt.Sprintf("%s (%s): %s", out, end.reason, end.message)
	}
	if m.shown.phase.IsTerminal() {
		return out + ": " + m.endings()
	}
	if !m.shown.looked {
		return out + ": " + m.unseenBecause()
	}
	if m.stage >= stageEnding {
		return out + ", being stopped: " + m.stopBecause()
	}
	if m.shown.conditions[conditionReady].true {
		return out + " and Ready"
	}
	return out + ", not Ready: " + m.notReadyBecause()
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

// endings lists how the main containers ended.
func (m *Machine) endings() string {
	var out []string
	for i := range m.containers {
		c := &m.containers[i]
		if c.kind == mainContainer && c.cur.ended() {
			out = append(out, fmt.Sprintf("container %s ended with exit code %d", c.spec.Name, c.cur.exit))
		}
	}
	if len(out) == 0 {
		return "it ended before its containers ran"
	}
	return strings.Join(out, ", ")
}

func (m *Machine) stopBecause() string {
	switch {
	case m.is(flagDeadline):
		return "its active deadline has passed"
	case m.evicted != nil:
		return fmt.Sprintf("its node evicts it (%s)", m.evicted.reason)
	case m.is(flagDeleting):
		return fmt.Sprintf("it was deleted with a grace period of %d s", m.deleteGrace)
	}
	return "all its containers have ended"
}

// notReadyBecause names the first thing that keeps the pod from being ready.
func (m *Machine) notReadyBecause() string {
	switch m.round {
	case roundMounting:
		return "its volumes are not mounted"
	case roundBoxing:
		return "its sandbox is being made"
	}
	for i := range m.containers {
		c := &m.containers[i]
		if c.incomplete() && !m.mainStarted() || c.unready() {
			return m.containerBecause(c)
		}
	}
	if g := m.gatesMessage(); g != "" {
		return g
	}
	return "its node has not looked again yet"
}

// containerBecause says what is the matter with one container.
func (m *Machine) containerBecause(c *container) string {
	name := "container " + c.spec.Name
	if c.kind == initContainer {
		name = "init " + name
	}
	switch v := &c.shown; {
	case c.wait != nil && !c.cur.alive():
		return fmt.Sprintf("%s waits (%s): %s", name, c.wait.reason, c.wait.message)
	case m.round == roundStarting && m.starting() == c:
		return name + " " + [...]string{"is being started", "waits for its image", "is being started", "runs its postStart hook", "is being stopped"}[m.start]
	case v.state == viewTerminated:
		return fmt.Sprintf("%s ended with exit code %d", name, c.cur.exit)
	case v.state == viewRunning && c.kind == initContainer:
		return name + " runs"
	case v.state == viewRunning && !v.started:
		return name + " has not passed its startup probe"
	case v.state == viewRunning:
		return name + m.unreadyBecause(c)
	}
	return name + " has not been started"
}

func (m *Machine) starting() *container {
	if len(m.queue) == 0 {
		return nil
	}
	return &m.containers[m.queue[0]]
}

func (m *Machine) unreadyBecause(c *container) string {
	p := c.probeOf(ReadinessProbe)
	switch {
	case p == nil:
		return " is declared not ready"
	case !p.failing:
		return fmt.Sprintf(" has passed its readiness probe %d of %d times", p.run, p.threshold(false))
	}
	return fmt.Sprintf(" fails its readiness probe (%d of %d)", min(p.run, p.threshold(true)), p.threshold(true))
}

// waitsFor is when the machine next acts by itself; empty where it waits for others.
func (m *Machine) waitsFor() string {
	at := m.wake()
	if at.IsZero() || m.now == never || m.shown.phase == pod.Succeeded || m.shown.phase == pod.Failed {
		return ""
	}
	d := at.Sub(time.Unix(0, m.now))
	if d <= 0 {
		return ""
	}
	return fmt.Sprintf("; next look or probe in %s", d.Round(time.Millisecond))
}
