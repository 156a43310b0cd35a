package bench

import (
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Many is what a cluster takes in which very many pods run at once.
type Many struct {
	Pods, Nodes int
	Making      time.Duration // of all pods: created with validation, started and ready
	Heap        uint64        // of the cluster, in bytes, its watch history at the default bound
	Event       time.Duration // for a probe's run and its answer, of one pod
	Sleeping    time.Duration // for a look at one pod, of those that have not been touched for longest
}

// PerPod is how many bytes there are to a pod.
func (m Many) PerPod() uint64 { return m.Heap / uint64(m.Pods) }

// probed is a pod with a probe every 10 seconds.
var probed = []byte(`
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: app, image: "app:1", readinessProbe: {exec: {command: [/ok]}, periodSeconds: 10}}
`)

// RunMany makes pods of one template, bound to nodes in turn, waits until all are ready, and lets the probes run for ten seconds.
func RunMany(pods, nodes int) (Many, error) {
	m := Many{Pods: pods, Nodes: nodes}
	c, err := cluster.New(cluster.Config{
		Nodes: roomyNodes(nodes), Without: []string{"*"}, Histories: -1,
		PodRanges: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, HostIP: netip.MustParseAddr("198.18.0.1"),
	})
	if err != nil {
		return m, err
	}
	before, began := heap(), time.Now()
	p := mustParse(probed)
	for i := range pods {
		p.Name, p.Spec.NodeName = "web-"+strconv.Itoa(i), "node-"+strconv.Itoa(i%nodes)
		if _, err := c.Create(p, nil); err != nil {
			return m, err
		}
		if i%1000 == 999 {
			c.RunFor(time.Millisecond) // so that not all probes run at one instant
		}
	}
	c.RunFor(5 * time.Second)
	m.Making, m.Heap = time.Since(began), heap()-before
	began = time.Now()
	c.RunFor(10 * time.Second)
	m.Event = time.Since(began) / time.Duration(pods)
	began = time.Now()
	for i := range 1000 {
		p := c.Pod(pod.Key{Namespace: pod.NamespaceDefault, Name: "web-" + strconv.Itoa(i*(pods/1000))})
		if !p.Status.IsTrue(pod.Ready) {
			return m, fmt.Errorf("pod %q is not ready", p.Name)
		}
	}
	m.Sleeping = time.Since(began) / 1000
	runtime.KeepAlive(c)
	return m, nil
}

func roomyNodes(n int) []*object.Node {
	list := make([]*object.Node, n)
	for i := range list {
		list[i] = &object.Node{
			ObjectMeta: pod.ObjectMeta{Name: "node-" + strconv.Itoa(i)},
			Status: object.NodeStatus{Capacity: pod.ResourceList{
				pod.ResourcePods: pod.MustParseQuantity("250"), pod.ResourceCPU: pod.MustParseQuantity("64"),
			}},
		}
	}
	return list
}

// heap is how much of it is in use, when what is not has been collected.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
