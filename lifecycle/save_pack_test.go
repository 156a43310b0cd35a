package lifecycle_test

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
	"github.com/podlife/podlife/pod"
)

// TestSavedBinary packs what every recorded scenario would save after each step.
func TestSavedBinary(t *testing.T) {
	packed, written := 0, 0
	for _, s := range recordedScenarios(t) {
		_, err := lifecycletest.PlayInterrupted(s, lifecycletest.TestNode(), func(saved lifecycle.Saved) bool {
			b, err := saved.AppendBinary(nil)
			require.NoError(t, err)
			var back lifecycle.Saved
			require.NoError(t, back.UnmarshalBinary(b), s.Name)
			want, got := marshal(t, saved), marshal(t, back)
			require.Equal(t, string(want), string(got), s.Name)
			packed, written = packed+len(b), written+len(want)
			return false
		})
		require.NoError(t, err)
	}
	require.Less(t, packed*2, written, "half of the JSON")
}

func marshal(t *testing.T, s lifecycle.Saved) []byte {
	t.Helper()
	b, err := json.Marshal(s)
	require.NoError(t, err)
	return b
}

// TestSavedBinaryIsWhole fills in every field there is, so that one that is packed nowhere is missed.
func TestSavedBinaryIsWhole(t *testing.T) {
	var s lifecycle.Saved
	n := int64(0)
	fill(reflect.ValueOf(&s).Elem(), &n)
	b, err := s.AppendBinary([]byte("before"))
	require.NoError(t, err)
	require.Equal(t, "before", string(b[:6]))
	var back lifecycle.Saved
	require.NoError(t, back.UnmarshalBinary(b[6:]))
	require.Equal(t, s, back)
	for at := range b[6:] {
		require.Error(t, back.UnmarshalBinary(b[6:6+at]))
	}
}

// fill gives every field another value than zero, each another one where there is room.
func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(*n)})))
		return
	case *pod.ResourceRequirements:
		v.Set(reflect.ValueOf(&pod.ResourceRequirements{Requests: pod.ResourceList{"cpu": pod.MustParseQuantity("1")}}))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.String:
		v.SetString(string(rune('a' + *n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(*n)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n % 250))
	default:
		panic(v.Kind())
	}
}
