package node

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// Event is something that happened to a pod, as `kubectl describe` lists it. Events that say the same of the same container
// are one, with a count.
type Event struct {
	Namespace string
	Name      string
	UID       pod.UID
	// Container is empty for an event about the whole pod.
	Container string
	// Type is Normal or Warning.
	Type string
	// Reason is one word, such as Pulled, Started, BackOff.
	Reason  lifecycle.EventReason
	Message string
	// Count is how often it has happened so far; First and Last are when. With a Store they go on through restarts of the program.
	Count       int
	First, Last time.Time

	slot int // by which the store knows it
}

// LogValue shows the event as one group.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("type", e.Type), slog.String("reason", string(e.Reason)), slog.String("message", e.Message),
		slog.Int("count", e.Count),
	}
	if e.Container != "" {
		attrs = append(attrs, slog.String("container", e.Container))
	}
	return slog.GroupValue(attrs...)
}

// maxEvents is how many different events of a pod are remembered for counting.
const maxEvents = 100

// tally counts the events of one pod. The agent's lock guards it.
type tally struct {
	events []Event // the one heard of last is at the end
	slots  int     // how many were ever remembered
}

// count takes in one event and returns it with its count, and which event is no longer remembered in its place, if there is one.
func (t *tally) count(e Event) (counted Event, forgotten *Event) {
	i := slices.IndexFunc(t.events, func(x Event) bool {
		return x.Reason == e.Reason && x.Container == e.Container && x.Message == e.Message && x.Type == e.Type
	})
	if i >= 0 {
		e.Count, e.First, e.slot = t.events[i].Count+1, t.events[i].First, t.events[i].slot
		t.events = slices.Delete(t.events, i, i+1)
	} else {
		if len(t.events) == maxEvents {
			forgotten = new(t.events[0])
			t.events = slices.Delete(t.events, 0, 1)
		}
		e.slot = t.slots
		t.slots++
	}
	t.events = append(t.events, e)
	return e, forgotten
}

// restore takes in an event that was remembered.
func (t *tally) restore(e Event) {
	t.events = append(t.events, e)
	slices.SortStableFunc(t.events, func(x, y Event) int { return x.Last.Compare(y.Last) })
	t.slots = max(t.slots, e.slot+1)
}

// Events yields the events of the pods that are on the node, each with its count so far and the one heard of last at the end,
// and then every further one as it happens. Nothing is lost, however slow the reader. It ends with ctx and with Run.
func (a *Agent) Events(ctx context.Context) iter.Seq[Event] {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first []Event
	for _, w := range a.pods {
		first = append(first, w.tally.events...)
	}
	slices.SortStableFunc(first, func(x, y Event) int { return x.Last.Compare(y.Last) })
	return follow(ctx, first, a.events.tail)
}

// Degraded is the reason of the event that a pod does not get all that a pod has; see Warner.
const Degraded lifecycle.EventReason = "Degraded"

// warn says what the runtime cannot give the pod.
func (a *Agent) warn(w *worker) {
	warner, ok := a.cfg.Runtime.(Warner)
	if !ok {
		return
	}
	var events []Event
	for _, message := range warner.Warnings(w.uid) {
		events = append(events, Event{Type: "Warning", Reason: Degraded, Message: message})
	}
	a.announce(w, time.Now(), events)
}

// record counts and announces what a machine said.
func (a *Agent) record(w *worker, now time.Time, said []lifecycle.Event) {
	events := make([]Event, len(said))
	for i, e := range said {
		events[i] = Event{Container: e.Container, Type: e.Type(), Reason: e.ReasonWord(), Message: e.Message()}
	}
	a.announce(w, now, events)
}

// announce counts events and tells them, in place. The pod's worker calls it.
func (a *Agent) announce(w *worker, now time.Time, counted []Event) {
	if len(counted) == 0 {
		return
	}
	a.mu.Lock()
	for i, e := range counted {
		e.Namespace, e.Name, e.UID = w.name.Namespace, w.name.Name, w.uid
		e.Count, e.First, e.Last = 1, now, now
		e, forgotten := w.tally.count(e)
		if forgotten != nil {
			w.unsaid = append(w.unsaid, *forgotten)
		}
		counted[i] = e
		a.events.add(e)
	}
	a.mu.Unlock()
	w.said = append(w.said, counted...)
	for _, e := range counted {
		level := slog.LevelInfo
		if e.Type == "Warning" {
			level = slog.LevelWarn
		}
		w.log.LogAttrs(context.Background(), level, "event", slog.Any("event", e))
	}
}
