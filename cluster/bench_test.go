package cluster_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/podlife/podlife/cluster"
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
