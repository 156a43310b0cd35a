package pod

import "strconv"

// path is the place of a value below a pod, a chain of steps on the stack: it costs nothing until it is printed, which
// is when a fault is found. The parent must outlive the child. The zero value is the pod itself.
//
// A chain holds two spellings, the one Kubernetes uses in its errors (told) and the one of the manifest (real). They
// are nearly always the same; where they differ, a step says which of the two it belongs to.
type path struct {
	parent *path
	name   string
	alias  string // in the manifest's spelling in place of name, where not empty
	index  int
	kind   stepKind
	of     spelling
}

// stepKind says how a step prints.
type stepKind uint8

const (
	stepRoot  stepKind = iota // nothing
	stepField                 // .name
	stepIndex                 // [index]
	stepKey                   // [name]
)

// spelling says in which spelling of a path a step appears.
type spelling uint8

const (
	both spelling = iota
	told
	real
)

// field returns the path of the field name of p.
func (p *path) field(name string) path { return path{parent: p, name: name, kind: stepField} }

// at returns the path of item i of the list p.
func (p *path) at(i int) path { return path{parent: p, index: i, kind: stepIndex} }

// key returns the path of the entry k of the map p.
func (p *path) key(k string) path { return path{parent: p, name: k, kind: stepKey} }

// real is field for a step that Kubernetes' own path leaves out.
func (p *path) real(name string) path { return path{parent: p, name: name, kind: stepField, of: real} }

// realAt is at for a step that Kubernetes' own path leaves out.
func (p *path) realAt(i int) path { return path{parent: p, index: i, kind: stepIndex, of: real} }

// realKey is key for a step that Kubernetes' own path leaves out.
func (p *path) realKey(k string) path { return path{parent: p, name: k, kind: stepKey, of: real} }

// told is field for a step that only Kubernetes' own path has.
func (p *path) told(name string) path { return path{parent: p, name: name, kind: stepField, of: told} }

// misspelt is field where Kubernetes' own path says wrong.
func (p *path) misspelt(wrong, name string) path {
	return path{parent: p, name: wrong, alias: name, kind: stepField}
}

// toldAt is at for a step that only Kubernetes' own path has.
func (p *path) toldAt(i int) path { return path{parent: p, index: i, kind: stepIndex, of: told} }

// toldKey is key for a step that only Kubernetes' own path has.
func (p *path) toldKey(k string) path { return path{parent: p, name: k, kind: stepKey, of: told} }

// String returns the path as Kubernetes spells it; that of the whole pod is [].
func (p *path) String() string { return p.print(told) }

// source returns the path in the manifest, or the empty string where that is what String returns.
func (p *path) source() string {
	for q := p; q != nil; q = q.parent {
		if q.of != both || q.alias != "" {
			return p.print(real)
		}
	}
	return ""
}

// print returns the path in one of its two spellings.
func (p *path) print(s spelling) string {
	var steps [32]*path
	n := 0
	for q := p; q != nil && n < len(steps); q = q.parent {
		if q.kind != stepRoot && (q.of == both || q.of == s) {
			steps[n] = q
			n++
		}
	}
	if n == 0 {
		return "[]"
	}
	b := make([]byte, 0, 96)
	for n--; n >= 0; n-- {
		b = steps[n].append(b, s)
	}
	return string(b)
}

// append prints the one step p after b.
func (p *path) append(b []byte, s spelling) []byte {
	switch p.kind {
	case stepIndex:
		b = strconv.AppendInt(append(b, '['), int64(p.index), 10)
		return append(b, ']')
	case stepKey:
		b = append(append(b, '['), p.name...)
		return append(b, ']')
	}
	if len(b) > 0 {
		b = append(b, '.')
	}
	if s == real && p.alias != "" {
		return append(b, p.alias...)
	}
	return append(b, p.name...)
}
