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
)

func main() {
	page := flag.String("html", "", "write the timeline to this `file`")
	flag.Parse()
	c, err := tell(os.Stdout)
	if err == nil && *page != "" {
		t := c.Timeline(nil)
		t.Title = "Teams are kept together"
		err = clustertest.WritePage(*page, t)
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
