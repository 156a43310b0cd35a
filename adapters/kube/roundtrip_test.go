package kube

import (
	"encoding/json"
	"math/rand"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"

	"github.com/podlife/podlife/pod"
)

// filler fills Kubernetes objects at random, as Kubernetes' own round trip tests do.
func filler(seed int64) *randfill.Filler {
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	quantities := func(serializer.CodecFactory) []any {
		return []any{func(q *resource.Quantity, c randfill.Continue) { *q = randomQuantity(c) }}
	}
	return fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, quantities), rand.NewSource(seed), codecs)
}

func randomQuantity(c randfill.Continue) resource.Quantity {
	formats := []resource.Format{resource.DecimalSI, resource.BinarySI, resource.DecimalExponent}
	switch c.Intn(4) {
	case 0:
		return *resource.NewQuantity(c.Int63(), formats[c.Intn(3)])
	case 1:
		return *resource.NewMilliQuantity(c.Int63()-c.Int63(), formats[c.Intn(3)])
	case 2:
		q := resource.MustParse("92233720368547758070123456789n")
		q.Mul(c.Int63n(9) + 1)
		return q
	}
	spellings := []string{"0", "1", "+1n", "2.125", "1e+3", "100m", "1.5Gi", "0.1", "1Ei", "12E6", "00.5", "512", "5.P"}
	return resource.MustParse(spellings[c.Intn(len(spellings))])
}

func rounds() int {
	if os.Getenv("PODLIFE_LONG") != "" {
		return 2000
	}
	return 60
}

func TestPodRoundTrips(t *testing.T) {
	for seed := range int64(rounds()) {
		k := new(corev1.Pod)
		filler(seed).Fill(k)
		roundTrip(t, k, FromKube, ToKube)
	}
}

func TestTemplateRoundTrips(t *testing.T) {
	for seed := range int64(rounds()) {
		k := new(corev1.PodTemplateSpec)
		filler(seed).Fill(k)
		roundTrip(t, k, TemplateFromKube, TemplateToKube)
	}
}

// roundTrip checks that k survives the way there and back through Go values, JSON and YAML.
func roundTrip[K, P any](t *testing.T, k *K, from func(*K) *P, to func(*P) *K) {
	t.Helper()
	kubeJSON, err := json.Marshal(k)
	require.NoError(t, err)

	p := from(k)
	requireEqual(t, k, to(p), "Go values")
	again, err := json.Marshal(to(p))
	require.NoError(t, err)
	require.Equal(t, string(kubeJSON), string(again), "Go values, printed")

	ourJSON, err := json.Marshal(p)
	require.NoError(t, err)
	require.Equal(t, string(kubeJSON), string(ourJSON), "both print the same JSON")
	fromTheirJSON, fromOurJSON := new(P), new(K)
	require.NoError(t, json.Unmarshal(kubeJSON, fromTheirJSON))
	require.NoError(t, json.Unmarshal(ourJSON, fromOurJSON))
	back, err := json.Marshal(to(fromTheirJSON))
	require.NoError(t, err)
	require.Equal(t, string(kubeJSON), string(back), "JSON read by podlife")
	requireEqual(t, to(fromTheirJSON), fromOurJSON, "JSON read by both")

	kubeYAML, err := yaml.Marshal(k)
	require.NoError(t, err)
	ourYAML, err := yaml.Marshal(p)
	require.NoError(t, err)
	require.Equal(t, string(kubeYAML), string(ourYAML), "both print the same YAML")
	fromYAML := new(P)
	require.NoError(t, yaml.Unmarshal(kubeYAML, fromYAML))
	requireEqual(t, to(fromTheirJSON), to(fromYAML), "YAML read by podlife")
}

func requireEqual[T any](t *testing.T, want, got *T, what string) {
	t.Helper()
	if !apiequality.Semantic.DeepEqual(want, got) {
		require.Equal(t, want, got, what)
		require.Fail(t, what+": not equal")
	}
}

func TestNilAndEmpty(t *testing.T) {
	require.Nil(t, FromKube(nil))
	require.Nil(t, ToKube(nil))
	require.Nil(t, TemplateFromKube(nil))
	require.Nil(t, TemplateToKube(nil))
	p := FromKube(&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{}, Overhead: corev1.ResourceList{}}})
	require.NotNil(t, p.Spec.Containers)
	require.NotNil(t, p.Spec.Overhead)
	require.Nil(t, p.Spec.InitContainers)
	require.Nil(t, p.Labels)
}

func TestConversionSharesNothing(t *testing.T) {
	for seed := range int64(rounds()) {
		k := new(corev1.Pod)
		filler(seed).Fill(k)
		want := k.DeepCopy()
		p := FromKube(k)
		scribble(reflect.ValueOf(ToKube(p)))
		requireEqual(t, want, ToKube(p), "podlife's pod after what came of it was changed")
		scribble(reflect.ValueOf(p))
		requireEqual(t, want, k, "Kubernetes' pod after what came of it was changed")
	}
}

// scribble clears all memory that v reaches.
func scribble(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			scribble(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			scribble(v.Index(i))
		}
	case reflect.Map:
		v.Clear()
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scribble(v.Field(i))
			}
		}
		if v.NumField() > 0 && !v.Type().Field(0).IsExported() {
			v.SetZero()
		}
	default:
		v.SetZero()
	}
}

func TestQuantitiesConvert(t *testing.T) {
	for _, s := range []string{"0", "1", "100m", "1.5Gi", "+1n", "2.125", "5.P", "1e+3", "1e63", "-0.5Ti", "0.5Ki", "12345678901234567890123n", "1000000E"} {
		k := resource.MustParse(s)
		p := fromQuantity(k)
		back := toQuantity(p)
		require.Zero(t, back.Cmp(k), s)
		require.Equal(t, k.Format, back.Format, s)
		require.Equal(t, k.String(), back.String(), s)
		require.True(t, p.Equal(fromQuantity(back)), s)
	}
	require.Equal(t, pod.MustParseQuantity("1Gi"), fromQuantity(resource.MustParse("1Gi")))
	changed := resource.MustParse("512")
	changed.Format = resource.BinarySI
	require.Equal(t, pod.BinarySI, fromQuantity(changed).Format(), "a format the text does not tell")
}

func BenchmarkFromKube(b *testing.B) {
	k := new(corev1.Pod)
	filler(1).Fill(k)
	b.ReportAllocs()
	for b.Loop() {
		FromKube(k)
	}
}

func BenchmarkDeepCopy(b *testing.B) {
	k := new(corev1.Pod)
	filler(1).Fill(k)
	b.ReportAllocs()
	for b.Loop() {
		k.DeepCopy()
	}
}
