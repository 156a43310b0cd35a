package scheduling

import (
	"github.com/podlife/podlife/internal/keyed"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Snapshot is what a scheduler knows: the nodes, the pods on them, and the objects that matter to where a pod may run. It
// is kept up to date by Put and Delete, whose cost does not grow with the number of nodes or pods; whoever owns it feeds
// it from wherever the objects come.
//
// The order in which objects are put does not matter: a pod may come before its node. Objects are kept by reference and
// must not be changed afterwards; put a changed copy instead. The zero value is empty and ready. A Snapshot is not safe
// for concurrent use; Decide uses buffers of it, and is a use like any other.
type Snapshot struct {
	// Find, if not nil, returns the pod of a name that was put as one bound to a node: as it was put, or with changes that were not
	// worth a Put. The Snapshot then keeps no such pods, and asks for one when it must see it whole. It is set before the first Put.
	Find func(pod.Key) *pod.Pod

	nodes   []*node // by index; nil where one has gone
	table   []row   // by index
	spare   []int32 // indices of nodes that have gone
	live    int     // nodes with an object
	byName  map[string]*node
	pods    keyed.Map[*placedPod]
	shapes  map[string]*shape
	objects objects

	resources  resourceTable
	topologies map[string]*topology
	classes    map[string]map[string]*class // by namespace, by labels
	counters   map[string]*counter
	terms      map[string]*term
	claims     map[pod.Key]int // how many volumes of pods on nodes use the claim
	images     map[string]*imageCopies

	scratch scratch
}

// node is one node with the pods that are bound to it or wait for it. It exists as soon as a pod names it; without an
// object it is no node to a scheduler.
type node struct {
	index     int32
	name      string
	object    *object.Node
	size      amounts // allocatable
	allowed   int64   // number of pods
	requested amounts
	assumed   [2]int64 // cpu and memory, where pods that ask for nothing count for something
	pods      []*placedPod
	ports     []hostPort
	nominated []*placedPod
	images    map[string]int64 // bytes by name
}

// placedPod is a pod that counts on a node: bound to it, or, if nominated, waiting for room there.
type placedPod struct {
	name       string
	pod        *pod.Pod // nil for one that Find finds
	node       *node
	shape      *shape
	next, prev *placedPod // of the same class, on any node
	place      int32      // in node.pods or node.nominated
	nominated  bool
}

// Put adds an object or replaces the one with the same kind, namespace and name. Kinds that do not matter to scheduling
// are ignored.
//
// A pod counts on the node it is bound to until it has ended. Of one that is only nominated to a node, no more is known
// than that it may come: it counts there as a pod of priority 0 that asks for nothing. See PutWaiting.
func (s *Snapshot) Put(o object.Object) {
	switch o := o.(type) {
	case *pod.Pod:
		if o.Spec.NodeName == "" {
			o = &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: o.Namespace, Name: o.Name, UID: o.UID}, Status: pod.Status{
				NominatedNodeName: o.Status.NominatedNodeName, Phase: o.Status.Phase,
			}}
		}
		s.putPod(o)
	case *object.Node:
		s.putNode(o)
	default:
		s.putOther(o)
	}
}

// PutWaiting adds or replaces a pod that waits in the scheduler's own queue. On the node that it is nominated to, room is
// kept for it against pods of no higher priority. Put the bound pod when it is bound.
//
// Kubernetes keeps room for pods in the queue of the same scheduler, and knows of others only that they are nominated.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.
func (s *Snapshot) PutWaiting(p *pod.Pod) { s.putPod(p) }

// Delete removes the object with the kind, namespace and name of o, if there is one.
func (s *Snapshot) Delete(o object.Object) {
	switch o := o.(type) {
	case *pod.Pod:
		s.removePod(o.Key())
	case *object.Node:
		s.removeNode(o.Name)
	default:
		s.deleteOther(o)
	}
}

// Len is the number of nodes.
func (s *Snapshot) Len() int { return s.live }

// Node returns the node of that name, or nil. It belongs to whoever put it.
func (s *Snapshot) Node(name string) *object.Node {
	if n := s.byName[name]; n != nil {
		return n.object
	}
	return nil
}

// putNode takes the pods of the node off what is counted by its labels, and counts them anew.
func (s *Snapshot) putNode(o *object.Node) {
	n := s.nodeNamed(o.Name)
	s.deactivate(n)
	n.object = o
	n.size = s.resources.amounts(o.Status.Allocatable)
	allowed := o.Status.Allocatable[pod.ResourcePods]
	n.allowed = allowed.Value()
	s.activate(n)
	s.refresh(n)
}

func (s *Snapshot) removeNode(name string) {
	n := s.byName[name]
	if n == nil || n.object == nil {
		return
	}
	s.deactivate(n)
	n.object = nil
	s.refresh(n)
	s.dropIfUnused(n)
}

// nodeNamed returns the node of that name, and makes one without an object if need be.
func (s *Snapshot) nodeNamed(name string) *node {
	if n := s.byName[name]; n != nil {
		return n
	}
	if s.byName == nil {
		s.byName = map[string]*node{}
	}
	n := &node{name: name}
	if last := len(s.spare) - 1; last >= 0 {
		n.index = s.spare[last]
		s.spare = s.spare[:last]
		s.nodes[n.index] = n
	} else {
		n.index = int32(len(s.nodes))
		s.nodes = append(s.nodes, n)
		s.table = append(s.table, row{})
		s.growTables()
	}
	s.byName[name] = n
	return n
}

func (s *Snapshot) dropIfUnused(n *node) {
	if n.object != nil || len(n.pods) > 0 || len(n.nominated) > 0 {
		return
	}
	delete(s.byName, n.name)
	s.nodes[n.index] = nil
	s.spare = append(s.spare, n.index)
}

// activate counts a node that has an object, and its pods, in all that is counted over nodes.
func (s *Snapshot) activate(n *node) {
	s.live++
	for _, t := range s.topologies {
		t.enter(n)
	}
	s.enterImages(n)
	for _, p := range n.pods {
		s.countPod(p, 1)
	}
}

func (s *Snapshot) deactivate(n *node) {
	if n.object == nil {
		return
	}
	for _, p := range n.pods {
		s.countPod(p, -1)
	}
	s.leaveImages(n)
	for _, t := range s.topologies {
		t.leave(n)
	}
	s.live--
}

// putPod takes a pod in, or takes out one that no longer counts: it has ended, or waits for no node in particular.
func (s *Snapshot) putPod(p *pod.Pod) {
	s.removePod(p.Key())
	if p.Status.Phase.IsTerminal() {
		return
	}
	placed := &placedPod{name: p.Name}
	switch {
	case p.Spec.NodeName != "":
		placed.node = s.nodeNamed(p.Spec.NodeName)
	case p.Status.NominatedNodeName != "":
		placed.node = s.nodeNamed(p.Status.NominatedNodeName)
		placed.nominated = true
	default:
		return
	}
	placed.shape = s.shapeOf(p)
	if s.Find == nil || placed.nominated {
		placed.pod = p
	}
	s.pods.Put(p.Key(), placed)
	s.place(placed)
}

// whole is the pod itself.
func (s *Snapshot) whole(p *placedPod) *pod.Pod {
	if p.pod != nil {
		return p.pod
	}
	return s.Find(pod.Key{Namespace: p.shape.class.namespace, Name: p.name})
}

func (s *Snapshot) place(p *placedPod) {
	n := p.node
	if p.nominated {
		p.place = int32(len(n.nominated))
		n.nominated = append(n.nominated, p)
		s.refresh(n)
		return
	}
	p.place = int32(len(n.pods))
	n.pods = append(n.pods, p)
	n.account(p, 1)
	p.shape.class.link(p)
	if n.object != nil {
		s.countPod(p, 1)
	}
	s.refresh(n)
}

func (s *Snapshot) removePod(key pod.Key) {
	p := s.pods.At(key)
	if p == nil {
		return
	}
	s.pods.Delete(key)
	n := p.node
	if p.nominated {
		n.nominated = without(n.nominated, p)
	} else {
		n.pods = without(n.pods, p)
		n.account(p, -1)
		if n.object != nil {
			s.countPod(p, -1)
		}
		p.shape.class.unlink(p)
	}
	s.releaseShape(p.shape)
	s.refresh(n)
	s.dropIfUnused(n)
}

// without takes p out of list, whose last takes its place.
func without(list []*placedPod, p *placedPod) []*placedPod {
	last := len(list) - 1
	list[p.place] = list[last]
	list[p.place].place = p.place
	list[last] = nil
	return list[:last]
}

// account adds what p takes of its node, sign times.
func (n *node) account(p *placedPod, sign int64) {
	n.requested.add(&p.shape.requests, sign)
	n.assumed[0] += sign * p.shape.assumed[0]
	n.assumed[1] += sign * p.shape.assumed[1]
	if len(p.shape.ports) == 0 {
		return
	}
	if sign > 0 {
		n.ports = append(n.ports, p.shape.ports...)
		return
	}
	n.ports = n.ports[:0]
	for _, q := range n.pods {
		n.ports = append(n.ports, q.shape.ports...)
	}
}

// countPod adds p, which is on a node with an object, to all that is counted over nodes, sign times.
func (s *Snapshot) countPod(p *placedPod, sign int32) {
	for _, c := range p.shape.class.counters {
		if !c.living || !p.shape.terminating {
			c.count(p.node, sign)
		}
	}
	for _, t := range p.shape.terms {
		t.count(p.node, sign)
	}
	for _, claim := range p.shape.claims {
		if s.claims == nil {
			s.claims = map[pod.Key]int{}
		}
		if s.claims[claim] += int(sign); s.claims[claim] == 0 {
			delete(s.claims, claim)
		}
	}
}
