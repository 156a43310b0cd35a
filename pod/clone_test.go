package pod_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// fill gives every field below v a value, every pointer, slice and map something to hold.
func fill(v reflect.Value, r *rand.Rand) {
	switch v.Interface().(type) {
	case pod.Time:
		v.Set(reflect.ValueOf(pod.NewTime(time.Unix(r.Int63n(1<<32), 0).UTC())))
		return
	case pod.Quantity:
		v.Set(reflect.ValueOf(pod.NewQuantity(r.Int63(), pod.DecimalSI)))
		return
	case pod.IntOrString:
		v.Set(reflect.ValueOf(pod.FromInt(r.Int31())))
		return
	case pod.FieldsV1:
		raw, _ := json.Marshal(r.Int63())
		v.Set(reflect.ValueOf(pod.FieldsV1{Raw: raw}))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), r)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), r)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, r)
			fill(elem, r)
			v.SetMapIndex(key, elem)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", r.Int63()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(1 + r.Int63n(1<<30))
	default:
		panic("cannot fill " + v.Type().String())
	}
}

// scribble overwrites all memory that v reaches.
func scribble(v reflect.Value, r *rand.Rand) {
	switch v.Interface().(type) {
	case pod.Time, pod.Quantity, pod.IntOrString:
		fill(v, r)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		scribble(v.Elem(), r)
	case reflect.Slice:
		for i := range v.Len() {
			scribble(v.Index(i), r)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			v.SetMapIndex(key, reflect.Value{})
		}
	case reflect.Struct:
		for i := range v.NumField() {
			scribble(v.Field(i), r)
		}
	case reflect.Uint8:
		v.SetUint('!')
	default:
		v.SetZero()
	}
}

func TestCloneSharesNothing(t *testing.T) {
	for _, v := range []any{new(pod.Pod), new(pod.Template), new(pod.Spec), new(pod.Status), new(pod.ObjectMeta),
		new(pod.Container), new(pod.EphemeralContainer), new(pod.Volume), new(pod.Probe), new(pod.ContainerStatus)} {
		t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
			same := reflect.New(reflect.TypeOf(v).Elem())
			original := reflect.New(reflect.TypeOf(v).Elem())
			fill(same.Elem(), rand.New(rand.NewSource(1)))
			fill(original.Elem(), rand.New(rand.NewSource(1)))
			require.Equal(t, same.Interface(), original.Interface(), "fill is not repeatable")

			clone := original.MethodByName("Clone").Call(nil)[0]
			require.Equal(t, same.Interface(), clone.Interface(), "the clone is not equal")
			scribble(clone.Elem(), rand.New(rand.NewSource(2)))
			require.NotEqual(t, same.Interface(), clone.Interface(), "the clone was not changed")
			require.Equal(t, same.Interface(), original.Interface(), "the original changed with its clone")
		})
	}
}

func TestCloneKeepsNilAndEmpty(t *testing.T) {
	require.Nil(t, (*pod.Pod)(nil).Clone())
	require.Nil(t, pod.ResourceList(nil).Clone())
	c := (&pod.Spec{Containers: []pod.Container{}, NodeSelector: map[string]string{}}).Clone()
	require.NotNil(t, c.Containers)
	require.NotNil(t, c.NodeSelector)
	require.Nil(t, c.InitContainers)
	require.Nil(t, c.SecurityContext)
}

func BenchmarkClone(b *testing.B) {
	p := new(pod.Pod)
	fill(reflect.ValueOf(p).Elem(), rand.New(rand.NewSource(1)))
	b.ReportAllocs()
	for b.Loop() {
		p.Clone()
	}
}
