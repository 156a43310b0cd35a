package pod_test

import (
	"encoding/json"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// resourcesRow is what the rows of pods.jsonl.gz and manifests.jsonl.gz say of a defaulted pod.
type resourcesRow struct {
	ID        string           `json:"id"`
	Defaulted json.RawMessage  `json:"defaulted"`
	Stored    json.RawMessage  `json:"storedSpec"` // the spec after create-time preparation, where it differs
	QOSClass  pod.QOSClass     `json:"qosClass"`
	Requests  pod.ResourceList `json:"requests"`
	Limits    pod.ResourceList `json:"limits"`
}

func TestQOSClassAndEffectiveResources(t *testing.T) {
	checked := 0
	eachCorpusLine(t, "pods.jsonl.gz", func(line []byte) {
		var row resourcesRow
		require.NoError(t, json.Unmarshal(line, &row))
		if row.Defaulted == nil {
			return
		}
		checked++
		p := unmarshal[pod.Pod](t, row.Defaulted)
		if row.Stored != nil {
			p.Spec = unmarshal[pod.Spec](t, row.Stored)
		}
		require.Equal(t, row.QOSClass, p.Spec.QOSClass(), row.ID)
		requireSameAmounts(t, row.Requests, p.Spec.EffectiveRequests(), row.ID+" requests")
		requireSameAmounts(t, row.Limits, p.Spec.EffectiveLimits(), row.ID+" limits")
		requireSameAmounts(t, row.Requests, p.AccountedRequests(), row.ID+" accounted requests")
	})
	require.NotZero(t, checked)
}

func requireSameAmounts(t *testing.T, want, got pod.ResourceList, what string) {
	t.Helper()
	require.Equal(t, want.Names(), got.Names(), what)
	for name, q := range want {
		require.True(t, q.Equal(got[name]), "%s: %s: want %s, got %s", what, name, q, got[name])
	}
}

// list reads pairs of a resource and an amount.
func list(pairs ...string) pod.ResourceList {
	l := pod.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		l[pod.ResourceName(pairs[i])] = pod.MustParseQuantity(pairs[i+1])
	}
	return l
}

func TestEffectiveRequests(t *testing.T) {
	always := pod.RestartPolicyAlways
	plain := func(requests ...string) pod.Container {
		return pod.Container{Resources: pod.ResourceRequirements{Requests: list(requests...)}}
	}
	sidecar := func(requests ...string) pod.Container {
		c := plain(requests...)
		c.RestartPolicy = &always
		return c
	}
	for _, tc := range []struct {
		name string
		spec pod.Spec
		want pod.ResourceList
	}{
		{"nothing", pod.Spec{}, list()},
		{"main containers add up", pod.Spec{Containers: []pod.Container{plain("cpu", "1"), plain("cpu", "500m", "memory", "1Gi")}},
			list("cpu", "1500m", "memory", "1Gi")},
		{"the largest init container counts", pod.Spec{
			InitContainers: []pod.Container{plain("cpu", "2"), plain("cpu", "3")},
			Containers:     []pod.Container{plain("cpu", "1", "memory", "1")},
		}, list("cpu", "3", "memory", "1")},
		{"an init container runs beside the sidecars before it", pod.Spec{
			InitContainers: []pod.Container{sidecar("cpu", "1"), plain("cpu", "3"), sidecar("cpu", "1")},
			Containers:     []pod.Container{plain("cpu", "1")},
		}, list("cpu", "4")},
		{"sidecars run beside main containers", pod.Spec{
			InitContainers: []pod.Container{plain("cpu", "2"), sidecar("cpu", "2"), sidecar("cpu", "2")},
			Containers:     []pod.Container{plain("cpu", "1")},
		}, list("cpu", "5")},
		{"the pod's own requests replace the sum, overhead adds", pod.Spec{
			Resources:  &pod.ResourceRequirements{Requests: list("cpu", "1", "example.com/gpu", "7")},
			Containers: []pod.Container{plain("cpu", "5", "memory", "1Gi")},
			Overhead:   list("cpu", "100m", "memory", "1Mi"),
		}, list("cpu", "1100m", "memory", "1025Mi")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			requireSameAmounts(t, tc.want, tc.spec.EffectiveRequests(), "requests")
		})
	}
}

func TestAccountedRequestsInResize(t *testing.T) {
	c := pod.Container{Name: "a", Resources: pod.ResourceRequirements{Requests: list("cpu", "3", "memory", "1")}}
	p := pod.Pod{Spec: pod.Spec{Containers: []pod.Container{c}}}
	p.Status.ContainerStatuses = []pod.ContainerStatus{{
		Name:               "a",
		AllocatedResources: list("cpu", "2", "memory", "1"),
		Resources:          &pod.ResourceRequirements{Requests: list("cpu", "1", "memory", "2")},
	}}
	requireSameAmounts(t, list("cpu", "3", "memory", "2"), p.AccountedRequests(), "in resize")
	p.Status.Conditions = []pod.Condition{{Type: pod.PodResizePending, Status: pod.ConditionTrue, Reason: pod.ReasonInfeasible}}
	requireSameAmounts(t, list("cpu", "2", "memory", "2"), p.AccountedRequests(), "infeasible")
}
