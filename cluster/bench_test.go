package cluster_test

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// BenchmarkLife is whole lives of pods in one cluster: created with validation, scheduled, bound, started, ready, deleted.
func BenchmarkLife(b *testing.B) {
	c := newCluster(b, cluster.Config{Nodes: nodes(10), Without: []string{"*"}, Histories: -1})
	p := manifest(b, "web", oneContainer)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p.Name = "web-" + strconv.Itoa(i)
		i++
		if _, err := c.Create(p, nil); err != nil {
			b.Fatal(err)
		}
		c.RunFor(time.Second)
		if err := c.Delete(p.Key(), pod.DeleteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestMany says how large a pod is and how long an event takes, with as many pods as PODLIFE_PODS says.
func TestMany(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("PODLIFE_PODS"))
	if err != nil {
		t.Skip("set PODLIFE_PODS to a number of pods")
	}
	list := make([]*object.Node, 0, n/200)
	for i := range max(n/200, 1) {
		list = append(list, &object.Node{
			ObjectMeta: pod.ObjectMeta{Name: fmt.Sprintf("node-%d", i)},
			Status:     object.NodeStatus{Capacity: pod.ResourceList{pod.ResourcePods: pod.MustParseQuantity("250"), pod.ResourceCPU: pod.MustParseQuantity("64")}},
		})
	}
	c := newCluster(t, cluster.Config{
		Nodes: list, Without: []string{"*"}, Histories: -1,
		PodRanges: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, HostIP: netip.MustParseAddr("198.18.0.1"),
	})
	before := heap()
	p := manifest(t, "web", "{containers: [{name: app, image: 'app:1', readinessProbe: {exec: {command: [/ok]}, periodSeconds: 10}}]}")
	p.Labels = map[string]string{"app": "web"}
	began := time.Now()
	for i := range n {
		p.Name, p.Spec.NodeName = "web-"+strconv.Itoa(i), fmt.Sprintf("node-%d", i%len(list))
		_, err := c.Create(p, nil)
		require.NoError(t, err)
	}
	c.RunFor(time.Second)
	t.Logf("%d pods made in %s: %d bytes each", n, time.Since(began).Round(time.Millisecond), (heap()-before)/uint64(n))
	began = time.Now()
	c.RunFor(10 * time.Second)
	t.Logf("%s for an event", time.Since(began)/time.Duration(n))
	runtime.KeepAlive(c)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
