package script

import (
	"time"

	"github.com/podlife/podlife/lifecycle"
)

// Life is a machine and the engine that plays its runtime, in virtual time.
type Life struct {
	Machine *lifecycle.Machine
	Engine  *Engine
	// Watch, if not nil, is shown every Step: its input and what it decided, before that is carried out. What the input and
	// the output point to is valid during the call.
	Watch func(now time.Time, in lifecycle.Input, out lifecycle.Output)

	// Between, if not nil, is called after each Step and what it asked for. It may put another machine in place of Machine.
	Between func(now time.Time)

	wake time.Time
}

// Wake is when something next happens by itself, or the zero Time.
func (l *Life) Wake() time.Time { return earlier(l.wake, l.Engine.Wake()) }

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Advance plays everything that is due at now, in the stated order: ends, results, timers.
func (l *Life) Advance(now time.Time) {
	l.settle(now)
	for !l.wake.IsZero() && !l.wake.After(now) {
		l.step(now, lifecycle.Input{})
		l.settle(now)
	}
}

// Do gives the machine one input at now, and plays what follows from it at once.
func (l *Life) Do(now time.Time, in lifecycle.Input) {
	if in.Pod != nil {
		l.Engine.Update(in.Pod)
	}
	l.step(now, in)
	l.Advance(now)
}

// settle hands what the engine shows to the machine until nothing new comes.
func (l *Life) settle(now time.Time) {
	for {
		inputs := l.Engine.Step(now)
		if len(inputs) == 0 {
			return
		}
		for _, in := range inputs {
			l.step(now, in)
		}
	}
}

func (l *Life) step(now time.Time, in lifecycle.Input) {
	out := l.Machine.Step(now, in)
	l.wake = out.Wake
	if l.Watch != nil {
		l.Watch(now, in, out)
	}
	for _, a := range out.Actions {
		l.Engine.Act(now, a)
	}
	if l.Between != nil {
		before := l.Machine
		if l.Between(now); l.Machine != before {
			l.wake = l.Machine.Wake()
		}
	}
}
