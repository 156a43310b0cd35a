package static

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Node is what runs the pods; a *node.Agent is one.
type Node interface {
	Apply(p *pod.Pod) error
	Delete(key pod.Key, o pod.DeleteOptions) error
	Pods() []*pod.Pod
	Watch(ctx context.Context) iter.Seq[node.Change]
}

// Config says which pods run where. Node and Source must be set.
type Config struct {
	Node   Node
	Source Source
	// NodeName is the node's; empty means "node", as for node.Config.
	NodeName string
	// Publisher shows the mirrors of the pods. Nil shows none.
	Publisher Publisher
	// AllowReferences takes manifests that refer to config maps, secrets and other objects.
	AllowReferences bool
	// Poll is how often the manifests are read although nothing is said to have changed. Zero means every 20 seconds.
	Poll time.Duration
	// Sync is how often mirrors are looked after. Zero means once a minute.
	Sync time.Duration
	// Log takes what is wrong with manifests and mirrors. Nil means nothing.
	Log *slog.Logger
}

// Pods keeps the pods of a node as the manifests of a Source say. Make it with New. It is safe for concurrent use.
type Pods struct {
	cfg  Config
	bell chan struct{}

	mu     sync.Mutex
	faults map[string]error

	// The goroutine's own: the pod that each place held last, and those that one held and no place does any more.
	last map[string]*pod.Pod
	gone map[pod.UID]bool
}

// New returns Pods that do nothing before Run.
func New(c Config) (*Pods, error) {
	if c.Node == nil || c.Source == nil {
		return nil, errors.New("static: Config.Node or Config.Source is not set")
	}
	if c.NodeName == "" {
		c.NodeName = "node"
	}
	if c.Poll <= 0 {
		c.Poll = 20 * time.Second
	}
	if c.Sync <= 0 {
		c.Sync = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Pods{cfg: c, bell: make(chan struct{}, 1), faults: map[string]error{},
		last: map[string]*pod.Pod{}, gone: map[pod.UID]bool{}}, nil
}

// Faults returns what is wrong with the manifests now, by their places. The map is the caller's.
func (s *Pods) Faults() map[string]error {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]error{}
	for place, err := range s.faults {
		out[place] = err
	}
	return out
}

// Run keeps the node's pods as the manifests say, until ctx is done. The pods then stay as they are.
func (s *Pods) Run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { s.watch(ctx) })
	all.Go(func() { s.follow(ctx) })
	if s.cfg.Publisher != nil {
		all.Go(func() { s.mirror(ctx) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.bell:
		case <-timer.C:
		}
		timer.Reset(s.reconcile())
	}
}

// ring has the manifests read.
func (s *Pods) ring() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// watch has the source say when something changes; where it cannot, it is asked again after a while.
func (s *Pods) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.cfg.Source.Watch(ctx, s.ring); ctx.Err() == nil {
			s.cfg.Log.Debug("manifests are read now and then", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(s.cfg.Poll):
		}
	}
}

// follow rings when a static pod has gone.
func (s *Pods) follow(ctx context.Context) {
	for c := range s.cfg.Node.Watch(ctx) {
		if c.Type == node.Deleted && s.owns(c.Pod) {
			s.ring()
		}
	}
}

// owns reports whether a pod comes from this kind of source.
func (s *Pods) owns(p *pod.Pod) bool {
	return node.IsStatic(p) && p.Annotations[node.ConfigSourceAnnotation] == s.cfg.Source.Kind()
}

// reconcile makes the node's pods what the manifests say, and returns when to look again.
func (s *Pods) reconcile() time.Duration {
	manifests, err := s.cfg.Source.Read()
	if err != nil {
		s.report("", fmt.Errorf("manifests cannot be listed: %w", err))
		return s.cfg.Poll
	}
	s.report("", nil)
	wanted, certain, again := s.wanted(manifests)
	gone := s.gone
	s.gone = map[pod.UID]bool{}
	for _, p := range s.cfg.Node.Pods() {
		w := wanted[p.Key()]
		if gone[p.UID] {
			s.gone[p.UID] = true
		}
		switch {
		case !s.owns(p):
			if w != nil {
				s.report(w.place, fmt.Errorf("another pod %q is on the node", p.Key()))
				delete(wanted, p.Key())
			}
		case w != nil && w.pod.UID == p.UID:
			delete(wanted, p.Key())
		case w != nil || certain || gone[p.UID]:
			s.end(p)
			delete(wanted, p.Key())
		}
	}
	for _, w := range slices.SortedFunc(maps.Values(wanted), func(x, y *want) int { return strings.Compare(x.place, y.place) }) {
		s.report(w.place, s.apply(w.pod))
	}
	return again
}

// want is a pod that a manifest asks for.
type want struct {
	place string
	pod   *pod.Pod
}

// wanted are the pods that the manifests ask for. It is certain where each of them is known.
func (s *Pods) wanted(manifests []Manifest) (wanted map[pod.Key]*want, certain bool, again time.Duration) {
	wanted, certain, again = map[pod.Key]*want{}, true, s.cfg.Poll
	there := map[string]bool{}
	for _, m := range manifests {
		there[m.Place] = true
		if m.Unsettled {
			again = settle
		} else if p, err := s.parse(m); err != nil {
			s.report(m.Place, err)
		} else {
			s.report(m.Place, nil)
			s.hold(m.Place, p)
		}
		p := s.last[m.Place]
		if p == nil {
			certain = false
			continue
		}
		if other := wanted[p.Key()]; other != nil {
			s.report(m.Place, fmt.Errorf("%s holds a pod of the same name, %q", other.place, p.Key()))
			continue
		}
		wanted[p.Key()] = &want{m.Place, p}
	}
	for place := range s.last {
		if !there[place] {
			s.hold(place, nil)
			s.report(place, nil)
		}
	}
	for _, w := range wanted {
		delete(s.gone, w.pod.UID)
	}
	return wanted, certain, again
}

// hold notes that a place holds a pod, nil where it holds none any more, and which it held before.
func (s *Pods) hold(place string, p *pod.Pod) {
	if before := s.last[place]; before != nil {
		s.gone[before.UID] = true
	}
	s.last[place] = p
	if p == nil {
		delete(s.last, place)
	}
}

// apply puts a pod on the node.
func (s *Pods) apply(p *pod.Pod) error {
	p = p.Clone()
	p.Annotations[node.ConfigSeenAnnotation] = time.Now().Format(time.RFC3339Nano)
	return s.cfg.Node.Apply(p)
}

// end begins to end a pod, once.
func (s *Pods) end(p *pod.Pod) {
	if p.DeletionTimestamp != nil {
		return
	}
	err := s.cfg.Node.Delete(p.Key(), pod.DeleteOptions{UID: p.UID})
	if err != nil && !errors.Is(err, node.ErrNotFound) {
		s.cfg.Log.Error("a static pod cannot be ended", "pod", p.Key().String(), "err", err)
	}
}

// report notes what is wrong with a manifest, nil for nothing, and says so when it is new.
func (s *Pods) report(place string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.faults[place]
	if err == nil {
		delete(s.faults, place)
		return
	}
	s.faults[place] = err
	if before == nil || before.Error() != err.Error() {
		s.cfg.Log.Error("a manifest is at fault", "manifest", place, "err", err)
	}
}
