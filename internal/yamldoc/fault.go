package yamldoc

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// FaultType is the sort of a Fault.
type FaultType uint8

const (
	// Syntax: the text is not YAML or JSON, or exceeds a limit.
	Syntax FaultType = iota
	// WrongType: a value cannot become a value of the Go type.
	WrongType
	// Unknown: a key that the Go type has no field for.
	Unknown
	// Duplicate: a key that its mapping has had before.
	Duplicate
	// WrongKind: an object that its reader does not want. This package does not
	// report it.
	WrongKind
)

// Strict reports whether the fault exists only because decoding was strict:
// lenient decoding ignores it.
func (t FaultType) Strict() bool { return t == Unknown || t == Duplicate }

// String returns the name of the type in lower case.
func (t FaultType) String() string {
	return [...]string{"syntax", "wrong type", "unknown field", "duplicate field", "wrong kind"}[t]
}

// Position is a place in a text. Lines and columns count from 1, columns in
// characters (Unicode code points), not bytes. The zero Position is no place.
type Position struct {
	Line, Column int
}

// String returns "line:column".
func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Fault is one thing wrong with an input.
type Fault struct {
	Type FaultType
	// Position is where the offending value begins, or the offending key of an
	// unknown or duplicate field. Zero where the fault concerns all of the input.
	Position
	// Path is the field path below the decoded value, such as
	// spec.containers[0].name or metadata.labels[app]; empty for the value itself.
	Path string
	// Detail says what is wrong, without path and position.
	Detail string

	offset int // in the text of the stream; -1 where the fault concerns all of it
}

// Error returns "line:column: path: detail" without the parts that are absent.
func (f Fault) Error() string {
	s := f.Detail
	if f.Path != "" {
		s = f.Path + ": " + s
	}
	if f.Line > 0 {
		s = f.Position.String() + ": " + s
	}
	return s
}

// maxFaults is how many faults of one value, and how many documents with a
// syntax fault, are reported. Where there are more, one last fault says so.
const maxFaults = 200

// cutShort is the last word where there are more than maxFaults.
func cutShort(what string, offset int) Fault {
	return Fault{Type: Syntax, Detail: fmt.Sprintf("more than %d %s; from here on nothing was looked at", maxFaults, what), offset: offset}
}

// Place sorts faults of the stream in the order of its text and fills in their
// positions. It takes one pass over the text however many faults there are.
func (s *Stream) Place(faults []Fault) []Fault { return place(s.text, faults) }

func place(text string, faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.offset - b.offset })
	at, pos := 0, Position{1, 1}
	for i := range faults {
		f := &faults[i]
		if f.offset < 0 {
			continue
		}
		between := text[at:min(f.offset, len(text))]
		if n := strings.Count(between, "\n"); n > 0 {
			pos = Position{pos.Line + n, 1}
			between = between[strings.LastIndexByte(between, '\n')+1:]
		}
		pos.Column += utf8.RuneCountInString(between)
		at = max(at, min(f.offset, len(text)))
		f.Position = pos
	}
	return faults
}
