package main

import (
	"github.com/podlife/podlife/cluster"
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
