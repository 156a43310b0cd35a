// Nodefailure tells what becomes of a Deployment's pods when their node falls silent, and when every node does:
//
//	go run ./examples/nodefailure [-html FILE]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "app:1"}]}
`

func main() {
	page := flag.String("html", "", "write the timeline to this `file`")
	flag.Parse()
	s, err := tell(os.Stdout)
	if err == nil && *page != "" {
		err = clustertest.WritePage(*page, s.timeline())
	}
	if err != nil {
		log.Fatal(err)
	}
}

// story is a cluster and what is told of it.
type story struct {
	*cluster.Cluster
	out   io.Writer
	began time.Time
	watch cluster.Watch
	notes []history.Note
	said  map[string]string // the latest line about each pod
}

// timeline is the story as a picture.
func (s *story) timeline() history.Timeline {
	t := s.Timeline(nil)
	t.Title, t.Notes = "A node is lost and comes back; then all are lost", s.notes
	return t
}

func tell(out io.Writer) (*story, error) {
	c, err := cluster.New(cluster.Config{Nodes: []*object.Node{node("node-1"), node("node-2"), node("node-3")}})
	if err != nil {
		return nil, err
	}
	s := &story{Cluster: c, out: out, began: c.Now(), said: map[string]string{}}
	if s.watch, err = c.Client().Watch(context.Background(), object.PodKind, cluster.WatchOptions{}); err != nil {
		return nil, err
	}
	web, err := object.Parse([]byte(deployment))
	if err != nil {
		return nil, err
	}
	if _, err := c.Client().Create(context.Background(), web); err != nil {
		return nil, err
	}
	s.play("a Deployment of three pods", time.Minute)
	if err := c.FailNode("node-1"); err != nil {
		return nil, err
	}
	s.play("node-1 falls silent; its containers run on", 8*time.Minute)
	if err := c.RecoverNode("node-1"); err != nil {
		return nil, err
	}
	s.play("node-1 is back, and carries out what it was told meanwhile", 2*time.Minute)
	for _, name := range []string{"node-1", "node-2", "node-3"} {
		if err := c.FailNode(name); err != nil {
			return nil, err
		}
	}
	s.play("all nodes fall silent: then nobody is evicted", 20*time.Minute)
	return s, nil
}

func node(name string) *object.Node {
	return &object.Node{ObjectMeta: pod.ObjectMeta{Name: name}}
}

// play runs the clock, and tells which pods came, changed and went.
func (s *story) play(what string, d time.Duration) {
	s.notes = append(s.notes, history.Note{At: s.Now().Sub(s.began), Text: what})
	fmt.Fprintf(s.out, "%8s  == %s\n", s.Now().Sub(s.began), what)
	for end := s.Now().Add(d); s.Now().Before(end); s.RunFor(time.Second) {
		for e, ok := s.watch.Poll(); ok; e, ok = s.watch.Poll() {
			s.show(e)
		}
	}
}

func (s *story) show(e cluster.WatchEvent) {
	p := e.Object.(*pod.Pod)
	line := ""
	switch {
	case e.Type == cluster.Deleted:
		line = "gone"
	case p.IsTerminating() && !p.Status.Phase.IsTerminal():
		line = "is to stop"
	case p.Status.IsTrue(pod.Ready):
		line = "is ready on " + p.Spec.NodeName
	case p.Status.Phase == pod.Running:
		line = "is not ready, as far as anybody knows"
	default:
		return
	}
	if s.said[p.Name] == line {
		return
	}
	s.said[p.Name] = line
	fmt.Fprintf(s.out, "%8s  %s %s\n", s.Now().Sub(s.began), p.Name, line)
}
