package pod_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// linuxConfig is a cgroup of a pod as the corpus has it.
type linuxConfig struct {
	CPUShares     int64           `json:"cpuShares"`
	CPUQuota      int64           `json:"cpuQuota"`
	CPUPeriod     int64           `json:"cpuPeriod"`
	Memory        int64           `json:"memory"`
	HugePageLimit map[int64]int64 `json:"hugePageLimit"`
}

func TestCorpusCgroup(t *testing.T) {
	eachNodeRow(t, "cgroup", func(row corpusRow) {
		switch row.Kind {
		case "cpu":
			checkCPU(t, row)
		case "pod":
			checkLinuxResources(t, row)
		default:
			t.Fatalf("row %s is of kind %q", row.ID, row.Kind)
		}
	})
}

func checkCPU(t *testing.T, row corpusRow) {
	in := unmarshal[struct{ MilliCPU, Period int64 }](t, row.In)
	type answer struct{ Quota, QuotaBack, Shares, SharesBack, Weight int64 }
	quota, shares := pod.CPUQuota(in.MilliCPU, in.Period), pod.CPUShares(in.MilliCPU)
	got := answer{
		quota, pod.CPUQuotaToMilli(quota, in.Period), shares, pod.CPUSharesToMilli(shares), pod.CPUWeight(shares),
	}
	require.Equal(t, unmarshal[answer](t, row.Out), got, row.ID)
}

func checkLinuxResources(t *testing.T, row corpusRow) {
	in := unmarshal[struct {
		EnforceCPULimits bool
		MemoryCapacity   int64
		Spec             pod.Spec
	}](t, row.In)
	want := unmarshal[struct {
		QOSClass   pod.QOSClass
		Config     linuxConfig
		Containers map[string]struct {
			CPUQuota           int64 `json:"cpuQuota"`
			CPUShares          int64 `json:"cpuShares"`
			MemoryLimitInBytes int64 `json:"memoryLimitInBytes"`
		}
		OOMScoreAdj map[string]int `json:"oomScoreAdj"`
	}](t, row.Out)
	rules := pod.LinuxRules{MemoryCapacity: in.MemoryCapacity, IgnoreCPULimits: !in.EnforceCPULimits}
	require.Equal(t, want.QOSClass, in.Spec.QOSClass(), row.ID)
	require.Equal(t, want.Config, configOf(in.Spec.LinuxResources(rules)), row.ID)
	// The containers were recorded from a kubelet that enforces limits of cpu, whatever the pod's row says.
	rules.IgnoreCPULimits = false
	p := &pod.Pod{Spec: in.Spec}
	for _, c := range in.Spec.AllContainers() {
		r := in.Spec.ContainerLinuxResources(c, rules)
		w := want.Containers[c.Name]
		require.Equal(t, w.CPUQuota, r.CPUQuota, "%s quota of %s", row.ID, c.Name)
		require.Equal(t, w.CPUShares, r.CPUShares, "%s shares of %s", row.ID, c.Name)
		require.Equal(t, w.MemoryLimitInBytes, r.Memory, "%s memory of %s", row.ID, c.Name)
		require.Equal(t, want.OOMScoreAdj[c.Name], p.OOMScoreAdj(c, in.MemoryCapacity), "%s score of %s", row.ID, c.Name)
	}
}

func configOf(r pod.LinuxResources) linuxConfig {
	return linuxConfig{r.CPUShares, r.CPUQuota, r.CPUPeriod, r.Memory, r.HugePages}
}

func TestCPUWeightBounds(t *testing.T) {
	for shares, want := range map[int64]int64{-1: 1, 0: 1, 2: 1, 101: 17, 1024: 100, 262144: 10000, math.MaxInt64: 10000} {
		require.Equal(t, want, pod.CPUWeight(shares), "%d shares", shares)
	}
}

func TestOOMScoreAdjOfOddPods(t *testing.T) {
	burstable := func(memory string) *pod.Pod {
		p := &pod.Pod{}
		p.Spec.Containers = []pod.Container{{Name: "app", Resources: pod.ResourceRequirements{
			Requests: pod.ResourceList{pod.ResourceMemory: pod.MustParseQuantity(memory)},
		}}}
		return p
	}
	p := burstable("8Ei")
	require.Equal(t, 3, p.OOMScoreAdj(&p.Spec.Containers[0], 1<<30), "no overflow")
	require.Equal(t, 999, p.OOMScoreAdj(&p.Spec.Containers[0], 0), "an unknown capacity")
	p = burstable("1Mi")
	p.Spec.PriorityClassName = "system-node-critical"
	require.Equal(t, 999, p.OOMScoreAdj(&p.Spec.Containers[0], 1<<30), "the class alone is not enough")
	p.Annotations = map[string]string{"kubernetes.io/config.source": "file"}
	require.Equal(t, -997, p.OOMScoreAdj(&p.Spec.Containers[0], 1<<30), "a static pod of that class")
	p.Annotations = map[string]string{"kubernetes.io/config.source": "api"}
	require.Equal(t, 999, p.OOMScoreAdj(&p.Spec.Containers[0], 1<<30), "not from the API")
}

func TestIgnoredCPULimits(t *testing.T) {
	limits := pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity("500m"), pod.ResourceMemory: pod.MustParseQuantity("1Mi")}
	s := &pod.Spec{Containers: []pod.Container{{Resources: pod.ResourceRequirements{Limits: limits, Requests: limits}}}}
	rules := pod.LinuxRules{CPUPeriod: 10_000}
	r := s.ContainerLinuxResources(&s.Containers[0], rules)
	require.Equal(t, [2]int64{5000, 10_000}, [2]int64{r.CPUQuota, r.CPUPeriod})
	rules.IgnoreCPULimits = true
	r = s.ContainerLinuxResources(&s.Containers[0], rules)
	require.Zero(t, r.CPUQuota)
	require.EqualValues(t, -1, s.LinuxResources(rules).CPUQuota)
}

func TestContainerHugePages(t *testing.T) {
	var c pod.Container
	require.NoError(t, json.Unmarshal([]byte(`{"resources":{"limits":{"hugepages-2Mi":"4Mi","hugepages-bad":"1"}}}`), &c))
	s := &pod.Spec{Containers: []pod.Container{c}}
	require.Equal(t, map[int64]int64{2 << 20: 4 << 20}, s.ContainerLinuxResources(&c, pod.LinuxRules{}).HugePages)
}
