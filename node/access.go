package node

import (
	"context"
	"fmt"
	"iter"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// PodLogOptions says which lines of a container's output are wanted. The zero value: all that its newest attempt has written.
type PodLogOptions struct {
	LogOptions
	// Previous takes the attempt before the newest one.
	Previous bool
}

// Logs yields the output of a container, as `kubectl logs` shows it. Where there is no such attempt, or the runtime keeps no
// logs, it yields one error, which wraps ErrNotFound or ErrUnsupported. An empty namespace means "default".
func (a *Agent) Logs(ctx context.Context, key pod.Key, container string, o PodLogOptions) iter.Seq2[LogLine, error] {
	fail := func(err error) iter.Seq2[LogLine, error] {
		return func(yield func(LogLine, error) bool) { yield(LogLine{}, err) }
	}
	uid, err := a.uid(key)
	if err != nil {
		return fail(err)
	}
	c, err := a.attempt(ctx, uid, container, o.Previous)
	if err != nil {
		return fail(err)
	}
	if l, ok := a.cfg.Runtime.(Logger); ok {
		return l.Logs(ctx, uid, container, c.Attempt, o.LogOptions)
	}
	return fail(fmt.Errorf("logs of container %q: %w", container, ErrUnsupported))
}

// Exec runs a command in the newest attempt of a container; see Execer. An empty namespace means "default".
func (a *Agent) Exec(ctx context.Context, key pod.Key, container string, command []string) (ExecResult, error) {
	e, ok := a.cfg.Runtime.(Execer)
	if !ok {
		return ExecResult{}, fmt.Errorf("exec in container %q: %w", container, ErrUnsupported)
	}
	uid, err := a.uid(key)
	if err != nil {
		return ExecResult{}, err
	}
	c, err := a.attempt(ctx, uid, container, false)
	if err != nil {
		return ExecResult{}, err
	}
	return e.Exec(ctx, uid, container, c.Attempt, command)
}

func (a *Agent) uid(key pod.Key) (pod.UID, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, err := a.find(key)
	if err != nil {
		return "", err
	}
	return w.uid, nil
}

// attempt returns the newest attempt of a container that the runtime knows, or the one before it.
func (a *Agent) attempt(ctx context.Context, uid pod.UID, container string, previous bool) (lifecycle.SeenContainer, error) {
	seen, err := a.cfg.Runtime.List(ctx, uid)
	if err != nil {
		return lifecycle.SeenContainer{}, err
	}
	var newest, before *lifecycle.SeenContainer
	for i := range seen.Containers {
		c := &seen.Containers[i]
		switch {
		case c.Name != container:
		case newest == nil || c.Attempt > newest.Attempt:
			newest, before = c, newest
		case before == nil || c.Attempt > before.Attempt:
			before = c
		}
	}
	if previous {
		newest = before
	}
	if newest == nil {
		return lifecycle.SeenContainer{}, fmt.Errorf("container %q: %w", container, ErrNotFound)
	}
	return *newest, nil
}
