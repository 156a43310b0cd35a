package pod_test

import (
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestDownwardAgreesWithKubernetes(t *testing.T) {
	type question struct {
		Map                        map[string]string
		FieldPath                  string
		Metadata                   pod.ObjectMeta
		ContainerName              string
		Containers, InitContainers []pod.Container
		Resource                   string
		Divisor                    pod.Quantity
		Allocatable                pod.ResourceList
	}
	type answer struct{ Text, Value, Error string }
	eachNodeRow(t, "downward", func(row corpusRow) {
		in, want := unmarshal[question](t, row.In), unmarshal[answer](t, row.Out)
		var got answer
		var err error
		switch row.Kind {
		case "map":
			got.Text = pod.FormatMap(in.Map)
		case "field":
			got.Value, err = pod.MetadataField(&in.Metadata, in.FieldPath)
		case "resource":
			p := &pod.Pod{Spec: pod.Spec{Containers: in.Containers, InitContainers: in.InitContainers}}
			ref := &pod.ResourceFieldSelector{Resource: in.Resource, Divisor: in.Divisor}
			got.Value, err = pod.ResourceField(p, in.ContainerName, ref, in.Allocatable)
		default:
			t.Fatalf("%s: kind %q", row.ID, row.Kind)
		}
		require.Equal(t, want.Error != "", err != nil, "%s: %v, want %q", row.ID, err, want.Error)
		want.Error = ""
		require.Equal(t, want, got, "%s %s", row.ID, row.In)
	})
}

func TestFormatMap(t *testing.T) {
	require.Equal(t, "", pod.FormatMap(nil))
	require.Equal(t, "a=\"1\"\nb=\"two\\nlines \\\"quoted\\\"\"", pod.FormatMap(map[string]string{"b": "two\nlines \"quoted\"", "a": "1"}))
}

func TestMetadataField(t *testing.T) {
	meta := &pod.ObjectMeta{Name: "p", Namespace: "ns", UID: "u", Labels: map[string]string{"a": "1"}, Annotations: map[string]string{"Example.COM/n": "2"}}
	tests := []struct{ path, want, err string }{
		{"metadata.name", "p", ""},
		{"metadata.namespace", "ns", ""},
		{"metadata.uid", "u", ""},
		{"metadata.labels", `a="1"`, ""},
		{"metadata.labels['a']", "1", ""},
		{"metadata.labels['b']", "", ""},
		{"metadata.annotations['Example.COM/n']", "2", ""},
		{"metadata.labels['Example.COM/n']", "", "invalid key subscript in metadata.labels['Example.COM/n']"},
		{"metadata.labels['a", "", "unsupported fieldPath: metadata.labels['a"},
		{"metadata.name['a']", "", `fieldPath "metadata.name['a']" does not support subscript`},
		{"status.podIP", "", "unsupported fieldPath: status.podIP"},
	}
	for _, tt := range tests {
		got, err := pod.MetadataField(meta, tt.path)
		if tt.err != "" {
			require.ErrorContains(t, err, tt.err, tt.path)
			continue
		}
		require.NoError(t, err, tt.path)
		require.Equal(t, tt.want, got, tt.path)
	}
}

func TestResourceField(t *testing.T) {
	q := pod.MustParseQuantity
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{Name: "c", Resources: pod.ResourceRequirements{
		Requests: pod.ResourceList{"cpu": q("250m"), "hugepages-2Mi": q("4Mi")},
		Limits:   pod.ResourceList{"memory": q("100Mi")},
	}}}}}
	node := pod.ResourceList{"cpu": q("7910m"), "memory": q("15Gi"), "hugepages-2Mi": q("1Gi")}
	tests := []struct{ resource, divisor, want string }{
		{"requests.cpu", "0", "1"},
		{"requests.cpu", "1m", "250"},
		{"requests.cpu", "100m", "3"},
		{"requests.memory", "0", "0"},
		{"limits.memory", "1Mi", "100"},
		{"limits.memory", "1Gi", "1"},
		{"limits.cpu", "1m", "7910"},
		{"limits.ephemeral-storage", "1", "0"},
		{"requests.hugepages-2Mi", "1Mi", "4"},
		{"limits.hugepages-2Mi", "1Mi", "0"},
	}
	for _, tt := range tests {
		got, err := pod.ResourceField(p, "c", &pod.ResourceFieldSelector{Resource: tt.resource, Divisor: q(tt.divisor)}, node)
		require.NoError(t, err, tt)
		require.Equal(t, tt.want, got, tt)
	}
	require.NotContains(t, p.Spec.Containers[0].Resources.Limits, pod.ResourceCPU, "the pod is left as it is")

	for _, resource := range []string{"cpu", "limits.example.com/gpu", "requests.", ""} {
		_, err := pod.ResourceField(p, "c", &pod.ResourceFieldSelector{Resource: resource}, node)
		require.EqualError(t, err, "unsupported container resource : "+resource)
	}
	_, err := pod.ResourceField(p, "d", &pod.ResourceFieldSelector{Resource: "limits.cpu"}, node)
	require.EqualError(t, err, "container d not found")
}
