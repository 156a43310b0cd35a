package yamldoc

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the JSON of *v, which must be a pointer to the codec's
// type, to dst. It is what encoding/json writes, but for HTML characters, which
// are not escaped. The error is that of a MarshalJSON or MarshalText method.
func (c *Codec) AppendJSON(dst []byte, v any) ([]byte, error) {
	e := encoder{buf: dst}
	e.value(c.root, reflect.ValueOf(v).Elem())
	return e.buf, e.err
}

type encoder struct {
	buf  []byte
	err  error
	tidy bool // leave out empty structs with omitempty
}

func (e *encoder) value(p *plan, v reflect.Value) {
	switch p.shape {
	case shapeStruct:
		e.structValue(p, v)
	case shapeString:
		e.buf = appendString(e.buf, v.String())
	case shapePointer:
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return
		}
		e.value(p.elem, v.Elem())
	case shapeSlice:
		e.slice(p, v)
	case shapeMap:
		e.mapValue(p, v)
	case shapeCustom:
		e.buf = p.custom.append(e.buf, v)
	case shapeBool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case shapeInt:
		e.buf = strconv.AppendInt(e.buf, v.Int(), 10)
	case shapeUint:
		e.buf = strconv.AppendUint(e.buf, v.Uint(), 10)
	case shapeFloat:
		e.buf = appendFloat(e.buf, v.Float())
	case shapeBytes:
		e.bytes(v)
	case shapeText:
		e.text(v)
	default:
		e.viaJSON(v)
	}
}

func (e *encoder) structValue(p *plan, v reflect.Value) {
	e.buf = append(e.buf, '{')
	begin := len(e.buf)
	for i := range p.fields {
		f := &p.fields[i]
		fv := f.value(v)
		if f.omitEmpty && isEmpty(f.plan, fv) || f.omitZero && isZero(f.plan, fv) {
			continue
		}
		before := len(e.buf)
		if before > begin {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(e.buf, f.quoted...)
		at := len(e.buf)
		e.value(f.plan, fv)
		if e.tidy && f.omitEmpty && f.plan.shape == shapeStruct && len(e.buf) == at+len("{}") {
			e.buf = e.buf[:before]
		}
	}
	e.buf = append(e.buf, '}')
}

// isEmpty is what omitempty asks.
func isEmpty(p *plan, v reflect.Value) bool {
	switch p.shape {
	case shapeStruct:
		return false
	case shapeString:
		return v.Len() == 0
	case shapeCustom:
		return p.custom.empty != nil && p.custom.empty(v)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Array:
		return false
	}
	return v.IsZero()
}

// isZero is what omitzero asks.
func isZero(p *plan, v reflect.Value) bool {
	if p.isZero {
		return v.Addr().Interface().(interface{ IsZero() bool }).IsZero()
	}
	return v.IsZero()
}

func (e *encoder) slice(p *plan, v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	e.buf = append(e.buf, '[')
	for i := range v.Len() {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.value(p.elem, v.Index(i))
	}
	e.buf = append(e.buf, ']')
}

func (e *encoder) bytes(v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	e.buf = append(e.buf, '"')
	e.buf = base64.StdEncoding.AppendEncode(e.buf, v.Bytes())
	e.buf = append(e.buf, '"')
}

func (e *encoder) text(v reflect.Value) {
	m, ok := v.Addr().Interface().(encoding.TextMarshaler)
	if !ok {
		e.viaJSON(v)
		return
	}
	b, err := m.MarshalText()
	e.keep(err)
	e.buf = appendString(e.buf, string(b))
}

func (e *encoder) viaJSON(v reflect.Value) {
	var b []byte
	var err error
	if m, ok := v.Addr().Interface().(json.Marshaler); ok && v.Kind() != reflect.Interface {
		b, err = m.MarshalJSON()
	} else {
		b, err = json.Marshal(v.Interface())
	}
	e.keep(err)
	e.buf = append(e.buf, b...)
}

func (e *encoder) keep(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *encoder) mapValue(p *plan, v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch s, t := a.String(), b.String(); {
		case s < t:
			return -1
		case s > t:
			return 1
		}
		return 0
	})
	e.buf = append(e.buf, '{')
	for i, k := range keys {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(appendString(e.buf, k.String()), ':')
		elem := reflect.New(p.elem.typ).Elem()
		elem.Set(v.MapIndex(k))
		e.value(p.elem, elem)
	}
	e.buf = append(e.buf, '}')
}

// appendMap is mapValue without reflection on the map.
func appendMap[M ~map[K]V, K ~string, V any](dst []byte, elem *plan, m M) []byte {
	if m == nil {
		return append(dst, "null"...)
	}
	var few [16]K
	keys := slices.AppendSeq(few[:0], maps.Keys(m))
	slices.Sort(keys)
	e := encoder{buf: append(dst, '{')}
	var value V
	v := reflect.ValueOf(&value).Elem()
	for i, k := range keys {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(appendString(e.buf, string(k)), ':')
		value = m[k]
		e.value(elem, v)
	}
	return append(e.buf, '}')
}

// AppendString appends s to dst as a JSON string. Bad UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte { return appendString(dst, s) }

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	begin := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || size > 1) {
				i += size
				continue
			}
			dst = appendUnicode(append(dst, s[begin:i]...), r)
			i += size
		} else {
			dst = appendEscape(append(dst, s[begin:i]...), c)
			i++
		}
		begin = i
	}
	dst = append(dst, s[begin:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\t':
		return append(dst, '\\', 't')
	case '\r':
		return append(dst, '\\', 'r')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return appendUnicode(dst, rune(c))
}

func appendUnicode(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// appendNode appends the JSON of the tree at node i. Duplicate keys are
// reported and the last one is written.
func (d *decoder) appendNode(dst []byte, i int32) []byte {
	i, ok := d.follow(i)
	if !ok || !d.spend(i, 16+len(d.nodes[i].text)) {
		return dst
	}
	s := d.doc.scalar(i)
	switch s.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return append(dst, s.Text...)
	case Number:
		if !finite(s.Text) {
			d.wrong(i, "the number "+s.Text+" has no JSON form")
		}
		return append(dst, s.Text...)
	case String:
		return appendString(dst, s.Text)
	case Sequence:
		dst = append(dst, '[')
		for c := i + 1; c < d.nodes[i].end; c = d.nodes[c].end {
			if c > i+1 {
				dst = append(dst, ',')
			}
			dst = d.appendNode(dst, c)
		}
		return append(dst, ']')
	}
	return d.appendObject(dst, i)
}

func (d *decoder) appendObject(dst []byte, i int32) []byte {
	type entry struct {
		key   string
		value int32
	}
	var all []entry
	last := map[string]int{}
	d.entries(i, func(key string, value int32) {
		if at, again := last[key]; again {
			all[at].value = -1
		}
		last[key] = len(all)
		all = append(all, entry{key, value})
	})
	dst = append(dst, '{')
	begin := len(dst)
	for _, e := range all {
		if e.value < 0 {
			continue
		}
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, e.key), ':')
		d.push(step{name: e.key, form: stepKey})
		dst = d.appendNode(dst, e.value)
		d.pop()
	}
	return append(dst, '}')
}
