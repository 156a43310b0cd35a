package node

import (
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// A critical pod that has no room on the node takes that of others: they are told to end, all at once, and it does nothing before they
// have, or have had their time.

// leastPatience is how long a critical pod waits at least for those that make room for it.
const leastPatience = 10 * time.Second

func uids(pods []*pod.Pod) (out []pod.UID) {
	for _, p := range pods {
		out = append(out, p.UID)
	}
	return out
}

// preempt ends the pods in whose place w is to run, and has w wait for them. The caller holds the lock.
func (a *Agent) preempt(w *worker) {
	patience := leastPatience
	for _, v := range a.victimsOf(w) {
		if s := v.object.Spec.TerminationGracePeriodSeconds; s != nil {
			patience = max(patience, time.Duration(*s)*time.Second*3/2)
		}
		v.request(lifecycle.Input{Kind: lifecycle.Evict, Reason: eviction.PreemptionReason, Message: eviction.PreemptionMessage})
		w.holding.Store(true)
	}
	w.patience = time.Now().Add(patience)
}

// victimsOf returns the pods that w waits for and that have not ended. The caller holds the lock.
func (a *Agent) victimsOf(w *worker) (out []*worker) {
	for _, uid := range w.victims {
		if v := a.byUID[uid]; v != nil && !v.status.Phase.IsTerminal() {
			out = append(out, v)
		}
	}
	return out
}

// freed is for a pod that has ended or gone: others may have waited for what it had. The caller holds the lock.
func (a *Agent) freed() {
	for _, w := range a.byUID {
		if w.holding.Load() {
			w.ring()
		}
	}
	a.retryResizes()
}

// held reports whether the pod still waits for room, and until when.
func (w *worker) held(now time.Time) (until time.Time, is bool) {
	if !w.holding.Load() {
		return time.Time{}, false
	}
	w.agent.mu.Lock()
	defer w.agent.mu.Unlock()
	foundDeleted := w.unknown && w.object.DeletionTimestamp != nil
	if now.Before(w.patience) && len(w.agent.victimsOf(w)) > 0 && !foundDeleted {
		return w.patience, true
	}
	w.holding.Store(false)
	return time.Time{}, false
}

// takeDelete takes the API user's wish that a pod which waits for room ends; it then waits no longer.
func (w *worker) takeDelete() (lifecycle.Input, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.requests, func(in lifecycle.Input) bool { return in.Kind == lifecycle.Delete })
	if i < 0 {
		return lifecycle.Input{}, false
	}
	in := w.requests[i]
	w.requests = slices.Delete(w.requests, i, i+1)
	w.holding.Store(false)
	return in, true
}
