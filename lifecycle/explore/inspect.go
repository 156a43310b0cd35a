package explore

import (
	"fmt"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// inspect checks of a new state what takes more than one look at it.
func (e *explorer) inspect(s state) error {
	if err := e.inspectSilence(s); err != nil {
		return err
	}
	if err := e.inspectRest(s); err != nil {
		return err
	}
	if err := e.inspectRestore(s); err != nil {
		return err
	}
	return e.inspectEnd(s)
}

// inspectSilence is invariant 16: the same Seen twice at the same time yields an empty second Output.
func (e *explorer) inspectSilence(s state) error {
	m := s.machine.Clone()
	in := s.world.observed()
	first := m.Step(s.world.now, in)
	if first.Wake.Equal(s.world.now) {
		return nil
	}
	if out := m.Step(s.world.now, in); out.Changed || len(out.Events) > 0 || len(out.Actions) > 0 || !out.Wake.Equal(first.Wake) {
		return fmt.Errorf("invariant 16: %s a second time: changed %t, %v, %v, wake %s after %s", in, out.Changed, out.Events, out.Actions, out.Wake, first.Wake)
	}
	return nil
}

// inspectRest is invariant 18: a pod for which nobody does anything and that waits for no time has ended, or runs, or has
// lost its sandbox under the restart policy Never. Kubernetes leaves the last as it is, too, until somebody deletes it.
func (e *explorer) inspectRest(s state) error {
	if len(s.world.flights) > 0 || !s.world.wake.IsZero() || s.machine.Ended() {
		return nil
	}
	if e.pod.Spec.RestartPolicy == pod.RestartPolicyNever && s.world.box != lifecycle.SandboxReady {
		return nil
	}
	for i := range s.world.attempts {
		if s.world.attempts[i].state == lifecycle.ContainerRunning {
			return nil
		}
	}
	return fmt.Errorf("invariant 18: nothing runs, nothing is in flight, no wake is wanted, and the pod has not ended")
}

// inspectEnd is invariant 19: deleted now, the pod ends within what is in progress, its grace period, and two seconds
// for each stage of stopping, however late each stop is answered.
func (e *explorer) inspectEnd(s state) error {
	t := state{machine: s.machine.Clone(), checker: s.checker.Clone(), world: s.world.clone()}
	const grace = 5
	deadline := s.world.now.Add(slack(s.world) + grace*time.Second)
	long := int64(grace)
	if _, err := t.step(t.world.now, lifecycle.Input{Kind: lifecycle.Delete, Grace: &long}); err != nil {
		return fmt.Errorf("deleted at once: %w", err)
	}
	for n := 0; !t.machine.Ended(); n++ {
		if n > 200 || t.world.now.After(deadline) {
			return fmt.Errorf("invariant 19: deleted %s ago, and has not ended; in flight %v", t.world.now.Sub(s.world.now), t.world.flights)
		}
		now, in := t.world.apply(t.world.fair())
		if _, err := t.step(now, in); err != nil {
			return fmt.Errorf("deleted at once: %w", err)
		}
	}
	return nil
}

// slack is how much longer than its grace period a pod's end may take from here: stops and hooks in progress, and two
// seconds for each container that may have to wait for its turn.
func slack(w *world) time.Duration {
	stages := time.Duration(2*(len(w.pod.Spec.InitContainers)+len(w.pod.Spec.Containers))) * time.Second
	longest := max(time.Duration(*w.pod.Spec.TerminationGracePeriodSeconds)*time.Second, w.latest.Sub(w.now))
	for i := range w.flights {
		longest = max(longest, w.flights[i].until.Sub(w.now))
	}
	if w.ends && !w.wake.IsZero() {
		longest = max(longest, w.wake.Sub(w.now))
	}
	return stages + longest
}

// fair is a move of a runtime that does all it is asked: at once, but for stops and preStop hooks, which take all the time
// that they may.
func (w *world) fair() Move {
	for i := range w.flights {
		f := &w.flights[i]
		switch {
		case f.echo:
			return Move{refuses, int16(i), 0}
		case f.action.Kind == lifecycle.StopContainer && w.find(f.action.Container, f.action.Attempt) == nil:
			return Move{answers, int16(i), 0}
		case f.until.IsZero() || !f.until.After(w.now):
			return Move{answers, int16(i), 0}
		}
	}
	return Move{kind: passes}
}
