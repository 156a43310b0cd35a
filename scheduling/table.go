package scheduling

// row is what most decisions ask of a node, all in one place, so that to look at every node is to walk through one table.
type row struct {
	cpu, memory, ephemeral space
	assumed                [2]int64 // cpu and memory, where pods that ask for nothing count for something
	slots                  int64    // further pods
	flags                  mark
}

// space is how much there is of a resource and how much is taken.
type space struct {
	size, used int64
}

// mark is something about a node that few nodes have; but for live.
type mark uint8

const (
	live     mark = 1 << iota // it has an object
	cordoned                  // no new pods
	isolated                  // some taint keeps pods away
	disliked                  // some taint would rather keep pods away
	awaited                   // pods are nominated to it
)

// refresh brings the node's row up to date.
func (s *Snapshot) refresh(n *node) {
	r := &s.table[n.index]
	*r = row{
		cpu: space{n.size.cpu, n.requested.cpu}, memory: space{n.size.memory, n.requested.memory},
		ephemeral: space{n.size.ephemeral, n.requested.ephemeral}, assumed: n.assumed, slots: n.allowed - int64(len(n.pods)),
	}
	if n.object == nil {
		return
	}
	r.flags = live | taintMarks(n.object.Spec.Taints)
	if n.object.Spec.Unschedulable {
		r.flags |= cordoned
	}
	if len(n.nominated) > 0 {
		r.flags |= awaited
	}
}

// fitInto reports whether there is room for a and one pod more. Numbered resources are not looked at.
func (a *amounts) fitInto(r *row) bool {
	return r.slots > 0 && a.cpu <= max(r.cpu.size-r.cpu.used, 0) && a.memory <= max(r.memory.size-r.memory.used, 0) &&
		a.ephemeral <= max(r.ephemeral.size-r.ephemeral.used, 0)
}
