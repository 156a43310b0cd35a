package pod

import (
	"strings"

	"github.com/podlife/podlife/internal/yamldoc"
)

// Position is a place in a file. Line and Column count from 1, columns in
// characters. The zero Position is no place.
type Position struct {
	File         string
	Line, Column int
}

// Source knows where the fields of a decoded pod stand in its file. It keeps
// the file's text in memory. A Source is immutable and may be used by several
// goroutines. A nil Source knows no positions.
type Source struct {
	file  string
	pod   yamldoc.Node // the pod, or the template inside its owner
	owner yamldoc.Node // what pod is part of; the same as pod if it is none

	podPath, ownerPath string // where they are in their document
}

// File returns the name that was given to Read.
func (s *Source) File() string {
	if s == nil {
		return ""
	}
	return s.file
}

// Position returns where the value at a field path of the pod begins, such as
// spec.containers[0].ports[1].name or spec.nodeSelector[disktype], also where
// an alias or a merge key puts it there. If the file does not have
// that field, ok is false and the position is that of the nearest value above it that the file has.
// Of a pod made from a template, name and namespace are those of the owner.
func (s *Source) Position(path string) (line, column int, ok bool) {
	if s == nil {
		return 0, 0, false
	}
	pos, ok := s.holder(path).Locate(path)
	return pos.Line, pos.Column, ok
}

// holder is what holds the field at a path of the pod: the owner's names are the pod's.
func (s *Source) holder(path string) yamldoc.Node {
	switch path {
	case "metadata.name", "metadata.generateName", "metadata.namespace":
		return s.owner
	}
	return s.pod
}

// Path returns the field path in the document of a field of the pod: of a pod made from a Deployment's template,
// spec.containers[0].image is spec.template.spec.containers[0].image there. Its name and namespace are those of the owner.
func (s *Source) Path(path string) string {
	if s == nil {
		return path
	}
	switch path {
	case "metadata.name", "metadata.generateName", "metadata.namespace":
		return join(s.ownerPath, path)
	}
	return join(s.podPath, path)
}

// Locate is Position without a word on whether the file has the very field.
func (s *Source) Locate(path string) Position {
	line, column, _ := s.Position(path)
	return Position{s.File(), line, column}
}

// Line returns the text of a line of the file, counted from 1, without its line
// break; empty if there is no such line.
func (s *Source) Line(line int) string {
	if s == nil || line < 1 {
		return ""
	}
	rest := s.owner.Document().Text()
	for ; line > 1; line-- {
		_, after, found := strings.Cut(rest, "\n")
		if !found {
			return ""
		}
		rest = after
	}
	text, _, _ := strings.Cut(rest, "\n")
	return text
}
