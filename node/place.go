package node

import (
	"context"
	"fmt"

	"github.com/podlife/podlife/pod"
)

// Place puts the pod of a manifest in YAML or JSON on the node, as Apply does, and returns it as it is there. The error is as that of
// pod.Parse or Apply, with the line and column of what is wrong.
func (a *Agent) Place(manifest []byte) (*pod.Pod, error) {
	p, err := pod.Parse(manifest)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.pods[nameOf(p)]
	if w != nil && p.Name != "" {
		err = a.update(w, p, pod.SubresourceNone)
	} else {
		w, err = a.create(p)
	}
	if err != nil {
		return nil, err
	}
	return w.shown, nil
}

// Wait returns a pod as soon as it is as wanted, at once where it is so already. The error wraps ErrNotFound where there is no such pod,
// or where it goes while it is waited for, ErrStopped when Run ends, and is ctx's when that is done first. An empty namespace means
// "default".
func (a *Agent) Wait(ctx context.Context, key pod.Key, wanted func(p *pod.Pod) bool) (*pod.Pod, error) {
	key = complete(key)
	changes := a.Watch(ctx)
	if _, ok := a.Pod(key); !ok {
		return nil, fmt.Errorf("pod %q: %w", key, ErrNotFound)
	}
	for c := range changes {
		switch {
		case nameOf(c.Pod) != key:
		case c.Type == Deleted:
			return nil, fmt.Errorf("pod %q has gone: %w", key, ErrNotFound)
		case wanted(c.Pod):
			return c.Pod, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("pod %q: %w", key, ErrStopped)
}
