package node

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Signals measures what a node has left. It is used by one goroutine at a time.
type Signals interface {
	// Levels returns how much is left of what can be measured.
	Levels() (map[eviction.Signal]eviction.Level, error)
}

// Meter is implemented by a Runtime that knows what its pods use.
type Meter interface {
	// Usage returns what a pod uses, without its volumes; nil where that is not known. The result is the caller's.
	Usage(ctx context.Context, uid pod.UID) *eviction.Usage
}

// checkPressure looks at what is left of the node, and ends a pod where that is too little.
func (a *Agent) checkPressure(ctx context.Context, now time.Time, p *eviction.Pressure) {
	levels, err := a.cfg.Signals.Levels()
	if err != nil {
		a.cfg.Log.Warn("what is left of the node is not known", "err", err)
	}
	d := p.Step(now, eviction.Observation{Levels: levels, Pods: a.candidates(ctx)})
	a.mu.Lock()
	changed := !slices.Equal(a.conditions, d.Conditions)
	a.conditions = d.Conditions
	a.mu.Unlock()
	if changed {
		a.cfg.Log.Warn("the node's conditions have changed", "conditions", d.Conditions)
	}
	if d.Evict == nil {
		return
	}
	victim := d.Evict.Pod
	if err := a.Evict(victim.Key(), EvictOptions{
		Message: d.Evict.Message, GraceSeconds: &d.Evict.GraceSeconds,
	}); err != nil && !errors.Is(err, ErrNotFound) {
		a.cfg.Log.Error("a pod cannot be evicted", "pod", victim.Key().String(), "err", err)
	}
}

// candidates is the pods that run, with what they use.
func (a *Agent) candidates(ctx context.Context) []eviction.Candidate {
	var out []eviction.Candidate
	for _, p := range a.Pods() {
		if !p.Status.Phase.IsTerminal() && p.Spec.NodeName != "" {
			out = append(out, eviction.Candidate{Pod: p, Usage: a.usage(ctx, p), Critical: IsStatic(p)})
		}
	}
	return out
}

// usage is what a pod uses, where the runtime can tell.
func (a *Agent) usage(ctx context.Context, p *pod.Pod) *eviction.Usage {
	meter, ok := a.cfg.Runtime.(Meter)
	if !ok {
		return nil
	}
	u := meter.Usage(ctx, p.UID)
	contents, ok := a.cfg.Volumes.(storage.Contents)
	if u == nil || !ok {
		return u
	}
	if u.Volumes == nil {
		u.Volumes = map[string]eviction.FileUsage{}
	}
	for i := range p.Spec.Volumes {
		if n, err := contents.Usage(p.UID, p.Spec.Volumes[i].Name); err == nil {
			u.Volumes[p.Spec.Volumes[i].Name] = eviction.FileUsage{Bytes: n}
		}
	}
	return u
}

// Conditions returns what the node is short of, in the order of the names. The slice is the caller's.
func (a *Agent) Conditions() []eviction.Condition {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.conditions)
}

// Shutdown ends all pods because the node shuts down, those of the lowest priority first, and returns when all have ended, each group
// has had its time, or ctx is done; its error is then ctx's. Pods that come from then on are refused. The pods stay on the node, Failed.
// See https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/.
func (a *Agent) Shutdown(ctx context.Context, by []eviction.PriorityGrace) error {
	a.mu.Lock()
	a.ending = true
	var pods []*pod.Pod
	for _, p := range a.shown() {
		if !p.Status.Phase.IsTerminal() {
			pods = append(pods, p)
		}
	}
	a.mu.Unlock()
	for _, group := range eviction.Shutdown(pods, by) {
		a.endGroup(ctx, group)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// endGroup ends pods together, and waits until they have ended or their time is over.
func (a *Agent) endGroup(ctx context.Context, g eviction.Group) {
	ctx, cancel := context.WithTimeout(ctx, g.Grace)
	defer cancel()
	changes := a.Watch(ctx)
	left := map[pod.UID]bool{}
	for _, p := range g.Pods {
		grace := g.GraceSeconds(p)
		if err := a.Evict(p.Key(), EvictOptions{
			Reason: eviction.ShutdownReason, Message: eviction.ShutdownMessage, GraceSeconds: &grace,
		}); err == nil {
			left[p.UID] = true
		}
	}
	for c := range changes {
		if c.Type == Deleted || c.Pod.Status.Phase.IsTerminal() {
			delete(left, c.Pod.UID)
		}
		if len(left) == 0 {
			return
		}
	}
}
