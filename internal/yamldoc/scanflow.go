package yamldoc

import "strings"

// flowValue reads a list or mapping in brackets. It may span lines, whose
// indentation means nothing.
func (s *scanner) flowValue() bool {
	if s.src[s.pos] == '[' {
		return s.flowItems(formSequence, ']', s.flowItem)
	}
	return s.flowItems(formMapping, '}', s.flowPair)
}

// flowSpace skips space, line breaks and comments.
func (s *scanner) flowSpace() bool {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t':
			s.pos++
		case '\n':
			s.pos++
			s.bol = s.pos
			if strings.HasPrefix(s.src[s.pos:], "...") {
				return s.unusual()
			}
		case '#':
			if strings.IndexByte(" \t\n", s.src[s.pos-1]) < 0 {
				return s.unusual()
			}
			for s.pos < len(s.src) && s.src[s.pos] != '\n' {
				s.pos++
			}
		default:
			return true
		}
	}
	return true
}

// flowItems reads a collection from its opening bracket to the closing one.
func (s *scanner) flowItems(f form, closing byte, item func() bool) bool {
	start := s.pos
	self, ok := s.open(f, start)
	if !ok {
		return false
	}
	s.pos++
	for n := int32(0); ; n++ {
		if !s.flowSpace() {
			return false
		}
		if s.pos >= len(s.src) {
			return s.unclosed(start)
		}
		if s.at(closing) {
			s.pos++
			s.close(self, n)
			return true
		}
		if !item() || !s.flowSpace() || !s.separator(closing, start) {
			return false
		}
	}
}

// flowPair reads a key and its value.
func (s *scanner) flowPair() bool { return s.flowKey() && s.flowEntry() }

// separator skips a comma and stays on a closing bracket.
func (s *scanner) separator(closing byte, open int) bool {
	switch {
	case s.at(','):
		s.pos++
		return true
	case s.at(closing):
		return true
	case s.pos >= len(s.src):
		return s.unclosed(open)
	}
	return s.unusual()
}

func (s *scanner) unclosed(open int) bool {
	return s.wrong(open, `this "`+s.src[open:open+1]+`" is never closed`)
}

// flowKey reads a key and its colon.
func (s *scanner) flowKey() bool {
	if s.pos >= len(s.src) {
		return s.unusual()
	}
	start := s.pos
	quoted := s.src[start] == '"' || s.src[start] == '\''
	if !quoted && !s.flowPlainStart() || !s.flowItem() {
		return s.unusual()
	}
	for s.at(' ') {
		s.pos++
	}
	if !s.at(':') || s.pos-start > maxKey || s.bol > start || !quoted && !s.blankNext() {
		return s.unusual()
	}
	s.pos++
	return true
}

// flowEntry reads the value after a colon; nothing is null.
func (s *scanner) flowEntry() bool {
	if !s.flowSpace() {
		return false
	}
	if s.at(',') || s.at('}') {
		return s.leaf(formNull, "", s.pos)
	}
	return s.flowItem()
}

// flowItem reads one value inside brackets.
func (s *scanner) flowItem() bool {
	if s.pos >= len(s.src) {
		return s.unusual()
	}
	start := s.pos
	switch s.src[start] {
	case '[', '{':
		return s.flowValue()
	case '"', '\'':
		text, ok := s.quoted()
		return ok && s.leaf(formString, text, start)
	case '&':
		if !s.anchor() || strings.IndexByte("&*\t\n#", s.src[s.pos]) >= 0 {
			return s.unusual()
		}
		return s.flowItem()
	case '*':
		return s.alias() && (s.pos >= len(s.src) || strings.IndexByte(" \t\n,]}", s.src[s.pos]) >= 0 || s.unusual())
	}
	if !s.flowPlainStart() {
		return s.unusual()
	}
	return s.flowPlain()
}

// flowPlainStart reports whether a plain scalar can begin at pos.
func (s *scanner) flowPlainStart() bool {
	c := s.src[s.pos]
	if c == '-' {
		return !blankAt(s.src, s.pos+1) && strings.IndexByte(",[]{}", s.src[s.pos+1]) < 0
	}
	return strings.IndexByte(",[]{}#&*!|>'\"%@`?:", c) < 0
}

// flowPlain reads a plain scalar that ends on its line.
func (s *scanner) flowPlain() bool {
	start, end := s.pos, s.pos
	i := start
loop:
	for ; i < len(s.src); i++ {
		switch s.src[i] {
		case ',', ']', '}', '\n':
			break loop
		case '[', '{', '?':
			return s.unusual()
		case ' ', '\t':
			continue
		case ':':
			if blankAt(s.src, i+1) {
				break loop
			}
			if strings.IndexByte(",[]{}", s.src[i+1]) >= 0 {
				return s.unusual()
			}
		case '#':
			if i > end {
				break loop
			}
		}
		end = i + 1
	}
	s.pos = end
	return s.leaf(formPlain, s.src[start:end], start)
}
