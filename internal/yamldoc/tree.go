package yamldoc

import (
	"strings"
	"unicode/utf8"
)

// form is what a node is in the text.
type form uint8

const (
	formNull form = iota
	formBool
	formNumber
	formString
	formPlain // a YAML scalar without quotes or tag, not resolved yet
	formSequence
	formMapping
	formAlias
)

// node is one key, value, sequence or mapping. The nodes of a document lie in
// one slice in the order of the text: the children of node i begin at i+1,
// and its next sibling is at end. The children of a mapping are key, value,
// key, value; keys are always scalars.
type node struct {
	text  string
	start uint32 // byte offset in Document.text
	end   int32
	link  int32 // formAlias: the node meant; formSequence and formMapping: the number of entries
	form  form
}

// Document is one YAML or JSON document as a tree. It is immutable and may be
// used by several goroutines.
type Document struct {
	*input
	nodes []node // nodes[0] is the root
	start int    // offset of the document in text
	line  int    // line of start
	json  bool   // JSON rules: what is in quotes and what is not is all there is
}

// input is what the documents of a stream share.
type input struct {
	text   string // all of it
	limits Limits
}

// Root returns the document's value.
func (d *Document) Root() Node { return Node{d, 0} }

// IsJSON reports whether the document was read as JSON.
func (d *Document) IsJSON() bool { return d.json }

// Text returns the whole input that the document is part of.
func (d *Document) Text() string { return d.text }

func (d *Document) position(offset int) Position {
	offset = min(offset, len(d.text))
	line := d.line + strings.Count(d.text[d.start:offset], "\n")
	return Position{line, columnAt(d.text, offset)}
}

func columnAt(text string, offset int) int {
	begin := strings.LastIndexByte(text[:offset], '\n') + 1
	return utf8.RuneCountInString(text[begin:offset]) + 1
}

// target follows aliases from node i.
func (d *Document) target(i int32) int32 {
	for hops := 0; d.nodes[i].form == formAlias && hops < 8; hops++ {
		i = d.nodes[i].link
	}
	return i
}

// scalar resolves node i, which must not be an alias.
func (d *Document) scalar(i int32) Scalar {
	n := &d.nodes[i]
	switch n.form {
	case formNull:
		return Scalar{Kind: Null}
	case formBool:
		return Scalar{Bool, n.text}
	case formNumber:
		return Scalar{Number, n.text}
	case formString:
		return Scalar{String, n.text}
	case formPlain:
		return resolvePlain(n.text)
	case formSequence:
		return Scalar{Kind: Sequence}
	default:
		return Scalar{Kind: Mapping}
	}
}

// key returns the key at node i as a string.
func (d *Document) key(i int32) (string, bool) {
	n := &d.nodes[i]
	switch n.form {
	case formString:
		return n.text, true
	case formPlain:
		if n.text != "" && !mayResolve[n.text[0]] {
			return n.text, true
		}
		return keyText(n.text)
	case formNull:
		return "", false
	default:
		return n.text, true
	}
}

func (d *Document) isMerge(key int32) bool {
	n := &d.nodes[key]
	return n.form == formPlain && n.text == "<<"
}

// Node is one value of a document. The zero Node is no value: its Kind is Null
// and it has nothing below it.
type Node struct {
	doc *Document
	i   int32
}

// IsZero reports whether n is no value of any document.
func (n Node) IsZero() bool { return n.doc == nil }

// Document returns the document that n is part of, nil for the zero Node.
func (n Node) Document() *Document { return n.doc }

// Scalar returns the value if it is a scalar; of lists and mappings only Kind
// is set. Aliases are followed.
func (n Node) Scalar() Scalar {
	if n.doc == nil {
		return Scalar{}
	}
	return n.doc.scalar(n.doc.target(n.i))
}

// Kind returns what the value is. Aliases are followed.
func (n Node) Kind() Kind { return n.Scalar().Kind }

// Position returns where the value begins in the text; for an alias, where
// the value that it stands for begins.
func (n Node) Position() Position {
	if n.doc == nil {
		return Position{}
	}
	return n.doc.position(int(n.doc.nodes[n.doc.target(n.i)].start))
}

// Fault returns a fault of the value, for readers that find some of their own.
func (n Node) Fault(t FaultType, path, detail string) Fault {
	f := Fault{Type: t, Path: path, Detail: detail, offset: -1}
	if n.doc != nil {
		f.offset = int(n.doc.nodes[n.doc.target(n.i)].start)
	}
	return f
}

// Field returns the value of a key of a mapping, the last one if the key is
// there more than once, looking through merge keys; the zero Node if there is none.
func (n Node) Field(name string) Node {
	if n.doc == nil {
		return Node{}
	}
	if i := n.doc.field(n.i, name, 0); i >= 0 {
		return Node{n.doc, i}
	}
	return Node{}
}

// field finds the last value of a key, or -1. Merges nest only so deep before
// they are not followed, which no real document notices.
func (d *Document) field(m int32, name string, depth int) int32 {
	m = d.target(m)
	if d.nodes[m].form != formMapping {
		return -1
	}
	found := int32(-1)
	for k := m + 1; k < d.nodes[m].end; k = d.nodes[k+1].end {
		if d.isMerge(k) && depth < 8 {
			if i := d.mergedField(k+1, name, depth+1); i >= 0 {
				found = i
			}
		} else if s, ok := d.key(k); ok && s == name {
			found = k + 1
		}
	}
	return found
}

func (d *Document) mergedField(value int32, name string, depth int) int32 {
	value = d.target(value)
	if d.nodes[value].form != formSequence {
		return d.field(value, name, depth)
	}
	for c := value + 1; c < d.nodes[value].end; c = d.nodes[c].end {
		if i := d.field(c, name, depth); i >= 0 {
			return i
		}
	}
	return -1
}

// Len returns the number of items of a list or of keys of a mapping as
// written, 0 for all else.
func (n Node) Len() int {
	if n.doc == nil {
		return 0
	}
	t := &n.doc.nodes[n.doc.target(n.i)]
	if t.form != formSequence && t.form != formMapping {
		return 0
	}
	return int(t.link)
}

// Item returns item i of a list, the zero Node if there is none.
func (n Node) Item(i int) Node {
	if n.doc == nil {
		return Node{}
	}
	d, s := n.doc, n.doc.target(n.i)
	if d.nodes[s].form != formSequence || i < 0 || i >= int(d.nodes[s].link) {
		return Node{}
	}
	c := s + 1
	for ; i > 0; i-- {
		c = d.nodes[c].end
	}
	return Node{d, c}
}

// Items returns the items of a list, nil for all else.
func (n Node) Items() []Node {
	if n.Kind() != Sequence {
		return nil
	}
	d, s := n.doc, n.doc.target(n.i)
	items := make([]Node, 0, d.nodes[s].link)
	for c := s + 1; c < d.nodes[s].end; c = d.nodes[c].end {
		items = append(items, Node{d, c})
	}
	return items
}
