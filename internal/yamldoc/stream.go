package yamldoc

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Parse reads a stream of documents separated by lines that begin with ---,
// each YAML or JSON; JSON objects may also simply follow each other. Documents
// without content are left out. Text that begins with {" is JSON and nothing
// else, so that its numbers and duplicate keys mean what they mean to the API
// server.
//
// A document with a syntax fault is left out as well, and the ones after it
// are still read. The documents share memory with each other, not with data.
func Parse(data []byte, limits Limits) ([]*Document, []Fault) {
	s := ParseStream(data, limits)
	return s.Documents, s.Place(s.Faults)
}

// ParseStream is Parse for readers that add faults of their own and place all
// of them at once.
func ParseStream(data []byte, limits Limits) *Stream {
	s := &Stream{input: &input{limits: limits.filled()}}
	s.room = s.limits.Nodes
	if len(data) > s.limits.Size {
		s.Faults = []Fault{{Type: Syntax, Detail: "larger than " + strconv.Itoa(s.limits.Size) + " bytes, the limit", offset: -1}}
		return s
	}
	s.text = decodeText(data)
	if strings.IndexByte(s.text, 0) >= 0 {
		s.Faults = []Fault{{Type: Syntax, Detail: "a binary file, not YAML or JSON", offset: -1}}
		return s
	}
	for lo := 0; lo < len(s.text); {
		if len(s.Faults) >= maxFaults {
			s.Faults = append(s.Faults, cutShort("documents with a syntax fault", lo))
			break
		}
		hi := chunkEnd(s.text, lo)
		if at := jsonStart(s.text[:hi], lo); at >= 0 {
			s.jsonChunk(at, hi)
		} else {
			s.yamlChunk(lo, hi)
		}
		lo = hi
	}
	return s
}

// Stream is what ParseStream read.
type Stream struct {
	// Documents are the documents with content and without syntax faults.
	Documents []*Document
	// Faults are the syntax faults, without positions until Place.
	Faults []Fault

	*input
	room          int // nodes that may still be read
	counted, line int // the offset up to which lines have been counted, and that line
}

// documentCost is how many nodes a document counts for beside its own.
const documentCost = 8

// add takes the tree of a document that begins at offset start.
func (s *Stream) add(nodes []node, start int, json bool) {
	s.line += strings.Count(s.text[s.counted:start], "\n")
	s.counted = start
	s.room -= len(nodes) + documentCost
	s.Documents = append(s.Documents, &Document{
		input: s.input, nodes: nodes, start: start, line: 1 + s.line, json: json,
	})
}

// jsonStart returns the offset of the first JSON object of the chunk at lo, or
// -1 if the chunk is YAML.
func jsonStart(text string, lo int) int {
	if documentMark(text, lo) {
		lo += len("---")
	}
	for lo < len(text) && strings.IndexByte(" \t\r\n", text[lo]) >= 0 {
		lo++
	}
	if lo == len(text) || text[lo] != '{' {
		return -1
	}
	inside := strings.TrimLeft(text[lo+1:], " \t\r\n")
	if inside != "" && inside[0] != '"' && inside[0] != '}' {
		return -1
	}
	return lo
}

// ReadLimit returns how many bytes of an input to read so that Parse can tell
// whether it is too large.
func (l Limits) ReadLimit() int64 { return int64(l.filled().Size) + 1 }

// decodeText makes UTF-8 without byte order mark and carriage returns of data.
func decodeText(data []byte) string {
	var text string
	switch {
	case len(data) >= 2 && data[0] == 0xFE && data[1] == 0xFF:
		text = fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 2 && data[0] == 0xFF && data[1] == 0xFE:
		text = fromUTF16(data[2:], binary.LittleEndian)
	default:
		text = strings.TrimPrefix(string(data), "\ufeff")
	}
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return text
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// jsonChunk reads one JSON object after another.
func (s *Stream) jsonChunk(lo, hi int) {
	r := jsonReader{builder{src: s.text[:hi], pos: lo, limits: s.limits}}
	r.reserve(s.text[lo:hi], ":", ",", "{")
	for r.space(); r.pos < hi; r.space() {
		start, last := r.pos, len(r.nodes)
		if last > 0 {
			r.nodes = make([]node, 0, last)
		}
		r.room, r.depth = s.room, 0
		if !r.at('{') {
			r.unexpected("another object or the end")
		} else if r.value() {
			s.add(r.nodes, start, true)
			continue
		}
		s.Faults = append(s.Faults, *r.fault)
		return
	}
}

// documentMark reports whether a line at offset i begins with --- and nothing
// but space right after it.
func documentMark(s string, i int) bool {
	return strings.HasPrefix(s[i:], "---") && (i == 0 || s[i-1] == '\n') && blankAt(s, i+3)
}

// blankAt reports whether s has a space, tab or line break at offset i, or
// ends there.
func blankAt(s string, i int) bool {
	return i >= len(s) || s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r'
}

// yamlChunk reads the document, or rarely documents, of a chunk.
func (s *Stream) yamlChunk(lo, hi int) {
	trees, fault := s.readChunk(lo, hi)
	for _, nodes := range trees {
		s.add(nodes, lo, false)
	}
	if fault != nil {
		s.Faults = append(s.Faults, *fault)
	}
}

// badUTF8 is the fault of text that is not UTF-8, or nil.
func badUTF8(text string, lo, hi int) *Fault {
	if utf8.ValidString(text[lo:hi]) {
		return nil
	}
	for lo < hi {
		r, size := utf8.DecodeRuneInString(text[lo:hi])
		if r == utf8.RuneError && size == 1 {
			break
		}
		lo += size
	}
	return &Fault{Type: Syntax, Detail: "not UTF-8 text", offset: lo}
}

// chunkEnd returns where the next line with a document mark begins after the
// chunk at lo, which may begin with one itself. A chunk that begins with a
// directive holds the document after the mark that ends the directives.
func chunkEnd(text string, lo int) int {
	marks := 1
	if first := contentLine(text[lo:]); strings.HasPrefix(first, "%") {
		marks = 2
	}
	for i := lo; ; {
		eol := strings.IndexByte(text[i:], '\n')
		if eol < 0 {
			return len(text)
		}
		i += eol + 1
		if documentMark(text, i) {
			if marks--; marks == 0 {
				return i
			}
		}
	}
}

// contentLine returns s from its first line on that is neither blank nor a
// comment.
func contentLine(s string) string {
	for s != "" {
		line := s
		eol := strings.IndexByte(s, '\n')
		if eol >= 0 {
			line = s[:eol]
		}
		if t := strings.TrimLeft(line, " \t"); t != "" && t[0] != '#' || eol < 0 {
			break
		}
		s = s[eol+1:]
	}
	return s
}

// usualText reports whether text has only characters that the scanner reads as
// yaml.v3 would: none that YAML forbids, and no line breaks but \n.
func usualText(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 0x20 && c < 0x7f || c == '\n' || c == '\t':
		case c == 0xC2 && text[i+1] < 0xA0, // C1 controls with NEL
			c == 0xE2 && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9), // LS, PS
			c == 0xEF && text[i+1] >= 0xBB,                                             // byte order mark and noncharacters
			c == 0x7f, c < 0x20:
			return false
		}
	}
	return true
}

// readChunk returns the trees of the documents in a chunk.
func (s *Stream) readChunk(lo, hi int) ([][]node, *Fault) {
	if fault := badUTF8(s.text, lo, hi); fault != nil {
		return nil, fault
	}
	scan := scanner{builder: builder{src: s.text[:hi], pos: lo, limits: s.limits, room: s.room}}
	if usualText(s.text[lo:hi]) {
		nodes, ok := scan.document()
		switch {
		case ok && len(nodes) == 0:
			return nil, nil
		case ok:
			return [][]node{nodes}, nil
		case scan.exceeded:
			return nil, scan.fault
		}
	}
	trees, fault := readV3(builder{src: s.text[:hi], pos: lo, limits: s.limits, room: s.room})
	if fault != nil && scan.fault != nil {
		fault = scan.fault
	}
	return dropEmpty(trees), fault
}

// dropEmpty leaves out documents without content.
func dropEmpty(trees [][]node) [][]node {
	kept := trees[:0]
	for _, t := range trees {
		if len(t) == 1 && t[0].form == formNull {
			continue
		}
		kept = append(kept, t)
	}
	return kept
}
