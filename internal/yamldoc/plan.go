package yamldoc

import (
	"fmt"
	"reflect"
	"strings"
)

// plan returns the plan of a type, making it and those it needs. A type that
// contains itself meets its own unfinished plan.
func (p *planner) plan(t reflect.Type) *plan {
	if pl := p.plans[t]; pl != nil {
		return pl
	}
	pl := &plan{typ: t}
	p.plans[t] = pl
	pl.isZero = t.Implements(zeroerType) || reflect.PointerTo(t).Implements(zeroerType)
	switch c, ok := p.custom[t]; {
	case ok:
		pl.shape, pl.custom = shapeCustom, c
	case reflect.PointerTo(t).Implements(unmarshalerType) && t.Kind() != reflect.Pointer:
		pl.shape = shapeJSON
	case reflect.PointerTo(t).Implements(textUnmarshalerType) && t.Kind() != reflect.Pointer:
		pl.shape = shapeText
	default:
		p.kind(pl)
	}
	return pl
}

func (p *planner) kind(pl *plan) {
	t := pl.typ
	switch t.Kind() {
	case reflect.Bool:
		pl.shape = shapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		pl.shape = shapeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		pl.shape = shapeUint
	case reflect.Float32, reflect.Float64:
		pl.shape = shapeFloat
	case reflect.String:
		pl.shape = shapeString
	case reflect.Pointer:
		pl.shape, pl.elem = shapePointer, p.plan(t.Elem())
	case reflect.Slice:
		pl.shape, pl.elem = shapeSlice, p.plan(t.Elem())
		if t.Elem().Kind() == reflect.Uint8 {
			pl.shape = shapeBytes
		}
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			panic("yamldoc: the keys of " + t.String() + " are not strings")
		}
		pl.shape, pl.elem = shapeMap, p.plan(t.Elem())
	case reflect.Interface:
		if t.NumMethod() > 0 {
			panic("yamldoc: " + t.String() + " cannot be decoded")
		}
		pl.shape = shapeAny
	case reflect.Struct:
		pl.shape = shapeStruct
		p.structFields(pl, t, nil)
		pl.byName = make(map[string]int32, len(pl.fields))
		for i, f := range pl.fields {
			pl.byName[f.name] = int32(i)
		}
	default:
		panic(fmt.Sprintf("yamldoc: %s cannot be decoded", t))
	}
}

// structFields lists the fields of t, and those of structs embedded without a
// name in their place.
func (p *planner) structFields(pl *plan, t reflect.Type, outer []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		name, opts, _ := strings.Cut(sf.Tag.Get("json"), ",")
		index := append(outer[:len(outer):len(outer)], i)
		if name == "-" && opts == "" {
			continue
		}
		if sf.Anonymous && name == "" && sf.Type.Kind() == reflect.Struct {
			p.structFields(pl, sf.Type, index)
			continue
		}
		if !sf.IsExported() {
			continue
		}
		if name == "" {
			name = sf.Name
		}
		opts = "," + opts + ","
		pl.fields = append(pl.fields, field{
			name:      name,
			quoted:    string(appendString(nil, name)) + ":",
			index:     index,
			plan:      p.plan(sf.Type),
			omitEmpty: strings.Contains(opts, ",omitempty,"),
			omitZero:  strings.Contains(opts, ",omitzero,"),
		})
	}
}

// value returns the field in a struct.
func (f *field) value(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		v = v.Field(i)
	}
	return v
}
