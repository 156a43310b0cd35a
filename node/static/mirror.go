package static

import (
	"context"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Publisher shows the mirrors of static pods to others, as an API server does. Its methods are called by one goroutine.
type Publisher interface {
	// Mirrors returns the mirror pods of the node that are shown now. They are only read.
	Mirrors(ctx context.Context) ([]*pod.Pod, error)
	// Publish shows a mirror, with its status, in the place of the one of the same name and hash that there may be. It keeps p.
	Publish(ctx context.Context, p *pod.Pod) error
	// Withdraw takes a mirror away at once. One that is not shown is no error.
	Withdraw(ctx context.Context, p *pod.Pod) error
}

// Mirror is what is shown of a static pod: the same name, with the annotation kubernetes.io/config.mirror, a UID of whoever shows it,
// and neither a generation nor a resource version of the node's.
func Mirror(p *pod.Pod) *pod.Pod {
	m := p.Clone()
	m.Annotations[node.ConfigMirrorAnnotation] = m.Annotations[node.ConfigHashAnnotation]
	m.UID, m.ResourceVersion, m.Generation = "", "", 0
	m.CreationTimestamp = pod.Time{}
	m.DeletionTimestamp, m.DeletionGracePeriodSeconds = nil, nil
	m.Status.ObservedGeneration = 0
	for i := range m.Status.Conditions {
		m.Status.Conditions[i].ObservedGeneration = 0
	}
	return m
}

// mirror publishes what becomes of the static pods, and looks after the mirrors now and then.
func (s *Pods) mirror(ctx context.Context) {
	changes := make(chan node.Change)
	inner, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for c := range s.cfg.Node.Watch(inner) {
			select {
			case changes <- c:
			case <-inner.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		<-done
	}()
	tick := time.NewTicker(s.cfg.Sync)
	defer tick.Stop()
	s.lookAfter(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case <-tick.C:
			s.lookAfter(ctx)
		case c := <-changes:
			s.show(ctx, c)
		}
	}
}

// show publishes one change.
func (s *Pods) show(ctx context.Context, c node.Change) {
	if !s.owns(c.Pod) {
		return
	}
	var err error
	if c.Type == node.Deleted {
		err = s.cfg.Publisher.Withdraw(ctx, Mirror(c.Pod))
	} else {
		err = s.cfg.Publisher.Publish(ctx, Mirror(c.Pod))
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Warn("a mirror cannot be shown", "pod", c.Pod.Key().String(), "err", err)
	}
}

// lookAfter withdraws the mirrors that are of no pod, or of an earlier one, or being deleted, and brings back those that are missing.
func (s *Pods) lookAfter(ctx context.Context) {
	mirrors, err := s.cfg.Publisher.Mirrors(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.cfg.Log.Warn("the mirrors are not known", "err", err)
		}
		return
	}
	pods := map[pod.Key]*pod.Pod{}
	for _, p := range s.cfg.Node.Pods() {
		if s.owns(p) {
			pods[p.Key()] = p
		}
	}
	for _, m := range mirrors {
		p := pods[m.Key()]
		if p != nil && m.DeletionTimestamp == nil && m.Annotations[node.ConfigMirrorAnnotation] == string(p.UID) {
			delete(pods, m.Key())
			continue
		}
		if err := s.cfg.Publisher.Withdraw(ctx, m); err != nil {
			s.cfg.Log.Warn("a mirror cannot be taken away", "pod", m.Key().String(), "err", err)
		}
	}
	for _, p := range pods {
		s.show(ctx, node.Change{Type: node.Added, Pod: p})
	}
}
