package cluster_test

import (
	"fmt"
	"log"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle/script"
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
