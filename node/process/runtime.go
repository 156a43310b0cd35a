package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Config says how processes are run. Dir must be set.
type Config struct {
	// Dir is the runtime's own folder, made where it does not exist. The pods' folders are in Dir/pods.
	Dir string
	// InProgram keeps the pods' processes in this program, with which they end, also where Init was called.
	InProgram bool
	// NoNamespaces leaves all pods on the machine's network, host name, IPC objects, process table and mounts.
	NoNamespaces bool
	// DNS is what the node knows of name resolution. The zero value takes the machine's own /etc/resolv.conf, and "cluster.local" for what
	// the names of pods with a subdomain end in.
	DNS network.NodeDNS
	// LogMaxSize is how large the file of a container's output may grow before another is begun, in bytes; 0 means 10 Mi, as
	// the kubelet's containerLogMaxSize.
	LogMaxSize int64
	// LogMaxFiles is how many such files are kept of an attempt; 0 means 5, as the kubelet's containerLogMaxFiles.
	LogMaxFiles int
}

// Kubernetes' defaults of LogMaxSize and LogMaxFiles.
const (
	logMaxSize  = 10 << 20
	logMaxFiles = 5
)

// Runtime runs containers as processes of this machine. It implements node.Runtime, node.Execer, node.Logger, node.Notifier,
// node.Dialer, node.Resizer, node.Lister, node.Warner and node.Meter. Make one with New. It is safe for concurrent use.
type Runtime struct {
	cfg     Config
	dir     string
	changed atomic.Pointer[func(pod.UID)]

	mu   sync.Mutex
	pods map[pod.UID]*sandbox
	// making has a channel for each sandbox that is being made, which is closed when that is over.
	making map[pod.UID]chan struct{}
	closed bool
}

// All that a Runtime can do beside the least.
var (
	_ node.Runtime  = (*Runtime)(nil)
	_ node.Execer   = (*Runtime)(nil)
	_ node.Logger   = (*Runtime)(nil)
	_ node.Notifier = (*Runtime)(nil)
	_ node.Dialer   = (*Runtime)(nil)
	_ node.Resizer  = (*Runtime)(nil)
	_ node.Lister   = (*Runtime)(nil)
	_ node.Warner   = (*Runtime)(nil)
)

var errClosed = errors.New("process runtime: closed")

// New returns a runtime with the pods that are in the folder: those whose shims run, as they are, and those whose shims have ended,
// or that ended with the program that ran them, as stopped ones. Only one Runtime at a time may have a folder.
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
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("process runtime: %w", err)
	}
	r := &Runtime{cfg: c, dir: dir, pods: map[pod.UID]*sandbox{}, making: map[pod.UID]chan struct{}{}}
	return r, r.adopt()
}

// Close kills all processes of all pods, ends their shims, and removes the pods' folders. The runtime is of no use afterwards.
// Close it when the agent's Run has returned.
func (r *Runtime) Close() error {
	uids := r.shut()
	var errs []error
	for _, uid := range uids {
		errs = append(errs, r.RemoveSandbox(context.Background(), uid))
	}
	return errors.Join(errs...)
}

// Leave lets go of the pods that have shims, which run on, for another Runtime to find in the folder. All others are closed. The
// runtime is of no use afterwards.
func (r *Runtime) Leave() error {
	var errs []error
	for _, uid := range r.shut() {
		s := r.sandbox(uid)
		if shim, ok := s.keeper.(*remote); ok {
			shim.leave()
			r.drop(s)
			continue
		}
		errs = append(errs, r.RemoveSandbox(context.Background(), uid))
	}
	return errors.Join(errs...)
}

// shut lets no more pods come, waits for those that are being made, and returns all.
func (r *Runtime) shut() []pod.UID {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for len(r.making) > 0 {
		for _, made := range r.making {
			r.mu.Unlock()
			<-made
			r.mu.Lock()
			break
		}
	}
	return slices.Sorted(maps.Keys(r.pods))
}

// CreateSandbox implements node.Runtime.
func (r *Runtime) CreateSandbox(ctx context.Context, p *pod.Pod) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkName("pod UID", string(p.UID)); err != nil {
		return err
	}
	made, err := r.reserve(p.UID)
	if made == nil {
		return err
	}
	s, err := r.newSandbox(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.pods[p.UID] = s
	}
	delete(r.making, p.UID)
	close(made)
	return err
}

// reserve returns the channel to close when a sandbox was made, or nil where none is to be.
func (r *Runtime) reserve(uid pod.UID) (made chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.making[uid] != nil {
		other := r.making[uid]
		r.mu.Unlock()
		<-other
		r.mu.Lock()
	}
	s := r.pods[uid]
	switch {
	case r.closed:
		return nil, errClosed
	case s == nil:
		made = make(chan struct{})
		r.making[uid] = made
		return made, nil
	case s.isStopped():
		return nil, fmt.Errorf("sandbox of pod %q is stopped", uid)
	}
	return nil, nil
}

// drop forgets a sandbox.
func (r *Runtime) drop(s *sandbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pods[s.uid] == s {
		delete(r.pods, s.uid)
	}
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
	request.limit(p, c)
	request.LogMaxSize = cmp.Or(r.cfg.LogMaxSize, logMaxSize)
	request.LogMaxFiles = cmp.Or(r.cfg.LogMaxFiles, logMaxFiles)
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

// request writes down what an attempt's keeper needs.
func (s *sandbox) request(c *pod.Container, attempt int32, o node.StartOptions) (startRequest, error) {
	ref := attemptRef{Container: c.Name, Attempt: attempt}
	if err := checkName("container name", c.Name); err != nil {
		return startRequest{}, err
	}
	if len(o.Command) == 0 {
		return startRequest{}, errors.New("no command specified: a process has no image to take one from")
	}
	links, err := s.links(o.Mounts)
	if err != nil {
		return startRequest{}, err
	}
	root := filepath.Join(s.attemptDir(ref), rootName)
	message := cmp.Or(c.TerminationMessagePath, defaultMessagePath)
	r := startRequest{
		attemptRef:     ref,
		Argv:           append(append([]string(nil), o.Command...), o.Args...),
		Env:            environment(o.Env, root, o.Hostname),
		Dir:            under(root, c.WorkingDir),
		Links:          links,
		LogPath:        o.LogPath,
		MessagePath:    onMachine(root, message, o.Mounts),
		MessageTarget:  path.Clean("/" + message),
		MessageFromLog: c.TerminationMessagePolicy == pod.TerminationMessageFallbackToLogsOnError,
	}
	if s.mounts {
		for _, m := range o.Mounts {
			r.Mounts = append(r.Mounts, mountRequest(m))
		}
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
	err := errors.Join(os.RemoveAll(s.attemptDir(ref)), node.RemoveLog(a.LogPath))
	s.ring()
	return err
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
		errs = append(errs, node.RemoveLog(a.LogPath))
	}
	errs = append(errs, s.close())
	removePodCgroups(s.dir)
	errs = append(errs, os.RemoveAll(s.dir))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.drop(s)
	s.ring()
	return nil
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

// DialPod implements node.Dialer. In a pod with a network of its own the connection is made from inside. The processes of others
// listen on this machine's own addresses, so that it goes to the loopback address, IPv4 first.
func (r *Runtime) DialPod(ctx context.Context, uid pod.UID, network, address string) (net.Conn, error) {
	if s := r.sandbox(uid); s != nil {
		if shim, ok := s.keeper.(*remote); ok && shim.greeting().Sandbox.Network {
			return shim.dial(ctx, network, address)
		}
	}
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

// Pods implements node.Lister.
func (r *Runtime) Pods(ctx context.Context) ([]pod.UID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.pods)), ctx.Err()
}

// Warnings implements node.Warner.
func (r *Runtime) Warnings(uid pod.UID) []string {
	s := r.sandbox(uid)
	if s == nil {
		return nil
	}
	return slices.Clone(s.warnings)
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
