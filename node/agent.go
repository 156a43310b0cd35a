package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// An Agent runs pods on one node. Make one with New and let it work with Run. It is safe for concurrent use.
type Agent struct {
	cfg    Config
	static *lifecycle.Config // what machines of static pods are told

	mu       sync.Mutex
	pods     map[pod.Key]*worker // only one of a name is on a node
	byUID    map[pod.UID]*worker
	changes  feed[Change]
	events   feed[Event]
	revision int64
	// ctx is Run's, nil before it; stopped says that Run has ended.
	ctx     context.Context
	stopped bool
	workers sync.WaitGroup
	faults  []error
	// reserved is a UID that no new pod may have: what is left of an earlier one is just removed.
	reserved pod.UID
	// conditions are what the node is short of; ending says that it shuts down.
	conditions []eviction.Condition
	ending     bool
}

// New returns an agent with the pods that its Store remembers. It does nothing before Run.
func New(c Config) (*Agent, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Agent{
		cfg:     c,
		pods:    map[pod.Key]*worker{},
		byUID:   map[pod.UID]*worker{},
		changes: newFeed[Change](),
		events:  newFeed[Event](),
		// Those of an earlier agent were lower, unless it changed pods more than a million times a second.
		revision: time.Now().UnixMicro(),
	}
	static := *c.Machine
	static.Static = true
	a.static = &static
	if err := a.load(); err != nil {
		return nil, err
	}
	return a, nil
}

// Run runs the pods until ctx is done. First it removes what the runtime and the volumes' driver have of pods that are not on the
// node. In the end it ends all containers, within Config.ShutdownGrace, removes their sandboxes and volumes, and takes the pods
// out of the Store, but for deleted ones of which something is left; the pods' status is left as it is. With Config.LeaveRunning it
// leaves all that as it is. When it returns, no goroutine of the agent runs, and all that follows its changes and events has come to an
// end. The error tells what could not be ended or removed; it is nil otherwise. An Agent runs once.
func (a *Agent) Run(ctx context.Context) error {
	if err := a.begin(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	a.workers.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.changes.close()
	a.events.close()
	return errors.Join(a.faults...)
}

// begin sets the pods going that were applied before Run.
func (a *Agent) begin(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx != nil {
		return ErrStopped
	}
	a.ctx = ctx
	if n, ok := a.cfg.Runtime.(Notifier); ok {
		stop := n.Notify(a.notice)
		context.AfterFunc(ctx, stop)
	}
	if err := a.sweep(ctx); err != nil {
		a.workers.Go(func() { a.sweepAgain(ctx, err) })
	}
	for _, w := range a.sorted() {
		a.preempt(w)
		a.launch(w)
	}
	a.retryResizes()
	a.workers.Go(func() { a.monitor(ctx) })
	return nil
}

// launch starts the goroutine of a pod. The caller holds the lock.
func (a *Agent) launch(w *worker) { a.workers.Go(func() { w.run(a.ctx) }) }

// notice is called by the runtime.
func (a *Agent) notice(uid pod.UID) {
	a.mu.Lock()
	w := a.byUID[uid]
	a.mu.Unlock()
	if w != nil {
		w.lookSoon()
	}
}

// Apply puts a pod on the node, or changes the one of the same namespace and name. It does with a copy what the API server does
// with what `kubectl apply` sends: sets the defaults, makes a name and a UID where there is none, and checks it. A new pod with a
// UID keeps it. A pod that no scheduling gate holds back is bound to this node.
//
// The error is of type pod.Errors, or a *pod.StatusError for a change, where the pod cannot be as it is; it wraps ErrExists where
// another pod has the UID, and ErrStopped after Run.
func (a *Agent) Apply(p *pod.Pod) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.pods[nameOf(p)]; w != nil && p.Name != "" {
		return a.update(w, p, pod.SubresourceNone)
	}
	_, err := a.create(p)
	return err
}

// Update changes a pod through one of its subresources: status, for the conditions that others than the node set,
// ephemeralcontainers, or resize. The error is as Apply's, and wraps ErrNotFound where there is no such pod.
func (a *Agent) Update(p *pod.Pod, sub pod.Subresource) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, err := a.find(p.Key())
	if err != nil {
		return err
	}
	return a.update(w, p, sub)
}

func nameOf(p *pod.Pod) pod.Key { return complete(p.Key()) }

// complete is a key with its namespace, where that is left out.
func complete(key pod.Key) pod.Key {
	key.Namespace = cmp.Or(key.Namespace, pod.NamespaceDefault)
	return key
}

// create adds a new pod. The caller holds the lock.
func (a *Agent) create(p *pod.Pod) (*worker, error) {
	if a.stopped || a.ctx != nil && a.ctx.Err() != nil {
		return nil, ErrStopped
	}
	p, err := a.admit(p)
	if err != nil {
		return nil, err
	}
	m, err := lifecycle.New(p, a.machineConfig(p))
	if err != nil {
		return nil, fmt.Errorf("pod %q: %w", nameOf(p), err)
	}
	w := newWorker(a, p, m)
	victims, refusal := a.decide(p)
	w.refusal, w.refused, w.victims = refusal, refusal != nil, uids(victims)
	if err := a.saveObject(savedObject{Pod: p, Refusal: w.refusal, Victims: w.victims}); err != nil {
		return nil, err
	}
	w.warnOfClashes()
	a.pods[w.name], a.byUID[w.uid] = w, w
	a.show(w, Added)
	a.preempt(w)
	if a.ctx != nil {
		a.launch(w)
	}
	return w, nil
}

// machineConfig is what the machine of a pod is told of the node.
func (a *Agent) machineConfig(p *pod.Pod) *lifecycle.Config {
	if !IsStatic(p) {
		return a.cfg.Machine
	}
	return a.static
}

// admit returns a copy of p as the node runs it. The caller holds the lock.
func (a *Agent) admit(p *pod.Pod) (*pod.Pod, error) {
	p = p.Clone()
	if p.Spec.NodeName == "" && len(p.Spec.SchedulingGates) == 0 {
		p.Spec.NodeName = a.cfg.NodeName
	}
	creation, err := a.creation(p)
	if err != nil {
		return nil, err
	}
	pod.SetDefaults(p)
	pod.PrepareCreate(p, creation)
	if err := pod.Validate(p).Err(); err != nil {
		return nil, err
	}
	if other := a.byUID[p.UID]; other != nil {
		return nil, fmt.Errorf("UID %q is that of pod %q: %w", p.UID, other.name, ErrExists)
	}
	if other := a.pods[nameOf(p)]; other != nil {
		return nil, fmt.Errorf("pod %q: %w", other.name, ErrExists)
	}
	if p.UID == a.reserved {
		return nil, fmt.Errorf("what is left of an earlier pod with UID %q is just removed: %w", p.UID, ErrExists)
	}
	if n := p.Spec.NodeName; n != "" && n != a.cfg.NodeName {
		return nil, fmt.Errorf("pod %q is bound to node %q, and this is node %q", nameOf(p), n, a.cfg.NodeName)
	}
	if len(p.Spec.Volumes) > 0 && a.cfg.Volumes == nil {
		return nil, fmt.Errorf("pod %q has volumes, and node %q has no driver for them", nameOf(p), a.cfg.NodeName)
	}
	return p, nil
}

// creation is what is new with a new pod.
func (a *Agent) creation(p *pod.Pod) (pod.Creation, error) {
	c := pod.Creation{UID: p.UID, Now: pod.NewTime(time.Now())}
	if c.UID == "" {
		id, err := uuid.NewRandomFromReader(a.cfg.Random)
		if err != nil {
			return c, fmt.Errorf("pod %q: no UID: %w", nameOf(p), err)
		}
		c.UID = pod.UID(id.String())
	}
	if p.Name == "" && p.GenerateName != "" {
		var random [naming.GeneratedSuffix]byte
		if _, err := io.ReadFull(a.cfg.Random, random[:]); err != nil {
			return c, fmt.Errorf("pod %q: no name: %w", nameOf(p), err)
		}
		rest := random[:]
		c.NameSuffix = naming.Generate("", func(n int) int {
			b := rest[0]
			rest = rest[1:]
			return int(b) % n
		})
	}
	return c, nil
}

// update changes a pod that is on the node. The caller holds the lock.
func (a *Agent) update(w *worker, sent *pod.Pod, sub pod.Subresource) error {
	sent = sent.Clone()
	sent.Spec.NodeName = cmp.Or(sent.Spec.NodeName, w.shown.Spec.NodeName)
	pod.SetDefaults(sent)
	p, err := pod.Update(w.shown, sent, sub)
	if err != nil {
		return err
	}
	if p.Spec.NodeName == "" && len(p.Spec.SchedulingGates) == 0 {
		if p, err = a.bind(p); err != nil {
			return err
		}
	}
	given, pending := a.allot(w, p)
	in := updateOf(p, given, pending)
	victims := w.victims
	if w.shown.Spec.NodeName == "" {
		pods, refusal := a.decide(p)
		victims = uids(pods)
		if refusal != nil {
			w.refusal = refusal
			in = w.rejection()
			in.Pod = p
		}
	}
	if err := a.saveObject(savedObject{Pod: p, Refusal: w.refusal, Given: given, Pending: pending, Victims: victims}); err != nil {
		return err
	}
	w.object, w.given, w.pending = p, given, pending
	a.show(w, Modified)
	if len(w.victims) == 0 && len(victims) > 0 {
		w.victims = victims
		a.preempt(w)
	}
	w.request(in)
	a.retryResizes()
	return nil
}

// bind binds a pod that no gate holds back any more to this node.
func (a *Agent) bind(p *pod.Pod) (*pod.Pod, error) {
	return pod.Bind(p, &pod.Binding{
		ObjectMeta: pod.ObjectMeta{Name: p.Name, Namespace: p.Namespace},
		Target:     pod.ObjectReference{Kind: "Node", Name: a.cfg.NodeName},
	}, pod.NewTime(time.Now()))
}

// Delete begins to end a pod; it is gone when Watch shows it as Deleted. A second Delete can only shorten the grace period. The
// error wraps ErrNotFound where there is no such pod, and is a *pod.StatusError where the pod of that name is not the one meant.
// An empty namespace means "default".
func (a *Agent) Delete(key pod.Key, o pod.DeleteOptions) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, err := a.find(key)
	if err != nil {
		return err
	}
	p := w.shown.Clone()
	outcome, err := pod.PrepareDelete(p, pod.NewTime(time.Now()), o)
	if err != nil || outcome == pod.DeletePending {
		return err
	}
	given := p
	if w.pending != nil {
		given = pod.WithResourcesOf(p, w.given)
	}
	if err := a.saveObject(savedObject{Pod: p, Refusal: w.refusal, Given: given, Pending: w.pending, Victims: w.victims}); err != nil {
		return err
	}
	w.object, w.given = p, given
	a.show(w, Modified)
	w.request(lifecycle.Input{Kind: lifecycle.Delete, Pod: given, Grace: p.DeletionGracePeriodSeconds})
	return nil
}

// find returns the pod of a name. The caller holds the lock.
func (a *Agent) find(key pod.Key) (*worker, error) {
	key = complete(key)
	w := a.pods[key]
	if w == nil {
		return nil, fmt.Errorf("pod %q: %w", key, ErrNotFound)
	}
	return w, nil
}

// EvictOptions say why and how the node ends a pod.
type EvictOptions struct {
	// Reason and Message go into the pod's status; an empty Reason means Evicted.
	Reason  pod.Reason
	Message string
	// GraceSeconds takes the place of the pod's own grace period.
	GraceSeconds *int64
	// OverLimit says that the pod has used more than a limit of its own allows, so that no disruption is noted.
	OverLimit bool
}

// Evict ends a pod by the node's own decision. It stays on the node, Failed, until it is deleted. The error wraps ErrNotFound
// where there is no such pod.
func (a *Agent) Evict(key pod.Key, o EvictOptions) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, err := a.find(key)
	if err != nil {
		return err
	}
	w.request(lifecycle.Input{
		Kind: lifecycle.Evict, Reason: cmp.Or(o.Reason, pod.ReasonEvicted), Message: o.Message, Grace: o.GraceSeconds,
		OverLimit: o.OverLimit,
	})
	return nil
}

// Pods returns the pods on the node with their status, by namespace and name. They are shared and must not be written to.
func (a *Agent) Pods() []*pod.Pod {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shown()
}

// shown returns the pods as they were published last. The caller holds the lock.
func (a *Agent) shown() []*pod.Pod {
	var out []*pod.Pod
	for _, w := range a.sorted() {
		out = append(out, w.shown)
	}
	return out
}

// sorted returns the workers by name. The caller holds the lock.
func (a *Agent) sorted() []*worker {
	all := make([]*worker, 0, len(a.pods))
	for _, w := range a.pods {
		all = append(all, w)
	}
	slices.SortFunc(all, func(x, y *worker) int {
		return cmp.Or(strings.Compare(x.name.Namespace, y.name.Namespace), strings.Compare(x.name.Name, y.name.Name))
	})
	return all
}

// Pod returns one pod with its status, and whether it is on the node. It is shared and must not be written to. An empty
// namespace means "default".
func (a *Agent) Pod(key pod.Key) (*pod.Pod, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, err := a.find(key)
	if err != nil {
		return nil, false
	}
	return w.shown, true
}

// ChangeType says what became of a pod.
type ChangeType string

// The types of changes, as in a watch of the API.
const (
	Added    ChangeType = "ADDED"
	Modified ChangeType = "MODIFIED"
	Deleted  ChangeType = "DELETED"
)

// Change is one pod that came, changed or went.
type Change struct {
	Type ChangeType
	// Pod is as it was after the change, with its status. It is shared and must not be written to.
	Pod *pod.Pod
}

// Watch yields an Added change for each pod that is on the node now, by name, and then every change as it happens. Nothing is
// lost, however slow the reader. It ends with ctx and with Run. The resourceVersions of pods are whole numbers that rise from change to
// change, and from agent to agent as long as the clock does not go back between them.
func (a *Agent) Watch(ctx context.Context) iter.Seq[Change] {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first []Change
	for _, p := range a.shown() {
		first = append(first, Change{Added, p})
	}
	return follow(ctx, first, a.changes.tail)
}

// show publishes a pod as it is now. The caller holds the lock.
func (a *Agent) show(w *worker, t ChangeType) {
	a.revision++
	p := *w.object
	p.Status = w.status
	p.ResourceVersion = strconv.FormatInt(a.revision, 10)
	w.shown = &p
	a.changes.add(Change{t, &p})
}

// publish takes a pod's new status.
func (a *Agent) publish(w *worker, s pod.Status) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ends := s.Phase.IsTerminal() && !w.status.Phase.IsTerminal()
	shrinks := w.status.Condition(pod.PodResizeInProgress) != nil && s.Condition(pod.PodResizeInProgress) == nil
	w.status = s
	a.show(w, Modified)
	if ends || shrinks {
		a.freed()
	}
}

// drop takes a pod off the node.
func (a *Agent) drop(w *worker) {
	w.forget()
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pods, w.name)
	delete(a.byUID, w.uid)
	a.show(w, Deleted)
	a.freed()
}

// fault notes what Run is to return.
func (a *Agent) fault(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, err)
}
