package scheduling

// class is the pods of one namespace with the same labels. A selector takes all of a class or none.
type class struct {
	namespace string
	key       string
	labels    map[string]string
	users     int // shapes
	first     *placedPod
	counters  []*counter // those that count it
}

func (c *class) link(p *placedPod) {
	p.next = c.first
	if c.first != nil {
		c.first.prev = p
	}
	c.first = p
}

func (c *class) unlink(p *placedPod) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		c.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	}
	p.next, p.prev = nil, nil
}

func (s *Snapshot) classOf(namespace string, labels map[string]string) *class {
	key := s.appendLabels(s.scratch.labels[:0], labels)
	s.scratch.labels = key
	if c, ok := s.classes[namespace][string(key)]; ok {
		return c
	}
	c := &class{namespace: namespace, key: string(key), labels: labels}
	if s.classes == nil {
		s.classes = map[string]map[string]*class{}
	}
	if s.classes[namespace] == nil {
		s.classes[namespace] = map[string]*class{}
	}
	s.classes[namespace][c.key] = c
	for _, counter := range s.counters {
		if counter.matches(s, namespace, labels) {
			c.counters = append(c.counters, counter)
		}
	}
	return c
}

func (s *Snapshot) releaseClass(c *class) {
	if c.users--; c.users > 0 {
		return
	}
	delete(s.classes[c.namespace], c.key)
	if len(s.classes[c.namespace]) == 0 {
		delete(s.classes, c.namespace)
	}
}

// counter counts the pods that a matcher selects, by node and by domain of a topology. It is made when a decision first
// asks, and then kept up to date, so that the next decision finds it ready.
type counter struct {
	matcherList
	topology  *topology
	living    bool // pods that are being deleted are not counted
	perNode   []int32
	perDomain []int32
	total     int32 // on nodes with the label
	used      uint64
}

// maxCounters bounds the memory of counters. Those that no decision has asked for lately go first.
const maxCounters = 4096

// counterOf returns the counter of a topology for what m selects; m is kept.
func (s *Snapshot) counterOf(t *topology, m matcherList, living bool) *counter {
	b := appendText(s.scratch.key[:0], t.key)
	b = m.appendKey(append(b, byte(boolNumber(living))), s)
	s.scratch.key = b
	s.scratch.clock++
	if c, ok := s.counters[string(b)]; ok {
		c.used = s.scratch.clock
		return c
	}
	if len(s.counters) >= maxCounters {
		s.dropOldCounters()
	}
	c := &counter{matcherList: m, topology: t, living: living, used: s.scratch.clock}
	c.perNode = make([]int32, len(s.nodes))
	if s.counters == nil {
		s.counters = map[string]*counter{}
	}
	s.counters[string(b)] = c
	s.fill(c)
	return c
}

// fill counts all pods that are there already.
func (s *Snapshot) fill(c *counter) {
	for namespace, classes := range s.classes {
		for _, class := range classes {
			if !c.matches(s, namespace, class.labels) {
				continue
			}
			class.counters = append(class.counters, c)
			for p := class.first; p != nil; p = p.next {
				if p.node.object != nil && (!c.living || !p.shape.terminating) {
					c.count(p.node, 1)
				}
			}
		}
	}
}

func (c *counter) count(n *node, sign int32) {
	c.perNode[n.index] += sign
	if d := c.topology.domain[n.index]; d != none {
		c.perDomain = grown(c.perDomain, int(d)+1)
		c.perDomain[d] += sign
		c.total += sign
	}
}

// in is the number of pods in a domain.
func (c *counter) in(domain int32) int32 {
	if int(domain) >= len(c.perDomain) {
		return 0
	}
	return c.perDomain[domain]
}

// dropOldCounters drops the half that was asked for least recently.
func (s *Snapshot) dropOldCounters() {
	s.dropCounters(s.scratch.clock - maxCounters/2)
}

// dropCounters drops those that were not asked for since a moment.
func (s *Snapshot) dropCounters(since uint64) {
	for key, c := range s.counters {
		if c.used < since {
			delete(s.counters, key)
		}
	}
	for _, classes := range s.classes {
		for _, class := range classes {
			kept := class.counters[:0]
			for _, c := range class.counters {
				if c.used >= since {
					kept = append(kept, c)
				}
			}
			clear(class.counters[len(kept):])
			class.counters = kept
		}
	}
}
