package kube

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// opaque types print themselves; their parity is that of the quantity and round trip tests.
var opaque = map[reflect.Type]reflect.Type{
	reflect.TypeFor[metav1.Time]():          reflect.TypeFor[pod.Time](),
	reflect.TypeFor[resource.Quantity]():    reflect.TypeFor[pod.Quantity](),
	reflect.TypeFor[intstr.IntOrString]():   reflect.TypeFor[pod.IntOrString](),
	reflect.TypeFor[metav1.FieldsV1]():      reflect.TypeFor[pod.FieldsV1](),
	reflect.TypeFor[metav1.MicroTime]():     reflect.TypeFor[object.MicroTime](),
	reflect.TypeFor[runtime.RawExtension](): reflect.TypeFor[object.Raw](),
}

// parity compares two types as encoding/json sees them.
type parity struct {
	t       *testing.T
	structs map[[2]reflect.Type]bool
	fields  int
}

func (p *parity) same(path string, theirs, ours reflect.Type) {
	require.Equal(p.t, theirs.Kind(), ours.Kind(), path)
	if opaque[theirs] != nil {
		require.Equal(p.t, opaque[theirs], ours, path)
		return
	}
	switch theirs.Kind() {
	case reflect.Pointer, reflect.Slice:
		p.same(path, theirs.Elem(), ours.Elem())
	case reflect.Map:
		p.same(path+" key", theirs.Key(), ours.Key())
		p.same(path, theirs.Elem(), ours.Elem())
	case reflect.Struct:
		p.sameStruct(path, theirs, ours)
	}
}

func (p *parity) sameStruct(path string, theirs, ours reflect.Type) {
	pair := [2]reflect.Type{theirs, ours}
	if p.structs[pair] {
		return
	}
	p.structs[pair] = true
	require.Equal(p.t, names(theirs), names(ours), path)
	for i := range theirs.NumField() {
		t, o := theirs.Field(i), ours.Field(i)
		at := path + "." + t.Name
		require.Equal(p.t, t.Anonymous, o.Anonymous, at)
		require.Equal(p.t, jsonRules(t), jsonRules(o), at)
		p.fields++
		p.same(at, t.Type, o.Type)
	}
}

func names(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		names = append(names, t.Field(i).Name)
	}
	return names
}

// jsonRules are the name and the rules of omission; an embedded struct's "inline" says nothing to encoding/json.
func jsonRules(f reflect.StructField) string {
	return strings.TrimSuffix(f.Tag.Get("json"), ",inline")
}

func TestTypesAreKubernetesTypes(t *testing.T) {
	p := &parity{t: t, structs: map[[2]reflect.Type]bool{}}
	p.same("Pod", reflect.TypeFor[corev1.Pod](), reflect.TypeFor[pod.Pod]())
	p.same("PodTemplateSpec", reflect.TypeFor[corev1.PodTemplateSpec](), reflect.TypeFor[pod.Template]())
	t.Logf("%d structs with %d fields", len(p.structs), p.fields)
	require.Greater(t, p.fields, 600)
}

func TestOtherKindsAreKubernetesTypes(t *testing.T) {
	p := &parity{t: t, structs: map[[2]reflect.Type]bool{}}
	for _, pair := range []struct {
		theirs any
		ours   object.Object
	}{
		{corev1.Node{}, &object.Node{}}, {corev1.Namespace{}, &object.Namespace{}}, {corev1.Service{}, &object.Service{}},
		{corev1.ConfigMap{}, &object.ConfigMap{}}, {corev1.Secret{}, &object.Secret{}}, {corev1.Event{}, &object.Event{}},
		{corev1.PersistentVolumeClaim{}, &object.PersistentVolumeClaim{}}, {corev1.PersistentVolume{}, &object.PersistentVolume{}},
		{coordinationv1.Lease{}, &object.Lease{}}, {storagev1.StorageClass{}, &object.StorageClass{}}, {storagev1.CSINode{}, &object.CSINode{}},
		{schedulingv1.PriorityClass{}, &object.PriorityClass{}}, {policyv1.PodDisruptionBudget{}, &object.PodDisruptionBudget{}},
		{appsv1.ReplicaSet{}, &object.ReplicaSet{}}, {appsv1.Deployment{}, &object.Deployment{}}, {appsv1.StatefulSet{}, &object.StatefulSet{}},
		{appsv1.DaemonSet{}, &object.DaemonSet{}}, {appsv1.ControllerRevision{}, &object.ControllerRevision{}},
		{batchv1.Job{}, &object.Job{}}, {batchv1.CronJob{}, &object.CronJob{}},
	} {
		theirs := reflect.TypeOf(pair.theirs)
		p.same(theirs.Name(), theirs, reflect.TypeOf(pair.ours).Elem())
	}
	t.Logf("%d structs with %d fields", len(p.structs), p.fields)
	require.Greater(t, p.fields, 1000)
}
