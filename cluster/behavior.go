package cluster

import (
	"math/rand/v2"
	"path"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// Behavior says how some pods behave. All that is given must match; the zero Behavior matches every pod, and lets it do what
// script.Plausible says.
type Behavior struct {
	// Name is the pod's name, or a pattern of path.Match.
	Name string
	// Labels select pods by labels; nil takes all.
	Labels *pod.LabelSelector
	// Image is that of the pod's first container.
	Image string
	// Node is the node's name.
	Node string
	// Script is how they behave.
	Script *script.Script
	// Choose, where Script is nil, says how a pod behaves, when its node begins with it; a nil script is as script.Plausible
	// says. The random numbers are the pod's own: they depend on the seed and on how many objects were created before it. It must
	// not use the cluster.
	Choose func(p *pod.Pod, r *rand.Rand) *script.Script
}

func (b *Behavior) matches(p *pod.Pod) bool {
	if b.Labels != nil && !b.Labels.Matches(p.Labels) || b.Node != "" && b.Node != p.Spec.NodeName {
		return false
	}
	if b.Image != "" && (len(p.Spec.Containers) == 0 || p.Spec.Containers[0].Image != b.Image) {
		return false
	}
	if b.Name == "" {
		return true
	}
	ok, err := path.Match(b.Name, p.Name)
	return ok && err == nil
}

// behaviorOf is the script of a pod. One that cannot be the pod's shows as a sandbox that cannot be made.
func (c *Cluster) behaviorOf(it *item) *script.Script {
	p := it.pod()
	s := c.faults.disturb(c, p, c.chosen(it, p))
	if err := s.Check(p); err != nil {
		return &script.Script{Sandbox: script.Tries{{Error: err.Error()}}}
	}
	return s
}

func (c *Cluster) chosen(it *item, p *pod.Pod) *script.Script {
	if s := c.scripts[p.UID]; s != nil {
		return s
	}
	for i := range c.cfg.Behaviors {
		b := &c.cfg.Behaviors[i]
		if !b.matches(p) {
			continue
		}
		if b.Script != nil {
			return b.Script
		}
		if b.Choose != nil {
			if s := b.Choose(p, c.randomOf(it.seq)); s != nil {
				return s
			}
		}
		break
	}
	return it.sleep.template.plausibleFor(p)
}

// randomOf is randomness that depends on the seed and a number alone.
func (c *Cluster) randomOf(n uint64) *rand.Rand { return rand.New(rand.NewPCG(c.cfg.Seed, n)) }
