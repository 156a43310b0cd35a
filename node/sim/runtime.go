package sim

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Runtime plays scripts in real time. It implements node.Runtime, node.Execer, node.ImagePuller, node.Resizer and
// node.Notifier. Make
// one with New. It is safe for concurrent use.
type Runtime struct {
	scripts func(*pod.Pod) *script.Script

	mu        sync.Mutex
	pods      map[pod.UID]*simulated
	listeners map[int]func(pod.UID)
	listener  int
}

var (
	_ node.Runtime     = (*Runtime)(nil)
	_ node.Execer      = (*Runtime)(nil)
	_ node.ImagePuller = (*Runtime)(nil)
	_ node.Resizer     = (*Runtime)(nil)
	_ node.Notifier    = (*Runtime)(nil)
)

// New makes a runtime without pods. It asks scripts once for each pod how it behaves; nil, from it or in its place, means
// that containers run until they are told to stop.
func New(scripts func(*pod.Pod) *script.Script) *Runtime {
	return &Runtime{scripts: scripts, pods: map[pod.UID]*simulated{}, listeners: map[int]func(pod.UID){}}
}

// simulated is one pod. Its fields are guarded by the runtime's lock.
type simulated struct {
	engine  *script.Engine
	timer   *time.Timer
	lastID  lifecycle.ActionID
	results map[lifecycle.ActionID]lifecycle.Result
	started map[attempt]error
	changed chan struct{} // closed when anything changes
}

type attempt struct {
	container string
	number    int32
}

// of is what is known of the pod, made if it is new.
func (r *Runtime) of(p *pod.Pod) *simulated {
	if s := r.pods[p.UID]; s != nil {
		s.engine.Update(p)
		return s
	}
	var sc *script.Script
	if r.scripts != nil {
		sc = r.scripts(p)
	}
	if sc == nil {
		sc = &script.Script{}
	}
	s := &simulated{
		engine: script.New(p, sc, script.Node{Sources: script.Assume(p)}), changed: make(chan struct{}),
		results: map[lifecycle.ActionID]lifecycle.Result{}, started: map[attempt]error{},
	}
	r.pods[p.UID] = s
	return s
}

// act gives the engine an action, and returns the ID under which it will be answered.
func (r *Runtime) act(uid pod.UID, s *simulated, a lifecycle.Action) lifecycle.ActionID {
	s.lastID++
	a.ID = s.lastID
	s.engine.Act(time.Now(), a)
	r.pump(uid, s)
	return a.ID
}

// pump plays up to now, takes in what became of it, and sets the timer for what comes next.
func (r *Runtime) pump(uid pod.UID, s *simulated) {
	news := false
	for inputs := s.engine.Step(time.Now()); len(inputs) > 0; inputs = s.engine.Step(time.Now()) {
		news = true
		for _, in := range inputs {
			if in.Kind == lifecycle.Done {
				s.results[in.Action] = in.Result
			}
		}
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	if at := s.engine.Wake(); !at.IsZero() {
		s.timer = time.AfterFunc(time.Until(at), func() { r.tick(uid, s) })
	}
	if !news {
		return
	}
	close(s.changed)
	s.changed = make(chan struct{})
	for _, tell := range r.listeners {
		go tell(uid)
	}
}

func (r *Runtime) tick(uid pod.UID, s *simulated) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pods[uid] == s {
		r.pump(uid, s)
	}
}

// await waits, with the lock held on entry and on return, until done says yes, or returns the context's error.
func (r *Runtime) await(ctx context.Context, s *simulated, done func() bool) error {
	for !done() {
		changed := s.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		r.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// CreateSandbox implements node.Runtime.
func (r *Runtime) CreateSandbox(ctx context.Context, p *pod.Pod) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(p)
	switch s.engine.Seen().Sandbox {
	case lifecycle.SandboxReady:
		return nil
	case lifecycle.SandboxStopped:
		return fmt.Errorf("pod %q has a stopped sandbox, which must be removed first", p.Key())
	}
	id := r.act(p.UID, s, lifecycle.Action{Kind: lifecycle.CreateSandbox})
	var result lifecycle.Result
	failed := false
	err := r.await(ctx, s, func() bool {
		result, failed = s.results[id]
		return failed || s.engine.Seen().Sandbox == lifecycle.SandboxReady
	})
	if err == nil && failed {
		err = fmt.Errorf("%s", result.Message)
	}
	delete(s.results, id)
	return err
}

// StartContainer implements node.Runtime. The options count for nothing.
func (r *Runtime) StartContainer(ctx context.Context, p *pod.Pod, container string, number int32, _ node.StartOptions) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	s := r.of(p)
	which := attempt{container, number}
	if err, again := s.started[which]; again {
		return err
	}
	if err := r.startable(p, s, which); err != nil {
		return err
	}
	id := r.act(p.UID, s, lifecycle.Action{Kind: lifecycle.StartContainer, Container: container, Attempt: number})
	var err error
	if result, failed := s.results[id]; failed {
		err = &node.StartError{Reason: result.Reason, Message: result.Message}
	}
	delete(s.results, id)
	if s.knows(which) {
		s.started[which] = err
	}
	return err
}

// startable reports why the attempt cannot be started.
func (r *Runtime) startable(p *pod.Pod, s *simulated, which attempt) error {
	if p.Spec.Container(which.container) == nil {
		return &node.StartError{
			Reason:  pod.ReasonCreateContainerConfigError,
			Message: fmt.Sprintf("pod %q has no container %q", p.Key(), which.container),
		}
	}
	if s.engine.Seen().Sandbox != lifecycle.SandboxReady {
		return &node.StartError{Reason: pod.ReasonCreateContainerError, Message: fmt.Sprintf("pod %q has no sandbox that is ready", p.Key())}
	}
	for _, c := range s.engine.Seen().Containers {
		if c.Name == which.container && c.State == lifecycle.ContainerRunning {
			return &node.StartError{
				Reason:  pod.ReasonCreateContainerError,
				Message: fmt.Sprintf("attempt %d of container %q runs", c.Attempt, c.Name),
			}
		}
	}
	return nil
}

// StopContainer implements node.Runtime.
func (r *Runtime) StopContainer(ctx context.Context, uid pod.UID, container string, number int32, grace time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.pods[uid]
	if s == nil {
		return nil
	}
	which := attempt{container, number}
	if !s.runs(which) {
		return nil
	}
	r.act(uid, s, lifecycle.Action{
		Kind: lifecycle.StopContainer, Container: container, Attempt: number, Timeout: max(grace, 0),
	})
	return r.await(ctx, s, func() bool { return !s.runs(which) })
}

// knows reports whether there is such an attempt, as there is not after it could not be created.
func (s *simulated) knows(which attempt) bool {
	return slices.ContainsFunc(s.engine.Seen().Containers, func(c lifecycle.SeenContainer) bool {
		return c.Name == which.container && c.Attempt == which.number
	})
}

func (s *simulated) runs(which attempt) bool {
	return slices.ContainsFunc(s.engine.Seen().Containers, func(c lifecycle.SeenContainer) bool {
		return c.Name == which.container && c.Attempt == which.number && c.State == lifecycle.ContainerRunning
	})
}

// RemoveContainer implements node.Runtime.
func (r *Runtime) RemoveContainer(ctx context.Context, uid pod.UID, container string, number int32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.pods[uid]
	if s == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if s.runs(attempt{container, number}) {
		return fmt.Errorf("attempt %d of container %q runs", number, container)
	}
	r.act(uid, s, lifecycle.Action{Kind: lifecycle.RemoveContainer, Container: container, Attempt: number})
	return nil
}

// StopSandbox implements node.Runtime.
func (r *Runtime) StopSandbox(ctx context.Context, uid pod.UID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.pods[uid]; s != nil && s.engine.Seen().Sandbox != lifecycle.SandboxAbsent {
		r.act(uid, s, lifecycle.Action{Kind: lifecycle.StopSandbox})
	}
	return ctx.Err()
}

// RemoveSandbox implements node.Runtime.
func (r *Runtime) RemoveSandbox(ctx context.Context, uid pod.UID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.pods[uid]; s != nil {
		r.act(uid, s, lifecycle.Action{Kind: lifecycle.StopSandbox})
		if s.timer != nil {
			s.timer.Stop()
		}
		delete(r.pods, uid)
	}
	return ctx.Err()
}

// List implements node.Runtime.
func (r *Runtime) List(ctx context.Context, uid pod.UID) (lifecycle.Seen, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.pods[uid]
	if s == nil {
		return lifecycle.Seen{}, ctx.Err()
	}
	seen := *s.engine.Seen()
	seen.Containers = slices.Clone(seen.Containers)
	seen.MissingImages = slices.Clone(seen.MissingImages)
	return seen, ctx.Err()
}

// PullImage implements node.ImagePuller.
func (r *Runtime) PullImage(ctx context.Context, p *pod.Pod, container string) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(p)
	id := r.act(p.UID, s, lifecycle.Action{Kind: lifecycle.PullImage, Container: container})
	result, err := r.answer(ctx, s, id)
	if err == nil && result.Outcome != lifecycle.Succeeded {
		err = &node.StartError{Reason: result.Reason, Message: result.Message}
	}
	return result.ImageSize, err
}

// Exec implements node.Execer.
func (r *Runtime) Exec(ctx context.Context, uid pod.UID, container string, number int32, command []string) (node.ExecResult, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.pods[uid]
	if s == nil || !s.runs(attempt{container, number}) {
		return node.ExecResult{}, fmt.Errorf("attempt %d of container %q: %w", number, container, node.ErrNotRunning)
	}
	s.lastID++
	id := s.lastID
	s.engine.Exec(time.Now(), id, container, command, 0)
	r.pump(uid, s)
	result, err := r.answer(ctx, s, id)
	return node.ExecResult{ExitCode: result.ExitCode, Output: []byte(result.Message)}, err
}

// Resize implements node.Resizer. A scripted container is the same with any resources.
func (r *Runtime) Resize(ctx context.Context, p *pod.Pod, container string, number int32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.pods[p.UID]
	if s == nil || !s.runs(attempt{container, number}) {
		return fmt.Errorf("attempt %d of container %q: %w", number, container, node.ErrNotRunning)
	}
	s.engine.Update(p)
	id := r.act(p.UID, s, lifecycle.Action{Kind: lifecycle.Resize, Container: container, Attempt: number})
	result, err := r.answer(ctx, s, id)
	if err == nil && result.Outcome != lifecycle.Succeeded {
		err = fmt.Errorf("%s", result.Message)
	}
	return err
}

// answer waits for the result of an action.
func (r *Runtime) answer(ctx context.Context, s *simulated, id lifecycle.ActionID) (result lifecycle.Result, err error) {
	err = r.await(ctx, s, func() bool {
		var ok bool
		result, ok = s.results[id]
		return ok
	})
	delete(s.results, id)
	return result, err
}

// Notify implements node.Notifier.
func (r *Runtime) Notify(changed func(uid pod.UID)) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listener++
	id := r.listener
	r.listeners[id] = changed
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.listeners, id)
	}
}
