package explore

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// world is the runtime's side of one pod: what there is, and what it was asked for and has not answered.
type world struct {
	now      time.Time
	pod      *pod.Pod
	box      lifecycle.SandboxState
	volumes  bool
	lacks    bool // the images are not on the node yet
	attempts []attempt
	flights  []flight
	last     lifecycle.ActionID // the latest that was answered
	wake     time.Time

	faults, users, deletes int8 // what may still go wrong, or be done by a user
	evicted                bool
	ends                   bool      // its end has been asked for
	latest                 time.Time // when the longest stop so far must be over
}

// attempt is one attempt at a container of the world.
type attempt struct {
	name              string
	number            int32
	state             lifecycle.ContainerState
	exit              int32
	reason            pod.Reason
	started, finished time.Time
}

// flight is an action that was asked for and not answered yet.
type flight struct {
	action lifecycle.Action
	until  time.Time // when it must be over; zero: no limit
	echo   bool      // its effect has been shown, its answer is still to come
}

func (w *world) clone() *world {
	c := *w
	c.attempts = slices.Clone(w.attempts)
	c.flights = slices.Clone(w.flights)
	return &c
}

// carry takes in what a Step asked for.
func (w *world) carry(out lifecycle.Output) {
	w.wake = out.Wake
	for _, a := range out.Actions {
		f := flight{action: a}
		switch a.Kind {
		case lifecycle.RemoveContainer:
			w.attempts = slices.DeleteFunc(w.attempts, func(x attempt) bool { return x.name == a.Container && x.number == a.Attempt })
			continue
		case lifecycle.RemoveSandbox:
			w.box, w.attempts, w.flights = lifecycle.SandboxAbsent, nil, nil
			continue
		case lifecycle.StopContainer:
			f.until = w.now.Add(a.Timeout)
			if f.until.After(w.latest) {
				w.latest = f.until
			}
		case lifecycle.RunHook, lifecycle.RunProbe:
			if a.Timeout > 0 {
				f.until = w.now.Add(a.Timeout)
			}
		}
		w.flights = append(w.flights, f)
	}
}

// find is the attempt of that number, or nil.
func (w *world) find(name string, number int32) *attempt {
	for i := range w.attempts {
		if a := &w.attempts[i]; a.name == name && a.number == number {
			return a
		}
	}
	return nil
}

// limit is the earliest time by which something in flight must be over, or zero.
func (w *world) limit() (at time.Time) {
	for i := range w.flights {
		if u := w.flights[i].until; !u.IsZero() && (at.IsZero() || u.Before(at)) {
			at = u
		}
	}
	return at
}

// end ends an attempt, and with it the stop that was asked for.
func (w *world) end(a *attempt, exit int32) {
	a.state, a.exit, a.finished = lifecycle.ContainerExited, exit, w.now
	w.flights = slices.DeleteFunc(w.flights, func(f flight) bool {
		return f.action.Kind == lifecycle.StopContainer && f.action.Container == a.name && f.action.Attempt == a.number
	})
}

// start makes an attempt of what f asks for.
func (w *world) start(f flight, state lifecycle.ContainerState, exit int32, reason pod.Reason) {
	a := attempt{
		name: f.action.Container, number: f.action.Attempt, state: state, exit: exit, reason: reason, started: w.now,
	}
	if state == lifecycle.ContainerExited {
		a.finished = w.now
	}
	w.attempts = slices.DeleteFunc(w.attempts, func(x attempt) bool { return x.name == a.name && x.number < a.number-1 })
	w.attempts = append(w.attempts, a)
}

// drop takes flight i out.
func (w *world) drop(i int) flight {
	f := w.flights[i]
	w.flights = slices.Delete(w.flights, i, i+1)
	w.last = f.action.ID
	return f
}

var address = []netip.Addr{netip.MustParseAddr("10.0.0.1")}

// seen is all that there is.
func (w *world) seen() *lifecycle.Seen {
	s := &lifecycle.Seen{Sandbox: w.box, Volumes: w.volumes}
	if w.box == lifecycle.SandboxReady {
		s.IPs = address
	}
	for i := range w.attempts {
		a := &w.attempts[i]
		s.Containers = append(s.Containers, lifecycle.SeenContainer{
			Name: a.name, Attempt: a.number, State: a.state, ExitCode: a.exit, Reason: a.reason,
			StartedAt: a.started, FinishedAt: a.finished,
		})
	}
	if w.lacks {
		s.MissingImages = []string{image}
	}
	return s
}

// appendKey appends what tells this world from others, in times as seen from now.
func (w *world) appendKey(dst []byte) []byte {
	put := func(v int64) { dst = binary.AppendVarint(dst, v) }
	put(int64(w.box))
	put(int64(len(w.pod.Status.Conditions)))
	put(int64(w.faults)<<16 | int64(w.users)<<8 | int64(w.deletes))
	put(int64(flags(w.volumes, w.lacks, w.evicted, w.ends)))
	for i := range w.attempts {
		a := &w.attempts[i]
		dst = append(dst, a.name...)
		put(int64(a.number)<<8 | int64(a.state))
		put(int64(a.exit))
	}
	for i := range w.flights {
		f := &w.flights[i]
		dst = append(dst, f.action.Container...)
		put(int64(f.action.Kind)<<8 | int64(f.action.Call)<<1 | int64(flags(f.echo)))
		put(int64(f.action.Attempt))
		if !f.until.IsZero() {
			put(int64(f.until.Sub(w.now)))
		}
	}
	return dst
}

func flags(all ...bool) (n int) {
	for i, is := range all {
		if is {
			n |= 1 << i
		}
	}
	return n
}
