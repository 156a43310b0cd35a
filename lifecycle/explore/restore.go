package explore

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
)

// inspectRestore is invariant 20: restored with nothing in progress, a machine behaves as the original; with something in
// progress, it comes to the same end.
func (e *explorer) inspectRestore(s state) error {
	saved := s.machine.Save()
	m, err := lifecycle.Restore(s.machine.Pod(), e.cfg, saved, s.world.seen())
	if err != nil {
		return fmt.Errorf("invariant 20: %w", err)
	}
	if s.machine.Ended() {
		return nil // it may ask for the removal of its leavings again
	}
	if !saved.Busy {
		return sameBehaviour(s, m)
	}
	return e.sameEnd(s, m)
}

// sameBehaviour gives both machines what comes next by itself, and compares what they make of it.
func sameBehaviour(s state, restored *lifecycle.Machine) error {
	original, now := s.machine.Clone(), s.world.now
	in := s.world.observed()
	for range 4 {
		a, b := original.Step(now, in), restored.Step(now, in)
		if x, y := outputWords(a), outputWords(b); x != y {
			return fmt.Errorf("invariant 20: restored, it answers %s at %s with %s, not %s", in, now.Sub(start), y, x)
		}
		if x, y := original.Status(), restored.Status(); !reflect.DeepEqual(x, y) {
			return fmt.Errorf("invariant 20: restored, its status after %s is %+v, not %+v", in, y, x)
		}
		if len(a.Actions) > 0 || a.Wake.IsZero() {
			return nil
		}
		now, in = a.Wake, lifecycle.Input{}
	}
	return nil
}

// outputWords is what an Output says, without the IDs of actions.
func outputWords(out lifecycle.Output) string {
	return fmt.Sprintf("changed=%t %v %v wake=%s", out.Changed, out.Actions, out.Events, out.Wake)
}

// sameEnd lets the restored machine live on with a runtime that has forgotten what it was asked for, and deletes the pod.
func (e *explorer) sameEnd(s state, restored *lifecycle.Machine) error {
	t := state{machine: restored, world: s.world.clone()}
	t.world.flights, t.world.wake = nil, restored.Wake()
	deadline := s.world.now
	var told []string
	for n := 0; !restored.Ended(); n++ {
		now, in := t.world.now, lifecycle.Input{}
		switch n {
		case 0: // a driver steps at once what it has restored
		case 12:
			in, deadline = lifecycle.Input{Kind: lifecycle.Delete}, now.Add(slack(t.world)+time.Minute)
		default:
			now, in = t.world.apply(t.world.fair())
		}
		if n > 300 || n > 12 && t.world.now.After(deadline) {
			return fmt.Errorf("invariant 20: restored and deleted, it does not end; in flight %v\n%s", t.world.flights, strings.Join(told, "\n"))
		}
		out := restored.Step(now, in)
		t.world.carry(out)
		told = append(told, line(now, Move{}, in, out, restored))
		if err := lifecycle.CheckInvariants(restored); err != nil {
			return fmt.Errorf("restored: %w", err)
		}
	}
	return nil
}
