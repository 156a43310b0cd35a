package yamldoc

import "strings"

// scanner reads the part of YAML that manifests are written in, straight into
// a tree. It gives up on everything else, and its caller then asks yaml.v3.
//
// Between values it stands on the first character of the next content line,
// whose column is col, counted from 0; at the end col is -1.
type scanner struct {
	builder
	col      int
	bol      int              // where the current line begins
	anchors  map[string]int32 // made when first needed
	exceeded bool             // a limit was exceeded: yaml.v3 need not be asked
	buf      []byte           // for strings that are not a piece of the text
}

// unusual gives up without a fault: the text may be YAML all the same.
func (s *scanner) unusual() bool { return false }

// wrong gives up on text that cannot be YAML. The fault is reported if yaml.v3
// agrees.
func (s *scanner) wrong(offset int, detail string) bool { return s.fail(offset, detail) }

// document reads the document at pos. No nodes and true mean no content.
func (s *scanner) document() ([]node, bool) {
	s.bol = s.pos
	if documentMark(s.src, s.pos) {
		s.pos += 3
		if !s.lineIsOver() {
			return nil, s.unusual()
		}
	}
	if !s.next() || s.at('%') && s.col == 0 {
		return nil, s.unusual()
	}
	if s.col < 0 {
		return nil, true
	}
	s.reserve(s.src[s.pos:], "\n", ":", ",")
	ok := s.blockValue(-1)
	if ok && s.col >= 0 {
		ok = s.wrong(s.pos, "unexpected text after the document's value")
	}
	if s.fault != nil && (len(s.nodes) >= s.room || s.depth > s.limits.Depth) {
		s.exceeded = true
	}
	return s.nodes, ok
}

// lineIsOver reports whether only space and a comment are left on the line,
// and skips them.
func (s *scanner) lineIsOver() bool {
	i := s.pos
	for i < len(s.src) && (s.src[i] == ' ' || s.src[i] == '\t') {
		i++
	}
	if i < len(s.src) && s.src[i] == '#' && i > s.pos {
		eol := strings.IndexByte(s.src[i:], '\n')
		if eol < 0 {
			i = len(s.src)
		} else {
			i += eol
		}
	}
	s.pos = i
	return i >= len(s.src) || s.src[i] == '\n'
}

// next goes from the end of a value to the next content line. It is false when
// something else follows on the line, or a tab indents the next.
func (s *scanner) next() bool {
	if s.pos > s.bol && !s.lineIsOver() {
		return s.wrong(s.pos, "unexpected text after a value")
	}
	i := s.pos
	if i < len(s.src) && s.src[i] == '\n' {
		i++
	}
	for {
		s.bol = i
		for i < len(s.src) && s.src[i] == ' ' {
			i++
		}
		if i >= len(s.src) {
			s.pos, s.col = i, -1
			return true
		}
		switch s.src[i] {
		case '\n':
			i++
			continue
		case '\t':
			return s.wrong(i, "a tab where only spaces may indent")
		case '#':
			eol := strings.IndexByte(s.src[i:], '\n')
			if eol < 0 {
				i = len(s.src)
			} else {
				i += eol + 1
			}
			continue
		}
		s.pos, s.col = i, i-s.bol
		if s.col == 0 && s.src[i] == '.' && strings.HasPrefix(s.src[i:], "...") && blankAt(s.src, i+3) {
			return s.documentEnd()
		}
		return true
	}
}

// documentEnd reads the mark "..." when nothing follows it.
func (s *scanner) documentEnd() bool {
	if rest := contentLine(s.src[s.pos+3:]); len(s.nodes) == 0 || strings.TrimLeft(rest, " \t") != "" {
		return s.unusual()
	}
	s.pos, s.col = len(s.src), -1
	return true
}

// blankNext reports whether the character after pos is a space or line break.
func (s *scanner) blankNext() bool { return blankAt(s.src, s.pos+1) }

// dash reports whether the scanner stands on the mark of a list item.
func (s *scanner) dash() bool { return s.at('-') && s.blankNext() }

// blockValue reads the value that begins at pos and that its parent at column
// parent holds: a block list or mapping at column col, or any other value.
func (s *scanner) blockValue(parent int) bool {
	switch s.src[s.pos] {
	case '-':
		if s.blankNext() {
			return s.blockSequence(s.col, false)
		}
	case '?':
		if s.blankNext() {
			return s.unusual()
		}
	case '!', '%', '@', '`', '\t':
		return s.unusual()
	case '|', '>', '[', '{', '&', '*':
		return s.inlineValue(parent)
	}
	if s.keyAhead() {
		return s.blockMapping(s.col)
	}
	return s.inlineValue(parent)
}

// keyAhead reports whether the line from pos on begins with a key and a colon.
func (s *scanner) keyAhead() bool {
	i := s.pos
	if c := s.src[i]; c == '"' || c == '\'' {
		i = quotedEnd(s.src, i)
		for i < len(s.src) && (s.src[i] == ' ' || s.src[i] == '\t') {
			i++
		}
		return i < len(s.src) && s.src[i] == ':' && blankAt(s.src, i+1)
	}
	_, stop := s.plainEnd(i)
	return stop < len(s.src) && s.src[stop] == ':'
}

// quotedEnd returns the offset after the quoted string at i, or the end of the
// line if it does not end there.
func quotedEnd(s string, i int) int {
	quote := s[i]
	for i++; i < len(s) && s[i] != '\n'; i++ {
		switch {
		case s[i] == '\\' && quote == '"':
			i++
		case s[i] == quote:
			if quote == '"' || i+1 >= len(s) || s[i+1] != quote {
				return i + 1
			}
			i++
		}
	}
	return i
}

// blockMapping reads the mapping whose keys stand at column indent.
func (s *scanner) blockMapping(indent int) bool {
	self, ok := s.open(formMapping, s.pos)
	if !ok {
		return false
	}
	n := int32(0)
	for {
		if !s.blockKey() || !s.mapValue(indent) {
			return false
		}
		n++
		if s.col != indent {
			break
		}
		if s.dash() {
			return s.wrong(s.pos, "a list item where a key was expected")
		}
	}
	if s.col > indent {
		return s.wrong(s.pos, "indented deeper than the keys above it")
	}
	s.close(self, n)
	return true
}

// maxKey is how long a key on one line may be (YAML 1.1, simple keys).
const maxKey = 1024

// blockKey reads a key and its colon.
func (s *scanner) blockKey() bool {
	start := s.pos
	switch s.src[start] {
	case '"', '\'':
		text, ok := s.quoted()
		if !ok || s.bol > start || !s.leaf(formString, text, start) {
			return false
		}
		for s.at(' ') {
			s.pos++
		}
	case '!', '*', '&', '[', '{', '|', '>', '%', '@', '`', ',', ']', '}', '#':
		return s.unusual()
	case '-', ':', '?':
		if s.blankNext() {
			return s.unusual()
		}
		fallthrough
	default:
		end, stop := s.plainEnd(start)
		s.pos = stop
		if !s.leaf(formPlain, s.src[start:end], start) {
			return false
		}
	}
	if !s.at(':') || !s.blankNext() {
		return s.wrong(start, `expected a key followed by ":"`)
	}
	if s.pos-start > maxKey {
		return s.unusual()
	}
	s.pos++
	return true
}

// mapValue reads the value after a colon, for a mapping at column indent.
func (s *scanner) mapValue(indent int) bool {
	after := s.pos
	for s.at(' ') {
		s.pos++
	}
	if s.pos < len(s.src) && s.src[s.pos] != '\n' && s.src[s.pos] != '#' {
		return s.inlineValue(indent)
	}
	s.pos = after
	return s.valueBelow(indent, after, true)
}

// valueBelow reads a value that begins on a later line than its key or dash.
// The value of a key may be a list at the key's own column.
func (s *scanner) valueBelow(indent, after int, ofKey bool) bool {
	if !s.next() {
		return false
	}
	switch {
	case s.col > indent:
		return s.blockValue(indent)
	case ofKey && s.col == indent && s.dash():
		return s.blockSequence(indent, true)
	}
	return s.leaf(formNull, "", after)
}

// blockSequence reads the list whose dashes stand at column indent. A list that
// is indentless stands at the column of the key it belongs to.
func (s *scanner) blockSequence(indent int, indentless bool) bool {
	self, ok := s.open(formSequence, s.pos)
	if !ok {
		return false
	}
	n := int32(0)
	for s.col == indent && s.dash() {
		if !s.item(indent) {
			return false
		}
		n++
	}
	if s.col > indent || s.col == indent && !indentless {
		return s.wrong(s.pos, `expected "- " or less indentation`)
	}
	s.close(self, n)
	return true
}

// item reads a dash and what it holds.
func (s *scanner) item(indent int) bool {
	s.pos++
	after := s.pos
	for s.at(' ') {
		s.pos++
	}
	if s.pos >= len(s.src) || s.src[s.pos] == '\n' || s.src[s.pos] == '#' {
		s.pos = after
		return s.valueBelow(indent, after, false)
	}
	s.col = s.pos - s.bol
	return s.blockValue(indent)
}

// inlineValue reads a value that is no block list or mapping and goes to the
// next line.
func (s *scanner) inlineValue(parent int) bool {
	start := s.pos
	switch s.src[start] {
	case '"', '\'':
		text, ok := s.quoted()
		return ok && s.leaf(formString, text, start) && s.next()
	case '[', '{':
		return s.flowValue() && s.next()
	case '|', '>':
		return s.blockScalar(parent)
	case '&':
		return s.anchored(parent)
	case '*':
		return s.alias() && s.next()
	case '!', '%', '@', '`', ',', ']', '}', '\t':
		return s.unusual()
	case '-', ':', '?':
		if s.blankNext() {
			return s.unusual()
		}
	}
	return s.plain(parent)
}

// anchored reads an anchor and the value it names. Only a value that cannot be
// taken for a key may stand on the anchor's own line.
func (s *scanner) anchored(parent int) bool {
	if !s.anchor() {
		return s.unusual()
	}
	switch s.src[s.pos] {
	case '#':
		s.pos--
		fallthrough
	case '\n':
		if !s.next() || s.col <= parent || s.at('*') || s.at('&') {
			return s.unusual()
		}
		return s.blockValue(parent)
	case '[', '{', '|', '>':
		return s.inlineValue(parent)
	case '&', '*', '-', '?', '\t':
		return s.unusual()
	}
	if s.keyAhead() {
		return s.unusual()
	}
	return s.inlineValue(parent)
}

// anchor reads an anchor and the space after it, and gives the name to the
// next node.
func (s *scanner) anchor() bool {
	name := s.anchorName()
	if name == "" || !blankAt(s.src, s.pos) {
		return false
	}
	if s.anchors == nil {
		s.anchors = map[string]int32{}
	}
	s.anchors[name] = int32(len(s.nodes))
	for s.at(' ') {
		s.pos++
	}
	return s.pos < len(s.src)
}

func (s *scanner) alias() bool {
	start := s.pos
	name := s.anchorName()
	target, ok := s.anchors[name]
	if !ok {
		return s.unusual()
	}
	i, ok := s.add(formAlias, name, start)
	if ok {
		s.nodes[i].link = target
	}
	return ok
}

// anchorName reads & or * and the name after it.
func (s *scanner) anchorName() string {
	s.pos++
	start := s.pos
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		if c-'0' > 9 && (c|0x20 < 'a' || c|0x20 > 'z') && c != '_' && c != '-' {
			break
		}
		s.pos++
	}
	return s.src[start:s.pos]
}
