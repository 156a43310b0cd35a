package yamldoc

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Parse reads a stream of documents: YAML documents separated by lines that
// begin with ---, or JSON objects one after another. Documents without content
// are left out. Text that begins with { is JSON unless only YAML can read it.
//
// A document with a syntax fault is left out as well, and the ones after it
// are still read. The documents share memory with each other, not with data.
func Parse(data []byte, limits Limits) ([]*Document, []Fault) {
	limits = limits.filled()
	if len(data) > limits.Size {
		return nil, []Fault{{Type: Syntax, Detail: TooLarge(limits)}}
	}
	text, fault := decodeText(data)
	if fault != nil {
		return nil, []Fault{*fault}
	}
	trimmed := strings.TrimLeft(text, " \t\r\n")
	if !strings.HasPrefix(trimmed, "{") {
		return parseYAML(text, limits)
	}
	docs, faults := parseJSON(text, limits)
	if len(faults) == 0 {
		return docs, nil
	}
	if yamlDocs, yamlFaults := parseYAML(text, limits); len(yamlFaults) == 0 {
		return yamlDocs, nil
	} else if !strings.HasPrefix(strings.TrimLeft(trimmed[1:], " \t\r\n"), `"`) {
		return yamlDocs, yamlFaults
	}
	return docs, faults
}

// TooLarge is the detail of the fault of an input that exceeds limits.Size,
// for callers that find out before they have read all of it.
func TooLarge(limits Limits) string {
	return "larger than " + strconv.Itoa(limits.filled().Size) + " bytes, the limit"
}

// ReadLimit returns how many bytes of an input to read so that Parse can tell
// whether it is too large.
func (l Limits) ReadLimit() int64 { return int64(l.filled().Size) + 1 }

// decodeText makes UTF-8 without byte order mark and carriage returns of data.
func decodeText(data []byte) (string, *Fault) {
	var text string
	switch {
	case len(data) >= 2 && data[0] == 0xFE && data[1] == 0xFF:
		text = fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 2 && data[0] == 0xFF && data[1] == 0xFE:
		text = fromUTF16(data[2:], binary.LittleEndian)
	default:
		text = strings.TrimPrefix(string(data), "\ufeff")
	}
	if strings.IndexByte(text, 0) >= 0 {
		return "", &Fault{Type: Syntax, Detail: "a binary file, not YAML or JSON"}
	}
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return text, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

func parseJSON(text string, limits Limits) ([]*Document, []Fault) {
	var docs []*Document
	r := jsonReader{builder{src: text, limits: limits}}
	for {
		r.space()
		for len(docs) > 0 && documentMark(text, r.pos) {
			r.pos += 3
			r.space()
		}
		if r.pos == len(text) {
			return docs, nil
		}
		start := r.pos
		r.reserve(len(text) - start)
		ok := false
		if r.at('{') {
			ok = r.value()
		} else {
			r.unexpected("the end or another object")
		}
		doc := &Document{text: text, nodes: r.nodes, start: start, json: true, limits: limits}
		doc.line = 1 + strings.Count(text[:start], "\n")
		if !ok {
			r.fault.Position = doc.position(r.fault.offset)
			return docs, []Fault{*r.fault}
		}
		docs = append(docs, doc)
		r.limits.Nodes -= len(r.nodes)
		r.depth = 0
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

func parseYAML(text string, limits Limits) ([]*Document, []Fault) {
	if !utf8.ValidString(text) {
		return nil, []Fault{badUTF8(text)}
	}
	var docs []*Document
	var faults []Fault
	usual := usualText(text)
	line := 1
	for lo := 0; lo < len(text); {
		hi := chunkEnd(text, lo)
		trees, fault := readChunk(text, lo, hi, usual, limits)
		for _, nodes := range trees {
			limits.Nodes -= len(nodes)
			docs = append(docs, &Document{text: text, nodes: nodes, start: lo, line: line, limits: limits})
		}
		if fault != nil {
			fault.Position = (&Document{text: text, start: lo, line: line}).position(fault.offset)
			faults = append(faults, *fault)
		}
		line += strings.Count(text[lo:hi], "\n")
		lo = hi
	}
	return docs, faults
}

func badUTF8(text string) Fault {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	doc := Document{text: text, line: 1}
	return Fault{Type: Syntax, Position: doc.position(at), Detail: "not UTF-8 text", offset: at}
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
func readChunk(text string, lo, hi int, usual bool, limits Limits) ([][]node, *Fault) {
	s := scanner{builder: builder{src: text[:hi], pos: lo, limits: limits}}
	if usual {
		nodes, ok := s.document()
		switch {
		case ok && len(nodes) == 0:
			return nil, nil
		case ok:
			return [][]node{nodes}, nil
		case s.fault != nil && s.exceeded:
			return nil, s.fault
		}
	}
	trees, fault := readV3(text, lo, hi, limits)
	if fault != nil && s.fault != nil {
		fault = s.fault
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
