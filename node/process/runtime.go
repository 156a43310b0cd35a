package process

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Config says how processes are run. Dir must be set.
type Config struct {
	// Dir is the runtime's own folder, made where it does not exist. The pods' folders are in Dir/pods.
	Dir string
}

// Runtime runs containers as processes of this machine. It implements node.Runtime, node.Execer, node.Logger, node.Notifier
// and node.Dialer. Make one with New. It is safe for concurrent use.
type Runtime struct {
	dir     string
	changed atomic.Pointer[func(pod.UID)]

	mu     sync.Mutex
	pods   map[pod.UID]*sandbox
	closed bool
}

// All that a Runtime can do beside the least.
var (
	_ node.Runtime  = (*Runtime)(nil)
	_ node.Execer   = (*Runtime)(nil)
	_ node.Logger   = (*Runtime)(nil)
	_ node.Notifier = (*Runtime)(nil)
	_ node.Dialer   = (*Runtime)(nil)
)

var errClosed = errors.New("process runtime: closed")

// New returns a runtime without pods.
func New(c Config) (*Runtime, error) {
	if c.Dir == "" {
		return nil, errors.New("process runtime: no folder given")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("process runtime: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "pods"), 0o755); err != nil {
		return nil, fmt.Errorf("process runtime: %w", err)
	}
	return &Runtime{dir: dir, pods: map[pod.UID]*sandbox{}}, nil
}

// Close kills all processes of all pods, and removes the pods' folders. The runtime is of no use afterwards. Close it when the
// agent's Run has returned.
func (r *Runtime) Close() error {
	r.mu.Lock()
	r.closed = true
	var uids []pod.UID
	for uid := range r.pods {
		uids = append(uids, uid)
	}
	r.mu.Unlock()
	var errs []error
	for _, uid := range uids {
		errs = append(errs, r.RemoveSandbox(context.Background(), uid))
	}
	return errors.Join(errs...)
}

// CreateSandbox implements node.Runtime.
func (r *Runtime) CreateSandbox(ctx context.Context, p *pod.Pod) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkName("pod UID", string(p.UID)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	if s := r.pods[p.UID]; s != nil {
		if s.isStopped() {
			return fmt.Errorf("sandbox of pod %q is stopped", p.UID)
		}
		return nil
	}
	s, err := r.newSandbox(p.UID)
	if err != nil {
		return err
	}
	r.pods[p.UID] = s
	return nil
}

func (r *Runtime) newSandbox(uid pod.UID) (*sandbox, error) {
	s := &sandbox{
		uid:    uid,
		dir:    filepath.Join(r.dir, "pods", string(uid)),
		notify: r.announce,
		news:   make(chan struct{}),
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	s.keeper = newLocal(s.attemptDir, s.ring)
	return s, nil
}

// announce tells the listener, if there is one.
func (r *Runtime) announce(uid pod.UID) {
	if f := r.changed.Load(); f != nil {
		(*f)(uid)
	}
}

func (r *Runtime) sandbox(uid pod.UID) *sandbox {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pods[uid]
}

// StartContainer implements node.Runtime.
func (r *Runtime) StartContainer(ctx context.Context, p *pod.Pod, container string, attempt int32, o node.StartOptions) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := r.sandbox(p.UID)
	if s == nil || s.isStopped() {
		return fmt.Errorf("container %q: pod %q has no sandbox that is ready", container, p.UID)
	}
	c := p.Spec.Container(container)
	if c == nil {
		return fmt.Errorf("container %q is not in pod %q", container, p.UID)
	}
	request, err := s.request(c, attempt, o)
	if err != nil {
		return &node.StartError{Reason: pod.ReasonCreateContainerError, Message: err.Error()}
	}
	return startResult(s.keeper.start(request))
}

// startResult puts a keeper's answer in Kubernetes' words.
func startResult(f *failure, err error) error {
	switch {
	case err != nil:
		return err
	case f == nil:
		return nil
	case f.Known:
		return &node.StartError{Reason: pod.ReasonRunContainerError, Message: f.Message}
	}
	return &node.StartError{Reason: pod.ReasonCreateContainerError, Message: f.Message}
}

// request makes the folders of an attempt and writes down what its keeper needs.
func (s *sandbox) request(c *pod.Container, attempt int32, o node.StartOptions) (startRequest, error) {
	ref := attemptRef{Container: c.Name, Attempt: attempt}
	if err := checkName("container name", c.Name); err != nil {
		return startRequest{}, err
	}
	if len(o.Command) == 0 {
		return startRequest{}, errors.New("no command specified: a process has no image to take one from")
	}
	dir := s.attemptDir(ref)
	root := filepath.Join(dir, "root")
	if err := makeRoot(root, o.Mounts); err != nil {
		return startRequest{}, err
	}
	r := startRequest{
		attemptRef:     ref,
		Argv:           append(append([]string(nil), o.Command...), o.Args...),
		Env:            environment(o.Env, root, o.Hostname),
		Dir:            under(root, c.WorkingDir),
		LogPath:        o.LogPath,
		MessagePath:    under(root, defaultMessagePath),
		MessageFromLog: c.TerminationMessagePolicy == pod.TerminationMessageFallbackToLogsOnError,
	}
	if c.TerminationMessagePath != "" {
		r.MessagePath = under(root, c.TerminationMessagePath)
	}
	if r.LogPath == "" {
		r.LogPath = filepath.Join(dir, "log")
	}
	if c.Lifecycle != nil && c.Lifecycle.StopSignal != nil {
		r.StopSignal = string(*c.Lifecycle.StopSignal)
	}
	return r, nil
}

// StopContainer implements node.Runtime. The stop signal goes to the container's own process alone, the kill to all of it.
func (r *Runtime) StopContainer(ctx context.Context, uid pod.UID, container string, attempt int32, grace time.Duration) error {
	s := r.sandbox(uid)
	if s == nil {
		return nil
	}
	ref := attemptRef{Container: container, Attempt: attempt}
	if err := s.keeper.stop(stopRequest{attemptRef: ref, Grace: grace}); err != nil {
		return err
	}
	return s.wait(ctx, func() bool { return s.over(ref) })
}

// RemoveContainer implements node.Runtime.
func (r *Runtime) RemoveContainer(ctx context.Context, uid pod.UID, container string, attempt int32) error {
	s := r.sandbox(uid)
	if s == nil {
		return ctx.Err()
	}
	ref := attemptRef{Container: container, Attempt: attempt}
	a, ok := s.state(ref)
	if !ok {
		return ctx.Err()
	}
	if err := s.keeper.forget(ref); err != nil {
		return err
	}
	err := errors.Join(os.RemoveAll(s.attemptDir(ref)), removeFile(a.LogPath))
	s.ring()
	return err
}

// removeFile removes a file that may be gone already.
func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// StopSandbox implements node.Runtime.
func (r *Runtime) StopSandbox(ctx context.Context, uid pod.UID) error {
	s := r.sandbox(uid)
	if s == nil {
		return ctx.Err()
	}
	return s.end(ctx)
}

// RemoveSandbox implements node.Runtime.
func (r *Runtime) RemoveSandbox(ctx context.Context, uid pod.UID) error {
	s := r.sandbox(uid)
	if s == nil {
		return ctx.Err()
	}
	if err := s.end(ctx); err != nil {
		return err
	}
	var errs []error
	for _, a := range s.keeper.list() {
		errs = append(errs, removeFile(a.LogPath))
	}
	errs = append(errs, s.keeper.close(), os.RemoveAll(s.dir))
	r.mu.Lock()
	if r.pods[uid] == s {
		delete(r.pods, uid)
	}
	r.mu.Unlock()
	s.ring()
	return errors.Join(errs...)
}

// List implements node.Runtime. The addresses are left to the agent.
func (r *Runtime) List(ctx context.Context, uid pod.UID) (lifecycle.Seen, error) {
	s := r.sandbox(uid)
	if s == nil {
		return lifecycle.Seen{}, ctx.Err()
	}
	return s.seen(), ctx.Err()
}

// Exec implements node.Execer.
func (r *Runtime) Exec(ctx context.Context, uid pod.UID, container string, attempt int32, command []string) (node.ExecResult, error) {
	s := r.sandbox(uid)
	if s == nil {
		return node.ExecResult{}, fmt.Errorf("pod %q: %w", uid, node.ErrNotFound)
	}
	ref := attemptRef{Container: container, Attempt: attempt}
	answer, err := s.keeper.exec(execRequest{attemptRef: ref, Argv: command}, ctx.Done())
	result := node.ExecResult{ExitCode: answer.ExitCode, Output: answer.Output}
	switch {
	case err != nil:
		return result, err
	case answer.Canceled:
		return result, ctx.Err()
	case answer.NotRunning:
		return result, fmt.Errorf("container %q: %w", container, node.ErrNotRunning)
	case answer.Failure != "":
		return result, errors.New(answer.Failure)
	}
	return result, nil
}

// Logs implements node.Logger.
func (r *Runtime) Logs(ctx context.Context, uid pod.UID, container string, attempt int32, o node.LogOptions) iter.Seq2[node.LogLine, error] {
	ref := attemptRef{Container: container, Attempt: attempt}
	s := r.sandbox(uid)
	if s != nil {
		if a, ok := s.state(ref); ok {
			return node.ReadLog(ctx, a.LogPath, o, func() bool { return s.over(ref) })
		}
	}
	return func(yield func(node.LogLine, error) bool) {
		yield(node.LogLine{}, fmt.Errorf("log of container %q, attempt %d: %w", container, attempt, node.ErrNotFound))
	}
}

// Notify implements node.Notifier.
func (r *Runtime) Notify(changed func(uid pod.UID)) (stop func()) {
	r.changed.Store(&changed)
	return func() { r.changed.CompareAndSwap(&changed, nil) }
}

// DialPod implements node.Dialer. The processes listen on this machine's own addresses, so the connection goes to the
// loopback address, IPv4 first.
func (r *Runtime) DialPod(ctx context.Context, _ pod.UID, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err == nil || ctx.Err() != nil {
		return conn, err
	}
	if conn, err6 := d.DialContext(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
		return conn, nil
	}
	return nil, err
}

// PID returns the number of the process of an attempt that runs.
func (r *Runtime) PID(uid pod.UID, container string, attempt int32) (pid int, ok bool) {
	s := r.sandbox(uid)
	if s == nil {
		return 0, false
	}
	a, ok := s.state(attemptRef{Container: container, Attempt: attempt})
	return a.PID, ok && !a.Exited
}
