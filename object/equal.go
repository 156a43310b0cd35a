package object

import (
	"reflect"

	"github.com/podlife/podlife/pod"
)

// Equal reports whether two objects say the same: an empty list or map is as none, amounts of resources compare by value,
// and times as instants.
func Equal(a, b Object) bool {
	if a == nil || b == nil {
		return a == b
	}
	return same(reflect.ValueOf(a), reflect.ValueOf(b))
}

func equal(a, b any) bool { return same(reflect.ValueOf(a), reflect.ValueOf(b)) }

// same compares two values of one type.
func same(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() || !a.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer:
		return a.UnsafePointer() == b.UnsafePointer() || !a.IsNil() && !b.IsNil() && same(a.Elem(), b.Elem())
	case reflect.Slice:
		return sameList(a, b)
	case reflect.Map:
		return sameMap(a, b)
	case reflect.Struct:
		return sameStruct(a, b)
	case reflect.Interface:
		return same(a.Elem(), b.Elem())
	}
	return a.Equal(b)
}

func sameList(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	if a.UnsafePointer() == b.UnsafePointer() {
		return true
	}
	for i := range a.Len() {
		if !same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func sameMap(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	if a.UnsafePointer() == b.UnsafePointer() {
		return true
	}
	for it := a.MapRange(); it.Next(); {
		if v := b.MapIndex(it.Key()); !v.IsValid() || !same(it.Value(), v) {
			return false
		}
	}
	return true
}

// Structs that compare as what they mean.
var (
	timeType      = reflect.TypeFor[pod.Time]()
	microTimeType = reflect.TypeFor[MicroTime]()
	quantityType  = reflect.TypeFor[pod.Quantity]()
)

func sameStruct(a, b reflect.Value) bool {
	switch a.Type() {
	case timeType:
		return a.Interface().(pod.Time).Time.Equal(b.Interface().(pod.Time).Time)
	case microTimeType:
		return a.Interface().(MicroTime).Time.Equal(b.Interface().(MicroTime).Time)
	case quantityType:
		x := a.Interface().(pod.Quantity)
		return x.Cmp(b.Interface().(pod.Quantity)) == 0
	}
	for i := range a.NumField() {
		x := a.Field(i)
		if !x.CanInterface() {
			return reflect.DeepEqual(a.Interface(), b.Interface())
		}
		if !same(x, b.Field(i)) {
			return false
		}
	}
	return true
}
