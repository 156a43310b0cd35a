package cluster

import (
	"time"

	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// bindTimeout is how long a pod that has a node waits for its claims.
const bindTimeout = 10 * time.Minute

// reserve has the pod's claims bound for the node where it is to go, and keeps room for it there meanwhile.
// See https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode.
func (s *placer) reserve(r *request, found Placement) {
	c := s.c
	r.node, r.since = found.Node, c.now
	assumed := *r.it.pod()
	assumed.Spec.NodeName = found.Node
	s.snapshot.Put(&assumed)
	s.waiting.add(r.it)
	r.timer.order = turnScheduler.in(c.nextTurn())
	c.times.set(&r.timer, nanos(c.now.Add(bindTimeout)))
	for _, x := range found.Claims {
		var err error
		if x.Volume != nil {
			_, err = c.update(volume.Reserve(x.Volume, x.Claim), pod.SubresourceNone)
		} else {
			_, err = c.update(volume.Select(x.Claim, found.Node), pod.SubresourceNone)
		}
		if err != nil {
			s.giveUp(r, err.Error())
			return
		}
	}
}

// bindClaims binds a pod that has a node once its claims are bound.
func (s *placer) bindClaims(r *request) {
	p, node := r.it.pod(), r.node
	late := !s.c.now.Before(r.since.Add(bindTimeout))
	for i := range p.Spec.Volumes {
		claim := s.claimOf(p, &p.Spec.Volumes[i])
		switch {
		case claim == nil || volume.IsBound(claim):
		case late:
			s.giveUp(r, "binding volumes: context deadline exceeded")
			return
		default:
			s.c.times.set(&r.timer, nanos(r.since.Add(bindTimeout)))
			return
		}
	}
	s.letGo(r, p)
	if err := s.bind(r, node); err != nil {
		s.fail(r, Placement{Reason: pod.ReasonSchedulerError, Message: err.Error()})
	}
}

// claimOf is the claim that a volume of the pod is of, or nil.
func (s *placer) claimOf(p *pod.Pod, v *pod.Volume) *object.PersistentVolumeClaim {
	name := volume.ClaimName(p, v)
	if name == "" {
		return nil
	}
	if it := s.c.store.find(object.PersistentVolumeClaimKind, pod.Key{Namespace: p.Namespace, Name: name}); it != nil {
		return it.object().(*object.PersistentVolumeClaim)
	}
	return nil
}

// giveUp has the pod look for a node anew.
func (s *placer) giveUp(r *request, why string) {
	s.letGo(r, r.it.pod())
	s.fail(r, Placement{Reason: pod.ReasonSchedulerError, Message: `running PreBind plugin "VolumeBinding": ` + why})
}

// letGo ends the keeping of room for a pod.
func (s *placer) letGo(r *request, p *pod.Pod) {
	if r.node != "" {
		r.node = ""
		s.waiting.drop(r.it)
		s.snapshot.Delete(p)
	}
}
