package eviction_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// manifest is a defaulted pod out of a manifest.
func manifest(t *testing.T, name, rest string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse(fmt.Appendf(nil,
		`{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: app, image: a}]%s}}`, name, rest))
	require.NoError(t, err)
	pod.SetDefaults(p)
	return p
}

func using(p *pod.Pod, memory int64) eviction.Candidate {
	return eviction.Candidate{Pod: p, Usage: &eviction.Usage{
		Memory: memory, Containers: []eviction.ContainerUsage{{Name: "app", Memory: &memory}},
	}}
}

// said is a decision on one line.
func said(d eviction.Decision) string {
	out := fmt.Sprint(d.Conditions)
	if d.Evict != nil {
		out += fmt.Sprintf(" evict %s within %ds: %s", d.Evict.Pod.Name, d.Evict.GraceSeconds, d.Evict.Message)
	}
	return strings.TrimSpace(out)
}

// TestPressure plays what a node decides while its memory runs short and comes back.
func TestPressure(t *testing.T) {
	const mi = 1 << 20
	low, high := manifest(t, "low", ""), manifest(t, "high", ", priority: 7")
	critical := manifest(t, "critical", ", priority: 2000000000")
	own := using(manifest(t, "own", ""), 900*mi)
	own.Critical = true
	pods := []eviction.Candidate{using(high, 300*mi), using(critical, 900*mi), own, using(low, 200*mi)}
	p := eviction.New(eviction.Config{MaxPodGrace: 20, Thresholds: []eviction.Threshold{
		{Signal: eviction.NodeFSAvailable, Percent: 10},
		{Signal: eviction.MemoryAvailable, Amount: 100 * mi, Reclaim: 50 * mi},
		{Signal: eviction.MemoryAvailable, Amount: 300 * mi, Grace: 25 * time.Second},
	}})
	usage := func(name string, n int) string {
		return fmt.Sprintf("Container app was using %dMi, request is 0, has larger consumption of %s. ", n, name)
	}
	soft := "The node was low on resource: memory. Threshold quantity: 300Mi, available: "
	hard := "The node was low on resource: memory. Threshold quantity: 100Mi, available: "
	for _, step := range []struct {
		at     int // seconds
		memory int64
		pods   []eviction.Candidate
		want   string
	}{
		{0, 500, pods, "[]"},
		{10, 250, pods, "[MemoryPressure]"},
		{20, 310, pods, "[MemoryPressure]"},
		{30, 250, pods, "[MemoryPressure]"},
		{50, 250, pods, "[MemoryPressure]"},
		{55, 250, pods, "[MemoryPressure] evict low within 20s: " + soft + "250Mi. " + usage("memory", 200)},
		{60, 90, pods, "[MemoryPressure] evict low within 1s: " + hard + "90Mi. " + usage("memory", 200)},
		{70, 120, pods[:3], "[MemoryPressure] evict high within 1s: " + hard + "120Mi. " + usage("memory", 300)},
		{80, 120, pods[1:3], "[MemoryPressure]"},
		{90, 400, pods, "[MemoryPressure]"},
		{379, 400, pods, "[MemoryPressure]"},
		{380, 400, pods, "[]"},
	} {
		now := time.Unix(int64(step.at), 0)
		levels := map[eviction.Signal]eviction.Level{
			eviction.MemoryAvailable: {Available: step.memory * mi, Capacity: 1000 * mi},
			eviction.NodeFSAvailable: {Available: 10, Capacity: 100},
		}
		d := p.Step(now, eviction.Observation{Levels: levels, Pods: step.pods})
		require.Equal(t, strings.TrimSpace(step.want), said(d), "at %d s", step.at)
		require.Equal(t, now.Add(10*time.Second), d.Wake)
	}
}

func TestPressureOfOtherKinds(t *testing.T) {
	a, b := manifest(t, "a", ""), manifest(t, "b", ", priority: 1")
	pods := []eviction.Candidate{
		{Pod: b, Usage: &eviction.Usage{Processes: 900}}, {Pod: a, Usage: &eviction.Usage{Processes: 5}},
	}
	for _, c := range []struct {
		threshold eviction.Threshold
		level     eviction.Level
		want      string
	}{
		{eviction.Threshold{Signal: eviction.PIDAvailable, Amount: 100}, eviction.Level{Available: 99, Capacity: 1000},
			"[PIDPressure] evict a within 1s: The node was low on resource: pids. Threshold quantity: 100, available: 99."},
		{eviction.Threshold{Signal: eviction.PIDAvailable, Amount: 100}, eviction.Level{Available: 100, Capacity: 1000}, "[]"},
		{eviction.Threshold{Signal: eviction.NodeFSInodesFree, Percent: 5}, eviction.Level{Available: 49, Capacity: 1000},
			"[DiskPressure] evict a within 1s: The node was low on resource: inodes. Threshold quantity: 50, available: 49."},
	} {
		p := eviction.New(eviction.Config{Thresholds: []eviction.Threshold{c.threshold}})
		d := p.Step(time.Unix(0, 0), eviction.Observation{
			Levels: map[eviction.Signal]eviction.Level{c.threshold.Signal: c.level}, Pods: pods,
		})
		require.Equal(t, c.want, said(d))
	}
	var none eviction.Config
	require.Equal(t, eviction.Decision{}, eviction.New(none).Step(time.Unix(0, 0), eviction.Observation{Pods: pods}))
}

func TestRefuses(t *testing.T) {
	plain := manifest(t, "a", "")
	tolerant := manifest(t, "a", `, tolerations: [{key: node.kubernetes.io/memory-pressure, operator: Exists}]`)
	asking := plain.Clone()
	asking.Spec.Containers[0].Resources.Requests = pod.ResourceList{pod.ResourceMemory: pod.MustParseQuantity("1Mi")}
	memory, disk := []eviction.Condition{eviction.MemoryPressure}, []eviction.Condition{eviction.DiskPressure}
	both := []eviction.Condition{eviction.DiskPressure, eviction.MemoryPressure}
	for _, c := range []struct {
		in       []eviction.Condition
		pod      *pod.Pod
		critical bool
		want     string
	}{
		{nil, plain, false, ""},
		{memory, plain, false, "The node had condition: [MemoryPressure]. "},
		{memory, plain, true, ""},
		{memory, asking, false, ""},
		{memory, tolerant, false, ""},
		{disk, asking, false, "The node had condition: [DiskPressure]. "},
		{both, tolerant, false, "The node had condition: [DiskPressure MemoryPressure]. "},
		{both, manifest(t, "a", ", priority: 2000001000"), false, ""},
	} {
		message, refused := eviction.Refuses(c.in, c.pod, c.critical)
		require.Equal(t, c.want, message)
		require.Equal(t, c.want != "", refused)
	}
}

func TestShutdown(t *testing.T) {
	var pods []*pod.Pod
	for _, priority := range []int{-5, 0, 10, 99, 100, 2_000_000_000} {
		pods = append(pods, manifest(t, fmt.Sprint("p", priority), fmt.Sprint(", priority: ", priority)))
	}
	var got []string
	for _, g := range eviction.Shutdown(pods, []eviction.PriorityGrace{
		{Priority: 100, Grace: 10 * time.Second}, {Priority: 0, Grace: 60 * time.Second}, {Priority: 1000, Grace: time.Second},
		{Priority: 50_000, Grace: 5 * time.Second},
	}) {
		for _, p := range g.Pods {
			got = append(got, fmt.Sprint(p.Name, " ", g.Grace, " ", g.GraceSeconds(p)))
		}
	}
	require.Equal(t, []string{
		"p-5 1m0s 30", "p0 1m0s 30", "p10 1m0s 30", "p99 1m0s 30", "p100 10s 10", "p2000000000 5s 5",
	}, got)
	require.Equal(t, []eviction.Group{{Pods: pods}}, eviction.Shutdown(pods, nil))
}
