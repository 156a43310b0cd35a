package main

import (
	"fmt"
	"io"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/internal/story"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// playVirtual plays the pod with script.yaml in virtual time: for an hour, then it is deleted.
func playVirtual(out io.Writer) error {
	p, err := story.Manifest("")
	if err != nil {
		return err
	}
	s, err := script.Parse("script.yaml", behavior)
	if err != nil {
		return err
	}
	began := time.Now()
	c, err := cluster.New(cluster.Config{})
	if err != nil {
		return err
	}
	created, err := c.Create(p, s)
	if err != nil {
		return err
	}
	key := created.Key()
	c.RunFor(30 * time.Minute)
	if err := c.OOMKill(key, "app"); err != nil {
		return err
	}
	c.RunFor(30 * time.Minute)
	if err := c.Delete(key, pod.DeleteOptions{}); err != nil {
		return err
	}
	c.RunFor(time.Minute)
	fmt.Fprint(out, c.History(key).Watch())
	fmt.Fprintf(out, "\n%s of virtual time; app was made to run out of memory after half an hour, and the pod deleted after an hour.\n",
		c.Now().Sub(created.CreationTimestamp.Time))
	if took := time.Since(began); took > time.Second {
		fmt.Fprintf(out, "It took %s.\n", took.Round(time.Millisecond))
	}
	return nil
}
