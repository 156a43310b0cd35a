package yamldoc

import (
	"strings"
	"unicode/utf8"
)

// plainEnd returns where the plain scalar at i ends on its line: after its last
// character that is not a space, and at what stops it, which is a line break,
// a comment, the colon of a key or the end of the text.
func (s *scanner) plainEnd(i int) (end, stop int) {
	src := s.src
	end = i
	for i < len(src) {
		switch src[i] {
		case '\n':
			return end, i
		case ' ', '\t':
			i++
			continue
		case ':':
			if blankAt(src, i+1) {
				return end, i
			}
		case '#':
			if i > end {
				return end, i
			}
		}
		i++
		end = i
	}
	return end, i
}

// plain reads a plain scalar, which goes on over lines that are indented
// deeper than parent.
func (s *scanner) plain(parent int) bool {
	start := s.pos
	end, stop := s.plainEnd(start)
	if stop < len(s.src) && s.src[stop] == ':' {
		return s.wrong(stop, "a mapping cannot begin here")
	}
	s.pos = stop
	comment := stop < len(s.src) && s.src[stop] == '#'
	if comment {
		s.pos = end
	}
	if !s.next() {
		return false
	}
	if s.col <= parent {
		return s.leaf(formPlain, s.src[start:end], start)
	}
	if comment {
		return s.wrong(s.pos, "text goes on after a comment")
	}
	return s.plainLines(parent, start, end)
}

// plainLines reads a plain scalar of several lines, the first of which is
// src[start:end]. Line breaks are folded: one is a space, more are one fewer.
func (s *scanner) plainLines(parent, start, end int) bool {
	buf := append(s.buf[:0], s.src[start:end]...)
	for {
		line, breaks := s.continuation(end)
		if line < 0 || line-s.bol <= parent {
			break
		}
		if c := s.src[line]; c == '\t' || c == '#' {
			return s.unusual()
		}
		if line == s.bol && strings.HasPrefix(s.src[line:], "...") {
			return s.unusual()
		}
		var stop int
		lineEnd, stop := s.plainEnd(line)
		if stop < len(s.src) && s.src[stop] == ':' {
			return s.wrong(line, "a mapping cannot begin here, where the value above goes on")
		} else if stop < len(s.src) && s.src[stop] != '\n' {
			return s.unusual()
		}
		if breaks == 1 {
			buf = append(buf, ' ')
		}
		for ; breaks > 1; breaks-- {
			buf = append(buf, '\n')
		}
		buf = append(buf, s.src[line:lineEnd]...)
		end = lineEnd
	}
	s.buf = buf
	s.pos = end
	return s.leaf(formPlain, string(buf), start) && s.next() && (s.col <= parent || s.unusual())
}

// continuation finds the first character of the next line with content after
// offset i, and how many line breaks lie between; -1 at the end of the text.
func (s *scanner) continuation(i int) (first, breaks int) {
	for ; i < len(s.src); i++ {
		switch s.src[i] {
		case '\n':
			breaks++
			s.bol = i + 1
		case ' ':
		case '\t':
			if breaks > 0 {
				return i, breaks
			}
		default:
			return i, breaks
		}
	}
	return -1, breaks
}

// quoted reads a quoted string. Most are a piece of the text.
func (s *scanner) quoted() (string, bool) {
	if s.src[s.pos] == '\'' {
		return s.singleQuoted()
	}
	start := s.pos + 1
	for i := start; i < len(s.src); i++ {
		switch s.src[i] {
		case '"':
			s.pos = i + 1
			return s.src[start:i], true
		case '\\':
			return s.escaped(start, i)
		case '\n':
			return s.quotedLines()
		}
	}
	return "", s.wrong(s.pos, "this string has no closing quote")
}

func (s *scanner) singleQuoted() (string, bool) {
	start := s.pos + 1
	doubled := false
	for i := start; i < len(s.src); i++ {
		switch s.src[i] {
		case '\n':
			return s.quotedLines()
		case '\'':
			if i+1 < len(s.src) && s.src[i+1] == '\'' {
				doubled = true
				i++
				continue
			}
			s.pos = i + 1
			if doubled {
				return strings.ReplaceAll(s.src[start:i], "''", "'"), true
			}
			return s.src[start:i], true
		}
	}
	return "", s.wrong(s.pos, "this string has no closing quote")
}

// escaped reads a double-quoted string from its first backslash on, at i.
func (s *scanner) escaped(start, i int) (string, bool) {
	buf := append(s.buf[:0], s.src[start:i]...)
	for i < len(s.src) {
		switch c := s.src[i]; c {
		case '"':
			s.pos, s.buf = i+1, buf
			return string(buf), true
		case '\n':
			return s.quotedLines()
		case '\\':
			if i+1 < len(s.src) && s.src[i+1] == '\n' {
				return s.quotedLines()
			}
			var ok bool
			if buf, i, ok = s.escape(buf, i); !ok {
				return "", s.unusual()
			}
		default:
			buf = append(buf, c)
			i++
		}
	}
	return "", s.unusual()
}

// escape reads the escapes that JSON has too, and leaves the rest to yaml.v3.
func (s *scanner) escape(buf []byte, i int) ([]byte, int, bool) {
	if i+1 >= len(s.src) {
		return buf, i, false
	}
	const from, to = `"\/bfnrt0ae`, "\"\\/\b\f\n\r\t\x00\a\x1b"
	if k := strings.IndexByte(from, s.src[i+1]); k >= 0 {
		return append(buf, to[k]), i + 2, true
	}
	char, ok := hex4(s.src, i)
	if !ok || char >= 0xD800 && char <= 0xDFFF {
		return buf, i, false
	}
	return utf8.AppendRune(buf, char), i + 6, true
}

// quotedLines reads a quoted string of several lines from its opening quote
// on. Line breaks are folded as in plain scalars; a backslash before one joins
// the lines.
func (s *scanner) quotedLines() (string, bool) {
	quote, i, buf := s.src[s.pos], s.pos+1, s.buf[:0]
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == quote && quote == '\'' && i+1 < len(s.src) && s.src[i+1] == quote:
			buf = append(buf, quote)
			i += 2
		case c == quote:
			s.pos, s.buf = i+1, buf
			return string(buf), true
		case c == '\\' && quote == '"':
			var ok bool
			if i+1 < len(s.src) && s.src[i+1] == '\n' {
				end, breaks := s.quotedSpace(i + 1)
				buf = appendBreaks(buf, breaks-1)
				i = end
			} else if buf, i, ok = s.escape(buf, i); !ok {
				return "", s.unusual()
			}
		case c == ' ' || c == '\t' || c == '\n':
			end, breaks := s.quotedSpace(i)
			switch breaks {
			case 0:
				buf = append(buf, s.src[i:end]...)
			case 1:
				buf = append(buf, ' ')
			default:
				buf = appendBreaks(buf, breaks-1)
			}
			i = end
		default:
			buf = append(buf, c)
			i++
		}
		if s.bol > s.pos && strings.HasPrefix(s.src[s.bol:], "...") {
			return "", s.unusual()
		}
	}
	return "", s.wrong(s.pos, "this string has no closing quote")
}

// quotedSpace returns the end of the space at i and how many line breaks it
// has.
func (s *scanner) quotedSpace(i int) (end, breaks int) {
	for ; i < len(s.src); i++ {
		switch s.src[i] {
		case '\n':
			breaks++
			s.bol = i + 1
		case ' ', '\t':
		default:
			return i, breaks
		}
	}
	return i, breaks
}

func appendBreaks(buf []byte, n int) []byte {
	for ; n > 0; n-- {
		buf = append(buf, '\n')
	}
	return buf
}
