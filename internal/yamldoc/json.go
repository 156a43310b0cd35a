package yamldoc

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads JSON values as encoding/json does: strict grammar, bad
// UTF-8 and lone surrogates replaced by U+FFFD.
type jsonReader struct {
	builder
}

func (r *jsonReader) space() {
	for r.pos < len(r.src) {
		switch r.src[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// value reads one value; space before it has been skipped.
func (r *jsonReader) value() bool {
	if r.pos >= len(r.src) {
		return r.fail(r.pos, "the JSON text ends before its value does")
	}
	start := r.pos
	switch c := r.src[r.pos]; {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"':
		s, ok := r.str()
		return ok && r.leaf(formString, s, start)
	case c == '-' || c-'0' <= 9:
		return r.number()
	case r.word("true"):
		return r.leaf(formBool, "true", start)
	case r.word("false"):
		return r.leaf(formBool, "false", start)
	case r.word("null"):
		return r.leaf(formNull, "", start)
	}
	return r.unexpected("a value")
}

func (r *jsonReader) word(w string) bool {
	if !strings.HasPrefix(r.src[r.pos:], w) {
		return false
	}
	r.pos += len(w)
	return true
}

func (r *jsonReader) unexpected(want string) bool {
	if r.pos >= len(r.src) {
		return r.fail(r.pos, "the JSON text ends where "+want+" was expected")
	}
	c, _ := utf8.DecodeRuneInString(r.src[r.pos:])
	return r.fail(r.pos, "found "+strconv.QuoteRune(c)+" where "+want+" was expected")
}

func (r *jsonReader) object() bool {
	self, ok := r.open(formMapping, r.pos)
	if !ok {
		return false
	}
	r.pos++
	r.space()
	n := int32(0)
	for !r.at('}') {
		if n > 0 {
			if !r.at(',') {
				return r.unexpected(`"," or "}"`)
			}
			r.pos++
			r.space()
		}
		if !r.member() {
			return false
		}
		n++
	}
	r.pos++
	r.close(self, n)
	return true
}

func (r *jsonReader) member() bool {
	if !r.at('"') {
		return r.unexpected("a key in double quotes")
	}
	start := r.pos
	key, ok := r.str()
	if !ok || !r.leaf(formString, key, start) {
		return false
	}
	r.space()
	if !r.at(':') {
		return r.unexpected(`":"`)
	}
	r.pos++
	r.space()
	if !r.value() {
		return false
	}
	r.space()
	return true
}

func (r *jsonReader) array() bool {
	self, ok := r.open(formSequence, r.pos)
	if !ok {
		return false
	}
	r.pos++
	r.space()
	n := int32(0)
	for !r.at(']') {
		if n > 0 {
			if !r.at(',') {
				return r.unexpected(`"," or "]"`)
			}
			r.pos++
			r.space()
		}
		if !r.value() {
			return false
		}
		r.space()
		n++
	}
	r.pos++
	r.close(self, n)
	return true
}

func (r *jsonReader) number() bool {
	start := r.pos
	if r.at('-') {
		r.pos++
	}
	switch {
	case r.at('0'):
		r.pos++
	case !r.digits():
		return r.unexpected("a digit")
	}
	if r.at('.') {
		r.pos++
		if !r.digits() {
			return r.unexpected("a digit")
		}
	}
	if r.at('e') || r.at('E') {
		r.pos++
		if r.at('+') || r.at('-') {
			r.pos++
		}
		if !r.digits() {
			return r.unexpected("a digit")
		}
	}
	return r.leaf(formNumber, r.src[start:r.pos], start)
}

func (r *jsonReader) digits() bool {
	n := digits(r.src[r.pos:])
	r.pos += n
	return n > 0
}

// str reads a string. Most have no escapes and are a piece of the text.
func (r *jsonReader) str() (string, bool) {
	r.pos++
	start := r.pos
	for i := start; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '"':
			r.pos = i + 1
			return r.src[start:i], true
		case c == '\\' || c >= utf8.RuneSelf:
			return r.escaped(start, i)
		case c < ' ':
			r.pos = i
			return "", r.fail(i, "a control character in a JSON string must be written as an escape")
		}
	}
	return "", r.fail(start-1, "this JSON string has no closing quote")
}

// escaped reads a string from its first byte that is not plain, at i.
func (r *jsonReader) escaped(start, i int) (string, bool) {
	buf := append(make([]byte, 0, i-start+32), r.src[start:i]...)
	for i < len(r.src) {
		switch c := r.src[i]; {
		case c == '"':
			r.pos = i + 1
			return string(buf), true
		case c == '\\':
			var ok bool
			if buf, i, ok = r.escape(buf, i); !ok {
				return "", false
			}
		case c < ' ':
			return "", r.fail(i, "a control character in a JSON string must be written as an escape")
		case c < utf8.RuneSelf:
			buf = append(buf, c)
			i++
		default:
			char, size := utf8.DecodeRuneInString(r.src[i:])
			buf = utf8.AppendRune(buf, char)
			i += size
		}
	}
	return "", r.fail(start-1, "this JSON string has no closing quote")
}

func (r *jsonReader) escape(buf []byte, i int) ([]byte, int, bool) {
	if i+1 >= len(r.src) {
		return buf, i, r.fail(i, "the JSON text ends inside an escape")
	}
	switch c := r.src[i+1]; c {
	case '"', '\\', '/':
		return append(buf, c), i + 2, true
	case 'b':
		return append(buf, '\b'), i + 2, true
	case 'f':
		return append(buf, '\f'), i + 2, true
	case 'n':
		return append(buf, '\n'), i + 2, true
	case 'r':
		return append(buf, '\r'), i + 2, true
	case 't':
		return append(buf, '\t'), i + 2, true
	case 'u':
		char, ok := hex4(r.src, i)
		if !ok {
			return buf, i, r.fail(i, `"\u" must be followed by four hexadecimal digits`)
		}
		i += 6
		if utf16.IsSurrogate(char) {
			low, _ := hex4(r.src, i)
			if char = utf16.DecodeRune(char, low); char != utf8.RuneError {
				i += 6
			}
		}
		return utf8.AppendRune(buf, char), i, true
	}
	return buf, i, r.fail(i, "JSON has no escape "+strconv.Quote(r.src[i:i+2]))
}

// hex4 reads the escape \uXXXX at offset i of s.
func hex4(s string, i int) (rune, bool) {
	if len(s) < i+6 || s[i] != '\\' || s[i+1] != 'u' {
		return 0, false
	}
	v := rune(0)
	for _, c := range []byte(s[i+2 : i+6]) {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}
