// Mycontroller runs a controller of one's own, bouncer.go, in a cluster in virtual time. It is written against cluster.Client, as it
// would be for a real API server. One node is bad: whatever runs there crashes. See bouncer_test.go for its unit test.
//
//	go run ./examples/mycontroller [-html FILE]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, example.com/bounce: "true"}}
    spec: {containers: [{name: app, image: "web:1"}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
`

func main() {
	page := flag.String("html", "", "write the timeline to this `file`")
	flag.Parse()
	if err := story(*page); err != nil {
		fmt.Fprintln(os.Stderr, "mycontroller:", err)
		os.Exit(1)
	}
}

// badNode is a cluster of three nodes, on the second of which every container crashes after 3 s.
func badNode() cluster.Config {
	crashes := &script.Script{Containers: map[string]script.Behavior{
		"app": {Runs: []script.Run{{For: script.Duration(3 * time.Second), Exit: 1}}},
	}}
	return cluster.Config{Nodes: clustertest.Nodes(3), Behaviors: []cluster.Behavior{{Node: "node-2", Script: crashes}}}
}

// drive lets the bouncer step whenever something has happened, and when it wants to.
func drive(c *cluster.Cluster, b *Bouncer, d time.Duration) error {
	var failed error
	c.RunUntil(func() bool {
		wake, err := b.Step(context.Background(), c.Now())
		if wake.After(c.Now()) {
			c.At(wake, func() {})
		}
		failed = err
		return err != nil
	}, d)
	return failed
}

func story(page string) error {
	c, err := cluster.New(badNode())
	if err != nil {
		return err
	}
	if err := clustertest.Apply(c, manifest); err != nil {
		return err
	}
	start := c.Now()
	fmt.Println("three replicas on three nodes; whatever runs on node-2 crashes after 3 s")
	b := &Bouncer{Client: c.Client(), Restarts: 2, Retry: 10 * time.Second, Log: func(key pod.Key, what string) {
		fmt.Printf("%7s  %s on %s: %s\n", c.Now().Sub(start).Round(time.Millisecond), key.Name, c.Pod(key).Spec.NodeName, what)
	}}
	if err := drive(c, b, 5*time.Minute); err != nil {
		return err
	}
	t := c.Timeline(nil)
	t.Title = "What crashes again and again is evicted, as its budget allows"
	fmt.Printf("\n%s", t)
	if page == "" {
		return nil
	}
	return clustertest.WritePage(page, t)
}
