package yamldoc

import (
	"strconv"
	"strings"
)

// Locate returns where the value at a field path below n begins, following
// aliases and merge keys. Path is written as in Fault.Path:
// spec.containers[0].name, limits[cpu]. Where the path leaves what is written,
// the result is the position of the last value that is, and exact is false.
func (n Node) Locate(path string) (pos Position, exact bool) {
	if n.doc == nil {
		return Position{}, false
	}
	at := n
	for path != "" {
		var next Node
		next, path = at.step(path)
		if next.IsZero() {
			return at.Position(), false
		}
		at = next
	}
	return at.Position(), true
}

// step goes down by the first element of a path and returns the rest.
func (n Node) step(path string) (Node, string) {
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
		return n.Item(i), rest
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
