package eviction_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

func TestPreempt(t *testing.T) {
	requests := func(what string) string {
		return "containers: [{name: app, image: i, resources: {requests: {" + what + "}}}]"
	}
	guaranteed := func(what string) string {
		return "containers: [{name: app, image: i, resources: {limits: {" + what + "}}}]"
	}
	const (
		none   = "containers: [{name: app, image: i}]"
		static = "static "
	)
	// Each pod is its name, a space and what its spec says; "static " before the name makes it critical.
	type pods map[string]string
	cpu := func(n int64) eviction.Lack { return eviction.Lack{Resource: pod.ResourceCPU, Amount: n} }
	memory := func(n int64) eviction.Lack { return eviction.Lack{Resource: pod.ResourceMemory, Amount: n} }
	slots := func(n int64) eviction.Lack { return eviction.Lack{Resource: pod.ResourcePods, Amount: n} }
	for _, c := range []struct {
		about   string
		running pods
		lacking []eviction.Lack
		want    string
	}{
		{"nothing is lacking", pods{"a": none}, nil, ""},
		{"one that is enough, and not two", pods{"a": requests("cpu: 1"), "b": requests("cpu: 2"), "c": requests("cpu: 1")}, []eviction.Lack{cpu(1500)}, "b"},
		{"of those that are enough the one that requests least", pods{"a": requests("cpu: 3"), "b": requests("cpu: 2"), "c": requests("cpu: 4")}, []eviction.Lack{cpu(1500)}, "b"},
		{"memory is what is compared first", pods{"a": requests("cpu: 2, memory: 2M"), "b": requests("cpu: 3, memory: 1M")}, []eviction.Lack{cpu(1500)}, "b"},
		{"the one that gives most, and then what is still lacking", pods{"a": requests("cpu: 1"), "b": requests("cpu: 2"), "c": requests("cpu: 3")}, []eviction.Lack{cpu(3500)}, "c a"},
		{"both resources count by their parts", pods{"a": requests("cpu: 1"), "b": requests("memory: 600"), "c": requests("cpu: 600m, memory: 600")},
			[]eviction.Lack{cpu(1000), memory(1000)}, "c a b"},
		{"a large gap counts for more than two small ones", pods{"a": requests("cpu: 500m, memory: 500"), "b": requests("cpu: 1, memory: 100"), "c": requests("memory: 400")},
			[]eviction.Lack{cpu(1000), memory(1000)}, "a b c"},
		{"burstable before guaranteed", pods{"a": guaranteed("cpu: 2, memory: 1M"), "b": requests("cpu: 1"), "c": requests("cpu: 1")}, []eviction.Lack{cpu(2000)}, "b c"},
		{"guaranteed where burstable are not enough, and then no more of these than needed",
			pods{"a": guaranteed("cpu: 2, memory: 1M"), "b": requests("cpu: 1"), "c": requests("cpu: 1")}, []eviction.Lack{cpu(2500)}, "b a"},
		{"best-effort pods give only their place", pods{"a": requests("cpu: 1"), "b": none, "c": guaranteed("cpu: 1, memory: 1M")}, []eviction.Lack{slots(1)}, "b"},
		{"never a critical one", pods{"a": requests("cpu: 2") + ", priority: 2000000000", "static b": requests("cpu: 2"), "c": requests("cpu: 1")},
			[]eviction.Lack{cpu(1000)}, "c"},
		{"but a critical one of lower priority", pods{"static b": requests("cpu: 2") + ", priority: 5", "c": requests("cpu: 1")}, []eviction.Lack{cpu(2000)}, "static b"},
		{"not enough", pods{"a": requests("cpu: 1"), "b": requests("cpu: 1, memory: 600")}, []eviction.Lack{cpu(2500), memory(1000)},
			"preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 500), (res: memory, q: 400), ]"},
	} {
		t.Run(c.about, func(t *testing.T) {
			var running []eviction.Candidate
			for _, name := range []string{"a", "static b", "b", "c"} {
				if spec, ok := c.running[name]; ok {
					running = append(running, eviction.Candidate{Pod: specced(t, strings.TrimPrefix(name, static), spec), Critical: strings.HasPrefix(name, static)})
				}
			}
			critical := eviction.Candidate{Pod: specced(t, "critical", none+", priority: 2000000000")}
			victims, err := eviction.Preempt(critical, running, c.lacking)
			got := []string{}
			for _, v := range victims {
				name := v.Name
				if _, ok := c.running[name]; !ok {
					name = static + name
				}
				got = append(got, name)
			}
			if err != nil {
				got = append(got, err.Error())
			}
			require.Equal(t, c.want, strings.Join(got, " "))
		})
	}
}

// specced is a defaulted pod of that spec.
func specced(t *testing.T, name, spec string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse([]byte("{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {" + spec + "}}"))
	require.NoError(t, err)
	pod.SetDefaults(p)
	return p
}
