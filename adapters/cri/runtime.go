package cri

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Config says which engine runs the containers, and how. Endpoint and Dir must be set; the zero value of all else has the meaning
// given.
type Config struct {
	// Endpoint is the engine's socket, "unix:///run/containerd/containerd.sock" or just its absolute path.
	Endpoint string
	// Dir is this program's own folder on the engine's machine, made where it does not exist: what is in it is mounted in
	// containers, and the engine writes logs there.
	Dir string
	// Owner tells the pods of this Runtime from those of others on the same engine. Empty means "podlife".
	Owner string
	// Secrets are where imagePullSecrets are looked up; node.Sources is one. Nil means that there are none.
	Secrets Secrets
	// DNS is what the node knows of name resolution. The zero value takes the node's own /etc/resolv.conf.
	DNS network.NodeDNS
	// Handlers names the engine's handler for each runtimeClassName. A pod with another class cannot run.
	Handlers map[string]string
	// CgroupParent is the cgroup below which each pod gets one of its own, with what the pod as a whole may have, such as "/podlife";
	// the group belongs to this Runtime. A slice, "podlife.slice", for engines that have systemd make cgroups, is handed to the engine
	// as it is. Empty leaves all of it to the engine: then only containers have limits.
	CgroupParent string
	// SeccompDir is where Localhost profiles are. Empty means "/var/lib/kubelet/seccomp".
	SeccompDir string
	// Rules are those of the node for resources. Where its MemoryCapacity is 0, that is read from /proc/meminfo.
	Rules pod.LinuxRules
	// Poll says how often the engine is looked at.
	Poll Poll
	// LogMaxSize is how large the log of a container that runs may grow before another is begun, in bytes, as the kubelet's
	// containerLogMaxSize; 0 means 10 Mi, and less that none is. Sizes are looked at every 10 s while somebody is notified of changes.
	LogMaxSize int64
	// LogMaxFiles is how many files a container's log has at most, with the one that grows, at least 2; 0 means 5.
	LogMaxFiles int
	// Log takes what the engine refuses and when it goes and comes, and for debugging every call that has ended, with the time that
	// it took. Nil means nothing.
	Log *slog.Logger
}

// Secrets has the secrets of all namespaces. Answers are only read. It is safe for concurrent use.
type Secrets interface {
	// Secret returns a secret, and whether there is one of that name.
	Secret(namespace, name string) (pod.Secret, bool)
}

// Poll says how often the engine is looked at for changes. The zero value means 25 ms, 1 s and 1 min.
type Poll struct {
	// Quick is the interval after a change; each further one is twice as long.
	Quick time.Duration
	// Slow is the longest interval where the engine has no events.
	Slow time.Duration
	// Safety is the longest interval where it has, or where there are no pods.
	Safety time.Duration
	// NoEvents says that the engine's events are not listened to, if it has any.
	NoEvents bool
}

func (p Poll) withDefaults() Poll {
	p.Quick = cmp.Or(max(p.Quick, 0), 25*time.Millisecond)
	p.Slow = max(cmp.Or(max(p.Slow, 0), time.Second), p.Quick)
	p.Safety = max(cmp.Or(max(p.Safety, 0), time.Minute), p.Slow)
	return p
}

// Runtime runs containers on an engine. It implements node.Runtime, and of what a Runtime may be beside that all but node.Dialer, as
// pods have addresses of this machine's network, and node.Warner. Make one with New. It is safe for concurrent use.
type Runtime struct {
	cfg      Config
	engine   *engine
	machine  machine
	groups   podGroups
	files    files
	images   images
	locks    locks
	watcher  *watcher
	rotation rotation
	running  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	wanted   map[pod.UID][]string // the images of each pod, as its spec writes them
	known    map[pod.UID]*remembered
	signaled map[string]bool // the containers that were sent a stop signal by this program
}

// All that a Runtime can do beside the least.
var (
	_ node.Runtime     = (*Runtime)(nil)
	_ node.ImagePuller = (*Runtime)(nil)
	_ node.Execer      = (*Runtime)(nil)
	_ node.Logger      = (*Runtime)(nil)
	_ node.Notifier    = (*Runtime)(nil)
	_ node.Lister      = (*Runtime)(nil)
	_ node.Resizer     = (*Runtime)(nil)
	_ node.Meter       = (*Runtime)(nil)
)

var errClosed = errors.New("cri: the runtime is closed")

// New connects to an engine and makes sure that it speaks version 1 of the interface. The error wraps ErrUnreachable where nobody
// answers, and ErrVersion where somebody else does. What the engine has of this owner's pods is left as it is: List shows it.
func New(ctx context.Context, c Config) (*Runtime, error) {
	if c.Dir == "" {
		return nil, errors.New("cri: Config.Dir is not set")
	}
	c.Owner = cmp.Or(c.Owner, "podlife")
	c.SeccompDir = cmp.Or(c.SeccompDir, "/var/lib/kubelet/seccomp")
	c.DNS.ClusterDomain = cmp.Or(c.DNS.ClusterDomain, "cluster.local")
	c.Rules.MemoryCapacity = cmp.Or(c.Rules.MemoryCapacity, totalMemory())
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("cri: %w", err)
	}
	e, err := connect(ctx, c.Endpoint, c.Log)
	if err != nil {
		return nil, err
	}
	r := &Runtime{
		cfg: c, engine: e, machine: lookAt("/"), files: files{dir: dir},
		wanted: map[pod.UID][]string{}, known: map[pod.UID]*remembered{}, signaled: map[string]bool{},
	}
	r.groups = podGroups{parent: c.CgroupParent, tree: "/sys/fs/cgroup", unified: r.machine.unified}
	r.images.engine = e
	r.rotation = rotation{maxSize: c.LogMaxSize, maxFiles: c.LogMaxFiles}.withDefaults()
	r.watcher = newWatcher(e, c.Owner, c.Poll.withDefaults(), c.Log)
	r.watcher.beside = r.rotateLogs
	return r, nil
}

// Close ends the connection to the engine, after the calls that are still going on. Containers run on. Close it when the agent's Run
// has returned.
func (r *Runtime) Close() error {
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.mu.Unlock()
	if closed {
		return nil
	}
	r.watcher.close()
	r.running.Wait()
	return r.engine.conn.Close()
}

// Engine is the engine's name and version, such as "containerd 1.6.20".
func (r *Runtime) Engine() string { return r.engine.name + " " + r.engine.version }

// Ready returns nil where the engine can run pods, and else what is wrong: that it does not answer, or has no network for pods, in
// which case the error wraps ErrNoNetwork and pods on the host network can run all the same.
func (r *Runtime) Ready(ctx context.Context) error { return r.engine.ready(ctx) }

// carry runs f under the lock of key, under none where that is empty, with a context that does not end with ctx but after patience, and returns f's error, or that
// of ctx if it ends first.
func (r *Runtime) carry(ctx context.Context, key string, patience time.Duration, f func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return errClosed
	}
	r.running.Add(1)
	r.mu.Unlock()
	done := make(chan error, 1)
	go func() {
		defer r.running.Done()
		defer r.watcher.hurry(1)
		if key != "" {
			defer r.locks.lock(key)()
		}
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		done <- f(own)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// CreateSandbox implements node.Runtime.
func (r *Runtime) CreateSandbox(ctx context.Context, p *pod.Pod) error {
	if err := storage.CheckUID(p.UID); err != nil {
		return err
	}
	p = p.Clone()
	return r.carry(ctx, string(p.UID), sandboxPatience, func(ctx context.Context) error {
		defer r.watcher.pause()()
		return r.createSandbox(ctx, p)
	})
}

func (r *Runtime) createSandbox(ctx context.Context, p *pod.Pod) error {
	boxes, err := r.engine.sandboxes(ctx, r.cfg.Owner, p.UID)
	if err != nil {
		return err
	}
	r.want(p)
	if box := newest(boxes); box != nil {
		if box.State == criapi.PodSandboxState_SANDBOX_READY {
			return nil
		}
		return fmt.Errorf("sandbox %s of pod %q is stopped", shortID(box.Id), p.UID)
	}
	handler, err := r.handler(p)
	if err != nil {
		return err
	}
	config, err := r.sandboxConfig(p)
	if err != nil {
		return err
	}
	if err := r.files.makePod(p.UID); err != nil {
		return err
	}
	if err := r.groups.make(p.UID, p.Spec.LinuxResources(r.cfg.Rules)); err != nil {
		return fmt.Errorf("cgroup of pod %q: %w", p.UID, err)
	}
	return r.runSandbox(ctx, config, handler)
}

// nameTries is how many names a sandbox is tried under, where the engine has not yet let go of one that it lost in a crash.
const nameTries = 5

func (r *Runtime) runSandbox(ctx context.Context, config *criapi.PodSandboxConfig, handler string) error {
	var err error
	for attempt := range uint32(nameTries) {
		config.Metadata.Attempt = attempt
		if err = r.engine.runSandbox(ctx, config, handler); err == nil || !isReserved(err) {
			break
		}
	}
	if err != nil {
		r.cfg.Log.Warn("no sandbox", "pod", config.Metadata.Uid, "err", err)
		r.dropStopped(ctx, pod.UID(config.Metadata.Uid))
	}
	return err
}

// dropStopped removes what a sandbox that could not be made has left. What cannot be removed is shown as a stopped sandbox, which is
// removed before the next try.
func (r *Runtime) dropStopped(ctx context.Context, uid pod.UID) {
	boxes, _ := r.engine.sandboxes(ctx, r.cfg.Owner, uid)
	for _, box := range boxes {
		if box.State != criapi.PodSandboxState_SANDBOX_READY {
			_ = r.engine.stopSandbox(ctx, box.Id)
			_ = r.engine.removeSandbox(ctx, box.Id)
		}
	}
}

// handler is the engine's name for the pod's runtime class.
// See https://kubernetes.io/docs/concepts/containers/runtime-class/.
func (r *Runtime) handler(p *pod.Pod) (string, error) {
	class := p.Spec.RuntimeClassName
	if class == nil || *class == "" {
		return "", nil
	}
	handler, ok := r.cfg.Handlers[*class]
	if !ok {
		return "", fmt.Errorf("pod %q: runtimeClassName %q is not among the handlers of this node", p.UID, *class)
	}
	return handler, nil
}

// StopSandbox implements node.Runtime.
func (r *Runtime) StopSandbox(ctx context.Context, uid pod.UID) error {
	return r.carry(ctx, string(uid), sandboxPatience, func(ctx context.Context) error {
		_, err := r.stopSandboxes(ctx, uid)
		return err
	})
}

// stopSandboxes stops all sandboxes of a pod, of which there is one, and returns them.
func (r *Runtime) stopSandboxes(ctx context.Context, uid pod.UID) ([]*criapi.PodSandbox, error) {
	boxes, err := r.engine.sandboxes(ctx, r.cfg.Owner, uid)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	delete(r.known, uid)
	r.mu.Unlock()
	var errs []error
	for _, box := range boxes {
		errs = append(errs, r.engine.stopSandbox(ctx, box.Id))
	}
	return boxes, errors.Join(errs...)
}

// RemoveSandbox implements node.Runtime.
func (r *Runtime) RemoveSandbox(ctx context.Context, uid pod.UID) error {
	if err := storage.CheckUID(uid); err != nil {
		return err
	}
	return r.carry(ctx, string(uid), sandboxPatience, func(ctx context.Context) error { return r.removeSandbox(ctx, uid) })
}

func (r *Runtime) removeSandbox(ctx context.Context, uid pod.UID) error {
	logs := r.logPaths(ctx, uid)
	boxes, err := r.stopSandboxes(ctx, uid)
	if err != nil {
		return err
	}
	var errs []error
	for _, box := range boxes {
		errs = append(errs, r.engine.removeSandbox(ctx, box.Id))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.forget(uid)
	for _, path := range logs {
		errs = append(errs, removeLog(path))
	}
	return errors.Join(append(errs, r.files.removePod(uid), r.groups.remove(uid))...)
}

// want remembers the images of a pod, for List to say which of them are missing.
func (r *Runtime) want(p *pod.Pod) {
	list := imagesOf(p)
	r.mu.Lock()
	r.wanted[p.UID] = list
	r.mu.Unlock()
}

func (r *Runtime) forget(uid pod.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.wanted, uid)
	delete(r.known, uid)
}

// List implements node.Runtime.
func (r *Runtime) List(ctx context.Context, uid pod.UID) (lifecycle.Seen, error) {
	boxes, containers, err := r.engine.all(ctx, r.cfg.Owner, uid)
	if err != nil {
		return lifecycle.Seen{}, err
	}
	if len(boxes) == 0 && len(containers) == 0 {
		return lifecycle.Seen{}, nil
	}
	return r.seen(ctx, uid, boxes, containers)
}

// Notify implements node.Notifier.
func (r *Runtime) Notify(changed func(uid pod.UID)) (stop func()) { return r.watcher.notify(changed) }

// Pods returns the UIDs of all pods of this owner of which the engine has anything, in order.
func (r *Runtime) Pods(ctx context.Context) ([]pod.UID, error) {
	return r.engine.pods(ctx, r.cfg.Owner)
}

// Sweep removes every pod of this owner that is not among live, with all that runs in it, and returns those it removed, in order: what
// an agent that was killed has left. A pod that cannot be removed does not keep the others from it.
func (r *Runtime) Sweep(ctx context.Context, live []pod.UID) ([]pod.UID, error) {
	all, err := r.Pods(ctx)
	if err != nil {
		return nil, err
	}
	dirs, err := r.files.pods()
	if err != nil {
		return nil, err
	}
	var removed []pod.UID
	var errs []error
	for _, uid := range without(append(all, dirs...), live) {
		if err := r.RemoveSandbox(ctx, uid); err != nil {
			errs = append(errs, fmt.Errorf("pod %q: %w", uid, err))
			continue
		}
		removed = append(removed, uid)
	}
	return removed, errors.Join(errs...)
}

// totalMemory is all memory of this machine in bytes, or 0 where that is not known.
func totalMemory() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int64
	_, rest, _ := strings.Cut(string(b), "MemTotal:")
	_, _ = fmt.Sscan(rest, &kib)
	return kib << 10
}
