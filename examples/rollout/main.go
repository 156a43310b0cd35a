// Rollout plays a Deployment in virtual time: it is rolled out to a new image, then to one that cannot be pulled, which is stuck until
// its progress deadline, and is rolled back.
//
//	go run ./examples/rollout [-html FILE]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
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
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  progressDeadlineSeconds: 60
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "web:1"}]}
`

func main() {
	page := flag.String("html", "", "write the timeline to this `file`")
	flag.Parse()
	timeline, err := story(os.Stdout)
	if err == nil && *page != "" {
		err = clustertest.WritePage(*page, timeline)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rollout:", err)
		os.Exit(1)
	}
}

// behavior: an image takes 2 s to be pulled, and one is not there; what runs is ready after 3 s.
func behavior(image string) cluster.Behavior {
	app := script.Behavior{
		Pull:  script.Tries{{Takes: script.Duration(2 * time.Second)}},
		Ready: []script.Ready{{}, {After: script.Duration(3 * time.Second), Ready: true}},
	}
	if image == "web:broken" {
		app.Pull[0].Error = "no such image"
	}
	return cluster.Behavior{Image: image, Script: &script.Script{Containers: map[string]script.Behavior{"app": app}}}
}

func story(out io.Writer) (history.Timeline, error) {
	c, err := cluster.New(cluster.Config{
		Nodes:     clustertest.Nodes(3),
		Behaviors: []cluster.Behavior{behavior("web:1"), behavior("web:2"), behavior("web:broken")},
	})
	if err != nil {
		return history.Timeline{}, err
	}
	r := rollout{c: c, out: out, start: c.Now()}
	if err := clustertest.Apply(c, manifest); err != nil {
		return history.Timeline{}, err
	}
	r.say("four replicas of web:1 are created")
	r.until("Progressing", "NewReplicaSetAvailable")
	for _, step := range []struct{ image, reason string }{
		{"web:2", "NewReplicaSetAvailable"}, {"web:broken", "ProgressDeadlineExceeded"}, {"web:2", "NewReplicaSetAvailable"},
	} {
		r.say("its image becomes " + step.image)
		if err := r.setImage(step.image); err != nil {
			return history.Timeline{}, err
		}
		r.until("Progressing", step.reason)
	}
	c.RunFor(10 * time.Second)
	t := c.Timeline(nil)
	t.Title, t.Notes = "A rollout, one that is stuck, and the way back", r.notes
	fmt.Fprintf(out, "\n%s", t)
	return t, nil
}

// rollout is the story so far.
type rollout struct {
	c     *cluster.Cluster
	out   io.Writer
	start time.Time
	notes []history.Note
}

func (r *rollout) say(text string) {
	at := r.c.Now().Sub(r.start).Round(time.Millisecond)
	r.notes = append(r.notes, history.Note{At: at, Text: text})
	fmt.Fprintf(r.out, "%8s  %s\n", at, text)
}

var web = pod.Key{Name: "web"}

func (r *rollout) read() (*object.Deployment, error) {
	o, err := r.c.Client().Read(context.Background(), object.DeploymentKind, web)
	if err != nil {
		return nil, err
	}
	return o.(*object.Deployment), nil
}

func (r *rollout) setImage(image string) error {
	d, err := r.read()
	if err != nil {
		return err
	}
	d.Spec.Template.Spec.Containers[0].Image = image
	_, err = r.c.Client().Update(context.Background(), d)
	return err
}

// until lets the cluster live until a condition of the Deployment has a reason, and tells of each change of its numbers.
func (r *rollout) until(condition object.DeploymentConditionType, reason string) {
	last := ""
	r.c.RunUntil(func() bool {
		d, err := r.read()
		if err != nil {
			return true
		}
		s := &d.Status
		if line := fmt.Sprintf("%d pods: %d of the new template, %d ready", s.Replicas, s.UpdatedReplicas, s.ReadyReplicas); line != last {
			fmt.Fprintf(r.out, "%8s    %s\n", r.c.Now().Sub(r.start).Round(time.Millisecond), line)
			last = line
		}
		for _, have := range s.Conditions {
			if have.Type == condition && have.Reason == reason && s.ObservedGeneration == d.Generation {
				fmt.Fprintf(r.out, "%8s    %s: %s\n", r.c.Now().Sub(r.start).Round(time.Millisecond), reason, have.Message)
				return true
			}
		}
		return false
	}, 10*time.Minute)
}
