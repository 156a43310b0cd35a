package explore

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// Bounds says how far to explore. The zero Bounds explores nothing but the first state.
type Bounds struct {
	// Depth is how many moves a path may have, and States how many distinct states are looked at.
	Depth, States int
	// Faults is how many things may go wrong on one path, and Deletes and Evictions how often the pod is ended.
	Faults, Deletes, Evictions int
	// Seed, where it is not 0, has the explorer take states in an order drawn from it, so that it comes deeper before it
	// has seen as many as it may. With 0 it goes breadth first.
	Seed uint64
}

// Report says what an exploration saw.
type Report struct {
	// States is the number of distinct states, and Steps that of the Steps between them.
	States, Steps int
	// Depth is how far it came; Complete says that no path of that depth was left out.
	Depth    int
	Complete bool
}

// A Violation is a path to a state in which something is wrong.
type Violation struct {
	Pod   *pod.Pod
	Err   error
	Moves []Move
	// Trace has what happened, one line for each Step: time, move, input, status and what the machine asked for.
	Trace []string
}

// Error says what is wrong, in which pod, and how it came to that.
func (v *Violation) Error() string {
	out := fmt.Sprintf("pod %s: %v", v.Pod.Name, v.Err)
	for _, line := range v.Trace {
		out += "\n  " + line
	}
	return out
}

// Unwrap returns what is wrong.
func (v *Violation) Unwrap() error { return v.Err }

// start is when every life begins.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// state is one machine in its world.
type state struct {
	machine *lifecycle.Machine
	checker *lifecycle.Checker
	world   *world
	node    int32
	depth   int
}

// step is how a state was reached: from which, by what.
type step struct {
	from int32
	move Move
}

// explorer walks the states of one pod.
type explorer struct {
	pod    *pod.Pod
	cfg    *lifecycle.Config
	bounds Bounds
	seed   maphash.Seed
	known  map[uint64]struct{}
	steps  []step
	moves  []Move
	key    []byte
	report Report
	border []state // known, and not expanded yet; the first taken of them are
	taken  int
	chance uint64
	trying atomic.Pointer[step] // the move in progress, for the watchdog
}

// patience is how long the moves from one state may take before the machine counts as hanging.
const patience = 10 * time.Second

// hangs ends the program with the path to the Step that does not return.
func (e *explorer) hangs() {
	s := e.trying.Load()
	v := e.violation(state{node: s.from}, Move{}, fmt.Errorf("a Step does not return: %s", s.move)).(*Violation)
	panic(v.Error())
}

// Explore walks all orders of what may happen to p, which must be defaulted, valid and bound, and checks every invariant
// of package lifecycle in every state. The first state that breaks one is the *Violation that it returns. Two states
// count as one if machine and world cannot be told apart; 64 bits of their keys are compared.
func Explore(p *pod.Pod, cfg *lifecycle.Config, b Bounds) (Report, error) {
	e := &explorer{pod: p, cfg: cfg, bounds: b, chance: b.Seed, seed: maphash.MakeSeed(), known: map[uint64]struct{}{}}
	s, err := e.first()
	if err != nil {
		return e.report, err
	}
	watchdog := time.AfterFunc(patience, e.hangs)
	defer watchdog.Stop()
	e.border = []state{s}
	for len(e.border) > 0 && e.report.States < b.States {
		watchdog.Reset(patience)
		if s = e.next(); s.depth >= b.Depth {
			continue
		}
		if err := e.expand(s); err != nil {
			return e.report, err
		}
	}
	e.report.Complete = e.report.States < b.States
	return e.report, nil
}

// below draws a number below n.
func (e *explorer) below(n int) int {
	e.chance = e.chance*6364136223846793005 + 1442695040888963407
	return int(e.chance >> 33 % uint64(n))
}

// next takes out of the border the state that is looked at next: the oldest, or with a Seed any,
// rather a new one.
func (e *explorer) next() state {
	i := e.taken
	if e.bounds.Seed != 0 {
		i += max(e.below(len(e.border)-e.taken), e.below(len(e.border)-e.taken), e.below(len(e.border)-e.taken))
	}
	s := e.border[i]
	e.border[i] = e.border[e.taken]
	e.border[e.taken] = state{}
	if e.taken++; e.taken*2 > len(e.border) {
		e.border = append([]state(nil), e.border[e.taken:]...)
		e.taken = 0
	}
	return s
}

// first is the state before anything has happened.
func (e *explorer) first() (state, error) {
	m, err := lifecycle.New(e.pod, e.cfg)
	if err != nil {
		return state{}, err
	}
	w := &world{
		now: start, wake: start, pod: e.pod, lacks: true,
		faults: int8(e.bounds.Faults), users: int8(e.bounds.Evictions), deletes: int8(e.bounds.Deletes),
	}
	e.steps = append(e.steps, step{from: -1})
	e.report.States = 1
	return state{machine: m, checker: lifecycle.NewChecker(m), world: w}, nil
}

// expand makes every move from s, and puts the states that are new on the border.
func (e *explorer) expand(s state) error {
	e.moves = s.world.moves(e.moves[:0])
	before := e.hash(s)
	for _, m := range e.moves {
		e.trying.Store(&step{s.node, m})
		t, err := e.move(s, m)
		if err != nil {
			return e.violation(s, m, err)
		}
		if !e.fresh(t) {
			continue
		}
		e.steps = append(e.steps, step{s.node, m})
		t.node, t.depth = int32(len(e.steps)-1), s.depth+1
		e.report.Depth = max(e.report.Depth, t.depth)
		e.report.States++
		if err := e.inspect(t); err != nil {
			return e.violation(s, m, err)
		}
		e.border = append(e.border, t)
		if e.report.States >= e.bounds.States {
			break
		}
	}
	if e.hash(s) != before {
		return e.violation(s, Move{}, fmt.Errorf("invariant 17: steps of clones changed the original"))
	}
	return nil
}

// move makes m happen in a copy of s.
func (e *explorer) move(s state, m Move) (state, error) {
	e.report.Steps++
	t := state{machine: s.machine.Clone(), checker: s.checker.Clone(), world: s.world.clone()}
	now, in := t.world.apply(m)
	_, err := t.step(now, in)
	return t, err
}

// step gives the machine one input, checks what it makes of it, and has the world take it in.
func (s *state) step(now time.Time, in lifecycle.Input) (lifecycle.Output, error) {
	out := s.machine.Step(now, in)
	if err := s.checker.After(s.machine, now, in, out); err != nil {
		return out, err
	}
	s.world.carry(out)
	return out, lifecycle.CheckInvariants(s.machine)
}

func (e *explorer) hash(s state) uint64 {
	e.key = s.world.appendKey(s.machine.AppendKey(e.key[:0]))
	return maphash.Bytes(e.seed, e.key)
}

// fresh reports whether s has not been seen before.
func (e *explorer) fresh(s state) bool {
	h := e.hash(s)
	if _, old := e.known[h]; old {
		return false
	}
	e.known[h] = struct{}{}
	return true
}

// violation is err with the path to s and the move that led from there to it.
func (e *explorer) violation(s state, last Move, err error) error {
	v := &Violation{Pod: e.pod, Err: err, Moves: []Move{last}}
	if last == (Move{}) {
		v.Moves = nil
	}
	for n := s.node; n > 0; n = e.steps[n].from {
		v.Moves = append([]Move{e.steps[n].move}, v.Moves...)
	}
	v.Trace = e.trace(v.Moves)
	return v
}

// trace plays moves from the first state on, and tells of each Step.
func (e *explorer) trace(moves []Move) (lines []string) {
	s, err := e.first()
	if err != nil {
		return []string{err.Error()}
	}
	for _, m := range moves {
		now, in := s.world.apply(m)
		out := s.machine.Step(now, in)
		s.world.carry(out)
		lines = append(lines, line(now, m, in, out, s.machine))
	}
	return lines
}

func line(now time.Time, m Move, in lifecycle.Input, out lifecycle.Output, machine *lifecycle.Machine) string {
	text := fmt.Sprintf("%8s %-18s %s -> %s", now.Sub(start), m, in, machine.Status().Phase)
	if out.Changed {
		text += " changed"
	}
	for _, a := range out.Actions {
		text += fmt.Sprintf("; %d %s", a.ID, a)
	}
	for _, ev := range out.Events {
		text += fmt.Sprintf("; %q", ev)
	}
	if !out.Wake.IsZero() {
		text += "; wake " + out.Wake.Sub(start).String()
	}
	return text
}
