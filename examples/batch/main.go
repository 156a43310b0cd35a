// Batch plays an indexed Job in virtual time: five indexes, two at a time; index 1 fails once and is tried again after its back-off, index
// 3 fails for good.
//
//	go run ./examples/batch [-html FILE]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const manifest = `
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec:
  completionMode: Indexed
  completions: 5
  parallelism: 2
  backoffLimitPerIndex: 1
  maxFailedIndexes: 5
  template:
    metadata: {labels: {app: work}}
    spec: {restartPolicy: Never, containers: [{name: app, image: "work:1"}]}
`

func main() {
	page := flag.String("html", "", "write the timeline to this `file`")
	flag.Parse()
	timeline, err := story(os.Stdout)
	if err == nil && *page != "" {
		err = clustertest.WritePage(*page, timeline)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "batch:", err)
		os.Exit(1)
	}
}

const indexAnnotation = "batch.kubernetes.io/job-completion-index"

// worker is how the pods behave: each runs 10 s or so; the first of index 1 fails, and all of index 3.
func worker() cluster.Behavior {
	failed := map[string]bool{}
	return cluster.Behavior{Choose: func(p *pod.Pod, r *rand.Rand) *script.Script {
		index := p.Annotations[indexAnnotation]
		run := script.Run{For: script.Duration(8*time.Second + time.Duration(r.IntN(4000))*time.Millisecond)}
		if index == "3" || index == "1" && !failed[index] {
			failed[index], run.Exit = true, 1
		}
		return &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{run}}}}
	}}
}

func story(out io.Writer) (history.Timeline, error) {
	c, err := cluster.New(cluster.Config{Nodes: clustertest.Nodes(2), Behaviors: []cluster.Behavior{worker()}})
	if err != nil {
		return history.Timeline{}, err
	}
	if err := clustertest.Apply(c, manifest); err != nil {
		return history.Timeline{}, err
	}
	start, last := c.Now(), ""
	c.RunUntil(func() bool {
		line, over := progress(c)
		if line != last {
			fmt.Fprintf(out, "%8s  %s\n", c.Now().Sub(start).Round(time.Millisecond), line)
			last = line
		}
		return over
	}, time.Hour)
	c.RunFor(5 * time.Second)
	t := c.Timeline(nil)
	t.Title = "An indexed Job with failures"
	fmt.Fprintf(out, "\n%s", t)
	return t, nil
}

// progress is how the Job stands, and whether it is over.
func progress(c *cluster.Cluster) (line string, over bool) {
	o, err := c.Client().Read(context.Background(), object.JobKind, pod.Key{Name: "work"})
	if err != nil {
		return err.Error(), true
	}
	s := &o.(*object.Job).Status
	line = fmt.Sprintf("%d active, %d succeeded, %d failed; completed indexes %q", s.Active, s.Succeeded, s.Failed, s.CompletedIndexes)
	if s.FailedIndexes != nil && *s.FailedIndexes != "" {
		line += fmt.Sprintf(", failed indexes %q", *s.FailedIndexes)
	}
	for _, condition := range s.Conditions {
		if condition.Type == object.JobComplete || condition.Type == object.JobFailed {
			return fmt.Sprintf("%s; %s: %s", line, condition.Type, condition.Message), true
		}
	}
	return line, false
}
