package yamldoc

// blockScalar reads a literal | or folded > scalar below a parent at the given
// column, with its lines, and goes to the next content line.
func (s *scanner) blockScalar(parent int) bool {
	start := s.pos
	literal := s.src[start] == '|'
	s.pos++
	chomp, indent, ok := s.blockHeader()
	if !ok || !s.lineIsOver() {
		return s.unusual()
	}
	if s.pos < len(s.src) {
		s.pos++
	}
	s.bol = s.pos
	if indent > 0 {
		indent += max(parent, 0)
	} else if indent, ok = s.detectIndent(parent); !ok {
		return s.unusual()
	}
	text, ok := s.blockLines(literal, chomp, indent)
	if !ok {
		return s.wrong(s.pos, "a tab where only spaces may indent")
	}
	s.bol = s.pos
	return s.leaf(formString, text, start) && s.next()
}

// blockHeader reads the indicators after | or >: '+' or '-' for the line
// breaks at the end, and a digit for the indentation.
func (s *scanner) blockHeader() (chomp byte, indent int, ok bool) {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case (c == '+' || c == '-') && chomp == 0:
			chomp = c
		case c >= '1' && c <= '9' && indent == 0:
			indent = int(c - '0')
		default:
			return chomp, indent, blankAt(s.src, s.pos)
		}
		s.pos++
	}
	return chomp, indent, true
}

// detectIndent finds the indentation of the first line with text. Blank lines
// before it that are longer are an oddity left to yaml.v3.
func (s *scanner) detectIndent(parent int) (int, bool) {
	longest := 0
	for i := s.pos; ; i++ {
		column := 0
		for i < len(s.src) && s.src[i] == ' ' {
			i++
			column++
		}
		if i < len(s.src) && s.src[i] == '\n' {
			longest = max(longest, column)
			continue
		}
		if i < len(s.src) && s.src[i] == '\t' {
			return 0, false
		}
		indent := max(column, parent+1, 1)
		return indent, longest <= indent
	}
}

// blockLines reads the lines of a block scalar from pos on and leaves pos at
// the beginning of the first line after it.
func (s *scanner) blockLines(literal bool, chomp byte, indent int) (string, bool) {
	buf := s.buf[:0]
	pending := 0        // blank lines not written yet
	broken := false     // a line break of text is not written yet
	afterBlank := false // the line before begins with a space
	for s.pos < len(s.src) {
		i, column := s.pos, 0
		for i < len(s.src) && column < indent && s.src[i] == ' ' {
			i++
			column++
		}
		if i >= len(s.src) {
			s.pos = i
			break
		}
		if s.src[i] == '\n' {
			pending++
			s.pos = i + 1
			continue
		}
		if column < indent {
			if s.src[i] == '\t' {
				s.pos = i
				return "", false
			}
			break
		}
		blank := s.src[i] == ' ' || s.src[i] == '\t'
		buf = s.joinLine(buf, literal || afterBlank || blank, broken, pending)
		eol := i
		for eol < len(s.src) && s.src[eol] != '\n' {
			eol++
		}
		buf = append(buf, s.src[i:eol]...)
		pending, afterBlank = 0, blank
		broken = eol < len(s.src)
		s.pos = min(eol+1, len(s.src))
	}
	if broken && chomp != '-' {
		buf = append(buf, '\n')
	}
	for ; pending > 0 && chomp == '+'; pending-- {
		buf = append(buf, '\n')
	}
	s.buf = buf
	return string(buf), true
}

// joinLine writes the line breaks between two lines of text. Folding makes a
// space of a single one.
func (s *scanner) joinLine(buf []byte, keep, broken bool, pending int) []byte {
	switch {
	case broken && keep:
		buf = append(buf, '\n')
	case broken && pending == 0:
		buf = append(buf, ' ')
	}
	for ; pending > 0; pending-- {
		buf = append(buf, '\n')
	}
	return buf
}
