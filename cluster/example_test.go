package cluster_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func ExamplePlay() {
	p, err := pod.Parse([]byte(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: app, image: "example.com/app:1"}
`))
	if err != nil {
		log.Fatal(err)
	}
	crashes := &script.Script{Containers: map[string]script.Behavior{
		"app": {Runs: []script.Run{{For: script.Duration(2 * time.Second), Exit: 1}}},
	}}
	history, err := cluster.Play(p, crashes, 40*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(history.Watch())
	// Output:
	// TIME  READY  STATUS             RESTARTS  CONTAINERS
	// 0s    0/1    Pending            0
	// 0s    0/1    ContainerCreating  0         app waiting (ContainerCreating)
	// 0s    1/1    Running            0         app running
	// 2s    0/1    Error              0         app exit 1 (Error)
	// 2s    1/1    Running            1         app running
	// 4s    0/1    Error              1         app exit 1 (Error)
	// 4s    0/1    CrashLoopBackOff   1         app waiting (CrashLoopBackOff)
	// 14s   1/1    Running            2         app running
	// 16s   0/1    Error              2         app exit 1 (Error)
	// 16s   0/1    CrashLoopBackOff   2         app waiting (CrashLoopBackOff)
	// 36s   1/1    Running            3         app running
	// 38s   0/1    Error              3         app exit 1 (Error)
	// 38s   0/1    CrashLoopBackOff   3         app waiting (CrashLoopBackOff)
}

// A controller under test: it deletes a pod that has been restarted more than once.
func ExampleCluster() {
	c, err := cluster.New(cluster.Config{})
	if err != nil {
		log.Fatal(err)
	}
	p, err := pod.Parse([]byte(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "app:1"}]}}`))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Create(p, nil); err != nil {
		log.Fatal(err)
	}
	key := pod.Key{Name: "web"}
	for c.Pod(key) != nil {
		c.RunFor(time.Hour)
		if c.Pod(key).Status.ContainerStatuses[0].RestartCount > 1 {
			err = c.Delete(key, pod.DeleteOptions{})
		} else {
			err = c.OOMKill(key, "app")
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Print(c.History(key).Watch())
	// Output:
	// TIME    READY  STATUS             RESTARTS  CONTAINERS
	// 0s      0/1    Pending            0
	// 0s      0/1    ContainerCreating  0         app waiting (ContainerCreating)
	// 0s      1/1    Running            0         app running
	// 1h0m0s  0/1    OOMKilled          0         app exit 137 (OOMKilled)
	// 1h0m0s  1/1    Running            1         app running
	// 2h0m0s  0/1    OOMKilled          1         app exit 137 (OOMKilled)
	// 2h0m0s  1/1    Running            2         app running
	// 3h0m0s  1/1    Terminating        2         app running
	// 3h0m0s  0/1    Error              2         app exit 143 (Error)
	// 3h0m0s         gone
}

// A pod is given more CPU where it runs, once another one has given it back.
func ExampleClient_updateSubresource() {
	node := &object.Node{Status: object.NodeStatus{Capacity: pod.ResourceList{"cpu": pod.MustParseQuantity("4"), "pods": pod.MustParseQuantity("110")}}}
	node.Name = "node"
	c, err := cluster.New(cluster.Config{Nodes: []*object.Node{node}})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"web", "batch"} {
		p, err := pod.Parse(fmt.Appendf(nil, `{apiVersion: v1, kind: Pod, metadata: {name: %s},
		  spec: {containers: [{name: app, image: "app:1", resources: {requests: {cpu: 2}}}]}}`, name))
		if err != nil {
			log.Fatal(err)
		}
		if _, err := c.Create(p, nil); err != nil {
			log.Fatal(err)
		}
	}
	for _, want := range []struct{ name, cpu string }{{"web", "3"}, {"batch", "1"}} {
		p := c.Pod(pod.Key{Name: want.name}).Clone()
		p.Spec.Containers[0].Resources.Requests["cpu"] = pod.MustParseQuantity(want.cpu)
		if _, err := c.Client().UpdateSubresource(context.Background(), p, pod.SubresourceResize); err != nil {
			log.Fatal(err)
		}
		c.RunFor(time.Minute)
		has := c.Pod(pod.Key{Name: "web"}).Status
		q := has.ContainerStatuses[0].Resources.Requests["cpu"]
		fmt.Printf("%s is to have %s: web has %s", want.name, want.cpu, &q)
		if pending := has.Condition(pod.PodResizePending); pending != nil {
			fmt.Printf(", %s: %s", pending.Reason, pending.Message)
		}
		fmt.Println()
	}
	// Output:
	// web is to have 3: web has 2, Deferred: Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000
	// batch is to have 1: web has 3
}
