package node_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// A fake is a Runtime in memory, whose containers do what functions say.
type fake struct {
	mu      sync.Mutex
	pods    map[pod.UID]*fakePod
	changed func(pod.UID)
	calls   []string
	env     []string
	// fail returns the error of a call, by its name and container.
	fail func(call string) error
	// lives says how long an attempt runs and with what code it ends; negative is for ever. Nil: all run for ever.
	lives func(container string, attempt int32) (time.Duration, int32)
	// stubborn containers ignore the stop signal; others end at once with 143.
	stubborn bool
	exec     func(ctx context.Context, command []string) (node.ExecResult, error)
	pull     func(ctx context.Context) (int64, error)
	missing  []string
}

type fakePod struct {
	box   lifecycle.SandboxState
	tries []*lifecycle.SeenContainer
}

// quiet is a fake that does not notify.
type quiet struct{ node.Runtime }

func (f *fake) pod(uid pod.UID) *fakePod {
	if f.pods == nil {
		f.pods = map[pod.UID]*fakePod{}
	}
	if f.pods[uid] == nil {
		f.pods[uid] = &fakePod{}
	}
	return f.pods[uid]
}

func (f *fake) note(call string) error {
	f.calls = append(f.calls, call)
	if f.fail != nil {
		return f.fail(call)
	}
	return nil
}

// fails has calls fail from now on.
func (f *fake) fails(fail func(call string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

// said returns how often a call was made.
func (f *fake) said(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == call {
			n++
		}
	}
	return n
}

func (f *fake) Notify(changed func(pod.UID)) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = changed
	return func() {}
}

func (f *fake) CreateSandbox(_ context.Context, p *pod.Pod) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.note("create"); err != nil {
		return err
	}
	f.pod(p.UID).box = lifecycle.SandboxReady
	return nil
}

func (f *fake) StartContainer(_ context.Context, p *pod.Pod, name string, attempt int32, o node.StartOptions) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.env = o.Env
	if err := f.note(fmt.Sprintf("start %s#%d", name, attempt)); err != nil {
		return err
	}
	c := &lifecycle.SeenContainer{Name: name, Attempt: attempt, State: lifecycle.ContainerRunning, StartedAt: time.Now(),
		ID: fmt.Sprintf("fake://%s/%s/%d", p.UID, name, attempt)}
	f.pod(p.UID).tries = append(f.pod(p.UID).tries, c)
	if f.lives != nil {
		if d, code := f.lives(name, attempt); d >= 0 {
			time.AfterFunc(d, func() { f.end(p.UID, c, code) })
		}
	}
	return nil
}

// end ends an attempt that runs.
func (f *fake) end(uid pod.UID, c *lifecycle.SeenContainer, code int32) {
	f.mu.Lock()
	if c.State == lifecycle.ContainerRunning {
		c.State, c.ExitCode, c.FinishedAt = lifecycle.ContainerExited, code, time.Now()
	}
	changed := f.changed
	f.mu.Unlock()
	if changed != nil {
		changed(uid)
	}
}

func (f *fake) find(uid pod.UID, name string, attempt int32) *lifecycle.SeenContainer {
	for _, c := range f.pod(uid).tries {
		if c.Name == name && c.Attempt == attempt {
			return c
		}
	}
	return nil
}

func (f *fake) StopContainer(ctx context.Context, uid pod.UID, name string, attempt int32, grace time.Duration) error {
	f.mu.Lock()
	err := f.note(fmt.Sprintf("stop %s#%d %s", name, attempt, grace))
	c := f.find(uid, name, attempt)
	f.mu.Unlock()
	switch {
	case err != nil || c == nil:
		return err
	case !f.stubborn && grace > 0:
		f.end(uid, c, 143)
		return nil
	}
	select {
	case <-time.After(grace):
		f.end(uid, c, 137)
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (f *fake) RemoveContainer(_ context.Context, uid pod.UID, name string, attempt int32) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.note(fmt.Sprintf("remove %s#%d", name, attempt)); err != nil {
		return err
	}
	p := f.pod(uid)
	p.tries = slices.DeleteFunc(p.tries, func(c *lifecycle.SeenContainer) bool { return c.Name == name && c.Attempt == attempt })
	return nil
}

func (f *fake) StopSandbox(_ context.Context, uid pod.UID) error {
	f.mu.Lock()
	err := f.note("stop sandbox")
	p := f.pod(uid)
	tries := slices.Clone(p.tries)
	if err == nil && p.box == lifecycle.SandboxReady {
		p.box = lifecycle.SandboxStopped
	}
	f.mu.Unlock()
	for _, c := range tries {
		f.end(uid, c, 137)
	}
	return err
}

func (f *fake) RemoveSandbox(_ context.Context, uid pod.UID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.note("remove sandbox"); err != nil {
		return err
	}
	delete(f.pods, uid)
	return nil
}

func (f *fake) List(_ context.Context, uid pod.UID) (lifecycle.Seen, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.note("list"); err != nil {
		return lifecycle.Seen{}, err
	}
	seen := lifecycle.Seen{MissingImages: f.missing}
	if p := f.pods[uid]; p != nil {
		seen.Sandbox = p.box
		for _, c := range p.tries {
			seen.Containers = append(seen.Containers, *c)
		}
	}
	return seen, nil
}

func (f *fake) Exec(ctx context.Context, uid pod.UID, name string, attempt int32, command []string) (node.ExecResult, error) {
	f.mu.Lock()
	_ = f.note("exec " + command[0])
	f.mu.Unlock()
	if f.exec == nil {
		return node.ExecResult{}, nil
	}
	return f.exec(ctx, command)
}

func (f *fake) PullImage(ctx context.Context, p *pod.Pod, container string) (int64, error) {
	f.mu.Lock()
	_ = f.note("pull " + container)
	f.mu.Unlock()
	if f.pull == nil {
		return 0, nil
	}
	return f.pull(ctx)
}

// An agent in a bubble of synthetic time, with its fake.
type world struct {
	*node.Agent
	t    *testing.T
	fake *fake
	stop context.CancelFunc
	done chan error
	from time.Time
}

// newWorld starts an agent; c may be the zero Config.
func newWorld(t *testing.T, f *fake, c node.Config) *world {
	t.Helper()
	if c.Runtime == nil {
		c.Runtime = f
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	a, err := node.New(c)
	require.NoError(t, err)
	w := &world{Agent: a, t: t, fake: f, done: make(chan error, 1), from: time.Now()}
	var ctx context.Context
	ctx, w.stop = context.WithCancel(t.Context())
	go func() { w.done <- a.Run(ctx) }()
	return w
}

// end ends Run and returns its error.
func (w *world) end() error {
	w.stop()
	return <-w.done
}

func (w *world) apply(manifest string) *pod.Pod {
	w.t.Helper()
	p, err := pod.Parse([]byte(manifest))
	require.NoError(w.t, err)
	require.NoError(w.t, w.Apply(p))
	p, ok := w.Pod(pod.Key{Name: p.Name})
	require.True(w.t, ok)
	return p
}

// pod is the pod web.
func (w *world) pod() *pod.Pod {
	w.t.Helper()
	p, ok := w.Pod(pod.Key{Name: "web"})
	require.True(w.t, ok)
	return p
}

// at is how long the agent has run.
func (w *world) at() time.Duration { return time.Since(w.from) }

// until follows the pods until one is as wanted.
func (w *world) until(holds func(c node.Change) bool) *pod.Pod {
	w.t.Helper()
	return w.after(func() {}, holds)
}

// after does something, and follows the pods from before that until one is as wanted.
func (w *world) after(do func(), holds func(c node.Change) bool) *pod.Pod {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Hour)
	defer cancel()
	changes := w.Watch(ctx)
	do()
	for c := range changes {
		if holds(c) {
			return c.Pod
		}
	}
	w.t.Fatal("what was wanted of the pod did not come")
	return nil
}

// delete deletes the pod web, and returns it as it was when it was gone.
func (w *world) delete(o pod.DeleteOptions) *pod.Pod {
	w.t.Helper()
	return w.after(
		func() { require.NoError(w.t, w.Delete(pod.Key{Name: "web"}, o)) },
		func(c node.Change) bool { return c.Type == node.Deleted },
	)
}

func isReady(c node.Change) bool {
	return len(c.Pod.Status.ContainerStatuses) > 0 && c.Pod.Status.ContainerStatuses[0].Ready
}

const plain = `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "example/app:1"}]}}`

var errBroken = errors.New("the runtime is broken")

// fixed gives every pod the same addresses, and counts who has them.
type fixed struct {
	ips  []netip.Addr
	mu   sync.Mutex
	held map[pod.UID]bool
}

func (f *fixed) Acquire(p *pod.Pod) ([]netip.Addr, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		f.held = map[pod.UID]bool{}
	}
	f.held[p.UID] = true
	return f.ips, nil
}

func (f *fixed) Release(uid pod.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.held, uid)
}

func ips(all ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range all {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}
