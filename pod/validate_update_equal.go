package pod

import "reflect"

// sameValue reports whether two values of one type mean the same to the API server: a nil list or map is an empty one,
// quantities and times compare by amount and instant, all else by value.
func sameValue[T any](a, b T) bool {
	return sameReflected(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
}

var (
	quantityType = reflect.TypeFor[Quantity]()
	timeType     = reflect.TypeFor[Time]()
)

func sameReflected(a, b reflect.Value) bool {
	switch a.Type() {
	case quantityType:
		return a.Interface().(Quantity).Equal(b.Interface().(Quantity))
	case timeType:
		return a.Interface().(Time).Equal(b.Interface().(Time))
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.UnsafePointer() == b.UnsafePointer() || sameReflected(a.Elem(), b.Elem())
	case reflect.Struct:
		return sameFields(a, b)
	case reflect.Slice:
		return sameItems(a, b)
	case reflect.Map:
		return sameEntries(a, b)
	}
	return a.Equal(b)
}

func sameFields(a, b reflect.Value) bool {
	for i := range a.NumField() {
		if !sameReflected(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

func sameItems(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !sameReflected(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func sameEntries(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for entries := a.MapRange(); entries.Next(); {
		other := b.MapIndex(entries.Key())
		if !other.IsValid() || !sameReflected(entries.Value(), other) {
			return false
		}
	}
	return true
}
