package scheduling

import "slices"

// overlay is one node as it would be with some pods more or less, and what that changes in what is counted over nodes. A
// nil overlay is the node as it is.
type overlay struct {
	c         *cycle
	node      *node
	pods      []*placedPod
	requested amounts

	claims       int     // uses of claims that the pod wants for itself
	nearPods     int32   // pods that meet the pod's terms of affinity
	farPods      []int32 // pods that meet each term of anti-affinity
	existingPods []int32 // pods with each of the terms that mean the pod
	spreadPods   []int32 // pods that each constraint is about

	ports []hostPort // taken, each once
}

// start makes o the node as it is.
func (o *overlay) start(c *cycle, n *node) {
	o.c, o.node = c, n
	o.pods = append(o.pods[:0], n.pods...)
	scalars := append(o.requested.scalars[:0], n.requested.scalars...)
	o.requested = n.requested
	o.requested.scalars = scalars
	o.ports = o.ports[:0]
	for _, p := range n.ports {
		o.takePort(p)
	}
	o.claims, o.nearPods = 0, 0
	o.farPods = zeros(o.farPods, len(c.neighbours.far))
	o.existingPods = zeros(o.existingPods, len(c.neighbours.existing))
	o.spreadPods = zeros(o.spreadPods, len(c.spreading.hard))
}

// copyFrom makes o the same as p.
func (o *overlay) copyFrom(p *overlay) {
	o.c, o.node, o.claims, o.nearPods = p.c, p.node, p.claims, p.nearPods
	o.pods = append(o.pods[:0], p.pods...)
	scalars := append(o.requested.scalars[:0], p.requested.scalars...)
	o.requested = p.requested
	o.requested.scalars = scalars
	o.ports = append(o.ports[:0], p.ports...)
	o.farPods = append(o.farPods[:0], p.farPods...)
	o.existingPods = append(o.existingPods[:0], p.existingPods...)
	o.spreadPods = append(o.spreadPods[:0], p.spreadPods...)
}

func zeros(list []int32, n int) []int32 {
	list = grown(list[:0], n)
	clear(list)
	return list
}

func (o *overlay) add(p *placedPod) {
	o.pods = append(o.pods, p)
	for _, port := range p.shape.ports {
		o.takePort(port)
	}
	o.count(p, 1)
}

func (o *overlay) remove(p *placedPod) {
	for i, q := range o.pods {
		if q == p {
			o.pods[i] = o.pods[len(o.pods)-1]
			o.pods = o.pods[:len(o.pods)-1]
			break
		}
	}
	for _, port := range p.shape.ports {
		o.freePort(port)
	}
	o.count(p, -1)
}

// count adds what p changes, sign times. Plugins that had nothing to say when the decision began are not asked again, and
// so need no count.
func (o *overlay) count(p *placedPod, sign int32) {
	o.requested.add(&p.shape.requests, int64(sign))
	if r := &o.c.restrictions; !r.skip() {
		o.claims += int(sign) * r.singleUses(o.c.s.whole(p))
	}
	o.countNeighbour(p, sign)
	for i := range o.c.spreading.hard {
		con := &o.c.spreading.hard[i]
		if con.matcher.matches(o.c.s, p.shape.class.namespace, p.shape.class.labels) && hasAllLabels(o.c.spreading.hard, o.node.index) && o.c.counts(con, o.node) {
			o.spreadPods[i] += sign
		}
	}
}

func (o *overlay) countNeighbour(p *placedPod, sign int32) {
	h := &o.c.neighbours
	if h.skip {
		return
	}
	if len(h.near) > 0 && h.near[0].matches(o.c.s, p.shape.class.namespace, p.shape.class.labels) {
		o.nearPods += sign
	}
	for i, far := range h.far {
		if far.matches(o.c.s, p.shape.class.namespace, p.shape.class.labels) {
			o.farPods[i] += sign
		}
	}
	for i, t := range h.existing {
		for _, own := range p.shape.terms {
			if own == t {
				o.existingPods[i] += sign
			}
		}
	}
}

// on lists the pods of the node.
func (o *overlay) on(n *node) []*placedPod {
	if o == nil {
		return n.pods
	}
	return o.pods
}

// takePort notes a port as taken. As in Kubernetes it is free again when one pod with it goes, even where another, against
// the rules, has it too.
func (o *overlay) takePort(p hostPort) {
	if !slices.Contains(o.ports, p) {
		o.ports = append(o.ports, p)
	}
}

func (o *overlay) freePort(p hostPort) {
	o.ports = slices.DeleteFunc(o.ports, func(q hostPort) bool { return p == q })
}

func (o *overlay) singleUses() int {
	if o == nil {
		return 0
	}
	return o.claims
}

func (o *overlay) near() int32 {
	if o == nil {
		return 0
	}
	return o.nearPods
}

func (o *overlay) far(i int) int32 {
	if o == nil {
		return 0
	}
	return o.farPods[i]
}

func (o *overlay) existing(i int) int32 {
	if o == nil {
		return 0
	}
	return o.existingPods[i]
}

func (o *overlay) spread(i int) int32 {
	if o == nil {
		return 0
	}
	return o.spreadPods[i]
}
