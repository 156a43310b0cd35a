// Myscheduler is a scheduler of one's own: it asks for the predicates of Kubernetes, and keeps the pods of a team together.
//
//	go run ./examples/myscheduler [-html FILE]
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// together is where a pod is among its own.
type together struct{}

func (together) Place(r cluster.Placing) cluster.Placement {
	d := scheduling.Decide(r.Snapshot, r.Pod, scheduling.Profile{PreemptNever: true})
	best, most := "", 0
	for _, name := range d.Feasible() {
		if n := company(r, name); best == "" || n > most {
			best, most = name, n
		}
	}
	return cluster.Placement{Node: best, Reason: d.Reason, Message: d.Message}
}

// company counts the pods of the same team on a node, less those of others.
func company(r cluster.Placing, node string) (n int) {
	for o := range r.View.List(object.PodKind, r.Pod.Namespace) {
		if p := o.(*pod.Pod); p.Spec.NodeName == node && p.Labels["team"] == r.Pod.Labels["team"] {
			n++
		} else if p.Spec.NodeName == node {
			n--
		}
	}
	return n
}

func main() {
	page := flag.String("html", "", "write the timeline to this `file`")
	flag.Parse()
	c, err := tell(os.Stdout)
	if err == nil && *page != "" {
		err = clustertest.WritePage(*page, c.Timeline(nil))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func tell(out io.Writer) (*cluster.Cluster, error) {
	var nodes []*object.Node
	for i := range 3 {
		nodes = append(nodes, &object.Node{ObjectMeta: pod.ObjectMeta{Name: fmt.Sprintf("node-%d", i+1)}})
	}
	c, err := cluster.New(cluster.Config{Nodes: nodes, Scheduler: together{}})
	if err != nil {
		return nil, err
	}
	for i := range 8 {
		team := []string{"red", "blue"}[i%2]
		p, err := pod.Parse(fmt.Appendf(nil, `{apiVersion: v1, kind: Pod, metadata: {name: %s-%d, labels: {team: %s}},
			spec: {containers: [{name: app, image: "app:1", resources: {requests: {cpu: "1500m"}}}]}}`, team, i, team))
		if err != nil {
			return nil, err
		}
		if _, err := c.Create(p, nil); err != nil {
			return nil, err
		}
	}
	c.RunFor(time.Second)
	for _, p := range c.Pods() {
		fmt.Fprintln(out, p.Name, cmp.Or(p.Spec.NodeName, p.Status.Condition(pod.PodScheduled).Message))
	}
	return c, nil
}
