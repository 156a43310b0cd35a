package yamldoc

import (
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// AppendYAML appends the YAML of *v, which must be a pointer to the codec's
// type, to dst: block style as kubectl writes it, fields in the order of the
// Go type but for those named in first, which open the document. Fields
// with omitempty whose struct is empty are left out, which JSON cannot do.
// The error is that of a MarshalJSON or MarshalText method.
func (c *Codec) AppendYAML(dst []byte, v any, first ...string) ([]byte, error) {
	e := encoder{tidy: true}
	e.value(c.root, reflect.ValueOf(v).Elem())
	if e.err != nil {
		return dst, e.err
	}
	r := jsonReader{builder{src: string(e.buf), limits: Limits{Depth: len(e.buf)}, room: len(e.buf)}}
	r.reserve(r.src, ":", ",", "{")
	if !r.value() {
		return dst, *r.fault
	}
	w := yamlWriter{buf: dst, doc: &Document{input: &input{text: r.src}, nodes: r.nodes, line: 1, json: true}}
	w.root(first)
	return w.buf, nil
}

// yamlWriter writes a tree of JSON as YAML.
type yamlWriter struct {
	buf []byte
	doc *Document
}

// root writes the top mapping with some of its keys first.
func (w *yamlWriter) root(first []string) {
	end := w.doc.nodes[0].end
	switch {
	case w.doc.nodes[0].form == formSequence && end > 1:
		w.sequence(0, 0)
		return
	case w.doc.nodes[0].form != formMapping || end == 1:
		w.scalar(0, 0)
		return
	}
	for _, name := range first {
		if i := w.doc.field(0, name, 0); i >= 0 {
			w.entry(i-1, 0)
		}
	}
	for k := int32(1); k < end; k = w.doc.nodes[k+1].end {
		if !slices.Contains(first, w.doc.nodes[k].text) {
			w.entry(k, 0)
		}
	}
}

// entry writes the key at node k and its value, the cursor being at column
// indent.
func (w *yamlWriter) entry(k int32, indent int) {
	w.key(w.doc.nodes[k].text, indent)
	switch v := &w.doc.nodes[k+1]; {
	case v.form == formMapping && v.link > 0:
		w.newLine(indent + 2)
		w.mapping(k+1, indent+2)
	case v.form == formSequence && v.link > 0:
		w.newLine(indent)
		w.sequence(k+1, indent)
	default:
		w.buf = append(w.buf, ' ')
		w.scalar(k+1, indent)
	}
}

// key writes a key and its colon. Only an explicit key may be long.
func (w *yamlWriter) key(s string, indent int) {
	start := len(w.buf)
	w.str(s, indent, true)
	if len(w.buf)-start > maxKey {
		w.buf = slices.Insert(w.buf, start, '?', ' ')
		w.newLine(indent)
	}
	w.buf = append(w.buf, ':')
}

func (w *yamlWriter) newLine(indent int) {
	w.buf = append(w.buf, '\n')
	for range indent {
		w.buf = append(w.buf, ' ')
	}
}

func (w *yamlWriter) mapping(i int32, indent int) {
	for k := i + 1; k < w.doc.nodes[i].end; k = w.doc.nodes[k+1].end {
		if k > i+1 {
			w.indent(indent)
		}
		w.entry(k, indent)
	}
}

func (w *yamlWriter) indent(n int) {
	for range n {
		w.buf = append(w.buf, ' ')
	}
}

func (w *yamlWriter) sequence(i int32, indent int) {
	for c := i + 1; c < w.doc.nodes[i].end; c = w.doc.nodes[c].end {
		if c > i+1 {
			w.indent(indent)
		}
		w.buf = append(w.buf, '-', ' ')
		switch n := &w.doc.nodes[c]; {
		case n.form == formMapping && n.link > 0:
			w.mapping(c, indent+2)
		case n.form == formSequence && n.link > 0:
			w.sequence(c, indent+2)
		default:
			w.scalar(c, indent)
		}
	}
}

// scalar writes a scalar or an empty list or mapping, and ends the line.
func (w *yamlWriter) scalar(i int32, indent int) {
	switch n := &w.doc.nodes[i]; n.form {
	case formNull:
		w.buf = append(w.buf, "null"...)
	case formString:
		w.str(n.text, indent, false)
		if w.buf[len(w.buf)-1] == '\n' {
			return
		}
	case formSequence:
		w.buf = append(w.buf, "[]"...)
	case formMapping:
		w.buf = append(w.buf, "{}"...)
	default:
		w.buf = append(w.buf, n.text...)
	}
	w.buf = append(w.buf, '\n')
}

// str writes a string as plainly as it can stand: plain, as a literal block if
// it has several lines, or in double quotes.
func (w *yamlWriter) str(s string, indent int, key bool) {
	switch {
	case plainSafe(s):
		w.buf = append(w.buf, s...)
	case !key && literalSafe(s):
		w.literal(s, indent+2)
	default:
		w.buf = appendQuoted(w.buf, s)
	}
}

// plainSafe reports whether s can stand without quotes and be read back as the
// same string, also by parsers of YAML 1.2 and of dates and base-60 numbers.
func plainSafe(s string) bool {
	if s == "" || resolvePlain(s).Kind != String || s == "<<" || s == "=" || !usualText(s) || !utf8.ValidString(s) {
		return false
	}
	if strings.IndexByte("-?:,[]{}#&*!|>'\"%@` ", s[0]) >= 0 && !(s[0] == '-' && len(s) > 1 && s[1] != ' ' && s[1] != '-') {
		return false
	}
	if s[0]-'0' <= 9 && strings.Trim(s, "0123456789:-TZ.+ ") == "" && strings.ContainsAny(s, ":-") {
		return false
	}
	return s[len(s)-1] != ' ' && s[len(s)-1] != ':' && !strings.HasPrefix(s, "...") &&
		!strings.ContainsAny(s, "\n\t") && !strings.Contains(s, ": ") && !strings.Contains(s, " #")
}

// literalSafe reports whether s can stand as a literal block: several lines,
// no space that an editor would strip, nothing to escape.
func literalSafe(s string) bool {
	if !strings.Contains(s, "\n") || s[0] == ' ' || s[0] == '\n' || s[0] == '\t' || !usualText(s) || !utf8.ValidString(s) {
		return false
	}
	return !strings.Contains(s, " \n") && !strings.Contains(s, "\t\n") && s[len(s)-1] != ' ' && s[len(s)-1] != '\t'
}

func (w *yamlWriter) literal(s string, indent int) {
	body := strings.TrimRight(s, "\n")
	w.buf = append(w.buf, '|')
	switch len(s) - len(body) {
	case 0:
		w.buf = append(w.buf, '-')
	case 1:
	default:
		w.buf = append(w.buf, '+')
	}
	w.buf = append(w.buf, '\n')
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			w.indent(indent)
		}
		w.buf = append(append(w.buf, line...), '\n')
	}
	for extra := len(s) - len(body) - 1; extra > 0; extra-- {
		w.buf = append(w.buf, '\n')
	}
}

// appendQuoted appends s in double quotes, with escapes for what YAML does not
// allow or does not show.
func appendQuoted(dst []byte, s string) []byte {
	begin := len(dst)
	dst = appendString(dst, s)
	if usualText(s) {
		return dst
	}
	quoted := string(dst[begin:])
	dst = dst[:begin]
	for _, r := range quoted {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff || r >= 0xfff0 && r <= 0xffff {
			dst = appendUnicode(dst, r)
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
