package yamldoc

import (
	"encoding"
	"encoding/json"
	"reflect"
)

// Codec decodes trees into one Go type and encodes it, by a plan made once
// from its json tags. A Codec is immutable and may be used by several
// goroutines. Make one in a package variable.
type Codec struct {
	root *plan
}

// NewCodec plans type T. Tags mean what they mean to encoding/json: names,
// omitempty, omitzero, "-", embedded structs; field names match by exact case.
// NewCodec panics on types that JSON cannot hold, such as channels.
func NewCodec[T any](options ...Option) *Codec {
	return CodecOf[T](NewTypes(options...))
}

// Types are Go types that have parts in common: what two codecs of one Types
// share is planned once. It is not safe for concurrent use; its codecs are.
type Types struct {
	planner planner
}

// NewTypes makes a Types whose codecs all follow the options.
func NewTypes(options ...Option) *Types {
	p := planner{plans: map[reflect.Type]*plan{}, custom: map[reflect.Type]custom{}}
	for _, o := range options {
		o(&p)
	}
	for t, value := range p.values {
		*value = *p.plan(t)
	}
	return &Types{p}
}

// CodecOf plans type T, as NewCodec does.
func CodecOf[T any](t *Types) *Codec {
	return &Codec{t.planner.plan(reflect.TypeFor[T]())}
}

// Option tells NewCodec how to treat one type wherever it occurs.
type Option func(*planner)

// custom is how a type with an Option is decoded and encoded.
type custom struct {
	decode func(d *decoder, v reflect.Value, i int32)
	append func(dst []byte, v reflect.Value) []byte
	empty  func(v reflect.Value) bool
}

// ScalarType makes T a scalar that decode fills and encode writes as JSON,
// which saves the tree walk and the copies that json.Unmarshaler and
// json.Marshaler need. Decode is not called for null, which leaves the zero T.
func ScalarType[T any](decode func(*T, Scalar) error, encode func([]byte, *T) []byte) Option {
	return func(p *planner) {
		p.custom[reflect.TypeFor[T]()] = custom{
			decode: func(d *decoder, v reflect.Value, i int32) {
				s := d.doc.scalar(i)
				if s.Kind == Null {
					return
				}
				if err := decode(v.Addr().Interface().(*T), s); err != nil {
					d.wrong(i, err.Error())
				}
			},
			append: func(dst []byte, v reflect.Value) []byte {
				return encode(dst, v.Addr().Interface().(*T))
			},
		}
	}
}

// MapType makes the map type M faster to decode and encode than reflection on
// maps is.
func MapType[M ~map[K]V, K ~string, V any]() Option {
	return func(p *planner) {
		value := p.valuePlan(reflect.TypeFor[V]())
		p.custom[reflect.TypeFor[M]()] = custom{
			decode: func(d *decoder, v reflect.Value, i int32) {
				decodeMap[M](d, value, v, i)
			},
			append: func(dst []byte, v reflect.Value) []byte {
				return appendMap(dst, value, *v.Addr().Interface().(*M))
			},
			empty: func(v reflect.Value) bool { return len(*v.Addr().Interface().(*M)) == 0 },
		}
	}
}

// shape is how a plan decodes and encodes.
type shape uint8

const (
	shapeBool shape = iota
	shapeInt
	shapeUint
	shapeFloat
	shapeString
	shapeBytes
	shapeStruct
	shapeSlice
	shapeMap
	shapePointer
	shapeAny
	shapeJSON // json.Unmarshaler or json.Marshaler
	shapeText // encoding.TextUnmarshaler
	shapeCustom
)

// plan is what there is to know about a type.
type plan struct {
	shape  shape
	typ    reflect.Type
	elem   *plan // of slices, maps and pointers
	fields []field
	byName map[string]int32
	custom custom
	isZero bool // has the method IsZero
}

// field is a field of a struct or of a struct embedded in it.
type field struct {
	name      string
	quoted    string // "name": as JSON writes it
	index     []int
	plan      *plan
	omitEmpty bool
	omitZero  bool
}

type planner struct {
	plans  map[reflect.Type]*plan
	custom map[reflect.Type]custom
	values map[reflect.Type]*plan // plans that options want, made after all options are known
}

func (p *planner) valuePlan(t reflect.Type) *plan {
	if p.values == nil {
		p.values = map[reflect.Type]*plan{}
	}
	if p.values[t] == nil {
		p.values[t] = new(plan)
	}
	return p.values[t]
}

var (
	unmarshalerType     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	zeroerType          = reflect.TypeFor[interface{ IsZero() bool }]()
)

// SkippedType makes T accept any value without keeping it. Duplicate keys in
// it are still reported where the text is YAML.
func SkippedType[T any]() Option {
	return func(p *planner) {
		p.custom[reflect.TypeFor[T]()] = custom{
			decode: func(d *decoder, _ reflect.Value, i int32) {
				if d.strict && !d.doc.json {
					d.check(i)
				}
			},
			append: func(dst []byte, _ reflect.Value) []byte { return append(dst, "null"...) },
		}
	}
}
