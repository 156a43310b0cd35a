package yamldoc

import (
	"strconv"
	"strings"
)

// builder grows the tree of one document. The readers of YAML and JSON are
// built on it.
type builder struct {
	src    string // the text up to the end of what is read; positions are offsets in it
	pos    int
	nodes  []node
	depth  int
	limits Limits
	room   int    // how many nodes the document may have
	fault  *Fault // set once reading has failed
}

// add appends a node without children and returns its index. It fails when the
// document has too many.
func (b *builder) add(f form, text string, start int) (int32, bool) {
	i := int32(len(b.nodes))
	if len(b.nodes) >= b.room {
		return i, b.fail(start, "more than "+strconv.Itoa(b.limits.Nodes)+" keys and values")
	}
	b.nodes = append(b.nodes, node{text: text, start: uint32(start), end: i + 1, form: f})
	return i, true
}

func (b *builder) leaf(f form, text string, start int) bool {
	_, ok := b.add(f, text, start)
	return ok
}

// open appends a list or mapping; close ends it.
func (b *builder) open(f form, start int) (int32, bool) {
	b.depth++
	if b.depth > b.limits.Depth {
		return 0, b.fail(start, "nested more than "+strconv.Itoa(b.limits.Depth)+" deep")
	}
	return b.add(f, "", start)
}

func (b *builder) close(i int32, entries int32) {
	b.depth--
	b.nodes[i].end = int32(len(b.nodes))
	b.nodes[i].link = entries
}

// fail records the first failure and returns false.
func (b *builder) fail(offset int, detail string) bool {
	if b.fault == nil {
		b.fault = &Fault{Type: Syntax, Detail: detail, offset: offset}
	}
	return false
}

func (b *builder) at(c byte) bool { return b.pos < len(b.src) && b.src[b.pos] == c }

// reserve allocates about the nodes that a text will have: each of these marks
// brings about one.
func (b *builder) reserve(text string, marks ...string) {
	n := 4
	for _, m := range marks {
		n += strings.Count(text, m)
	}
	b.nodes = make([]node, 0, min(n+n/16, 1<<16))
}
