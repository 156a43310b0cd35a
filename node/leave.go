package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/podlife/podlife/lifecycle"
)

// A pod that was deleted is on the node until nothing of it is left: where its last clean-up fails it is tried again, as long as Run
// runs, and by the next agent with the same Store. Meanwhile the pod keeps its name, its UID, and its addresses.

// FailedKillPod is the reason of the event that something of a pod which ends cannot be ended or removed.
const FailedKillPod lifecycle.EventReason = "FailedKillPod"

const (
	// cleanPatience is how long the agent waits for the runtime to end a pod beyond the shutdown grace.
	cleanPatience = 30 * time.Second
	// The first wait before a clean-up is tried again; each is twice the one before.
	firstCleanWait = time.Second
	maxCleanWait   = time.Minute
	// maxComplaints is how many causes of failure are told of a pod.
	maxComplaints = 10
)

// leave removes everything that is left of the pod. A pod that was deleted is then gone; of the others, whose time was cut
// short by Run's end, only the status stays.
func (w *worker) leave(ctx context.Context) {
	if !w.over() {
		w.saveEvents(time.Now())
		w.endEarly(ctx)
		return
	}
	err := w.cleanAgain(ctx)
	if err != nil {
		err = w.lastTry(ctx, 0)
	}
	w.saveEvents(time.Now())
	if err == nil {
		w.agent.drop(w)
	}
}

// endEarly ends a pod with Run.
func (w *worker) endEarly(ctx context.Context) {
	if w.agent.cfg.LeaveRunning {
		return
	}
	_ = w.lastTry(ctx, w.agent.cfg.ShutdownGrace)
	w.forget()
}

// lastTry cleans up when Run has ended, after the grace that the containers have. What is left then is told by Run.
func (w *worker) lastTry(ctx context.Context, grace time.Duration) error {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace+cleanPatience)
	defer cancel()
	if grace > 0 {
		w.stopAll(clean, grace)
	}
	err := w.clean(clean)
	if err != nil {
		err = fmt.Errorf("pod %q (uid %s): %w", w.name, w.uid, err)
		w.log.Error("something of the pod is left", "err", err)
		w.agent.fault(err)
	}
	return err
}

// cleanAgain cleans up until nothing is left or ctx is done. The error is why something is left.
func (w *worker) cleanAgain(ctx context.Context) error {
	for wait := firstCleanWait; ; wait = min(2*wait, maxCleanWait) {
		try, cancel := context.WithTimeout(ctx, cleanPatience)
		err := w.clean(try)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		w.complain(err)
		w.save()
		w.saveEvents(time.Now())
		if !pause(ctx, wait) {
			return err
		}
		w.dropRequests()
	}
}

// dropRequests forgets what was asked of a pod that has ended.
func (w *worker) dropRequests() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = nil
}

// complain tells why something of the pod cannot be ended or removed, once for each cause.
func (w *worker) complain(err error) {
	e := Event{Type: "Warning", Reason: FailedKillPod, Message: "error killing pod: " + err.Error()}
	w.agent.mu.Lock()
	told := 0
	again := slices.ContainsFunc(w.tally.events, func(x Event) bool {
		if x.Reason == FailedKillPod {
			told++
		}
		return x.Reason == FailedKillPod && x.Message == e.Message
	})
	w.agent.mu.Unlock()
	if again || told >= maxComplaints {
		w.log.Debug("something of the pod is left", "err", err)
		return
	}
	w.agent.announce(w, time.Now(), []Event{e})
}

// stopAll gives every container that runs the chance to end by itself.
func (w *worker) stopAll(ctx context.Context, grace time.Duration) {
	rt := w.agent.cfg.Runtime
	seen, err := rt.List(ctx, w.uid)
	if err != nil {
		return
	}
	var all sync.WaitGroup
	for _, c := range seen.Containers {
		if c.State == lifecycle.ContainerRunning {
			all.Go(func() { _ = rt.StopContainer(ctx, w.uid, c.Name, c.Attempt, grace) })
		}
	}
	all.Wait()
}

// clean takes away sandbox, volumes and addresses, however far they were made; nothing where something may still run.
func (w *worker) clean(ctx context.Context) error {
	if err := w.agent.cfg.Runtime.StopSandbox(ctx, w.uid); err != nil {
		return err
	}
	return errors.Join(w.unmount(), w.removeSandbox(ctx))
}

// release gives the pod's addresses back.
func (w *worker) release() {
	if w.agent.cfg.Addresses != nil {
		w.agent.cfg.Addresses.Release(w.uid)
	}
	w.ips = nil
}
