package scheduling

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

// scratch is the memory that decisions use again and again.
type scratch struct {
	key, labels []byte
	names       []string
	clock       uint64
	cycle       *cycle
}

// cycle is one decision in the making: what each plugin has found out about the pod, and what it says to each node.
type cycle struct {
	s       *Snapshot
	pod     *pod.Pod
	profile *Profile

	ports        []hostPort
	fit          fit
	affinity     nodeAffinity
	restrictions restrictions
	attaches     bool
	binding      binding
	places       []volumePlace
	spreading    spreading
	neighbours   neighbours
	features     []string
	images       []podImage
	imageCount   int

	only     []*node // if narrowed, the only nodes to look at
	narrowed bool
	verdicts []verdict            // by node index
	looked   []bool               // by node index: there is a verdict
	feasible []int32              // by node index
	scores   [scorerCount][]int64 // of feasible nodes; empty where a plugin has nothing to say
	total    []int64

	nominees, dry overlay
}

// start forgets the last decision.
func (c *cycle) start(s *Snapshot, p *pod.Pod, profile *Profile) {
	c.s, c.pod, c.profile = s, p, profile
	c.narrowed = false
	c.only, c.feasible, c.total = c.only[:0], c.feasible[:0], c.total[:0]
	for len(c.verdicts) < len(s.nodes) {
		c.verdicts = append(c.verdicts, verdict{})
		c.looked = append(c.looked, false)
	}
	clear(c.looked)
	for i := range c.scores {
		c.scores[i] = c.scores[i][:0]
	}
}

// prepare asks each plugin about the pod before any node is looked at. A plugin may reject it for all nodes, or leave only
// some to be looked at.
func (c *cycle) prepare() (*Rejection, error) {
	var narrowing []Plugin
	if c.pod.Spec.NodeName != "" {
		narrowing = append(narrowing, NodeName)
	}
	if r := c.prepareNodeAffinity(); r != nil {
		return r, nil
	}
	if c.affinity.named {
		narrowing = append([]Plugin{NodeAffinity}, narrowing...)
	}
	if !c.narrow(narrowing) {
		return &Rejection{"", UnschedulableAndUnresolvable, []string{unsatisfied(narrowing) + " simultaneously"}}, nil
	}
	c.ports = hostPorts(&c.pod.Spec)
	c.prepareFit()
	if r := c.prepareRestrictions(); r != nil {
		return r, nil
	}
	c.attaches = usesAttachments(c.pod)
	if r, err := c.prepareBinding(); r != nil || err != nil {
		if err != nil {
			err = fmt.Errorf("running PreFilter plugin %q: %w", VolumeBinding, err)
		}
		return r, err
	}
	if r := c.prepareZones(); r != nil {
		return r, nil
	}
	c.prepareSpreading()
	c.prepareNeighbours()
	c.features = neededFeatures(c.features[:0], &c.pod.Spec)
	return nil, nil
}

// unsatisfied says which plugins leave some nodes out.
func unsatisfied(narrowing []Plugin) string {
	return fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", narrowing)
}

// narrow finds the nodes that the pod names, by spec.nodeName and by its affinity. It reports whether both agree on any
// name, be there such a node or not.
func (c *cycle) narrow(narrowing []Plugin) bool {
	if len(narrowing) == 0 {
		return true
	}
	c.narrowed = true
	names := c.affinity.names
	if name := c.pod.Spec.NodeName; name != "" {
		names = []string{name}
	}
	found := false
	for _, name := range names {
		if c.affinity.named && !contains(c.affinity.names, name) {
			continue
		}
		found = true
		if n := c.s.byName[name]; n != nil && n.object != nil {
			c.only = append(c.only, n)
		}
	}
	return found
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if s == t {
			return true
		}
	}
	return false
}

// narrowing lists the plugins that left some nodes out, sorted.
func (c *cycle) narrowing() (list []Plugin) {
	if c.affinity.named {
		list = append(list, NodeAffinity)
	}
	if c.pod.Spec.NodeName != "" {
		list = append(list, NodeName)
	}
	return list
}

// look asks the plugins about a node and notes what they say.
func (c *cycle) look(n *node) bool {
	v := c.fitsWithNominees(n, nil)
	c.verdicts[n.index], c.looked[n.index] = v, true
	return v.fits()
}

// filter is what the first plugin that rejects the node says.
func (c *cycle) filter(n *node, o *overlay) verdict {
	if v := c.filterByNode(n); !v.fits() {
		return v
	}
	if v := c.filterNodePorts(n, o); !v.fits() {
		return v
	}
	if v := c.filterFit(n, o); !v.fits() {
		return v
	}
	if v := c.filterVolumes(n, o); !v.fits() {
		return v
	}
	if v := c.filterSpreading(n, o); !v.fits() {
		return v
	}
	if v := c.filterNeighbours(n, o); !v.fits() {
		return v
	}
	return c.filterFeatures(n)
}

// filterByNode asks the plugins that do not care for other pods.
func (c *cycle) filterByNode(n *node) verdict {
	if v := c.filterNodeName(n); !v.fits() {
		return v
	}
	if v := c.filterNodeUnschedulable(n); !v.fits() {
		return v
	}
	if v := c.filterTaintToleration(n); !v.fits() {
		return v
	}
	return c.filterNodeAffinity(n)
}

func (c *cycle) filterVolumes(n *node, o *overlay) verdict {
	if len(c.pod.Spec.Volumes) == 0 {
		return verdict{}
	}
	if v := c.filterRestrictions(n, o); !v.fits() {
		return v
	}
	if v := c.filterVolumeLimits(n, o); !v.fits() {
		return v
	}
	if v := c.filterBinding(n); !v.fits() {
		return v
	}
	return c.filterZones(n)
}

// fitsWithNominees asks twice where pods of at least the pod's priority wait for the node: with them, as room is kept for
// them, and without them, as they may never come.
func (c *cycle) fitsWithNominees(n *node, o *overlay) verdict {
	if len(n.nominated) == 0 || !c.addNominees(n, o) {
		return c.filter(n, o)
	}
	if v := c.filter(n, &c.nominees); !v.fits() {
		return v
	}
	return c.filter(n, o)
}

// addNominees makes c.nominees the node with the pods that room is kept for, and reports whether there are any.
func (c *cycle) addNominees(n *node, o *overlay) bool {
	added := false
	for _, p := range n.nominated {
		if p.shape.priority < priorityOf(c.pod) || p.pod.UID == c.pod.UID && p.pod.Key() == c.pod.Key() {
			continue
		}
		if !added {
			if o == nil {
				c.nominees.start(c, n)
			} else {
				c.nominees.copyFrom(o)
			}
		}
		c.nominees.add(p)
		added = true
	}
	return added
}
