package cluster_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// usage reads what a pod uses off its labels: mi is memory in Mi, files bytes on disk in Mi, pids processes.
func usage(p *pod.Pod, _ time.Time) *eviction.Usage {
	number := func(label string) int64 {
		n, _ := strconv.ParseInt(p.Labels[label], 10, 64)
		return n
	}
	memory := number("mi") << 20
	return &eviction.Usage{
		Memory: memory, Processes: number("pids"),
		Containers: []eviction.ContainerUsage{{
			Name: "app", Memory: &memory, Root: &eviction.FileUsage{Bytes: number("files") << 20}, Logs: &eviction.FileUsage{},
		}},
	}
}

func worker(name, labels, more string) string {
	return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `, labels: {` + labels + `}}, spec: {` + more + `
	  nodeName: node-1, terminationGracePeriodSeconds: 5, containers: [{name: app, image: "app:1", resources: {requests: {memory: 50Mi}}}]}}`
}

const idle = `{apiVersion: v1, kind: Pod, metadata: {name: idle}, spec: {nodeName: node-1, containers: [{name: app, image: "app:1"}]}}`

func TestMemoryPressure(t *testing.T) {
	tell(t, "pressure-memory", `A node of 8Gi has 10Mi left: it says so, and is tainted. The pod that uses most beyond its request goes first; one of higher
priority stays, though it uses more. What the first one frees is not enough, so 10 s later the second one goes. A pod without
requests that is given to the node meanwhile is refused. Five minutes after the last shortage the node is itself again.`,
		cluster.Config{Nodes: nodes(2), Usage: usage}, func(s *story) {
			s.apply(
				worker("modest", "mi: '40'", ""), worker("greedy", "mi: '70'", ""), worker("larger", "mi: '80'", ""),
				`{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}`,
				worker("precious", "mi: '400'", "priorityClassName: high,"),
			)
			s.run(12 * time.Second)
			s.does("10Mi of memory are left", s.SetSignal("node-1", eviction.MemoryAvailable, &eviction.Level{Available: 10 << 20, Capacity: 8 << 30}))
			s.run(5 * time.Second)
			s.apply(idle)
			s.run(10 * time.Minute)
		})
}

func TestDiskPressure(t *testing.T) {
	tell(t, "pressure-disk", `A node whose disk is given as full but for 5 %, and whose pods free nothing: one pod after the other goes, 10 s apart, until the disk
is given as empty again; pods of a critical priority stay.`,
		cluster.Config{Nodes: nodes(1)}, func(s *story) {
			s.apply(worker("a", "", ""), worker("b", "", ""), worker("c", "", ""), worker("critical", "", "priorityClassName: system-node-critical,"))
			s.run(time.Second)
			s.does("5 % of the disk are left", s.SetSignal("node-1", eviction.NodeFSAvailable, &eviction.Level{Available: 5, Capacity: 100}))
			s.run(15 * time.Second)
			s.does("the disk is empty", s.SetSignal("node-1", eviction.NodeFSAvailable, nil))
			s.run(6 * time.Minute)
		})
}

func TestProcessPressure(t *testing.T) {
	tell(t, "pressure-pids", `A node runs out of process IDs: the pod with most of them goes, and what it frees is enough.`,
		cluster.Config{Nodes: nodes(1), Usage: usage}, func(s *story) {
			s.apply(worker("few", "pids: '5'", ""), worker("many", "pids: '500'", ""))
			s.run(time.Second)
			s.does("20 of 1000 process IDs are left", s.SetSignal("node-1", eviction.PIDAvailable, &eviction.Level{Available: 20, Capacity: 1000}))
			s.run(6 * time.Minute)
		})
}

// TestPressureOfASilentNode has a node run short while it is silent: it evicts, and tells when it is back.
func TestPressureOfASilentNode(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Check: true})
	apply(t, c, worker("a", "", ""))
	apply(t, c, worker("b", "", ""))
	c.RunFor(time.Second)
	require.NoError(t, c.FailNode("node-1"))
	require.NoError(t, c.SetSignal("node-1", eviction.MemoryAvailable, &eviction.Level{Capacity: 8 << 30}))
	c.RunFor(20 * time.Second)
	require.Equal(t, pod.Running, c.Pod(pod.Key{Name: "a"}).Status.Phase)
	require.Equal(t, "Ready=True(KubeletReady) ", nodeLine(read[*object.Node](t, c, object.NodeKind, "node-1")))
	require.NoError(t, c.RecoverNode("node-1"))
	require.Equal(t, pod.ReasonEvicted, c.Pod(pod.Key{Name: "a"}).Status.Reason)
	require.Equal(t, pod.ReasonEvicted, c.Pod(pod.Key{Name: "b"}).Status.Reason)
	require.Contains(t, nodeLine(read[*object.Node](t, c, object.NodeKind, "node-1")), "MemoryPressure=True(KubeletHasInsufficientMemory)")
}

// TestUsageGrows has pods whose memory grows with time on a node of 8Gi: the one that exceeds its request most goes when 100Mi are left.
func TestUsageGrows(t *testing.T) {
	start := time.Time{}
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Check: true, Usage: func(p *pod.Pod, now time.Time) *eviction.Usage {
		if p.Name == "steady" {
			return &eviction.Usage{Memory: 1 << 30}
		}
		return &eviction.Usage{Memory: int64(now.Sub(start)/time.Second) << 23} // 8Mi a second
	}})
	start = c.Now()
	apply(t, c, worker("steady", "", ""))
	apply(t, c, worker("leak", "", ""))
	left := func() int64 { return 7<<30 - int64(c.Now().Sub(start)/time.Second)<<23 }
	require.True(t, c.RunUntil(func() bool { return c.Pod(pod.Key{Name: "leak"}).Status.Phase.IsTerminal() }, time.Hour))
	require.Less(t, left(), int64(100<<20))
	require.Greater(t, left(), int64(0))
	require.Equal(t, pod.Running, c.Pod(pod.Key{Name: "steady"}).Status.Phase)
	require.True(t, c.Settle(time.Hour), "looks that find nothing are no news")
}

func TestSetSignalRefuses(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	require.ErrorIs(t, c.SetSignal("other", eviction.MemoryAvailable, nil), cluster.ErrNotFound)
	require.ErrorContains(t, c.SetSignal("node", "memory", nil), `signal "memory": expected one that a node can run short of`)
}
