package node

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// A worker drives the machine of one pod: one goroutine that steps it, and one more for each action that takes long.
type worker struct {
	agent   *Agent
	name    pod.Key
	uid     pod.UID
	machine *lifecycle.Machine
	log     *slog.Logger

	// Guarded by the agent's lock: the pod as its user wants it, the status its machine has, both as published, its events.
	object *pod.Pod
	status pod.Status
	shown  *pod.Pod
	tally  tally
	// refusal is why the node does not run the pod.
	refusal *Refusal
	// given is the pod as the node runs it: with other resources than object where pending says why.
	given   *pod.Pod
	pending *Refusal
	// victims are the pods that end so that this one can run, and for which it waits until patience.
	victims  []pod.UID
	patience time.Time

	// holding says that it waits for its victims.
	holding atomic.Bool

	// mu guards what others leave for the goroutine; bell says that there is something.
	mu       sync.Mutex
	looking  bool
	results  []lifecycle.Input
	requests []lifecycle.Input
	bell     chan struct{}

	// The goroutine's own.
	refused bool     // the machine is to be told so first
	unknown bool     // the pod was brought back, and the runtime has not been looked at since
	spec    *pod.Pod // the pod as the machine knows it
	wake    time.Time
	relook  time.Time
	mounted bool
	ips     []netip.Addr // given by Config.Addresses
	seenIPs []netip.Addr
	said    []Event // and counted, and not yet in the store
	unsaid  []Event // and not yet out of it
	long    sync.WaitGroup
}

func newWorker(a *Agent, p *pod.Pod, m *lifecycle.Machine) *worker {
	w := &worker{
		agent: a, name: nameOf(p), uid: p.UID, machine: m, object: p, spec: p, given: p, status: m.Status(),
		looking: true, bell: make(chan struct{}, 1),
	}
	w.log = a.cfg.Log.With("pod", w.name.String(), "uid", string(w.uid))
	return w
}

// ring wakes the goroutine.
func (w *worker) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// lookSoon has the runtime looked at.
func (w *worker) lookSoon() {
	w.mu.Lock()
	w.looking = true
	w.mu.Unlock()
	w.ring()
}

// answer leaves the result of an action.
func (w *worker) answer(id lifecycle.ActionID, r lifecycle.Result) {
	w.mu.Lock()
	w.results = append(w.results, lifecycle.Input{Kind: lifecycle.Done, Action: id, Result: r})
	w.mu.Unlock()
	w.ring()
}

// request leaves what the API user wants.
func (w *worker) request(in lifecycle.Input) {
	w.mu.Lock()
	w.requests = append(w.requests, in)
	w.mu.Unlock()
	w.ring()
}

// run drives the machine until the pod is deleted and over, or ctx is done; then everything is cleaned up.
func (w *worker) run(ctx context.Context) {
	inner, cancel := context.WithCancel(ctx)
	if w.refused {
		w.step(inner, w.rejection())
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		w.turn(inner)
		w.saveEvents(time.Now().Add(-eventLag))
		if w.over() {
			break
		}
		timer.Reset(w.rest())
		select {
		case <-ctx.Done():
		case <-w.bell:
		case <-timer.C:
		}
	}
	cancel()
	w.long.Wait()
	w.leave(ctx)
}

// rejection tells the machine that the node does not run the pod.
func (w *worker) rejection() lifecycle.Input {
	return lifecycle.Input{Kind: lifecycle.Reject, Reason: w.refusal.Reason, Message: w.refusal.Message}
}

// over reports whether nothing is left to do for a pod that was deleted.
func (w *worker) over() bool { return w.spec.DeletionTimestamp != nil && w.machine.Ended() }

// rest is how long the goroutine may sleep.
func (w *worker) rest() time.Duration {
	const long = time.Hour
	d := long
	for _, at := range [...]time.Time{w.wake, w.relook} {
		if !at.IsZero() && !(w.unknown && at == w.wake) {
			d = min(d, time.Until(at))
		}
	}
	if len(w.said) > 0 {
		d = min(d, time.Until(w.said[0].Last.Add(eventLag)))
	}
	return max(d, 0)
}

// turn feeds the machine all there is: what the runtime shows, then results, then the time, then the API user.
func (w *worker) turn(ctx context.Context) {
	for ctx.Err() == nil {
		in, ok := w.next(ctx)
		if !ok {
			return
		}
		w.step(ctx, in)
	}
}

// next takes the input that comes first.
func (w *worker) next(ctx context.Context) (lifecycle.Input, bool) {
	now := time.Now()
	if until, held := w.held(now); held {
		w.relook = until
		in, ok := w.takeDelete()
		if ok {
			w.spec = in.Pod
		}
		return in, ok
	}
	if w.takeLook(now) {
		if seen := w.look(ctx); seen != nil {
			w.unknown = false
			return lifecycle.Input{Kind: lifecycle.Observed, Seen: seen}, true
		}
	}
	if w.unknown {
		return lifecycle.Input{}, false
	}
	if in, ok := w.take(&w.results); ok {
		return in, true
	}
	if !w.wake.IsZero() && !now.Before(w.wake) {
		return lifecycle.Input{}, true
	}
	in, ok := w.take(&w.requests)
	if ok && in.Pod != nil {
		w.spec = in.Pod
	}
	return in, ok
}

// takeLook reports whether the runtime is to be looked at now.
func (w *worker) takeLook(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.relook.IsZero() && !now.Before(w.relook) {
		w.looking, w.relook = true, time.Time{}
	}
	defer func() { w.looking = false }()
	return w.looking
}

// take takes the first of a list.
func (w *worker) take(from *[]lifecycle.Input) (lifecycle.Input, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(*from) == 0 {
		return lifecycle.Input{}, false
	}
	in := (*from)[0]
	*from = (*from)[1:]
	if len(*from) == 0 {
		*from = nil
	}
	return in, true
}

// look returns all that is known of the pod, or nil where the runtime does not say; then it is asked again.
func (w *worker) look(ctx context.Context) *lifecycle.Seen {
	seen, err := w.agent.cfg.Runtime.List(ctx, w.uid)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Warn("the runtime does not say what it knows of the pod", "err", err)
		}
		w.relook = time.Now().Add(w.agent.cfg.Relist)
		return nil
	}
	if _, ok := w.agent.cfg.Runtime.(Notifier); !ok {
		w.relook = time.Now().Add(w.agent.cfg.Relist)
	}
	seen.Volumes = w.mounted
	if seen.Sandbox == lifecycle.SandboxReady && len(seen.IPs) == 0 {
		seen.IPs = w.ips
	}
	w.seenIPs = seen.IPs
	return &seen
}

// step steps the machine, and publishes and carries out what it decides.
func (w *worker) step(ctx context.Context, in lifecycle.Input) {
	now := time.Now()
	out := w.machine.Step(now, in)
	w.wake = out.Wake
	if lasts(in, out) {
		w.save()
	}
	if out.Changed {
		w.agent.publish(w, w.machine.Status())
	}
	w.agent.record(w, now, out.Events)
	for _, action := range out.Actions {
		w.log.Debug("action", "action", action)
		w.carryOut(ctx, action)
	}
}
