package object_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

var kinds = []object.Kind{
	object.PodKind, object.NodeKind, object.NamespaceKind, object.ServiceKind, object.ConfigMapKind, object.SecretKind,
	object.PersistentVolumeClaimKind, object.PersistentVolumeKind, object.EventKind, object.LeaseKind, object.StorageClassKind,
	object.CSINodeKind, object.PriorityClassKind, object.PodDisruptionBudgetKind, object.ReplicaSetKind, object.DeploymentKind,
	object.StatefulSetKind, object.DaemonSetKind, object.ControllerRevisionKind, object.JobKind, object.CronJobKind,
	{APIVersion: "example.com/v1", Name: "Gadget"},
}

// fill gives every field below v a value, every pointer, slice and map something to hold.
func fill(v reflect.Value, r *rand.Rand) {
	switch at := v.Addr().Interface().(type) {
	case *pod.Time:
		*at = pod.NewTime(time.Unix(r.Int63n(1<<32), 0).UTC())
		return
	case *object.MicroTime:
		at.Time = time.UnixMicro(r.Int63n(1 << 50)).UTC()
		return
	case *pod.Quantity:
		*at = pod.NewQuantity(r.Int63n(1<<40), pod.DecimalSI)
		return
	case *pod.IntOrString:
		*at = pod.FromInt(r.Int31())
		return
	case *pod.FieldsV1:
		at.Raw = fmt.Appendf(nil, "%d", r.Int63())
		return
	case *object.Raw:
		at.JSON = fmt.Appendf(nil, "%d", r.Int63())
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
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, r)
		fill(elem, r)
		v.SetMapIndex(key, elem)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", r.Int63()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(uint64(r.Intn(256)))
	case reflect.Int32, reflect.Int64:
		v.SetInt(1 + r.Int63n(1<<30))
	default:
		panic("cannot fill " + v.Type().String())
	}
}

func filled(k object.Kind, seed int64) object.Object {
	o := object.New(k)
	fill(reflect.ValueOf(o).Elem(), rand.New(rand.NewSource(seed)))
	reflect.ValueOf(o).Interface().(interface{ SetKind(string, string) }).SetKind(k.APIVersion, k.Name)
	return o
}

func TestRoundTrips(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.Name, func(t *testing.T) {
			want := filled(k, 1)
			require.Equal(t, k, object.KindOf(want))
			text, err := object.AppendJSON(nil, want)
			require.NoError(t, err)
			standard, err := json.Marshal(want)
			require.NoError(t, err)
			require.JSONEq(t, string(standard), string(text))
			got, err := object.Parse(text)
			require.NoError(t, err)
			require.Equal(t, want, got)
			again := object.New(k)
			require.NoError(t, json.Unmarshal(text, again))
			require.Equal(t, want, again)
		})
	}
}

// scribble overwrites all memory that v reaches.
func scribble(v reflect.Value, r *rand.Rand) {
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
		if _, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok || v.Type() == reflect.TypeFor[pod.Quantity]() || v.Type() == reflect.TypeFor[pod.IntOrString]() {
			fill(v, r)
			return
		}
		for i := range v.NumField() {
			scribble(v.Field(i), r)
		}
	default:
		fill(v, r)
	}
}

func TestClonesShareNothing(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.Name, func(t *testing.T) {
			from := filled(k, 2)
			clone := object.Clone(from)
			require.Equal(t, from, clone)
			scribble(reflect.ValueOf(from), rand.New(rand.NewSource(3)))
			require.Equal(t, filled(k, 2), clone, "what happens to the original leaves the clone alone")
		})
	}
	require.Nil(t, object.Clone(nil))
	require.Equal(t, object.Kind{}, object.KindOf(nil))
}

func TestRead(t *testing.T) {
	const text = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: i, resources: {requests: {cpu: 100m}}}]}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: example.com/v1, kind: Gadget, metadata: {name: g}, spec: {size: [1, two]}}
- {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {allocatable: {cpu: "4"}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: typo}
spec: {replica: 3}
`
	objects, err := object.Read("all.yaml", strings.NewReader(text), pod.DecodeOptions{})
	require.ErrorContains(t, err, `all.yaml:19:8: spec.replica: unknown field`)
	require.Len(t, objects, 3, "%v", err)
	web := objects[0].(*object.Deployment)
	require.Equal(t, int32(3), *web.Spec.Replicas)
	require.Equal(t, int64(100), web.Spec.Template.Spec.Containers[0].Resources.Requests["cpu"].MilliValue())
	gadget := objects[1].(*object.Custom)
	require.Equal(t, "g", gadget.Name)
	require.JSONEq(t, `{"size": [1, "two"]}`, string(gadget.Fields["spec"].JSON))
	require.Equal(t, "n1", objects[2].Meta().Name)
	require.False(t, object.Namespaced(object.KindOf(objects[2])))
	require.True(t, object.Namespaced(object.KindOf(gadget)))
}

func TestReadRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "no YAML or JSON document in this input"},
		{"- 1", "1:1: expected an object with apiVersion and kind, found a list"},
		{"kind: Node", "1:1: expected an object with apiVersion and kind"},
		{"{apiVersion: v1, kind: Node, metadata: [1]}", "1:40: metadata: expected a mapping, found a list"},
		{"{apiVersion: a/v1, kind: K, metadata: {name: 1}}", "metadata: json: cannot unmarshal number"},
	} {
		_, err := object.Parse([]byte(row.text))
		require.ErrorContains(t, err, row.want)
	}
}

func TestExists(t *testing.T) {
	for _, row := range []struct {
		apiVersion, name string
		want             bool
	}{
		{"v1", "Pod", true}, {"apps/v1", "Deployment", true}, {"v1", "ServiceAccount", true}, {"autoscaling/v2", "HorizontalPodAutoscaler", true},
		{"apps/v1", "Deploymnt", false}, {"apps/v1beta1", "Deployment", false}, {"v2", "Pod", false}, {"batch/v1", "Deployment", false}, {"", "", false},
		{"example.com/v1", "Deploymnt", true}, {"storage.k8s.io/v1", "StorageClass", true}, {"rbac.authorization.k8s.io/v1", "Role", true},
	} {
		require.Equal(t, row.want, object.Exists(object.Kind{APIVersion: row.apiVersion, Name: row.name}), "%s %s", row.apiVersion, row.name)
	}
}
