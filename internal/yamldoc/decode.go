package yamldoc

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// Strictness says what becomes of unknown and duplicate fields.
type Strictness uint8

const (
	// Strict reports unknown fields, and duplicate keys even below unknown
	// fields where the text is YAML, as Kubernetes does.
	Strict Strictness = iota
	// Lenient ignores unknown fields and lets the last of duplicate keys win.
	Lenient
)

// Decode stores the tree at n in *out, which must be a pointer to the codec's
// type, and returns all faults in the order of the text; where a limit is exceeded, that one alone. Values with faults are
// left as they were. Null leaves a value as it was too, but empties pointers,
// slices and maps. Strings in the result share the memory of the document's text.
//
// Path is the field path of n itself, empty for the root of an object.
func (c *Codec) Decode(n Node, out any, path string, strictness Strictness) []Fault {
	faults := c.DecodeUnplaced(n, out, path, strictness)
	if len(faults) > 0 {
		place(n.doc.text, faults)
	}
	return faults
}

// DecodeUnplaced is Decode for readers of many values, whose faults are then
// put in order and given positions by Stream.Place. Where a limit is exceeded, that fault stands alone.
func (c *Codec) DecodeUnplaced(n Node, out any, path string, strictness Strictness) []Fault {
	if n.doc == nil {
		return nil
	}
	d := decoder{doc: n.doc, nodes: n.doc.nodes, strict: strictness == Strict, base: path}
	d.bytes = n.doc.limits.decodedBudget(len(n.doc.text))
	d.aliased = n.doc.limits.Aliased
	d.value(c.root, n.i, reflect.ValueOf(out).Elem())
	if d.over {
		return d.faults[len(d.faults)-1:]
	}
	return d.faults
}

// decoder is the state of one Decode.
type decoder struct {
	doc     *Document
	nodes   []node
	faults  []Fault
	base    string
	path    []step
	bytes   int // what is left of the budget for decoded values
	aliased int // what is left of the nodes to reach through aliases
	strict  bool
	dead    bool // nothing more is decoded
	over    bool // because a limit was exceeded, as the last fault says
}

// step is one element of a field path: an index where name is empty, or a name,
// in brackets if it is the key of a map.
type step struct {
	name  string
	index int
	form  stepForm
}

type stepForm uint8

const (
	stepField stepForm = iota
	stepIndex
	stepKey
)

func (d *decoder) push(s step) { d.path = append(d.path, s) }
func (d *decoder) pop()        { d.path = d.path[:len(d.path)-1] }

// pathText prints the path to the current value.
func (d *decoder) pathText() string {
	b := []byte(d.base)
	for _, s := range d.path {
		switch s.form {
		case stepIndex:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		case stepKey:
			b = append(append(append(b, '['), s.name...), ']')
		default:
			if len(b) > 0 {
				b = append(b, '.')
			}
			b = append(b, s.name...)
		}
	}
	return string(b)
}

// report adds a fault of the value or key at node i.
func (d *decoder) report(t FaultType, i int32, detail string) {
	if d.dead {
		return
	}
	at := int(d.nodes[i].start)
	if len(d.faults) == maxFaults {
		d.faults, d.dead = append(d.faults, cutShort("faults of one object", at)), true
		return
	}
	d.faults = append(d.faults, Fault{Type: t, Path: d.pathText(), Detail: detail, offset: at})
}

func (d *decoder) wrong(i int32, detail string) { d.report(WrongType, i, detail) }

// exceed reports that a limit was exceeded, and ends decoding.
func (d *decoder) exceed(i int32, detail string) {
	d.report(Syntax, i, detail)
	d.dead, d.over = true, true
}

// spend takes n bytes of the budget for decoded values.
func (d *decoder) spend(i int32, n int) bool {
	if d.bytes -= n; d.bytes < 0 && !d.dead {
		detail := "the values up to here need too much memory for the size of the text"
		if d.doc.limits.Aliased-d.aliased > manyAliased {
			detail = "aliases stand for too many values"
		}
		d.exceed(i, detail)
	}
	return !d.dead
}

// manyAliased is how many nodes reached through aliases make them the cause
// when memory runs out.
const manyAliased = 1000

// follow goes through an alias. It is false for an alias inside what it stands
// for, and when too much has been reached through aliases.
func (d *decoder) follow(i int32) (int32, bool) {
	if d.nodes[i].form != formAlias {
		return i, !d.dead
	}
	target := d.nodes[i].link
	if end := d.nodes[target].end; target < i && i < end {
		d.report(Syntax, i, "the value of the anchor "+strconv.Quote(d.nodes[i].text)+" contains itself")
		return i, false
	} else if d.aliased -= int(end - target); d.aliased < 0 && !d.dead {
		d.exceed(i, "aliases stand for more than "+strconv.Itoa(d.doc.limits.Aliased)+" values")
	}
	return target, !d.dead
}

// value decodes node i into v.
func (d *decoder) value(p *plan, i int32, v reflect.Value) {
	i, ok := d.follow(i)
	if !ok {
		return
	}
	switch p.shape {
	case shapeStruct:
		d.structValue(p, i, v)
	case shapeSlice:
		d.slice(p, i, v)
	case shapePointer:
		d.pointer(p, i, v)
	case shapeMap:
		d.mapValue(p, i, v)
	case shapeCustom:
		p.custom.decode(d, v, i)
	case shapeJSON:
		d.viaJSON(i, v)
	case shapeAny:
		d.anyValue(i, v)
	default:
		d.scalar(p, i, v)
	}
}

func (d *decoder) pointer(p *plan, i int32, v reflect.Value) {
	if d.isNull(i) {
		v.SetZero()
		return
	}
	if !d.spend(i, int(p.elem.typ.Size())) {
		return
	}
	if v.IsNil() {
		v.Set(reflect.New(p.elem.typ))
	}
	d.value(p.elem, i, v.Elem())
}

func (d *decoder) isNull(i int32) bool {
	switch n := &d.nodes[i]; n.form {
	case formNull:
		return true
	case formPlain:
		return resolvePlain(n.text).Kind == Null
	}
	return false
}

func (d *decoder) slice(p *plan, i int32, v reflect.Value) {
	if d.isNull(i) {
		v.SetZero()
		return
	}
	n := d.nodes[i]
	if n.form != formSequence {
		d.wrong(i, "expected a list, found "+d.describe(i))
		return
	}
	if !d.spend(i, int(n.link)*int(p.elem.typ.Size())) {
		return
	}
	s := reflect.MakeSlice(p.typ, int(n.link), int(n.link))
	d.push(step{form: stepIndex})
	k := 0
	for c := i + 1; c < n.end && !d.dead; c = d.nodes[c].end {
		d.path[len(d.path)-1].index = k
		d.value(p.elem, c, s.Index(k))
		k++
	}
	d.pop()
	v.Set(s)
}

// scalar decodes bools, numbers, strings and bytes.
func (d *decoder) scalar(p *plan, i int32, v reflect.Value) {
	s := d.doc.scalar(i)
	if s.Kind == Null {
		if p.shape == shapeBytes {
			v.SetZero()
		}
		return
	}
	switch p.shape {
	case shapeString:
		if s.Kind != String {
			d.wrong(i, "expected a string, found "+d.describe(i)+d.quoteHint(i, s))
			return
		}
		v.SetString(s.Text)
	case shapeBool:
		if s.Kind != Bool {
			d.wrong(i, "expected true or false, found "+d.describe(i))
			return
		}
		v.SetBool(s.Text == "true")
	case shapeBytes:
		d.bytesValue(i, s, v)
	case shapeText:
		d.text(i, s, v)
	default:
		d.number(p, i, s, v)
	}
}

func (d *decoder) number(p *plan, i int32, s Scalar, v reflect.Value) {
	if s.Kind != Number {
		d.wrong(i, "expected "+numberName(p)+", found "+d.describe(i))
		return
	}
	bits := p.typ.Bits()
	var err error
	switch p.shape {
	case shapeInt:
		var x int64
		if x, err = strconv.ParseInt(s.Text, 10, bits); err == nil {
			v.SetInt(x)
		}
	case shapeUint:
		var x uint64
		if x, err = strconv.ParseUint(s.Text, 10, bits); err == nil {
			v.SetUint(x)
		}
	default:
		var x float64
		if x, err = strconv.ParseFloat(s.Text, bits); err == nil {
			v.SetFloat(x)
		}
	}
	if err != nil {
		d.wrong(i, "expected "+numberName(p)+", found "+d.describe(i))
	}
}

func numberName(p *plan) string {
	if p.shape == shapeFloat {
		return "a number"
	}
	return fmt.Sprintf("an integer of %d bits", p.typ.Bits())
}

func (d *decoder) bytesValue(i int32, s Scalar, v reflect.Value) {
	if s.Kind != String {
		d.wrong(i, "expected base64 in a string, found "+d.describe(i))
		return
	}
	b, err := base64.StdEncoding.DecodeString(s.Text)
	if err != nil {
		d.wrong(i, "expected base64: "+err.Error())
		return
	}
	v.SetBytes(b)
}

func (d *decoder) text(i int32, s Scalar, v reflect.Value) {
	if s.Kind != String {
		d.wrong(i, "expected a string, found "+d.describe(i)+d.quoteHint(i, s))
		return
	}
	u := v.Addr().Interface().(encoding.TextUnmarshaler)
	if err := u.UnmarshalText([]byte(s.Text)); err != nil {
		d.wrong(i, err.Error())
	}
}

// viaJSON hands the JSON of the tree at i to v's UnmarshalJSON: of JSON the
// very text, of YAML what it means.
func (d *decoder) viaJSON(i int32, v reflect.Value) {
	if d.isNull(i) {
		return
	}
	var text []byte
	if d.doc.json {
		text = d.jsonText(i)
	} else {
		start := len(d.faults)
		if text = d.appendNode(nil, i); len(d.faults) > start {
			return
		}
	}
	if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(text); err != nil {
		d.wrong(i, err.Error())
	}
}

// jsonText returns the text of a value, which has been read once and so is
// known to be JSON.
func (d *decoder) jsonText(i int32) []byte {
	start := int(d.nodes[i].start)
	r := jsonReader{builder{src: d.doc.text, pos: start, limits: d.doc.limits, room: d.doc.limits.Nodes}}
	r.value()
	return []byte(d.doc.text[start:r.pos])
}

// describe says what stands at node i, for "expected a list, found ...".
func (d *decoder) describe(i int32) string {
	s := d.doc.scalar(i)
	text := s.Text
	if len(text) > 40 {
		text = text[:37] + "..."
	}
	switch s.Kind {
	case Bool:
		return "the bool " + d.asWritten(i, text)
	case Number:
		return "the number " + d.asWritten(i, text)
	case String:
		return "the string " + strconv.Quote(text)
	}
	return s.Kind.String()
}

// asWritten adds how a scalar is written where that is not how it reads.
func (d *decoder) asWritten(i int32, text string) string {
	if w := d.nodes[i].text; d.nodes[i].form == formPlain && w != text && len(w) <= 40 {
		return text + " (written " + w + ")"
	}
	return text
}

// quoteHint tells how to make a string of what YAML takes for something else.
func (d *decoder) quoteHint(i int32, s Scalar) string {
	if s.Kind != Bool && s.Kind != Number || len(d.nodes[i].text) > 40 {
		return ""
	}
	return "; in quotes it is a string: " + strconv.Quote(d.nodes[i].text)
}

// anyValue decodes into an interface: map[string]any, []any, string, bool,
// int64 where the number is an integer that fits, float64 and nil.
func (d *decoder) anyValue(i int32, v reflect.Value) {
	x := d.any(i)
	if x == nil {
		v.SetZero()
		return
	}
	v.Set(reflect.ValueOf(x))
}

func (d *decoder) any(i int32) any {
	i, ok := d.follow(i)
	if !ok || !d.spend(i, 64) {
		return nil
	}
	s := d.doc.scalar(i)
	switch s.Kind {
	case Bool:
		return s.Text == "true"
	case Number:
		if n, err := strconv.ParseInt(s.Text, 10, 64); err == nil {
			return n
		}
		f, err := strconv.ParseFloat(s.Text, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			d.wrong(i, "the number "+s.Text+" is out of range")
		}
		return f
	case String:
		return s.Text
	case Sequence:
		return d.anySlice(i)
	case Mapping:
		m := make(map[string]any, d.nodes[i].link)
		d.entries(i, func(key string, value int32) {
			m[key] = d.any(value)
		})
		return m
	}
	return nil
}

func (d *decoder) anySlice(i int32) []any {
	n := d.nodes[i]
	s := make([]any, 0, n.link)
	d.push(step{form: stepIndex})
	for c := i + 1; c < n.end && !d.dead; c = d.nodes[c].end {
		d.path[len(d.path)-1].index = len(s)
		s = append(s, d.any(c))
	}
	d.pop()
	return s
}
