package yamldoc

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Locate returns where the value at a field path below n begins, following
// aliases and merge keys. Path is written as in Fault.Path:
// spec.containers[0].name, limits[cpu]. Where the path leaves what is written,
// the result is the position of the last value that is, and exact is false.
func (n Node) Locate(path string) (pos Position, exact bool) {
	at, exact := n.walk(path, Node.Item)
	return at.Position(), exact
}

// walk goes down along path as far as it is written, and reports whether that was all of it.
func (n Node) walk(path string, item func(Node, int) Node) (at Node, exact bool) {
	if n.doc == nil {
		return n, false
	}
	for path != "" {
		var next Node
		next, path = n.step(path, item)
		if next.IsZero() {
			return n, false
		}
		n = next
	}
	return n, true
}

// A Locator finds many places of one document in time that does not grow with the square of their number. It remembers
// what it has found, so it must not be used by several goroutines. Make one with Document.Locator.
type Locator struct {
	doc   *Document
	items map[int32][]int32 // the items of the lists that it has been asked for
	lines []int             // where each line begins
	last  struct{ line, offset, column int }
}

// Locator returns a Locator of d.
func (d *Document) Locator() *Locator {
	l := &Locator{doc: d, items: map[int32][]int32{}, lines: []int{d.start}}
	for i := d.start; ; {
		next := strings.IndexByte(d.text[i:], '\n')
		if next < 0 {
			return l
		}
		i += next + 1
		l.lines = append(l.lines, i)
	}
}

// Locate is n.Locate(path) for a node of the Locator's document.
func (l *Locator) Locate(n Node, path string) (pos Position, exact bool) {
	at, exact := n.walk(path, l.item)
	if at.doc == nil {
		return Position{}, false
	}
	return l.position(int(l.doc.nodes[l.doc.target(at.i)].start)), exact
}

// item is n.Item(i).
func (l *Locator) item(n Node, i int) Node {
	s := l.doc.target(n.i)
	list, known := l.items[s]
	if !known {
		for _, item := range n.Items() {
			list = append(list, item.i)
		}
		l.items[s] = list
	}
	if i < 0 || i >= len(list) {
		return Node{}
	}
	return Node{l.doc, list[i]}
}

// position counts columns on from the place found before, where that is on the same line.
func (l *Locator) position(offset int) Position {
	offset = min(offset, len(l.doc.text))
	line, found := slices.BinarySearch(l.lines, offset)
	if !found {
		line--
	}
	from, column := l.lines[line], 1
	if l.last.line == line && l.last.column > 0 && l.last.offset <= offset {
		from, column = l.last.offset, l.last.column
	}
	column += utf8.RuneCountInString(l.doc.text[from:offset])
	l.last.line, l.last.offset, l.last.column = line, offset, column
	return Position{l.doc.line + line, column}
}

// step goes down by the first element of a path and returns the rest.
func (n Node) step(path string, item func(Node, int) Node) (Node, string) {
	path = strings.TrimPrefix(path, ".")
	if strings.HasPrefix(path, "[") {
		end := strings.IndexByte(path, ']')
		if end < 0 {
			return Node{}, ""
		}
		inner, rest := path[1:end], path[end+1:]
		if n.Kind() != Sequence {
			return n.Field(inner), rest
		}
		i, err := strconv.Atoi(inner)
		if err != nil {
			return Node{}, ""
		}
		return item(n, i), rest
	}
	if all := n.Field(path); !all.IsZero() {
		return all, ""
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return Node{}, ""
	}
	return n.Field(path[:end]), path[end:]
}
