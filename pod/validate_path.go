package pod

import "strconv"

// path is the place of a value below a pod, a chain of steps on the stack: it costs nothing until it is printed, which
// is when a fault is found. The parent must outlive the child. The zero value is the pod itself.
type path struct {
	parent *path
	name   string
	index  int
	kind   stepKind
}

// stepKind says how a step prints and in which of the two spellings of a path it appears.
type stepKind uint8

const (
	stepRoot   stepKind = iota
	stepField           // .name
	stepIndex           // [index]
	stepKey             // [name]
	stepReal            // .name, in the manifest only: Kubernetes leaves it out of its paths
	stepRealAt          // [index], in the manifest only
	stepTold            // .name, in Kubernetes' path only: the manifest has no such field
)

// field returns the path of the field name of p.
func (p *path) field(name string) path { return path{parent: p, name: name, kind: stepField} }

// at returns the path of item i of the list p.
func (p *path) at(i int) path { return path{parent: p, index: i, kind: stepIndex} }

// key returns the path of the entry k of the map p.
func (p *path) key(k string) path { return path{parent: p, name: k, kind: stepKey} }

// real returns the path of the field name of p, which Kubernetes' own path leaves out.
func (p *path) real(name string) path { return path{parent: p, name: name, kind: stepReal} }

// realAt returns the path of item i of the list p, where Kubernetes' own path leaves the index out.
func (p *path) realAt(i int) path { return path{parent: p, index: i, kind: stepRealAt} }

// told returns p followed by a field that Kubernetes' path has and the manifest does not.
func (p *path) told(name string) path { return path{parent: p, name: name, kind: stepTold} }

// String returns the path as Kubernetes spells it.
func (p *path) String() string { return p.print(stepReal, stepRealAt) }

// source returns the path in the manifest, or the empty string where that is what String returns.
func (p *path) source() string {
	for q := p; q != nil; q = q.parent {
		if q.kind >= stepReal {
			return p.print(stepTold, stepTold)
		}
	}
	return ""
}

// print returns the path without the steps of two kinds.
func (p *path) print(without, and stepKind) string {
	var steps [32]*path
	n := 0
	for q := p; q != nil && n < len(steps); q = q.parent {
		if q.kind != stepRoot && q.kind != without && q.kind != and {
			steps[n] = q
			n++
		}
	}
	b := make([]byte, 0, 64)
	for n--; n >= 0; n-- {
		b = steps[n].append(b)
	}
	return string(b)
}

// append prints the one step p after b.
func (p *path) append(b []byte) []byte {
	switch p.kind {
	case stepIndex, stepRealAt:
		b = strconv.AppendInt(append(b, '['), int64(p.index), 10)
		return append(b, ']')
	case stepKey:
		b = append(append(b, '['), p.name...)
		return append(b, ']')
	}
	if len(b) > 0 {
		b = append(b, '.')
	}
	return append(b, p.name...)
}
