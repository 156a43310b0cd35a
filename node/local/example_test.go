package local_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/podlife/podlife/node/local"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

// A pod is put on a node of this machine, runs to its end, and is looked at.
func Example() {
	process.Init()
	dir, err := os.MkdirTemp("", "node")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	n, err := local.Open(local.Config{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx) }()
	if _, err := n.Place([]byte(`
apiVersion: v1
kind: Pod
metadata: {name: hello}
spec:
  restartPolicy: Never
  containers:
  - {name: app, image: none, command: [sh, -c, exit 3]}
`)); err != nil {
		log.Fatal(err)
	}
	p, err := n.Wait(ctx, pod.Key{Name: "hello"}, func(p *pod.Pod) bool { return p.Status.Phase.IsTerminal() })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Status.Phase, p.Status.ContainerStatuses[0].State.Terminated.ExitCode)
	stop()
	fmt.Println(<-ran, n.Close())
	// Output:
	// Failed 3
	// <nil> <nil>
}
