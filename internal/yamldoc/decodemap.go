package yamldoc

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// seen notes which fields of a struct a mapping has set.
type seen [4]uint64

// add notes field f and reports whether it was there already.
func (s *seen) add(f int32) bool {
	word, bit := f>>6&3, uint64(1)<<(f&63)
	had := s[word]&bit != 0
	s[word] |= bit
	return had
}

func (d *decoder) structValue(p *plan, i int32, v reflect.Value) {
	if d.nodes[i].form != formMapping {
		if !d.isNull(i) {
			d.wrong(i, "expected a mapping, found "+d.describe(i))
		}
		return
	}
	var s seen
	var unknown []string
	d.structEntries(p, i, v, &s, &unknown)
}

// structEntries decodes the entries of mapping m, and in their place those of
// mappings it merges. A key that was set before is a duplicate even if a merge
// set it, and the later value wins, as in Kubernetes.
func (d *decoder) structEntries(p *plan, m int32, v reflect.Value, s *seen, unknown *[]string) {
	end := d.nodes[m].end
	for k := m + 1; k < end && !d.dead; k = d.nodes[k+1].end {
		if d.doc.isMerge(k) {
			d.merge(k+1, func(merged int32) { d.structEntries(p, merged, v, s, unknown) })
			continue
		}
		name, ok := d.key(k)
		if !ok {
			continue
		}
		d.push(step{name: name})
		if f, ok := p.byName[name]; ok {
			fv := p.fields[f].value(v)
			if s.add(f) {
				d.duplicate(m, k, name)
				fv.SetZero()
			}
			d.value(p.fields[f].plan, k+1, fv)
		} else {
			d.unknownField(p, k, name, unknown)
		}
		d.pop()
	}
}

func (d *decoder) key(k int32) (string, bool) {
	name, ok := d.doc.key(k)
	if !ok {
		d.wrong(k, d.describe(k)+" cannot be a key")
	}
	return name, ok
}

func (d *decoder) unknownField(p *plan, k int32, name string, unknown *[]string) {
	if !d.strict {
		return
	}
	if slices.Contains(*unknown, name) {
		d.report(Duplicate, k, "duplicate field "+strconv.Quote(name))
	} else {
		*unknown = append(*unknown, name)
		d.report(Unknown, k, "unknown field "+strconv.Quote(name)+d.suggestion(p, name))
	}
	if !d.doc.json {
		d.check(k + 1)
	}
}

// duplicate reports the second key of a name, telling where the first is if
// the same mapping holds it.
func (d *decoder) duplicate(m, k int32, name string) {
	if !d.doc.json {
		d.forget()
	}
	if !d.strict {
		return
	}
	detail := "duplicate field " + strconv.Quote(name)
	for c := m + 1; c < k; c = d.nodes[c+1].end {
		if first, ok := d.doc.key(c); ok && first == name && !d.doc.isMerge(c) {
			detail += ", first set on line " + strconv.Itoa(d.doc.position(int(d.nodes[c].start)).Line)
			break
		}
	}
	d.report(Duplicate, k, detail)
}

// forget drops the faults of the value at the current path, which YAML's later
// value of the same key replaces. JSON reads both.
func (d *decoder) forget() {
	if len(d.faults) == 0 {
		return
	}
	path := d.pathText()
	d.faults = slices.DeleteFunc(d.faults, func(f Fault) bool {
		rest, below := strings.CutPrefix(f.Path, path)
		return f.Type == WrongType && below && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// merge calls entries for each mapping that the value of a merge key holds. Of
// a list the first mapping comes last and so wins.
func (d *decoder) merge(value int32, entries func(int32)) {
	i, ok := d.follow(value)
	if !ok {
		return
	}
	switch n := d.nodes[i]; n.form {
	case formMapping:
		entries(i)
	case formSequence:
		var items []int32
		for c := i + 1; c < n.end; c = d.nodes[c].end {
			items = append(items, c)
		}
		for _, c := range slices.Backward(items) {
			if t, ok := d.follow(c); ok && d.nodes[t].form == formMapping {
				entries(t)
			} else if ok {
				d.wrong(c, "a merge key needs a mapping or a list of mappings")
			}
		}
	default:
		d.wrong(value, "a merge key needs a mapping or a list of mappings")
	}
}

// entries calls f for each key and value of mapping m and of mappings it
// merges, duplicates reported.
func (d *decoder) entries(m int32, f func(key string, value int32)) {
	had := make(map[string]struct{}, d.nodes[m].link)
	d.eachEntry(m, m, had, f)
}

func (d *decoder) eachEntry(m, top int32, had map[string]struct{}, f func(key string, value int32)) {
	end := d.nodes[m].end
	for k := m + 1; k < end && !d.dead; k = d.nodes[k+1].end {
		if d.doc.isMerge(k) {
			d.merge(k+1, func(merged int32) { d.eachEntry(merged, top, had, f) })
			continue
		}
		name, ok := d.key(k)
		if !ok {
			continue
		}
		d.push(step{name: name, form: stepKey})
		if _, again := had[name]; again {
			d.duplicate(m, k, name)
		}
		had[name] = struct{}{}
		f(name, k+1)
		d.pop()
	}
}

func (d *decoder) mapValue(p *plan, i int32, v reflect.Value) {
	if d.isNull(i) {
		v.SetZero()
		return
	}
	if d.nodes[i].form != formMapping {
		d.wrong(i, "expected a mapping, found "+d.describe(i))
		return
	}
	if !d.spend(i, int(d.nodes[i].link)*(48+int(p.elem.typ.Size()))) {
		return
	}
	m := reflect.MakeMapWithSize(p.typ, int(d.nodes[i].link))
	d.entries(i, func(key string, value int32) {
		e := reflect.New(p.elem.typ).Elem()
		d.value(p.elem, value, e)
		m.SetMapIndex(reflect.ValueOf(key).Convert(p.typ.Key()), e)
	})
	v.Set(m)
}

// decodeMap is mapValue without reflection on the map.
func decodeMap[M ~map[K]V, K ~string, V any](d *decoder, elem *plan, v reflect.Value, i int32) {
	if d.isNull(i) {
		v.SetZero()
		return
	}
	n := d.nodes[i]
	if n.form != formMapping {
		d.wrong(i, "expected a mapping, found "+d.describe(i))
		return
	}
	if !d.spend(i, int(n.link)*(48+int(elem.typ.Size()))) {
		return
	}
	m := make(M, n.link)
	decodeEntries(d, elem, m, i)
	*v.Addr().Interface().(*M) = m
}

func decodeEntries[M ~map[K]V, K ~string, V any](d *decoder, elem *plan, m M, i int32) {
	var value V
	e := reflect.ValueOf(&value).Elem()
	end := d.nodes[i].end
	for k := i + 1; k < end && !d.dead; k = d.nodes[k+1].end {
		if d.doc.isMerge(k) {
			d.merge(k+1, func(merged int32) { decodeEntries(d, elem, m, merged) })
			continue
		}
		name, ok := d.key(k)
		if !ok {
			continue
		}
		d.push(step{name: name, form: stepKey})
		if _, again := m[K(name)]; again {
			d.duplicate(i, k, name)
		}
		if elem.shape == shapeString && d.nodes[k+1].form == formString {
			e.SetString(d.nodes[k+1].text)
		} else {
			e.SetZero()
			d.value(elem, k+1, e)
		}
		m[K(name)] = value
		d.pop()
	}
}

// check looks for faults that a value has even if it is not decoded: duplicate
// keys, numbers that JSON cannot spell, aliases inside what they stand for.
func (d *decoder) check(i int32) {
	i, ok := d.follow(i)
	if !ok {
		return
	}
	switch n := d.nodes[i]; n.form {
	case formMapping:
		d.entries(i, func(_ string, value int32) { d.check(value) })
	case formSequence:
		d.push(step{form: stepIndex})
		k := 0
		for c := i + 1; c < n.end && !d.dead; c = d.nodes[c].end {
			d.path[len(d.path)-1].index = k
			d.check(c)
			k++
		}
		d.pop()
	case formPlain:
		if s := resolvePlain(n.text); s.Kind == Number && !finite(s.Text) {
			d.wrong(i, "the number "+s.Text+" has no JSON form")
		}
	}
}

// finite reports whether the text of a number is one that JSON can spell.
func finite(number string) bool {
	return number[0] != '.' && number != "-.inf"
}
