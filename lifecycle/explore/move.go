package explore

import (
	"fmt"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// Move is one thing that may happen next.
type Move struct {
	kind moveKind
	at   int16 // which flight or attempt
	exit int16 // an exit code, or which of several outcomes
}

type moveKind uint8

const (
	nothing   moveKind = iota
	passes             // time, to the next wake or limit
	passesOn           // time, well beyond the next wake
	answers            // a flight is answered well
	refuses            // a flight is answered with a failure
	breaks             // a start becomes an attempt that could not run
	exitsSoon          // a start becomes an attempt that has ended already
	exits              // an attempt ends by itself
	vanishes           // an attempt is gone from the runtime
	boxStops           // the sandbox ends, with all in it
	allVanish          // the runtime knows nothing any more
	deletes            // a user deletes the pod
	evicts             // the node evicts it
	repeats            // the latest answer comes again, as a failure
	misleads           // a Seen tells of a container that the spec does not have
	backwards          // a Tick with an earlier time
	diesEarly          // a sandbox is made and ends before anybody sees it ready
	gates              // somebody sets a condition of the pod
)

var moveNames = [...]string{
	"", "time passes", "time passes on", "done", "fails", "cannot run", "ran", "exits", "vanishes", "sandbox stops",
	"all vanishes", "delete", "evict", "answer repeated", "contradictory Seen", "clock backwards", "sandbox dies early",
	"condition set",
}

// String is what happens in two or three words.
func (m Move) String() string { return fmt.Sprintf("%s(%d,%d)", moveNames[m.kind], m.at, m.exit) }

// moves lists all that may happen next.
func (w *world) moves(dst []Move) []Move {
	limit := w.limit()
	if limit.IsZero() || limit.After(w.now) {
		dst = append(dst, Move{kind: passes})
		if w.faults > 0 && !w.wake.IsZero() {
			dst = append(dst, Move{kind: passesOn})
		}
	}
	for i := range w.flights {
		dst = w.flightMoves(dst, i)
	}
	for i := range w.attempts {
		if w.attempts[i].state != lifecycle.ContainerRunning {
			continue
		}
		dst = append(dst, Move{exits, int16(i), 0}, Move{exits, int16(i), 1})
		if w.faults > 0 {
			dst = append(dst, Move{vanishes, int16(i), 0})
		}
	}
	if w.faults > 0 {
		dst = w.faultMoves(dst)
	}
	if w.deletes > 0 {
		dst = append(dst, Move{deletes, 0, 30}, Move{deletes, 0, 0})
	}
	if w.users > 0 && !w.evicted {
		dst = append(dst, Move{evicts, 0, 1})
	}
	return dst
}

func (w *world) flightMoves(dst []Move, i int) []Move {
	f := &w.flights[i]
	n := int16(i)
	if f.echo {
		return append(dst, Move{refuses, n, 0})
	}
	dst = append(dst, Move{kind: answers, at: n})
	switch f.action.Kind {
	case lifecycle.RunProbe, lifecycle.RunHook:
		return append(dst, Move{refuses, n, 0})
	case lifecycle.StopContainer:
		dst = append(dst, Move{exits, -1 - n, 143}, Move{exits, -1 - n, 0})
	case lifecycle.StartContainer:
		dst = append(dst, Move{exitsSoon, n, 0}, Move{exitsSoon, n, 1})
		if w.faults > 0 {
			dst = append(dst, Move{breaks, n, 0})
		}
	case lifecycle.CreateSandbox:
		if w.faults > 0 {
			dst = append(dst, Move{diesEarly, n, 0})
		}
	}
	if w.faults > 0 {
		dst = append(dst, Move{refuses, n, 0})
	}
	return dst
}

func (w *world) faultMoves(dst []Move) []Move {
	if w.box == lifecycle.SandboxReady {
		dst = append(dst, Move{kind: boxStops})
	}
	if w.box != lifecycle.SandboxAbsent {
		dst = append(dst, Move{kind: allVanish})
	}
	if w.last != 0 {
		dst = append(dst, Move{kind: repeats})
	}
	return append(dst, Move{kind: misleads}, Move{kind: backwards}, Move{kind: gates})
}

// apply makes m happen in w, and returns the time and the input by which the machine learns of it.
func (w *world) apply(m Move) (time.Time, lifecycle.Input) {
	switch m.kind {
	case passes:
		w.pass()
		return w.now, lifecycle.Input{}
	case deletes:
		w.deletes--
		w.ends = true
		grace := int64(m.exit)
		return w.now, lifecycle.Input{Kind: lifecycle.Delete, Grace: &grace}
	case evicts:
		w.users, w.evicted, w.ends = w.users-1, true, true
		grace := int64(m.exit)
		return w.now, lifecycle.Input{Kind: lifecycle.Evict, Reason: pod.ReasonEvicted, Message: "pressure", Grace: &grace}
	case answers:
		return w.now, w.answer(int(m.at))
	case exits:
		w.exit(int(m.at), int32(m.exit))
		return w.now, w.observed()
	case exitsSoon:
		w.start(w.drop(int(m.at)), lifecycle.ContainerExited, int32(m.exit), "")
		return w.now, w.observed()
	case refuses:
		return w.now, w.refuse(int(m.at))
	}
	w.faults--
	return w.now, w.fault(m)
}

// fault makes one of the moves happen that count as faults.
func (w *world) fault(m Move) lifecycle.Input {
	switch m.kind {
	case passesOn:
		w.pass()
		w.now = w.now.Add(3 * time.Second)
		return lifecycle.Input{}
	case breaks:
		f := w.flights[m.at]
		w.start(f, lifecycle.ContainerExited, 128, pod.ReasonStartError)
		w.flights[m.at].echo = true
	case vanishes:
		w.end(&w.attempts[m.at], 137)
		w.attempts = append(w.attempts[:m.at:m.at], w.attempts[m.at+1:]...)
	case boxStops:
		w.stopBox()
	case allVanish:
		w.stopBox()
		w.box, w.attempts = lifecycle.SandboxAbsent, nil
	case repeats:
		return lifecycle.Input{Kind: lifecycle.Done, Action: w.last, Result: lifecycle.Result{Outcome: lifecycle.Failed}}
	case misleads:
		in := w.observed()
		in.Seen.Containers = append(in.Seen.Containers,
			lifecycle.SeenContainer{Name: "stranger", State: lifecycle.ContainerRunning, StartedAt: w.now},
			lifecycle.SeenContainer{Name: "m0", Attempt: -1, State: lifecycle.ContainerExited, ExitCode: 1})
		return in
	case diesEarly:
		f, before := w.drop(int(m.at)), w.box
		if w.box = lifecycle.SandboxStopped; before == lifecycle.SandboxStopped {
			return failure(f, "it has ended") // a Seen cannot tell it from the one before
		}
	case gates:
		next := *w.pod
		next.Status.Conditions = append(next.Status.Conditions[:0:0], next.Status.Conditions...)
		next.Status.Conditions = append(next.Status.Conditions, pod.Condition{
			Type: pod.ConditionType(fmt.Sprintf("example.com/%d", len(next.Status.Conditions))), Status: pod.ConditionTrue,
		})
		w.pod = &next
		return lifecycle.Input{Kind: lifecycle.Update, Pod: w.pod}
	case backwards:
		w.now = w.now.Add(-time.Hour)
		defer func() { w.now = w.now.Add(time.Hour) }()
		return lifecycle.Input{}
	}
	return w.observed()
}

func (w *world) observed() lifecycle.Input {
	return lifecycle.Input{Kind: lifecycle.Observed, Seen: w.seen()}
}

// pass lets time pass to the next wake or limit; where there is neither, for so long that back-off is forgotten.
func (w *world) pass() {
	next := w.wake
	if l := w.limit(); !l.IsZero() && (next.IsZero() || l.Before(next)) {
		next = l
	}
	if next.IsZero() {
		next = w.now.Add(11 * time.Minute)
	}
	if next.After(w.now) {
		w.now = next
	}
}

// exit ends attempt i; a negative i is the stop in flight -1-i.
func (w *world) exit(i int, code int32) {
	if i >= 0 {
		w.end(&w.attempts[i], code)
		return
	}
	f := w.drop(-1 - i)
	if a := w.find(f.action.Container, f.action.Attempt); a != nil {
		w.end(a, code)
	}
}

// answer has flight i done.
func (w *world) answer(i int) lifecycle.Input {
	f := w.drop(i)
	switch f.action.Kind {
	case lifecycle.MountVolumes:
		w.volumes = true
	case lifecycle.UnmountVolumes:
		w.volumes = false
	case lifecycle.CreateSandbox:
		w.box = lifecycle.SandboxReady
	case lifecycle.StopSandbox:
		w.stopBox()
	case lifecycle.StartContainer:
		if w.box != lifecycle.SandboxReady {
			return failure(f, "no sandbox")
		}
		if w.find(f.action.Container, f.action.Attempt) == nil {
			w.start(f, lifecycle.ContainerRunning, 0, "")
		}
	case lifecycle.StopContainer:
		if a := w.find(f.action.Container, f.action.Attempt); a != nil {
			w.end(a, 137)
		}
	case lifecycle.PullImage:
		w.lacks = false
		return lifecycle.Input{Kind: lifecycle.Done, Action: f.action.ID}
	case lifecycle.RunHook, lifecycle.RunProbe:
		a := w.find(f.action.Container, f.action.Attempt)
		if a == nil || a.state != lifecycle.ContainerRunning {
			return lifecycle.Input{Kind: lifecycle.Done, Action: f.action.ID, Result: lifecycle.Result{Outcome: lifecycle.Unknown}}
		}
		return lifecycle.Input{Kind: lifecycle.Done, Action: f.action.ID}
	}
	return w.observed()
}

// refuse has flight i fail.
func (w *world) refuse(i int) lifecycle.Input {
	f := w.drop(i)
	switch {
	case f.echo, f.action.Kind == lifecycle.RunProbe, f.action.Kind == lifecycle.RunHook:
	default:
		w.faults--
	}
	return failure(f, "no")
}

func failure(f flight, message string) lifecycle.Input {
	return lifecycle.Input{
		Kind: lifecycle.Done, Action: f.action.ID, Result: lifecycle.Result{Outcome: lifecycle.Failed, Message: message},
	}
}

// stopBox ends everything that runs, and the sandbox.
func (w *world) stopBox() {
	for i := range w.attempts {
		if w.attempts[i].state == lifecycle.ContainerRunning {
			w.end(&w.attempts[i], 137)
		}
	}
	w.box = lifecycle.SandboxStopped
}
