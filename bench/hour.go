package bench

import (
	"fmt"
	"strconv"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/pod"
)

// Hour is what an hour of a cluster takes.
type Hour struct {
	Pods, Nodes int
	Wall        time.Duration
	Probes      int // how often a probe ran
}

// RunHour plays an hour of a cluster with all its controllers, whose pods have a probe every ten seconds each. That all are made and
// ready does not count.
func RunHour(pods, nodes int) (Hour, error) {
	h := Hour{Pods: pods, Nodes: nodes, Probes: pods * 360}
	c, err := cluster.New(cluster.Config{Nodes: roomyNodes(nodes)})
	if err != nil {
		return h, err
	}
	p := mustParse(probed)
	for i := range pods {
		p.Name = "web-" + strconv.Itoa(i)
		if _, err := c.Create(p, nil); err != nil {
			return h, err
		}
		if i%10 == 9 {
			c.RunFor(100 * time.Millisecond) // so that not all probes run at one instant
		}
	}
	c.RunFor(time.Minute)
	began := time.Now()
	c.RunFor(time.Hour)
	h.Wall = time.Since(began)
	for _, q := range c.Pods() {
		if !q.Status.IsTrue(pod.Ready) {
			return h, fmt.Errorf("pod %q is not ready", q.Name)
		}
	}
	return h, nil
}
