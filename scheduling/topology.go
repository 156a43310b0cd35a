package scheduling

// topology is how one label of nodes divides them into domains: the nodes with the same value. It is made when a decision
// or a pod first asks for the label, and kept up to date from then on.
type topology struct {
	key     string
	domain  []int32 // by node index; none where the node lacks the label or has gone
	ids     map[string]int32
	names   []string
	members []int32 // nodes by domain
	spare   []int32 // domains without nodes, to be used again
	missing int     // nodes without the label
}

// none is no domain.
const none = int32(-1)

// topologyOf returns the topology of a label.
func (s *Snapshot) topologyOf(key string) *topology {
	if t, ok := s.topologies[key]; ok {
		return t
	}
	t := &topology{key: key, ids: map[string]int32{}}
	t.grow(len(s.nodes))
	for _, n := range s.nodes {
		if n != nil && n.object != nil {
			t.enter(n)
		}
	}
	if s.topologies == nil {
		s.topologies = map[string]*topology{}
	}
	s.topologies[key] = t
	return t
}

// grow makes room for n nodes.
func (t *topology) grow(n int) {
	for len(t.domain) < n {
		t.domain = append(t.domain, none)
	}
}

func (t *topology) enter(n *node) {
	value, ok := n.object.Labels[t.key]
	if !ok {
		t.missing++
		t.domain[n.index] = none
		return
	}
	id, ok := t.ids[value]
	if !ok {
		id = t.newDomain(value)
	}
	t.members[id]++
	t.domain[n.index] = id
}

func (t *topology) newDomain(value string) (id int32) {
	if last := len(t.spare) - 1; last >= 0 {
		id = t.spare[last]
		t.spare = t.spare[:last]
		t.names[id] = value
	} else {
		id = int32(len(t.members))
		t.members = append(t.members, 0)
		t.names = append(t.names, value)
	}
	t.ids[value] = id
	return id
}

func (t *topology) leave(n *node) {
	id := t.domain[n.index]
	if id == none {
		t.missing--
		return
	}
	t.domain[n.index] = none
	if t.members[id]--; t.members[id] == 0 {
		delete(t.ids, t.names[id])
		t.spare = append(t.spare, id)
	}
}

// growTables makes room for a further node in all tables by node.
func (s *Snapshot) growTables() {
	for _, t := range s.topologies {
		t.grow(len(s.nodes))
	}
	for _, c := range s.counters {
		c.perNode = grown(c.perNode, len(s.nodes))
	}
}

// grown is list with at least n places.
func grown(list []int32, n int) []int32 {
	for len(list) < n {
		list = append(list, 0)
	}
	return list
}
