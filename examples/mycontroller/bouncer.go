package main

import (
	"context"
	"errors"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Bouncer is a controller: it evicts pods whose containers keep crashing, so that whoever made them makes new ones, perhaps on a better
// node. It respects disruption budgets: where one forbids an eviction, it asks again later. Pods with the label
// example.com/bounce=true are its concern. The zero Bouncer with a Client evicts after the first restart.
type Bouncer struct {
	Client cluster.Client
	// Restarts is how many restarts are too many.
	Restarts int32
	// Retry is how long it waits after an eviction was refused.
	Retry time.Duration
	// Log is told what it does; nil is nobody.
	Log func(p pod.Key, what string)

	watch   cluster.Watch
	asked   map[pod.UID]bool // whose eviction was asked for; a watch still shows what they were before
	refused []*pod.Pod       // those of them whose eviction is asked for again
	retryAt time.Time
}

// Step looks at everything that has happened since the step before, and says when it wants to look again though nothing has. The zero
// time is never.
func (b *Bouncer) Step(ctx context.Context, now time.Time) (wake time.Time, err error) {
	if b.watch == nil {
		b.asked = map[pod.UID]bool{}
		mine := &pod.LabelSelector{MatchLabels: map[string]string{"example.com/bounce": "true"}}
		options := cluster.WatchOptions{ListOptions: cluster.ListOptions{Labels: mine}}
		if b.watch, err = b.Client.Watch(ctx, object.PodKind, options); err != nil {
			return now.Add(b.Retry), err
		}
	}
	if len(b.refused) > 0 && !now.Before(b.retryAt) {
		again := b.refused
		b.refused = nil
		for _, p := range again {
			err = errors.Join(err, b.evict(ctx, now, p))
		}
	}
	for e, ok := b.watch.Poll(); ok; e, ok = b.watch.Poll() {
		p := e.Object.(*pod.Pod)
		if e.Type == cluster.Deleted {
			delete(b.asked, p.UID)
		} else if p.DeletionTimestamp == nil && !b.asked[p.UID] && b.crashesTooOften(p) {
			b.asked[p.UID] = true
			err = errors.Join(err, b.evict(ctx, now, p))
		}
	}
	if b.watch.Err() != nil { // it fell behind: the next step begins anew, with all pods that there are
		b.watch, b.retryAt = nil, now
	}
	return b.retryAt, err
}

func (b *Bouncer) crashesTooOften(p *pod.Pod) bool {
	for i := range p.Status.ContainerStatuses {
		if p.Status.ContainerStatuses[i].RestartCount > b.Restarts {
			return true
		}
	}
	return false
}

func (b *Bouncer) evict(ctx context.Context, now time.Time, p *pod.Pod) error {
	err := b.Client.Evict(ctx, p.Key(), object.DeleteOptions{DeleteOptions: pod.DeleteOptions{UID: p.UID}})
	switch {
	case errors.Is(err, cluster.ErrTooManyRequests):
		b.log(p, "may not go yet, says its budget")
		b.refused, b.retryAt = append(b.refused, p), now.Add(b.Retry)
		return nil
	case errors.Is(err, cluster.ErrNotFound), errors.Is(err, cluster.ErrConflict):
		return nil // it has gone, or is another pod by now
	case err == nil:
		b.log(p, "evicted")
	}
	return err
}

func (b *Bouncer) log(p *pod.Pod, what string) {
	if b.Log != nil {
		b.Log(p.Key(), what)
	}
}
